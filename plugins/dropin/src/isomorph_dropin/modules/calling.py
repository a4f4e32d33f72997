"""Calls one module alone on tensors, as programs call a module of torch.

isomorph's numpy reference computes it, whatever the backend: for a whole chain `encode` is the fast way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from isomorph.errors import Unsupported
from isomorph.files.folder import Folder
from isomorph.files.module_folder import ModuleFolder
from isomorph.files.tensor import Tensor
from isomorph.files.weights import read_tensors
from isomorph.model.graph import Graph
from isomorph.model.graph import Module as Described
from isomorph.model.model import Model
from isomorph.model.routes import Router
from isomorph.parts.part import Part
from isomorph.plugins.table import kind_named
from isomorph.program import lower
from isomorph.reference.interpret import Interpreter
from isomorph.resolve import Request
from isomorph_dropin.faces.tensors import filled, tensors
from isomorph_dropin.modules.token_rows import completed, padded, with_first

_VECTOR = "sentence_embedding"


class Called:
    """A module that is all in its arguments, and can be called on features."""

    def forward(self, features: Mapping[str, Any], **kwargs: Any) -> Mapping[str, Any]:
        """What the module makes of the values that it reads.

        Args:
            features: tensors by name; a dictionary gets the results, and is what is returned.
            **kwargs: what the real modules are told of a call and do not read here, such as the task.

        Raises:
            KeyError: a value that the module reads is missing.
        """
        assert isinstance(self, Part)
        with TemporaryDirectory() as scratch:
            folder = Path(scratch)
            self.write(folder, Request())
            module, weights = read_module(self.kind, folder)
            return run(module, folder, weights, features)

    def __call__(self, features: Mapping[str, Any], **kwargs: Any) -> Mapping[str, Any]:
        """`forward`, a program's own too."""
        return self.forward(features, **kwargs)


def read_module(kind: str, folder: Path) -> tuple[Described, Mapping[str, Tensor]]:
    """A module of a kind and its tensors by name, from the folder that holds its files alone.

    Raises:
        BadModel: the files are damaged, or those of another kind.
    """
    known, files = kind_named(kind), Folder(folder)
    weights = read_tensors(files, "")
    return known.read(ModuleFolder("0", known.classes[0], "", files, weights)), weights


def run(
    module: Described, folder: Path, weights: Mapping[str, Tensor], features: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The features with what a module makes of them, on the device and in the type of what it reads.

    Args:
        module: one module of a graph.
        folder: where its files lie.
        weights: its tensors by name.
        features: tensors by name.

    Raises:
        KeyError: a value that the module reads is missing.
        Unsupported: the module does its work behind the engine.
    """
    kind = kind_named(module.kind)
    if kind.keeps is not None or kind.pools is not None:
        raise Unsupported(
            f"A module of kind {module.kind!r} chooses among the vectors of whole texts, behind the engine: "
            "call encode of the model."
        )
    given = completed(padded(features) if _VECTOR in module.outputs else features)
    further = tuple(name for name in kind.optional if name in features)
    module = replace(module, inputs=tuple(dict.fromkeys((*module.inputs, *further))))
    graph = Graph(module.inputs, (module,), module.outputs)
    program = lower(Model.of(graph, folder, {module.name: weights}), every_row=True)
    first = torch.as_tensor(given[module.inputs[0]])
    with np.errstate(all="ignore"):  # as torch, which tells nothing of what is not finite
        made = Interpreter(program).run({name: _array(given[name]) for name in module.inputs})
    results = {name: _like(first, tensors(value)) for name, value in made.items()}
    if _VECTOR in results and "modes" in module.config:
        results[_VECTOR] = with_first(results[_VECTOR], module.config["modes"], features)
    return filled(features, results)


def through(
    modules: Mapping[str, Sequence[Any]],
    way: Router,
    features: Mapping[str, Any],
    task: str | None = None,
    modality: Any = None,
    **kwargs: Any,
) -> Mapping[str, Any]:
    """What the modules of one route make of features, one after the other.

    Args:
        modules: those of each route.
        way: which route a task and a modality take.
        features: tensors by name; they may say the task and the modality.
        task: what the call is for.
        modality: what the features are made of.
        **kwargs: for each module.

    Raises:
        ValueError: no route is for this task.
    """
    task = features.get("task") if task is None else task
    modality = features.get("modality", "text") if modality is None else modality
    for module in modules[way.choose(task, modality)]:
        features = module(features, task=task, **kwargs)
    return features


def _array(value: Any) -> Any:
    value = torch.as_tensor(value).detach().cpu()
    return (value.float() if value.is_floating_point() else value.long()).numpy()


def _like(first: Any, value: Any) -> Any:
    is_float = value.is_floating_point() and first.is_floating_point()
    return value.to(first.device, first.dtype if is_float else value.dtype)
