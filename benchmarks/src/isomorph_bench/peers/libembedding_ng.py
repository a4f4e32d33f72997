# /// script
# requires-python = ">=3.11"
# dependencies = ["libembedding-ng==1.11.0"]
#
# [tool.race]
# prepared = true
# source = "sentence_transformers_onnx"
# ///
"""libembedding-ng with the ONNX file that optimum makes; it brings an ONNX Runtime of its own.

It also brings a tokenizer of its own, which reads some characters beyond ASCII in another way.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from isomorph_bench.race.protocol import serve, versions


class Peer:
    """The model, on the CPU."""

    def __init__(self, model: str) -> None:
        from libembedding import TextEmbedding

        self._model = TextEmbedding(model, pooling="mean", offline=True)

    def one(self, text: str) -> Any:
        """The vector of one text."""
        return self._model.embed([text])[0]

    def many(self, texts: list[str]) -> Any:
        """The vectors of many texts."""
        return self._model.embed(texts)

    def report(self) -> dict[str, Any]:
        """Versions."""
        return {"engine": versions(["libembedding-ng"]), "device": "cpu"}


def prepare(model: str, folder: str) -> None:
    """Its layout of files.

    Where a text is cut it takes from ``max_position_embeddings`` alone: neither its argument
    `max_length` nor the tokenizer's own maximum moves that.
    """
    source, target = Path(model), Path(folder)
    target.mkdir(parents=True)
    shutil.copy(source / "onnx" / "model.onnx", target / "model.onnx")
    shutil.copy(source / "tokenizer.json", target / "tokenizer.json")
    tokenizer = json.loads((source / "tokenizer_config.json").read_text("utf-8"))
    config = json.loads((source / "config.json").read_text("utf-8"))
    config["max_position_embeddings"] = tokenizer["model_max_length"]
    (target / "config.json").write_text(json.dumps(config), "utf-8")


if __name__ == "__main__":
    serve(Peer)
