"""MultiVectorMask: which token vectors of a text count. Says it as data; core picks the rows.

Which rows are kept follows from the token ids alone, and no vector changes, so an engine has nothing
to do here: the module passes its input on, and `isomorph.postprocess.token_rows` picks rows of the result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from isomorph.files.module_folder import ModuleFolder
from isomorph.files.schema import TEXT, TOKEN, Either, ListOf, Schema, maybe
from isomorph.kinds import Mask, ModuleKind, unchanged
from isomorph.model.graph import Module
from isomorph.modules.types import MULTI, historical
from isomorph.primitives.builder import Ref, Weights

if TYPE_CHECKING:
    from tokenizers import Tokenizer

TASKS = maybe(Either((TEXT, ListOf(TEXT))))
SCHEMA: Schema = {
    "skiplist_words": maybe(ListOf(TEXT)),
    "skiplist_tasks": TASKS,
    "keep_only_token_ids": maybe(ListOf(TOKEN)),
}
TOKENS = ("token_embeddings",)


def read(source: ModuleFolder) -> Module:
    """Reads words to skip, the tasks in which they are, and the only ids that are kept."""
    config = source.settings(SCHEMA, "config.json")
    return mask_module(
        source.name,
        source.path,
        config.get("skiplist_words") or (),
        tasks_of(config.get("skiplist_tasks")),
        config.get("keep_only_token_ids"),
    )


def mask_module(
    name: str,
    folder: str,
    words: Sequence[str],
    tasks: tuple[str, ...] = ("document",),
    only: Sequence[int] | None = None,
) -> Module:
    """The module that leaves out `words` in `tasks`, and outside of queries all ids but `only`."""
    config = {
        "skiplist_words": tuple(words),
        "skiplist_tasks": tasks,
        "keep_only_token_ids": None if only is None else tuple(only),
    }
    return Module(
        "multi_vector_mask", name, folder=folder, config=config, inputs=TOKENS, outputs=TOKENS
    )


def tasks_of(value: Any) -> tuple[str, ...]:
    """Task names given as one text, as a list, or not at all, which means documents."""
    if value is None:
        return ("document",)
    return (value,) if isinstance(value, str) else tuple(value)


def lower(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    """Passes the token vectors on."""
    return {"token_embeddings": values["token_embeddings"]}


@dataclass(frozen=True, slots=True)
class _Kept:
    """All vectors but those of the ids in `skip` and, where `only` is given, those of other ids."""

    skip: tuple[int, ...] = ()
    only: tuple[int, ...] | None = None

    def __call__(self, ids: NDArray[Any]) -> NDArray[Any]:
        stays = ~np.isin(ids, self.skip) if self.skip else np.ones(len(ids), bool)
        return stays if self.only is None else stays & np.isin(ids, self.only)


def keeps(module: Module, tokenizer: Tokenizer, task: str | None) -> Mask:
    """Which vectors count for a task: a word that the vocabulary lacks occurs in no text."""
    skip: tuple[int, ...] = ()
    if (task or "document") in module.config["skiplist_tasks"]:
        found = (tokenizer.token_to_id(word) for word in module.config["skiplist_words"])
        skip = tuple(number for number in found if number is not None)
    return _Kept(skip, None if task == "query" else module.config["keep_only_token_ids"])


KIND = ModuleKind(
    name="multi_vector_mask",
    classes=historical("MultiVectorMask", home=MULTI),
    read=read,
    lower=lower,
    width=unchanged,
    keeps=keeps,
    write=lambda module, width: dict(module.config),
)
