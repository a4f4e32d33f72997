"""The table of kinds of modules: the built-in ones, and those of plugins through one hook.

Of core's kinds only those are imported that somebody asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from isomorph.errors import AmbiguousKind, UnknownFormat
from isomorph.kinds import ModuleKind
from isomorph.modules import home
from isomorph.plugins.asking import Asker, Origin
from isomorph.plugins.discovery import installed
from isomorph.plugins.kinds_door import guarded

_HOOK = "isomorph_modules"


@dataclass
class _Kinds:
    """Kinds by name and by class. What two plugins offer is nobody's, and an error for who asks for it."""

    core: bool
    """Whether core's kinds are among them."""
    named: dict[str, ModuleKind] = field(default_factory=dict)
    """Those of plugins, by name."""
    classes: dict[str, ModuleKind] = field(default_factory=dict)
    """Those of plugins, by class."""
    owners: dict[str, list[str]] = field(default_factory=dict)
    """The distributions of plugins, by the names and classes that they offer."""
    origins: dict[str, Origin] = field(default_factory=dict)
    """The plugins, by the names of their kinds."""

    def add(self, kind: ModuleKind, origin: Origin) -> None:
        self.named.setdefault(kind.name, kind)
        self.origins.setdefault(kind.name, origin)
        for name in kind.classes:
            self.classes.setdefault(name, kind)
        for name in {kind.name, *kind.classes}:
            self.owners.setdefault(name, []).append(origin.distribution)

    def is_own(self, name: str) -> bool:
        """Whether core has a kind of this name or class."""
        return self.core and (home.kind_named(name) or home.kind_of_class(name)) is not None

    def find(self, name: str) -> ModuleKind | None:
        """The kind of this name."""
        return (home.kind_named(name) if self.core else None) or self.named.get(name)

    def of_class(self, reference: str) -> ModuleKind | None:
        """The kind of this class."""
        return (home.kind_of_class(reference) if self.core else None) or self.classes.get(reference)

    def own(self) -> Iterator[ModuleKind]:
        """Every kind of core's; imports them all."""
        yield from home.kinds() if self.core else ()

    def refuse_shared(self, name: str) -> None:
        """Raises `AmbiguousKind` for a name or class that several distributions offer."""
        owners = self.owners.get(name, [])
        if len(owners) > 1:
            raise AmbiguousKind(name, owners)


@cache
def _table() -> _Kinds:
    return _asked(installed().asker)


def owners(asker: Asker) -> dict[str, list[str]]:
    """Every kind by name, with the distributions that offer it; "" stands for core."""
    kinds = _asked(asker)
    theirs = {name: kinds.owners[name] for name in kinds.named}
    return {kind.name: [""] for kind in kinds.own()} | theirs


def _asked(asker: Asker) -> _Kinds:
    kinds = _Kinds(asker.has_core)
    for origin, offered in replace(asker, others=True).offers(_HOOK, ModuleKind):
        for kind in offered:
            taken = [name for name in (kind.name, *kind.classes) if kinds.is_own(name)]
            try:
                if taken:
                    raise TypeError(f"core itself has the kind {taken[0]!r}")
                kinds.add(guarded(kind, origin), origin)
            except TypeError as cause:
                asker.failed(_HOOK, origin, cause)
    return kinds


def kind_named(name: str) -> ModuleKind:
    """The kind of module of this name.

    Raises:
        UnknownFormat: there is none; lists those there are.
        AmbiguousKind: two plugins have one.
    """
    kinds = _table()
    kinds.refuse_shared(name)
    found = kinds.find(name)
    if found is None:
        known = sorted({*kinds.named, *(kind.name for kind in kinds.own())})
        raise UnknownFormat(
            f"No installed plugin knows the kind of module {name!r}; known: {known}.{installed().silent}"
        )
    return found


def plugin_of(name: str) -> Origin | None:
    """The plugin that offers the kind of this name; None for a kind of core's, or of nobody."""
    return _table().origins.get(name)


def kind_of_class(reference: str) -> ModuleKind | None:
    """The kind behind a class reference, None for a class that nobody knows."""
    return _table().of_class(reference)


def classes() -> Mapping[str, ModuleKind]:
    """All kinds by class reference."""
    kinds = _table()
    return {name: kind for kind in kinds.own() for name in kind.classes} | kinds.classes


def by_type(reference: str) -> ModuleKind:
    """The kind behind a ``type`` of ``modules.json``.

    Raises:
        UnknownFormat: nobody knows this class; nothing of a model is imported to find out.
        AmbiguousKind: two plugins know it.
    """
    _table().refuse_shared(reference)
    found = kind_of_class(reference)
    if found is None:
        known = sorted({name.rsplit(".", 1)[-1] for name in classes()})
        raise UnknownFormat(
            f"Module type {reference!r} is not known. Known classes: {', '.join(known)}. "
            f"A plugin can add it through the hook {_HOOK!r}.{installed().silent}"
        )
    return found
