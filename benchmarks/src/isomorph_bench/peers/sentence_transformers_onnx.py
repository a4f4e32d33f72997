# /// script
# requires-python = ">=3.11"
# dependencies = ["torch", "sentence-transformers[onnx]==5.7.0"]
#
# [tool.race]
# prepared = true
# ///
"""sentence-transformers on ONNX Runtime: 5.7 is the last version that can install that backend.

It starts from its own export, since without one it would export anew in every process.
"""

from __future__ import annotations

from isomorph_bench.peers.with_sentence_transformers import Peer, save
from isomorph_bench.race.protocol import serve


def load(model: str) -> Peer:
    return Peer(model, "onnx", ["onnxruntime", "optimum-onnx"], provider="CPUExecutionProvider")


def prepare(model: str, folder: str) -> None:
    save(model, folder, "onnx", provider="CPUExecutionProvider")


if __name__ == "__main__":
    serve(load)
