"""A row of the table of models by name: what was rebuilt of them, and how it is judged."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from isomorph.testing.models import write_recipe
from isomorph.testing.recipes import Recipe

Kind = Literal["vectors", "sparse", "tokens", "scores"]
"""Which class runs the folder: one vector a text, a sparse one, one a token, or a score a pair."""
REFERENCE = "sentence-transformers 6.2"


def nothing(folder: Path) -> None:
    """The recipe's folder is the published layout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Published models of one layout.

    A row with a `recipe` is rebuilt and measured. A row with `test` is held by that test of ``tests/``, whose
    folders are of this layout. A row with `refused` gets that refusal, a regular expression, if there is a
    recipe, or says what stands in the way.
    """

    models: str
    """The names under which people know them."""
    layout: str
    """What of the published folder was rebuilt: the architecture, modules, files, names of tensors."""
    recipe: Recipe | None = None
    """The tiny model."""
    finish: Callable[[Path], None] = nothing
    """Turns the folder of the recipe into the published layout."""
    kind: Kind = "vectors"
    call: Mapping[str, Any] = field(default_factory=dict)
    """Keywords of the call, such as a prompt's name."""
    stand_in: Callable[[Path], None] | None = None
    """Turns a copy of the folder into the same model as the reference reads it."""
    witness: str = REFERENCE
    """Who computed what is expected."""
    test: str = ""
    refused: str = ""
    real: str = ""
    """The test that has seen real weights of the layout, and which; "" for none."""

    @property
    def name(self) -> str:
        """A short name for tests and arrays: the first of the models."""
        return self.models.partition(",")[0].strip()

    def write(self, folder: Path) -> Path:
        """Writes the folder; the same bytes every time."""
        assert self.recipe is not None
        seed = sum(map(ord, self.name))
        write_recipe(self.recipe, folder, seed)
        self.finish(folder)
        return folder


def edit(file: Path, *gone: str, **changes: Any) -> None:
    """Changes keys of a JSON file, which need not be there."""
    content = json.loads(file.read_text("utf-8")) if file.exists() else {}
    content = {key: value for key, value in {**content, **changes}.items() if key not in gone}
    file.write_text(json.dumps(content, indent=2), "utf-8")
