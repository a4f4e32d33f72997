# /// script
# requires-python = ">=3.11"
# dependencies = ["torch", "torchvision==0.28.0", "sentence-transformers[image]==6.2.0"]
#
# [tool.race]
# tasks = ["images"]
# ///
"""sentence-transformers on torch with images: its only backend for them; torchvision resizes.

Files are opened with Pillow, as that library's own pages do: the decoders of a torchvision that was built
for another torch do not load.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from isomorph_bench.peers.with_sentence_transformers import Peer
from isomorph_bench.race.protocol import serve
from isomorph_bench.workloads.given import given

OPERATORS = ("torchvision::nms", "torchvision::qnms")
"""Two of torchvision's own, which its import asks for by name."""
SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


class Seeing(Peer):
    """Images and arrays as that library takes them."""

    def one(self, text: str) -> Any:
        """The vector of one input."""
        return super().one(opened(text))

    def many(self, texts: list[str]) -> Any:
        """The vectors of many."""
        return super().many([opened(each) for each in texts])


def opened(text: str) -> Any:
    """An image, an array or a text."""
    from PIL import Image

    item = given(text)
    if isinstance(item, str) and Path(item).is_file():
        return Image.open(item)
    return item


def import_torchvision() -> None:
    """Imports torchvision, also where its wheel was built for another torch.

    Such a wheel leaves its compiled operators out and then looks for two of them. They find boxes: they are
    declared here, and nobody calls them. What resizes is torch's own in every build.
    """
    import torch

    try:
        import torchvision
    except RuntimeError:
        for name in [each for each in sys.modules if each.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        for name in OPERATORS:
            torch.library.define(name, SIGNATURE)
        import torchvision  # noqa: F401


def load(model: str) -> Peer:
    import_torchvision()
    return Seeing(model, "torch", ["torch", "torchvision", "transformers"])


if __name__ == "__main__":
    serve(load)
