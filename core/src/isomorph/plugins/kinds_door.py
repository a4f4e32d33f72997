"""The one door for calls into a kind of module of a plugin: answers are judged, failures are named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from isomorph.errors import PluginFailed
from isomorph.files.module_folder import ModuleFolder
from isomorph.kinds import ModuleKind
from isomorph.machine.foreign import telling
from isomorph.messages.shown import shown
from isomorph.model.graph import Module
from isomorph.plugins.asking import Origin
from isomorph.plugins.inputs_door import behind_the_door, fitting, mapping
from isomorph.preprocess.protocol import Inputs
from isomorph.primitives.builder import Ref
from isomorph.primitives.program import RAGGED, VALUES, Feed

Judge = Callable[[str, Any, tuple[Any, ...]], Any]
"""(name of the kind, an answer, the arguments) -> the answer; raises `TypeError` where it is none."""


def guarded(kind: ModuleKind, origin: Origin) -> ModuleKind:
    """The kind with each of its functions behind the door.

    Raises:
        TypeError: the record says too little of a kind.
    """
    if not kind.name or not kind.classes:
        raise TypeError(f"its kind {kind.name!r} has no name or no class")
    if kind.lower is None and kind.kernel is None:
        raise TypeError(f"its kind {kind.name!r} has neither lower nor kernel, and one is needed")
    functions = {
        field.name: _Passage(origin, kind.name, field.name, getattr(kind, field.name))
        for field in fields(kind)
        if callable(getattr(kind, field.name))
    }
    return replace(kind, **functions)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class _Passage:
    """A function of a kind, called through the door."""

    origin: Origin
    kind: str
    call: str
    function: Callable[..., Any]

    def __call__(self, *arguments: Any) -> Any:
        """What the function answers.

        Raises:
            PluginFailed: it raised what is no error of isomorph, or answers what is of no use.
        """
        with telling(lambda cause: self._failed(cause, arguments)):
            given = [_protected(each) for each in arguments]
            found = _JUDGES[self.call](self.kind, self.function(*given), arguments)
        if self.call != "inputs":
            return found
        return behind_the_door(found, partial(_failed_inputs, self.origin, self.kind))

    def _failed(self, cause: BaseException, arguments: tuple[Any, ...]) -> PluginFailed:
        of = [each for each in arguments if isinstance(each, Module | ModuleFolder)]
        files = next((each.place for each in of if isinstance(each, ModuleFolder)), "")
        name = of[0].name if of else ""
        return failed(self.origin, self.kind, self.call, cause, name, files)


def _failed_inputs(origin: Origin, kind: str, call: str, cause: BaseException) -> PluginFailed:
    return failed(origin, kind, f"{call} of the inputs", cause)


def failed(
    origin: Origin, kind: str, call: str, cause: BaseException, module: str = "", files: str = ""
) -> PluginFailed:
    """The error for a function of a kind, asked about a module whose `files` may be damaged."""
    place = f" for module {module!r}" if module else ""
    whose = f"Perhaps {files} is damaged; else the" if files else "The"
    advice = (
        f"{whose} fault lies in that plugin, and its authors want to know of it. To remove it: "
        f"pip uninstall {origin.distribution.partition(' ')[0]}"
    )
    where = f"{call} of its kind {kind!r}{place}"
    return PluginFailed(origin.name, origin.distribution, cause, where, advice=advice)


def _protected(argument: Any) -> Any:
    """An argument of which nothing can be changed that others read after the call."""
    if not isinstance(argument, dict):
        return argument
    return MappingProxyType({name: _read_only(value) for name, value in argument.items()})


def _read_only(value: Any) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    view = value.view()
    view.flags.writeable = False
    return view


def _module(kind: str, answer: Any, arguments: tuple[Any, ...]) -> Module:
    """A module of this kind, under the name of its folder: by both others find what belongs to it."""
    if not isinstance(answer, Module):
        raise TypeError(f"it gives {shown(answer)}, which is no Module")
    if answer.kind != kind:
        raise TypeError(f"it gives a Module of the kind {shown(answer.kind)}")
    (source,) = arguments
    if answer.name != source.name:
        raise TypeError(f"it gives a Module named {shown(answer.name)}, not {source.name!r}")
    for field in ("inputs", "outputs"):
        names = getattr(answer, field)
        if not isinstance(names, tuple | list) or not all(isinstance(n, str) for n in names):
            raise TypeError(f"it gives a Module whose {field} are {shown(names)}, no tuple of str")
    if not isinstance(answer.config, Mapping):
        raise TypeError(f"it gives a Module whose config is {shown(answer.config)}, no mapping")
    return replace(answer, inputs=tuple(answer.inputs), outputs=tuple(answer.outputs))


def _written(answer: Any, module: Module) -> dict[str, Any]:
    """What a module writes, by the names of its outputs."""
    found = mapping(answer)
    missing = [name for name in module.outputs if name not in found]
    if missing:
        raise TypeError(f"it gives {sorted(map(str, found))} without the output {missing[0]!r}")
    return {name: found[name] for name in module.outputs}


def _refs(kind: str, answer: Any, arguments: tuple[Any, ...]) -> Mapping[str, Ref]:
    found = _written(answer, arguments[0])
    for name, value in found.items():
        if not isinstance(value, Ref):
            raise TypeError(f"it gives {shown(value)} for {name!r}, which is no Ref of a program")
    return found


def _arrays(kind: str, answer: Any, arguments: tuple[Any, ...]) -> Mapping[str, Any]:
    """Arrays of the type and the axes of their names, with as many rows as what the kernel got."""
    module, _, given = arguments
    counts: dict[str, int] = {}
    for name, array in given.items():
        for axis, size in zip(_feed(name, given).axes, np.shape(array), strict=False):
            if axis in ("rows", "width"):
                counts.setdefault(str(axis), size)
    found = _written(answer, module)
    return {name: fitting(name, value, _feed(name, found), counts) for name, value in found.items()}


def _feed(name: str, values: Mapping[str, Any]) -> Feed:
    ragged = RAGGED.get(name) if "offsets" in values else None
    return ragged or VALUES.get(name) or Feed("", ())


def _count(kind: str, answer: Any, arguments: tuple[Any, ...]) -> int | None:
    """A number of features or ids, or None."""
    if answer is None:
        return None
    if isinstance(answer, bool) or not isinstance(answer, int | np.integer) or answer < 1:
        raise TypeError(f"it gives {shown(answer)}, which is no number of features, nor None")
    return int(answer)


def _branches(kind: str, answer: Any, arguments: tuple[Any, ...]) -> Mapping[str, Module]:
    found = mapping(answer)
    if not found or not all(isinstance(each, Module) for each in found.values()):
        raise TypeError(f"it gives {shown(answer)}, which is no mapping of modules")
    return found


def _inputs(kind: str, answer: Any, arguments: tuple[Any, ...]) -> Inputs:
    names = [name for name in vars(Inputs) if not name.startswith("_")]
    missing = [name for name in names if not hasattr(answer, name)]
    if missing:
        raise TypeError(f"it gives {shown(answer)}, which lacks {', '.join(missing)} of Inputs")
    inputs: Inputs = answer
    return inputs


def _function(kind: str, answer: Any, arguments: tuple[Any, ...]) -> Any:
    if not callable(answer):
        raise TypeError(f"it gives {shown(answer)}, which is no function")
    return answer


_JUDGES: Mapping[str, Judge] = {
    "read": _module,
    "lower": _refs,
    "kernel": _arrays,
    "meaning": mapping,
    "width": _count,
    "takes": _count,
    "inputs": _inputs,
    "branches": _branches,
    "ids": _count,
    "keeps": _function,
    "pools": mapping,
    "write": mapping,
    "truncated_at": mapping,
}
"""How the answer of each function of a kind is judged."""
