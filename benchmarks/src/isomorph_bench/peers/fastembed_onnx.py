# /// script
# requires-python = ">=3.11"
# dependencies = ["fastembed==0.9.1"]
#
# [tool.race]
# prepared = true
# source = "sentence_transformers_onnx"
# ///
"""fastembed with the ONNX file that optimum makes, as the file in its own catalogue was made.

It knows the model by name, with its pooling. In arrival order, batches of 256: its defaults.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from isomorph_bench.race.protocol import serve, versions

MODEL = "sentence-transformers/all-MiniLM-L6-v2"


class Peer:
    """The model, on the CPU."""

    def __init__(self, model: str) -> None:
        from fastembed import TextEmbedding

        self._model = TextEmbedding(
            MODEL, specific_model_path=model, providers=["CPUExecutionProvider"]
        )

    def one(self, text: str) -> Any:
        """The vector of one text."""
        return next(iter(self._model.embed(text)))

    def many(self, texts: list[str]) -> Any:
        """The vectors of many texts."""
        return list(self._model.embed(texts))

    def report(self) -> dict[str, Any]:
        """Versions."""
        return {"engine": versions(["fastembed", "onnxruntime"]), "device": "cpu"}


def prepare(model: str, folder: str) -> None:
    """Its layout of files; it reads the maximum length in ``tokenizer_config.json``."""
    source, target = Path(model), Path(folder)
    target.mkdir(parents=True)
    shutil.copy(source / "onnx" / "model.onnx", target / "model.onnx")
    for name in ("config.json", "tokenizer.json", "special_tokens_map.json"):
        shutil.copy(source / name, target / name)
    config = json.loads((source / "tokenizer_config.json").read_text("utf-8"))
    config["max_length"] = config["model_max_length"]  # it takes the smaller; the first is stale
    (target / "tokenizer_config.json").write_text(json.dumps(config), "utf-8")


if __name__ == "__main__":
    serve(Peer)
