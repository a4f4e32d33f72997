"""What a transformer that sees is fed of images, and of the texts around them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from isomorph.encoders import seeing_of
from isomorph.encoders.config import Config
from isomorph.encoders.description import Linear
from isomorph.encoders.seeing.description import PackedVision
from isomorph.encoders.seeing.family import Retrieving, Seeing
from isomorph.encoders.seeing.seen import AXES, PLACES
from isomorph.errors import BadModel, Unsupported
from isomorph.files.module_folder import ModuleFolder
from isomorph.model.graph import Module
from isomorph.modules.media.modalities import KEY
from isomorph.modules.media.tower_text import asked_of_images, refuse_processing
from isomorph.modules.processing import OF_TEXTS, PROCESSING
from isomorph.modules.tokenizer import TOKENIZER_SETTINGS
from isomorph.preprocess.messages.conversation import MESSAGE
from isomorph.preprocess.messages.inputs import Messages
from isomorph.preprocess.messages.mingled import Sight
from isomorph.preprocess.pixels.forms import KEY as IMAGE
from isomorph.preprocess.pixels.packing import Packing, Packs
from isomorph.preprocess.pixels.processors import FILES, has_processor, read_processor
from isomorph.preprocess.protocol import Inputs
from isomorph.preprocess.text import Text
from isomorph.preprocess.video.clips import Filming
from isomorph.preprocess.video.forms import KEY as VIDEO
from isomorph.preprocess.video.options import read_clips

PAGES = "retrieval"
"""The task of models that compare queries, which are texts, with pages, which are images."""
_OTHERS = (*OF_TEXTS, "chat_template", VIDEO, "audio")
"""What ``processing_kwargs`` may hold that is read elsewhere, or is about what no input holds."""


def spoken_branches(source: ModuleFolder, module: Module, seeing: Seeing) -> Mapping[str, Module]:
    """The module as it stands before what holds images: messages, or pages alone; {} where it takes none."""
    config, settings = module.config["transformer"], module.config.get("settings", {})
    taken = IMAGE if module.config["task"] == PAGES else MESSAGE
    listed = settings.get(KEY) or {}
    if taken not in listed or not (IMAGE in listed or has_processor(source)):
        return {}
    axes = (AXES,) if seeing.layout.axes else ()
    fed = (*module.inputs, PLACES, *axes, *seeing.feeds(config))
    return {taken: replace(module, inputs=fed, config={**module.config, "modality": taken})}


def with_images(seeing: Seeing, settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Settings of a folder that lists no modules: messages hold the images and videos that its model sees.

    Of models of pages, queries are texts, and pages images, without messages.
    """
    listed = settings.get(KEY) or {}
    if settings.get("transformer_task") == PAGES:
        way = {"method": "forward", "method_output_name": "embeddings"}
        return {**settings, KEY: {"text": way, IMAGE: way}}
    if MESSAGE not in listed:
        return settings
    held = (IMAGE,) if seeing.layout.moving is None else (IMAGE, VIDEO)
    return {**settings, KEY: {"text": {}, **{name: {} for name in held}, **listed}}


def head_of_pages(config: Config) -> Linear:
    """The layer that makes the vectors that are compared.

    Raises:
        Unsupported: the family has no such class.
    """
    return _retrieving(seeing_of(config), config).head(config)


def seen_inputs(source: ModuleFolder, module: Module, text: Text, seeing: Seeing) -> Inputs:
    """What a module says of its inputs: of texts alone, or of what holds images.

    Raises:
        BadModel: the files of the image processor are missing, or do not fit the tower.
        Unsupported: they ask for what is not done.
    """
    config, settings = module.config["transformer"], module.config.get("settings", {})
    page = ""
    if module.config["task"] == PAGES:
        files = {name: source.config(name) for name in (*FILES, TOKENIZER_SETTINGS)}
        how = _retrieving(seeing, config)
        text, page = replace(text, around=how.query(files)), how.page(files)
    if "modality" not in module.config:
        return text
    asked = settings.get(PROCESSING) or {}
    own = {name: value for name, value in asked.items() if name not in _OTHERS}
    refuse_processing({PROCESSING: own}, source.place)
    processor = read_processor(source, seeing.processor, asked_of_images(settings))
    return Messages(
        text,
        sight=sight_of(seeing.tower(config), processor, source.place),
        token=seeing.layout.token(config),
        axes=seeing.layout.axes,
        page=page,
        filming=None if page else _filming(source, module, seeing),
    )


def _filming(source: ModuleFolder, module: Module, seeing: Seeing) -> Filming | None:
    """How videos stand among tokens; None where the module takes none."""
    config, settings = module.config["transformer"], module.config.get("settings", {})
    moving = seeing.layout.moving
    if moving is None or VIDEO not in (settings.get(KEY) or {}):
        return None
    asked = (settings.get(PROCESSING) or {}).get(VIDEO) or {}
    clips = read_clips(source, moving.processor, asked)
    _refuse_other_patches(seeing.tower(config), clips.packs, source.place, "video")
    token = moving.token(config)
    if token == seeing.layout.token(config):
        raise BadModel(
            f"{source.place}: config.json gives images and videos one token ({token}), so that a text does "
            "not say which stands where."
        )
    return Filming(
        clips=clips,
        token=token,
        written=moving.written,
        pace=moving.pace(config),
    )


def _retrieving(seeing: Seeing | None, config: Config) -> Retrieving:
    if seeing is None or seeing.retrieving is None:
        raise Unsupported(
            f"model_type {config.get('model_type')!r} has no class that compares queries with pages "
            f"(transformer_task {PAGES!r})"
        )
    return seeing.retrieving


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
    _refuse_other_patches(tower, processor, place, IMAGE)
    stored = 0 if tower.places is None else tower.places.side
    return Packing(processor=processor, window=tower.window, stored=stored)


def _refuse_other_patches(tower: PackedVision, packs: Packs, place: str, kind: str) -> None:
    own = (tower.patches.side, tower.patches.frames, tower.unit)
    made = (packs.side, packs.frames, packs.unit)
    if own != made:
        raise BadModel(
            f"{place}: the {kind} processor makes patches of {made[0]} pixels in {made[1]} frames, vectors "
            f"of {made[2]} patches; config.json has {own[0]} pixels, {own[1]} frames and {own[2]} patches."
        )
