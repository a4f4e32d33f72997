# /// script
# requires-python = ">=3.11"
# dependencies = ["model2vec==0.10.0", "safetensors==0.8.0"]
# ///
"""model2vec, for models that are a table of vectors.

It leaves unknown words out of a text's mean. It cuts texts at 512 tokens unless told otherwise, as here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from isomorph_bench.race.protocol import serve, versions

TABLES = ("embedding.weight", "embeddings")


class Peer:
    """The table, with the library's own tokenising and means."""

    def __init__(self, model: str) -> None:
        from model2vec import StaticModel
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        root = Path(model)
        modules = json.loads((root / "modules.json").read_text("utf-8"))
        kinds = [module["type"].rpartition(".")[2] for module in modules]
        if kinds not in (["StaticEmbedding"], ["StaticEmbedding", "Normalize"]):
            raise ValueError(f"modules {', '.join(kinds)} are no table of vectors")
        folder = root / modules[0]["path"]
        tensors = load_file(folder / "model.safetensors")
        table = next(tensors[name] for name in TABLES if name in tensors)
        self._model = StaticModel(
            vectors=table,
            tokenizer=Tokenizer.from_file(str(folder / "tokenizer.json")),
            weights=tensors.get("weights"),
            token_mapping=tensors.get("mapping"),
            normalize=kinds[-1] == "Normalize",
        )

    def one(self, text: str) -> Any:
        """The vector of one text."""
        return self._model.encode(text, max_length=None)

    def many(self, texts: list[str]) -> Any:
        """The vectors of many texts."""
        return self._model.encode(texts, max_length=None)

    def report(self) -> dict[str, Any]:
        """Versions."""
        return {"engine": versions(["model2vec", "numpy"]), "device": "cpu"}


if __name__ == "__main__":
    serve(Peer)
