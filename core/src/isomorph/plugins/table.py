"""The table of kinds of modules: the built-in ones and those of plugins, all through one hook."""

from __future__ import annotations

from functools import cache

from isomorph.errors import ContractError, UnknownFormat
from isomorph.kinds import ModuleKind
from isomorph.plugins.discovery import installed


@cache
def _table() -> dict[str, ModuleKind]:
    table: dict[str, ModuleKind] = {}
    for kinds in installed().manager.hook.isomorph_modules():
        for kind in kinds:
            if kind.name in table:
                raise ContractError(
                    kind.name,
                    "unknown",
                    f"two plugins define the kind of module {kind.name!r}",
                )
            table[kind.name] = kind
    return table


def kind_named(name: str) -> ModuleKind:
    """The kind of module of this name.

    Raises:
        UnknownFormat: there is none; lists those there are.
    """
    try:
        return _table()[name]
    except KeyError:
        raise UnknownFormat(
            f"No installed plugin knows the kind of module {name!r}; known: {sorted(_table())}."
        ) from None


@cache
def classes() -> dict[str, ModuleKind]:
    """Kinds by class reference."""
    return {name: kind for kind in _table().values() for name in kind.classes}


def by_type(reference: str) -> ModuleKind:
    """The kind behind a ``type`` of ``modules.json``.

    Raises:
        UnknownFormat: nobody knows this class; nothing is imported to find out.
    """
    try:
        return classes()[reference]
    except KeyError:
        known = sorted({name.rsplit(".", 1)[-1] for name in classes()})
        raise UnknownFormat(
            f"Module type {reference!r} is not known. Known classes: {', '.join(known)}. "
            "A plugin can add it through the hook 'isomorph_modules'."
        ) from None
