# /// script
# requires-python = ">=3.11"
# dependencies = ["torch", "torchvision==0.28.0", "sentence-transformers[image]==6.2.0"]
#
# [tool.race]
# tasks = ["images"]
# ///
"""sentence-transformers on torch with images: its only backend for them; torchvision resizes."""

from __future__ import annotations

import sys
from typing import Any

from isomorph_bench.peers.with_sentence_transformers import Peer
from isomorph_bench.race.protocol import serve
from isomorph_bench.workloads.given import given

OPERATORS = {
    "nms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}
"""Two of torchvision's own, which its import asks for by name."""


class Seeing(Peer):
    """Paths and arrays as that library takes them."""

    def one(self, text: str) -> Any:
        """The vector of one input."""
        return super().one(given(text))

    def many(self, texts: list[str]) -> Any:
        """The vectors of many."""
        return super().many([given(each) for each in texts])


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
        for name, signature in OPERATORS.items():
            torch.library.define(f"torchvision::{name}", signature)
        import torchvision  # noqa: F401


def load(model: str) -> Peer:
    import_torchvision()
    return Seeing(model, "torch", ["torch", "torchvision", "transformers"])


if __name__ == "__main__":
    serve(load)
