"""The files of an adapter in the folder of a transformer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.errors import BadModel, Unsupported
from isomorph.files.folder import Folder
from isomorph.files.module_folder import ModuleFolder
from isomorph.files.names import ADAPTER, ADAPTER_WEIGHTS, ANY_WEIGHTS

FOREIGN = "pytorch_adapter.bin"
"""Weights as AdapterHub's library writes them."""
NAMES = (ADAPTER, *ADAPTER_WEIGHTS, FOREIGN)


def is_alone(folder: Folder, path: str = "") -> bool:
    """Whether a folder holds an adapter without the weights that it changes."""
    there = folder.file(path, ADAPTER) is not None
    return there and not any(folder.file(path, name) is not None for name in ANY_WEIGHTS)


def read_settings(folder: Folder, path: str) -> Mapping[str, Any] | None:
    """What ``adapter_config.json`` holds; None where the folder holds no adapter.

    Raises:
        Unsupported: the folder holds an adapter that another library than peft wrote.
        BadModel: weights are there without settings, or settings without weights.
    """
    found = [name for name in NAMES if folder.file(path, name) is not None]
    if not found:
        return None
    place = folder.path(path)
    config = ModuleFolder("", "", path, folder, {}).config(ADAPTER)
    if FOREIGN in found or (config and "peft_type" not in config):
        raise Unsupported(
            f"{place} holds an adapter ({', '.join(found)}) that peft did not write, and those alone are "
            "merged here. Merge it into its base model with the library that made it, where that can, and "
            "load the folder of what it saves."
        )
    if not config:
        raise BadModel(f"{place} holds the weights of an adapter ({found[-1]}), but no {ADAPTER}.")
    if not any(name in found for name in ADAPTER_WEIGHTS):
        raise BadModel(f"{place} holds {ADAPTER}, but none of {', '.join(ADAPTER_WEIGHTS)}.")
    return config
