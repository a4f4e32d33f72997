"""Tiny models of messages with images and videos, beside the catalogue: seeded, without any engine."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer

from isomorph.encoders.describe import describe, seeing_families
from isomorph.encoders.family import Family, Tiny
from isomorph.encoders.seeing.description import PackedVision
from isomorph.encoders.tensors import shapes_of
from isomorph.testing.models import draw
from isomorph.testing.tiny_encoders import USUAL
from isomorph.testing.tokenizer import vocabulary, write_tokenizer

TEMPLATE = (
    "{% for message in messages %}[{{ message.role }}]{% for part in message.content %}"
    "{% if part.type == 'image' %}<|image_pad|>{% elif part.type == 'video' %}<|video_pad|>"
    "{% else %}{{ part.text }}{% endif %}{% endfor %} . "
    "{% endfor %}"
)
PLACES = ("<|image_pad|>", "<|video_pad|>")
"""The tokens that stand for images and videos."""
_BASE = "sentence_transformers.base.modules.transformer.Transformer"
_POOLING = "sentence_transformers.sentence_transformer.modules.pooling.Pooling"
_WAY = {"method": "forward", "method_output_name": "last_hidden_state"}


def messages() -> tuple[str, ...]:
    """The names of the tiny models."""
    return tuple(_models())


def _models() -> Mapping[str, tuple[Family, Tiny]]:
    return {
        name: (family, tiny)
        for family in seeing_families().values()
        for name, tiny in family.tiny.items()
    }


def write_messages(name: str, folder: Path) -> Path:
    """Writes one model. Returns the folder."""
    family, tiny = _models()[name]
    assert family.seeing is not None
    config = _config(family, tiny)
    text, tower = describe(config), family.seeing.tower(config)
    (folder / "1_Pooling").mkdir(parents=True, exist_ok=True)
    said = shapes_of(text, text.hidden)
    shapes = {f"language_model.{key}": shape for key, shape in said.items()}
    shapes |= shapes_of(tower, text.hidden)
    arrays = draw(shapes, np.random.default_rng(zlib.crc32(name.encode())))
    save_file(arrays, folder / "model.safetensors", {"format": "pt"})
    write_tokenizer(folder, max_length=200)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.add_special_tokens(list(PLACES))
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "chat_template.jinja").write_text(TEMPLATE, "utf-8")
    pooled = {"embedding_dimension": text.hidden, "pooling_mode": tiny.pooling}
    files: Mapping[str, Any] = {
        "config.json": config,
        "sentence_bert_config.json": {
            "transformer_task": "feature-extraction",
            "modality_config": dict.fromkeys(("text", "image", "video", "message"), _WAY),
            "module_output_name": "token_embeddings",
        },
        "processor_config.json": _processors(family, tower),
        "1_Pooling/config.json": {**pooled, "include_prompt": True},
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": _BASE},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": _POOLING},
        ],
    }
    for file, content in files.items():
        (folder / file).write_text(json.dumps(content, indent=1), "utf-8")
    return folder


def _config(family: Family, tiny: Tiny) -> dict[str, Any]:
    """Its options, in which those of the texts have the usual sizes."""
    words = len(vocabulary())
    own = {**USUAL, "vocab_size": words + len(PLACES), **tiny.options["text_config"]}
    return {
        "model_type": family.model_type,
        **tiny.options,
        "text_config": own,
        "image_token_id": words,
        "video_token_id": words + 1,
    }


def _processors(family: Family, tower: PackedVision) -> Mapping[str, Any]:
    assert family.seeing is not None
    moving = family.seeing.layout.moving
    assert moving is not None
    side = tower.patches.side
    cell = tower.unit * side**2
    size = {"shortest_edge": cell, "longest_edge": 8 * cell}
    common = {
        "patch_size": side,
        "merge_size": round(tower.unit**0.5),
        "temporal_patch_size": tower.patches.frames,
        "size": size,
    }
    return {
        "image_processor": {"image_processor_type": family.seeing.processor, **common},
        "video_processor": {"video_processor_type": moving.processor, **common},
    }
