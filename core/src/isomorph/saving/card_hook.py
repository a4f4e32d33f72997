"""The model card of a saved folder: where the writer of cards comes in."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from isomorph.read.folder import Folder

if TYPE_CHECKING:
    from isomorph.models.base import BaseModel

FILE = "README.md"
_WRITER = "isomorph.card"


def write_card(
    model: BaseModel,
    source: Path,
    folder: Path,
    model_name: str | None,
    train_datasets: Sequence[str] | None,
) -> None:
    """Puts a card into `folder`: a fresh one, or where nobody writes cards that of `source`."""
    if find_spec(_WRITER) is not None:
        import_module(_WRITER).write_card(model, folder, model_name, train_datasets)
        return
    card = Folder(source).file(FILE)
    if card is not None:
        shutil.copyfile(card, folder / FILE)
