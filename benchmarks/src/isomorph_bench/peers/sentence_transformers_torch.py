# /// script
# requires-python = ">=3.11"
# dependencies = ["torch", "sentence-transformers==6.2.0"]
#
# [tool.race]
# tasks = ["dense", "sparse", "rerank", "late-interaction"]
# ///
"""sentence-transformers on torch: its default."""

from __future__ import annotations

from isomorph_bench.peers.with_sentence_transformers import Peer
from isomorph_bench.race.protocol import serve


def load(model: str, task: str) -> Peer:
    return Peer(model, "torch", ["torch", "transformers"], task)


if __name__ == "__main__":
    serve(load)
