# /// script
# requires-python = ">=3.11"
# dependencies = ["fastembed==0.9.1"]
#
# [tool.race]
# tasks = ["images"]
# prepared = true
# source = "onnxruntime_pillow"
# ///
"""fastembed with the exported tower of images; it knows CLIP by name, and takes paths alone.

Pillow resizes here too. Texts and arrays are none of this class's inputs: those rows say so.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from isomorph_bench.race.protocol import serve, versions
from isomorph_bench.workloads.given import ARRAY

MODEL = "Qdrant/clip-ViT-B-32-vision"


class Peer:
    """The tower of images, on the CPU."""

    def __init__(self, model: str) -> None:
        from fastembed import ImageEmbedding

        self._model = ImageEmbedding(
            MODEL, specific_model_path=model, providers=["CPUExecutionProvider"]
        )

    def one(self, text: str) -> Any:
        """The vector of one image."""
        return self.many([text])[0]

    def many(self, texts: list[str]) -> Any:
        """The vectors of many images."""
        if texts[0].startswith(ARRAY) or not Path(texts[0]).is_file():
            raise ValueError("ImageEmbedding takes paths of images alone")
        return list(self._model.embed(texts))

    def report(self) -> dict[str, Any]:
        """Versions."""
        return {"engine": versions(["fastembed", "onnxruntime"]), "device": "cpu"}


def prepare(model: str, folder: str) -> None:
    """Its layout of files."""
    source, target = Path(model), Path(folder)
    target.mkdir(parents=True)
    shutil.copy(source / "image.onnx", target / "model.onnx")
    settings = json.loads((source / "processor.json").read_text("utf-8"))
    (target / "preprocessor_config.json").write_text(json.dumps(settings), "utf-8")


if __name__ == "__main__":
    serve(Peer)
