"""MultiVectorMask: which token vectors of a text count. Says it as data; core picks the rows.

Which rows are kept follows from the token ids alone, and no vector changes, so an engine has nothing
to do here: the module passes its input on, and `isomorph.postprocess.token_rows` picks rows of the result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from isomorph.files.module_folder import ModuleFolder
from isomorph.files.schema import TEXT, TOKEN, Either, ListOf, Schema, maybe
from isomorph.kinds import ModuleKind
from isomorph.model.graph import Module
from isomorph.modules.types import historical
from isomorph.primitives.builder import Ref, Weights

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
    return Module("multi_vector_mask", name, folder, config, (), TOKENS, TOKENS)


def tasks_of(value: Any) -> tuple[str, ...]:
    """Task names given as one text, as a list, or not at all, which means documents."""
    if value is None:
        return ("document",)
    return (value,) if isinstance(value, str) else tuple(value)


def lower(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    """Passes the token vectors on."""
    return {"token_embeddings": values["token_embeddings"]}


KIND = ModuleKind("multi_vector_mask", historical("MultiVectorMask"), read, lower)
