"""The text settings of a saved folder where they are no longer those of the files they came from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from isomorph.model.graph import Module
from isomorph.model.model import Model
from isomorph.model.text import Text
from isomorph.preprocess.tokenizer_files import load_tokenizer
from isomorph.read.text import read_text

_TOKENIZER = "tokenizer.json"
_TOKENIZER_SETTINGS = "tokenizer_config.json"
_WORDS = "wordembedding_config.json"
_SIDES = ("padding_side", "truncation_side")


def write_text(model: Model, first: Module, max_length: int | None, place: Path) -> None:
    """Brings the copied tokenizer files up to date.

    Args:
        model: the chain, with its text settings.
        first: its first module.
        max_length: where its texts are cut now; None for nowhere.
        place: that module's own folder, where the tokenizer's files are already.
    """
    text = model.text
    stored = read_text(model.files, first)
    changes: dict[str, Any] = {
        name: getattr(text, name) for name in _SIDES if getattr(text, name) != getattr(stored, name)
    }
    longer = max_length != stored.max_length
    if longer and first.kind in ("transformer", "sparse_static_embedding"):
        changes["model_max_length"] = max_length
    if changes:
        _update(place / _TOKENIZER_SETTINGS, changes)
    if longer and first.kind == "word_embeddings":
        _update(place / _WORDS, {"max_seq_length": max_length})
    if longer and first.kind == "static_embedding":
        _update(place / _TOKENIZER, {"truncation": _truncation(max_length, text)})
    asked = (text.add_bos_token, text.add_eos_token)
    if asked != (None, None):  # saying one of them says that the other is not added
        framed = dict(zip(("add_bos_token", "add_eos_token"), map(bool, asked), strict=True))
        _update(place / _TOKENIZER_SETTINGS, framed)
    if text.markers or asked != (
        None,
        None,
    ):  # a reader of today knows them only from the tokenizer itself
        load_tokenizer(text).save(str(place / _TOKENIZER))


def _truncation(max_length: int | None, text: Text) -> dict[str, Any] | None:
    if max_length is None:
        return None
    return {
        "direction": text.truncation_side.capitalize(),
        "max_length": max_length,
        "strategy": "LongestFirst",
        "stride": 0,
    }


def _update(file: Path, changes: Mapping[str, Any]) -> None:
    """Sets keys of a JSON file, whose other keys and whose order stay; None removes a key."""
    content = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    merged = {**content, **changes}
    kept = {name: value for name, value in merged.items() if changes.get(name, 0) is not None}
    file.write_text(json.dumps(kept, indent=2, ensure_ascii=False), "utf-8")
