# /// script
# requires-python = ">=3.11"
# dependencies = ["torch", "sentence-transformers[openvino]==6.2.0"]
#
# [tool.race]
# prepared = true
# without = ["torchvision"]
# ///
"""sentence-transformers on OpenVINO, from its own export.

optimum-intel brings torchvision along; the one from the registry is built for another torch, does
not load and takes transformers down with it. Texts need none, so it is taken out again.
"""

from __future__ import annotations

from isomorph_bench.peers.with_sentence_transformers import Peer, save
from isomorph_bench.race.protocol import serve

FLOAT32 = {"INFERENCE_PRECISION_HINT": "f32"}
"""Processors with bfloat16 would be given that by default, and other vectors."""


def load(model: str) -> Peer:
    return Peer(model, "openvino", ["openvino", "optimum-intel"], ov_config=FLOAT32)


def prepare(model: str, folder: str) -> None:
    save(model, folder, "openvino", ov_config=FLOAT32)


if __name__ == "__main__":
    serve(load)
