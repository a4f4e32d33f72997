"""The files of a module that transformers opens by path: the model's folder has seen each of them before.

transformers follows links and ``..`` wherever they lead. So what it will open is found out first, in the
order in which it looks, and asked of the folder, from which nothing leads out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from huggingface_hub import try_to_load_from_cache

from isomorph.contract import Model
from isomorph.errors import BadModel, InputError, Unsupported
from isomorph_torch.modules.source import Source

SAFE = ("model.safetensors", "model.safetensors.index.json")
OLD = ("pytorch_model.bin", "pytorch_model.bin.index.json")
ELSEWHERE = ("subfolder", "gguf_file", "adapter_kwargs", "adapter_name", "state_dict")
"""Of ``model_kwargs``: what would have transformers read other weights than those of the module."""

_BESIDE = ("config.json", "generation_config.json")
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


def check_files(source: Source) -> None:
    """Everything that loading opens, code aside.

    Raises:
        BadModel: a file is a link that leads out, or an index names a shard that is not there.
        InputError: ``model_kwargs`` name other places.
    """
    given = source.options.model_kwargs
    elsewhere = [name for name in ELSEWHERE if given.get(name)]
    if elsewhere:
        raise InputError(
            f"model_kwargs {', '.join(elsewhere)} would load other weights than those of {source.folder}. "
            "Name the folder that holds them as the model."
        )
    if given.get("weights_only") is False:
        raise InputError("weights_only=False would run what a pickle names; it is not done.")
    for name in _BESIDE:
        source.file(name)
    weights = weight_file(source, given.get("variant"), given.get("use_safetensors"))
    if weights is not None and weights.suffix == ".json":
        _check_shards(source, weights)


def weight_file(
    source: Source, variant: str | None = None, safetensors: bool | None = None
) -> Path | None:
    """The file of weights, or the index of several, that transformers takes; None where none is."""
    names: tuple[str, ...] = () if safetensors is False else SAFE
    names += () if safetensors else OLD
    found = (source.file(_of_variant(name, variant)) for name in names)
    return next((file for file in found if file is not None), None)


def check_code(source: Source, code: Mapping[str, str]) -> None:
    """The files of trusted classes. Code that they import from beside them may not lead out either.

    Raises:
        BadModel: a reference is none, or its file is not in the folder.
        Unsupported: a reference is to a folder elsewhere on this machine, or to a repository that is not
            in the cache: nothing is fetched.
    """
    for reference in code.values():
        repository, _, name = reference.rpartition("--")
        file, _, kind = name.partition(".")
        if not kind.isidentifier():
            raise BadModel(
                f"{source.folder} names the class {reference!r}, which is not FILE.CLASS."
            )
        if not repository and source.file(f"{file}.py") is None:
            raise BadModel(
                f"config.json names the class {reference!r}, and {source.folder} holds no {file}.py."
            )
        if repository and (not _REPOSITORY.fullmatch(repository) or Path(repository).exists()):
            raise Unsupported(
                f"config.json names the class {reference!r}, code of another folder of this machine, which "
                "is not run: trust is given to one model."
            )
        if repository and not isinstance(try_to_load_from_cache(repository, f"{file}.py"), str):
            raise Unsupported(
                f"This model runs code of another repository, {repository}, which is not in the cache of the "
                f"Hub's library. Fetch it, read it, and load the model again: hf download {repository}"
            )
    check_python(source.model, source.module.folder)


def check_python(model: Model, folder: str) -> None:
    """The Python files of a folder, any of which code in it may import.

    Raises:
        BadModel: one is a link that leads out.
    """
    for name in model.files.sub(folder).names():
        if name.endswith(".py"):
            model.file(folder, name)


def _of_variant(name: str, variant: str | None) -> str:
    if not variant:
        return name
    stem, _, ending = name.rpartition(".")
    return f"{stem}.{variant}.{ending}"


def _check_shards(source: Source, index: Path) -> None:
    content = source.model.files.json(source.module.folder, index.name)
    listed = content.get("weight_map") if isinstance(content, dict) else None
    if not isinstance(listed, dict):
        raise BadModel(f"{index} is not an index of shards: it has no weight_map.")
    for shard in sorted({str(name) for name in listed.values()}):
        if source.file(shard) is None:
            raise BadModel(f"{index} names the shard {shard!r}, which is not there.")
