# /// script
# requires-python = ">=3.11"
# dependencies = ["torch", "FlagEmbedding==1.4.2", "transformers==4.57.6"]
#
# [tool.race]
# tasks = ["dense"]
# ///
"""FlagEmbedding with a model of bge-m3's form: the first token's vector, of length 1, in float32.

It imports what transformers 5 no longer has. Batches and their order are its defaults. A model of another
form gives other vectors, and its row is void.
"""

from __future__ import annotations

from typing import Any

from isomorph_bench.race.protocol import serve, versions


class Peer:
    """The dense vectors of the model."""

    def __init__(self, model: str) -> None:
        from FlagEmbedding import BGEM3FlagModel

        self._model = BGEM3FlagModel(model, use_fp16=False, devices=["cpu"])

    def one(self, text: str) -> Any:
        """The vector of one text."""
        return self._model.encode([text])["dense_vecs"][0]

    def many(self, texts: list[str]) -> Any:
        """The vectors of many texts."""
        return self._model.encode(texts)["dense_vecs"]

    def report(self) -> dict[str, Any]:
        """Versions."""
        return {
            "engine": versions(["FlagEmbedding", "transformers", "torch"]),
            "device": "cpu",
        }


if __name__ == "__main__":
    serve(Peer)
