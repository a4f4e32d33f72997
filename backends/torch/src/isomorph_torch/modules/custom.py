"""A module whose class is Python code in the model's folder."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn
from transformers.dynamic_module_utils import get_class_from_dynamic_module

from isomorph.contract import Module
from isomorph.errors import BackendError, Unsupported
from isomorph_torch.failures import loading
from isomorph_torch.modules.checkpoint import check_python
from isomorph_torch.modules.layer import Kind, Layer, Tensors
from isomorph_torch.modules.source import Source


class Custom(Layer):
    """Hands all named values to the live module, which returns them with its own added or changed."""

    def __init__(self, module: Module, live: nn.Module) -> None:
        super().__init__(module)
        self.live = live

    def forward(self, values: Tensors) -> Tensors:
        """Whatever the class computes; it may write into the mapping that it gets.

        Raises:
            BackendError: it returns something else, or without what the next module reads.
        """
        found = self.live(dict(values))
        if not isinstance(found, Mapping) or not all(name in found for name in self.writes):
            raise BackendError(
                f"{type(self.live).__name__} must return its features with {', '.join(self.writes)}, and "
                f"returned {sorted(found) if isinstance(found, Mapping) else type(found).__name__}."
            )
        return {**values, **{k: v for k, v in found.items() if isinstance(v, torch.Tensor)}}

    def save(self, folder: Path) -> None:
        """Has the live module save itself, as sentence-transformers' classes do."""
        folder.mkdir(parents=True, exist_ok=True)
        self.live.save(str(folder))  # type: ignore[operator]


def build(source: Source) -> Layer:
    """Imports the code through transformers, which knows relative imports, and loads the module.

    Raises:
        Unsupported: the code is not trusted.
        BackendError: a package that it imports is not installed.
        BadModel: it cannot be loaded.
    """
    name, code = source.module.config["class"], source.module.config["code"]
    if not source.options.trust_remote_code:
        raise Unsupported(
            f"{name!r} is Python code in {source.model.folder}, which runs only with "
            "trust_remote_code=True. Read that code first."
        )
    check_python(source.model, code)
    source.model.files.check()
    with loading(source.folder):
        kind = get_class_from_dynamic_module(
            name, str(source.model.folder / code), local_files_only=True
        )
        return Custom(source.module, _load(kind, source).float())


def _load(kind: type, source: Source) -> nn.Module:
    """Calls the class's ``load`` in its present or in its older form."""
    load = getattr(kind, "load", None)
    if load is None:
        raise Unsupported(f"{kind.__name__} has no method load, by which such a class is read.")
    taken = inspect.signature(load).parameters
    every = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in taken.values())
    if "subfolder" not in taken and not every:
        return _module(load(str(source.folder)), kind)
    known = {
        "subfolder": source.module.folder,
        "local_files_only": True,
        "trust_remote_code": True,
    }
    offered = {name: value for name, value in known.items() if every or name in taken}
    return _module(load(str(source.model.folder), **offered), kind)


def _module(live: object, kind: type) -> nn.Module:
    if not isinstance(live, nn.Module):
        raise Unsupported(f"{kind.__name__}.load returned {type(live).__name__}, not an nn.Module.")
    return live


KIND = Kind(("custom",), build, options=True)
