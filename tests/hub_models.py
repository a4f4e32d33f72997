"""Files of a small model as they lie on the Hub."""

from __future__ import annotations

import json
from pathlib import Path

MODEL = {
    ".gitattributes": b"*.bin lfs",
    "README.md": b"# card",
    "modules.json": json.dumps(
        [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {
                "idx": 1,
                "name": "1",
                "path": "1_Pooling",
                "type": "sentence_transformers.models.Pooling",
            },
            {
                "idx": 2,
                "name": "2",
                "path": "2_Normalize",
                "type": "sentence_transformers.models.Normalize",
            },
        ]
    ).encode(),
    "config_sentence_transformers.json": b"{}",
    "sentence_bert_config.json": b"{}",
    "config.json": b'{"model_type": "bert"}',
    "tokenizer.json": b"{}",
    "model.safetensors": bytes(range(256)) * 400,
    "pytorch_model.bin": b"pickle",
    "tf_model.h5": b"h5",
    "1_Pooling/config.json": b'{"pooling_mode": "cls"}',
    "fast/model.graph": b"converted",
    "fast/config.json": b"{}",
}
"""All of them: the model, its copies for other programs, and an engine's conversion."""

WANTED = {
    "README.md",
    "modules.json",
    "config_sentence_transformers.json",
    "sentence_bert_config.json",
    "config.json",
    "tokenizer.json",
    "model.safetensors",
    "1_Pooling/config.json",
}
"""Those that a load needs."""


def files_of(folder: Path) -> dict[str, bytes]:
    """All files below a folder with their content."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
