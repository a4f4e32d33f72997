"""Makes the card of a model, and writes it.

A README.md that the model's folder came with is the work of its authors, so its text stays. What
the user gives goes into its header. Only a model without one gets a text of ours.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from isomorph.card.about import about
from isomorph.card.body import body
from isomorph.card.data import BaseModelCardData, Dataset, is_id, named_datasets
from isomorph.card.header import Header, dump, header, ids
from isomorph.card.usage import placeholder
from isomorph.errors import BadModel, InputError
from isomorph.files.folder import Folder
from isomorph.messages.shown import shown

NAME = "README.md"
_LIMIT = 64 << 20
"""Bytes that a README.md may have; the longest that people publish have less than one million."""


def make_card(
    model: Any,
    model_name: str | None = None,
    train_datasets: Sequence[str] | None = None,
    model_id: str | None = None,
) -> str:
    """The card of a model as Markdown with a YAML header.

    Connects to nothing and runs nothing. Where the model's folder has a README.md, its text is
    kept: a language, license, tags or training datasets that were given replace those in its
    header, and a placeholder for the model's name in its code is replaced by `model_id`.

    Args:
        model: any model of this package; `model.model_card_data` is what the user gave.
        model_name: the title; None takes that of `model_card_data`, then of what is known.
        train_datasets: names or Hub ids, added to those of `model_card_data`.
        model_id: ``OWNER/NAME``; None takes that of `model_card_data`, then a `model_name` of that form.

    Raises:
        InputError: something in `model_card_data` or `train_datasets` cannot be used.
        BadModel: data was given, and the header of the model's README.md cannot be read.
    """
    data: BaseModelCardData = model.model_card_data
    data.check()
    trained_on = [*data.train_datasets, *named_datasets(train_datasets)]
    name = model_id or data.model_id or _id_in(model_name)
    if (kept := _kept(model)) is not None:
        kept = _with_name(kept, type(model).model_card_data_class.class_name, name)
        return _writable(_with_entries(kept, _given(data, trained_on)))
    facts = about(model)
    title = model_name or data.model_name or _title(facts.kind.class_name, facts.base_model, name)
    top = dump(header(data, facts, title, trained_on))
    return _writable(f"{top}\n{body(data, facts, title, name, trained_on)}")


def write_card(
    model: Any,
    folder: str | Path,
    model_name: str | None = None,
    train_datasets: Sequence[str] | None = None,
    model_id: str | None = None,
) -> Path:
    """Writes `make_card` as README.md into a folder, which must exist: the old file or the new one.

    Returns:
        The file.

    Raises:
        InputError, BadModel: as `make_card`.
        OSError: it cannot be written.
    """
    text = make_card(model, model_name, train_datasets, model_id)
    file = Path(folder) / NAME
    beside = file.with_name(f".{NAME}-{os.getpid()}-{threading.get_ident()}")
    try:
        beside.write_text(text, "utf-8", newline="\n")
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
    return file


def _writable(text: str) -> str:
    """The text of a card; half of a surrogate pair in something that was given is in no file."""
    try:
        text.encode()
    except UnicodeEncodeError as cause:
        around = text[max(0, cause.start - 20) : cause.start + 20]
        raise InputError(
            f"The model card would hold half of a surrogate pair, U+{ord(text[cause.start]):04X}, in "
            f"{shown(around)}; no file can. Name the model and its datasets without it."
        ) from cause
    return text


def _kept(model: Any) -> str | None:
    """The README.md that the model came with, if there is text in it."""
    read = model.__loaded__().model
    # A door of its own: who edits the file changes no model. A folder that has gone is held, or is none.
    own = Folder(read.folder) if read.folder.is_dir() else read.files
    text = own.text(NAME, limit=_LIMIT, errors="replace")
    return text if text is not None and text.strip() else None


def _with_name(text: str, class_name: str, name: str | None) -> str:
    if name is None:
        return text
    return text.replace(f'{class_name}("{placeholder(class_name)}"', f'{class_name}("{name}"')


def _id_in(model_name: str | None) -> str | None:
    """A title that is a name on the Hub as well: what is saved under it is loaded by it. A folder is none."""
    if model_name is None or not is_id(model_name):
        return None
    return None if Path(model_name).exists() else model_name


def _given(data: BaseModelCardData, trained_on: list[Dataset]) -> Header:
    """Entries of the header that the user gave, in place of those that a README.md has."""
    names = data.given() & {"language", "license", "tags"}
    entries = {name: getattr(data, name) for name in sorted(names)}
    return {**entries, "datasets": ids(trained_on)} if ids(trained_on) else entries


def _with_entries(text: str, entries: Header) -> str:
    if not entries:
        return text
    if not re.match(r"\s*---\s*\n", text):
        return f"{dump(entries)}\n{text}"
    from huggingface_hub import RepoCard

    try:
        card = RepoCard(text, ignore_metadata_errors=True)
    except Exception as cause:  # whatever the YAML parser raises
        raise BadModel(
            f"The header of the model's {NAME} cannot be read, so nothing can be added to it: {cause}. "
            "Repair it, or give no model_card_data and no train_datasets."
        ) from cause
    for name, value in entries.items():
        card.data[name] = value
    return str(card.content)


def _title(class_name: str, base: str | None, name: str | None) -> str:
    if name is not None and is_id(name):
        return name.partition("/")[2]
    return f"{class_name} based on {base}" if base else class_name
