# /// script
# requires-python = ">=3.11"
# dependencies = ["torch", "torchvision==0.28.0", "sentence-transformers[image]==6.2.0"]
#
# [tool.race]
# tasks = ["images"]
# ///
"""sentence-transformers on torch with images: its only backend for them; torchvision resizes."""

from __future__ import annotations

from typing import Any

from isomorph_bench.peers.with_sentence_transformers import Peer
from isomorph_bench.race.protocol import serve
from isomorph_bench.workloads.given import given


class Seeing(Peer):
    """Paths and arrays as that library takes them."""

    def one(self, text: str) -> Any:
        """The vector of one input."""
        return super().one(given(text))

    def many(self, texts: list[str]) -> Any:
        """The vectors of many."""
        return super().many([given(each) for each in texts])


def load(model: str) -> Peer:
    return Seeing(model, "torch", ["torch", "torchvision", "transformers"])


if __name__ == "__main__":
    serve(load)
