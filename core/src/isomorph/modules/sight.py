"""What a tower is fed of images, by its description and the image processor of its folder."""

from __future__ import annotations

from typing import Any

from isomorph.encoders.seeing.description import PackedVision
from isomorph.errors import BadModel, Unsupported
from isomorph.preprocess.messages.mingled import Sight
from isomorph.preprocess.pixels.packing import Packing, Packs


def sight_of(tower: Any, processor: Any, place: str) -> Sight:
    """How the images of a forward are fed.

    Raises:
        BadModel: the image processor makes other patches than the tower reads.
        Unsupported: the image processor is of another kind.
    """
    if not isinstance(tower, PackedVision) or not isinstance(processor, Packs):
        raise Unsupported(
            f"{place}: its image processor ({type(processor).__name__}) makes no images that its tower "
            f"({type(tower).__name__}) reads."
        )
    own = (tower.patches.side, tower.patches.frames, tower.unit)
    made = (processor.side, processor.frames, processor.unit)
    if own != made:
        raise BadModel(
            f"{place}: the image processor makes patches of {made[0]} pixels in {made[1]} frames, vectors "
            f"of {made[2]} patches; config.json has {own[0]} pixels, {own[1]} frames and {own[2]} patches."
        )
    stored = 0 if tower.places is None else tower.places.side
    return Packing(processor=processor, window=tower.window, stored=stored)
