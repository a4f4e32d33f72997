"""The table of kinds of modules: the built-in ones and those of plugins, all through one hook."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from isomorph.errors import AmbiguousKind, UnknownFormat
from isomorph.kinds import ModuleKind
from isomorph.plugins.asking import Asker
from isomorph.plugins.discovery import installed

_HOOK = "isomorph_modules"


@dataclass
class _Kinds:
    """Kinds by name and by class. What two plugins offer is nobody's, and an error for who asks for it."""

    named: dict[str, ModuleKind] = field(default_factory=dict)
    classes: dict[str, ModuleKind] = field(default_factory=dict)
    owners: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: ModuleKind, distribution: str) -> None:
        self.named.setdefault(kind.name, kind)
        for name in kind.classes:
            self.classes.setdefault(name, kind)
        for name in {kind.name, *kind.classes}:
            self.owners.setdefault(name, []).append(distribution)

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
    return {name: kinds.owners[name] for name in kinds.named}


def _asked(asker: Asker) -> _Kinds:
    kinds = _Kinds()
    offers = [(origin, kind) for origin, kinds in asker.offers(_HOOK, ModuleKind) for kind in kinds]
    for origin, kind in sorted(offers, key=lambda offer: not offer[0].own):
        taken = [name for name in (kind.name, *kind.classes) if name in kinds.owners]
        if not origin.own and any("" in kinds.owners[name] for name in taken):
            asker.failed(_HOOK, origin, TypeError(f"core itself has the kind {taken[0]!r}"))
            continue
        kinds.add(kind, "" if origin.own else origin.distribution)
    return kinds


def kind_named(name: str) -> ModuleKind:
    """The kind of module of this name.

    Raises:
        UnknownFormat: there is none; lists those there are.
        AmbiguousKind: two plugins have one.
    """
    try:
        return _one(_table().named, name)
    except KeyError:
        raise UnknownFormat(
            f"No installed plugin knows the kind of module {name!r}; known: {sorted(_table().named)}."
            f"{_silent()}"
        ) from None


def _one(kinds: dict[str, ModuleKind], name: str) -> ModuleKind:
    _table().refuse_shared(name)
    return kinds[name]


def _silent() -> str:
    """The plugins that could not say what they know, as a sentence behind an error."""
    failures = "".join(f" {failure}" for failure in installed().failures)
    return f" Perhaps a plugin knows it that failed.{failures}" if failures else ""


def classes() -> dict[str, ModuleKind]:
    """Kinds by class reference."""
    return _table().classes


def by_type(reference: str) -> ModuleKind:
    """The kind behind a ``type`` of ``modules.json``.

    Raises:
        UnknownFormat: nobody knows this class; nothing is imported to find out.
        AmbiguousKind: two plugins know it.
    """
    try:
        return _one(classes(), reference)
    except KeyError:
        known = sorted({name.rsplit(".", 1)[-1] for name in classes()})
        raise UnknownFormat(
            f"Module type {reference!r} is not known. Known classes: {', '.join(known)}. "
            f"A plugin can add it through the hook {_HOOK!r}.{_silent()}"
        ) from None
