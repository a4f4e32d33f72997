# /// script
# requires-python = ">=3.11"
# dependencies = ["torch", "sentence-transformers==6.2.0"]
# ///
"""sentence-transformers on torch: its default."""

from __future__ import annotations

from isomorph_bench.peers.with_sentence_transformers import Peer
from isomorph_bench.race.protocol import serve


def load(model: str) -> Peer:
    return Peer(model, "torch", ["torch", "transformers"])


if __name__ == "__main__":
    serve(load)
