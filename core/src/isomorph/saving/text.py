"""The text settings of a saved folder where they are no longer those of the files they came from."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from isomorph.files.names import TOKENIZER
from isomorph.model.graph import Module
from isomorph.model.model import Model
from isomorph.modules.tokenizer import TOKENIZER_SETTINGS
from isomorph.modules.transformer import SETTINGS_FILES
from isomorph.plugins.table import kind_named
from isomorph.preprocess.chat_templates import MORE, OF_PROCESSORS, ONE, PROCESSOR_CONFIG
from isomorph.preprocess.messages.chat import Chat
from isomorph.preprocess.messages.conversation import MESSAGE
from isomorph.preprocess.protocol import Inputs
from isomorph.preprocess.text import Text
from isomorph.preprocess.tokenizer_files import load_tokenizer
from isomorph.read.inputs import read_inputs

_SIDES = ("padding_side", "truncation_side")


def write_text(model: Model, first: Module, max_length: int | None, place: Path) -> None:
    """Brings the copied tokenizer files up to date.

    Args:
        model: the chain, with its text settings.
        first: its first module.
        max_length: where its texts are cut now; None for nowhere.
        place: that module's own folder, where the tokenizer's files are already.
    """
    text, stored = model.inputs, read_inputs(model.files, first)
    if not isinstance(text, Text) or not isinstance(stored, Text):
        return  # the files of other inputs are copied as they are
    changes: dict[str, Any] = {
        name: getattr(text, name) for name in _SIDES if getattr(text, name) != getattr(stored, name)
    }
    if changes:
        _update(place / TOKENIZER_SETTINGS, changes)
    if text.chat is not None and text.chat != stored.chat:
        _write_template(text.chat, place)
    kind = kind_named(first.kind)
    if max_length != stored.max_length and kind.truncated_at is not None:
        for name, keys in kind.truncated_at(max_length, text).items():
            _update(place / name, keys)
    asked = (text.add_bos_token, text.add_eos_token)
    if asked != (None, None):  # saying one of them says that the other is not added
        framed = dict(zip(("add_bos_token", "add_eos_token"), map(bool, asked), strict=True))
        _update(place / TOKENIZER_SETTINGS, framed)
    if text.markers or asked != (None, None):  # today's readers know them from the tokenizer alone
        load_tokenizer(text).save(str(place / TOKENIZER))  # which then says nothing of sides
        _update(place / TOKENIZER_SETTINGS, {name: getattr(text, name) for name in _SIDES})


def _write_template(chat: Chat, place: Path) -> None:
    """The template that the user gave, in place of those of the files, and that texts go through it."""
    (place / ONE).write_text(chat.template, "utf-8")
    shutil.rmtree(place / MORE, ignore_errors=True)
    (place / OF_PROCESSORS).unlink(missing_ok=True)
    for name in (TOKENIZER_SETTINGS, PROCESSOR_CONFIG):
        if (place / name).is_file():
            _update(place / name, {"chat_template": None})
    settings = json.loads((place / SETTINGS_FILES[0]).read_text("utf-8"))
    modalities = settings["modality_config"]
    spoken = {**modalities.get("text", {}), **modalities.get(MESSAGE, {}), "format": chat.format}
    _update(place / SETTINGS_FILES[0], {"modality_config": {**modalities, MESSAGE: spoken}})


def keeps_unknown(inputs: Inputs) -> bool:
    """Whether a list of modules can say all of it: none says that unknown tokens are left out of texts."""
    return not isinstance(inputs, Text) or inputs.unknown_tokens


def _update(file: Path, changes: Mapping[str, Any]) -> None:
    """Sets keys of a JSON file, whose other keys and whose order stay; None removes a key."""
    content = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    merged = {**content, **changes}
    kept = {name: value for name, value in merged.items() if changes.get(name, 0) is not None}
    file.write_text(json.dumps(kept, indent=2, ensure_ascii=False), "utf-8")
