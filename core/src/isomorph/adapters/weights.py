"""The weights of a module's folder with the adapter that lies there merged in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from isomorph.adapters.files import is_alone, read_settings
from isomorph.adapters.tasks import has_tasks, task_adapters, with_task, without_tasks
from isomorph.encoders.towers import towers_of
from isomorph.errors import BadModel
from isomorph.files.folder import Folder
from isomorph.files.names import ADAPTER, ADAPTER_WEIGHTS, OLD_WEIGHTS, TOKENIZER_FILES
from isomorph.files.names import WEIGHTS as BASE_WEIGHTS
from isomorph.files.tensor import Tensor
from isomorph.files.weights import read_file, read_tensors
from isomorph.resolve.asked import resolve_as_asked

if TYPE_CHECKING:
    from isomorph.adapters.settings import Lora

_MODEL = ("config.json", *BASE_WEIGHTS, *OLD_WEIGHTS)
_WORDS = (*TOKENIZER_FILES, "chat_template.jinja", "chat_template.json")
"""Files of a tokenizer: an adapter's folder has its own, all of them, or takes those of its base."""
_DEPTH = 8
"""Adapters of adapters of a model, at most."""


def read_weights(folder: Folder, path: str, depth: int = 0) -> Mapping[str, Tensor]:
    """As `read_tensors`; an adapter in the folder is merged, and its base model is found by its name.

    Adapters of tasks, which lie in the same file, are left out: only a task asks for them.

    After that `folder` has the files of the base that an adapter alone lacks.

    Raises:
        BadModel: a file is damaged, adapter and base do not fit, or no base is named.
        Unsupported: the adapter asks for something that is not done here.
        ModelError: the base model cannot be found.
    """
    config = read_settings(folder, path)
    if config is None:
        return read_plain(folder, path)
    from isomorph.adapters.settings import lora_of  # few folders hold an adapter

    where = f"The adapter in {folder.path(path)}"
    lora = lora_of(config, f"{where}: {ADAPTER}")
    own = folder.sub(path)
    if own.base is None and not is_alone(folder, path):
        base = without_tasks(read_tensors(folder, path))
    elif depth == _DEPTH:
        raise BadModel(f"{where} is the {_DEPTH}th adapter in a row, or they lead in a circle.")
    else:
        found = own.base or _base(folder, path, config)
        base = read_weights(found, "", depth + 1)
        words = () if any(name in _WORDS for name in own.names()) else _WORDS
        shards = {tensor.file.name for tensor in base.values()}
        own.stand_on(found, frozenset((*_MODEL, *words, *shards)))
    name = next(name for name in ADAPTER_WEIGHTS if folder.file(path, name) is not None)
    return _merged(
        base, read_file(folder, path, name), lora, where, folder.json(path, "config.json")
    )


def _merged(
    base: Mapping[str, Tensor], adapter: Mapping[str, Tensor], lora: Lora, where: str, config: Any
) -> Mapping[str, Tensor]:
    """As `merged`, with what the family of a ``config.json`` knows of the base model.

    A matrix that is the base model's table of words is one of its own here: adapters change one of the two.
    """
    from isomorph.adapters.lora import merged  # few folders hold an adapter
    from isomorph.encoders.heads.sharing import tied_names, turned_names

    known = config if isinstance(config, dict) else {}
    tied = tied_names(known, base)
    apart = {**base, **{matrix: base[table] for matrix, table in tied.items()}}
    found = merged(apart, adapter, lora, where, turned_names(known))
    same = [matrix for matrix, table in tied.items() if found[matrix] is found[table]]
    return {name: tensor for name, tensor in found.items() if name not in same}


def read_plain(folder: Folder, path: str) -> Mapping[str, Tensor]:
    """The tensors of a folder without adapters of tasks, or with those of the one task that its family adds.

    Raises:
        BadModel: a file is damaged, or what the configuration says of tasks does not fit the weights.
    """
    stored = read_tensors(folder, path)
    if not has_tasks(stored):
        return stored
    config = folder.json(path, "config.json")
    family = towers_of(config) if isinstance(config, dict) else None
    asked = family.adapted(config) if config is not None and family is not None else None
    found = None if asked is None else task_adapters(asked.names, asked.options, stored)
    if asked is None or found is None:
        return without_tasks(stored)
    return with_task(stored, found, asked.task, str(folder.path(path)))


def _base(folder: Folder, path: str, config: Mapping[str, Any]) -> Folder:
    """The folder of the model that an adapter names.

    Raises:
        BadModel: it names none.
        ModelError: the named model cannot be found.
    """
    place = folder.path(path)
    name, revision = config.get("base_model_name_or_path"), config.get("revision")
    if not isinstance(name, str) or not name.strip():
        raise BadModel(
            f"{place} holds an adapter and not the model that it changes, and {ADAPTER} names no base model. "
            "Set base_model_name_or_path, or copy the base model's files beside the adapter."
        )
    return Folder(
        resolve_as_asked(name, revision if isinstance(revision, str) else None, str(place))
    )
