"""A model as data: a chain of modules that read and write named values.

Graph(inputs, modules, outputs)
  .prefix(n)   the first n modules, promising exactly what is still needed after the cut
  .rest(n)     the modules after the cut
  .live(n)     the names that cross the cut
  .until(names) the shortest chain that computes these names
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Any

from isomorph.model.frozen import frozen
from isomorph.primitives.program import RAGGED, UNKNOWN, VALUES, Feed


@dataclass(frozen=True, slots=True)
class Module:
    """One entry of ``modules.json``, read into data.

    ``kind`` is the kind of module (``"transformer"``, ``"pooling"``, …), ``config`` its settings with
    historical spellings resolved, ``weights`` the names of the tensors in its own files, ``inputs``
    and ``outputs`` the names that it reads and writes in the values that pass along the chain. A
    module may write a name that it reads. Nobody changes ``config``: every backend reads the same one.
    """

    kind: str
    name: str = ""
    _: KW_ONLY
    folder: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    weights: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "config", frozen(self.config))

    def __repr__(self) -> str:
        """One short line: settings and names of tensors are looked up in `config` and `weights`."""
        named = f"{self.name!r}, " if self.name else ""
        way = f"{', '.join(self.inputs)} -> {', '.join(self.outputs)}"
        tensors = f", {len(self.weights)} tensors" if self.weights else ""
        return f"Module({named}{self.kind}: {way}{tensors})"


@dataclass(frozen=True, slots=True)
class Graph:
    """A chain of modules from the names that core feeds to the names that the caller gets.

    ``feeds`` says the type and axes of what core feeds, where the names are not those of `VALUES`.
    """

    inputs: tuple[str, ...]
    modules: tuple[Module, ...]
    outputs: tuple[str, ...]
    feeds: Mapping[str, Feed] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.modules)

    def live(self, depth: int) -> tuple[str, ...]:
        """Names that the first `depth` modules write and that are still read after them.

        Names that core itself feeds, such as the attention mask, are not listed unless a module
        wrote them anew: the feeds survive the cut by themselves.
        """
        needed = set(self.outputs)
        for module in reversed(self.modules[depth:]):
            needed.difference_update(module.outputs)
            needed.update(module.inputs)
        written = _unique(name for module in self.modules[:depth] for name in module.outputs)
        return tuple(name for name in written if name in needed)

    @property
    def ragged(self) -> bool:
        """Whether it reads rows of ids end to end instead of a padded matrix."""
        return "offsets" in self.inputs

    def feed(self, name: str) -> Feed:
        """The type and the axes of an input, or of a value that a module writes under a well-known name."""
        found = self.feeds.get(name)
        if found is None and self.ragged:
            found = RAGGED.get(name)
        return found or VALUES.get(name, UNKNOWN)

    def prefix(self, depth: int) -> Graph:
        """The chain cut after `depth` modules; its outputs are `live(depth)`."""
        modules = self.modules[:depth]
        return Graph(_read_by(modules, self.inputs), modules, self.live(depth), self.feeds)

    def rest(self, depth: int) -> Graph:
        """The chain after the cut; its inputs are the feeds and what crosses the cut."""
        modules = self.modules[depth:]
        crossing = self.live(depth)
        feeds = tuple(name for name in self.inputs if name not in crossing)
        return Graph(crossing + _read_by(modules, feeds), modules, self.outputs, self.feeds)

    def until(self, names: Iterable[str]) -> Graph:
        """The shortest chain that writes all of `names` for the last time; they are its outputs.

        Raises:
            KeyError: a name that no module writes.
        """
        wanted = tuple(names)
        depth = 0
        for name in wanted:
            writers = [i for i, module in enumerate(self.modules) if name in module.outputs]
            if not writers:
                raise KeyError(name)
            depth = max(depth, writers[-1] + 1)
        modules = self.modules[:depth]
        return replace(self, inputs=_read_by(modules, self.inputs), modules=modules, outputs=wanted)


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _read_by(modules: tuple[Module, ...], feeds: tuple[str, ...]) -> tuple[str, ...]:
    """Those of `feeds` that a module reads before any module has written them."""
    read: set[str] = set()
    written: set[str] = set()
    for module in modules:
        read.update(set(module.inputs) - written)
        written.update(module.outputs)
    return tuple(name for name in feeds if name in read)
