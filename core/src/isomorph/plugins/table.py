"""The table of operations: the built-in ones and those of plugins, all through one hook."""

from __future__ import annotations

from functools import cache

from isomorph.errors import ContractError, UnknownFormat
from isomorph.kinds import Operation
from isomorph.plugins.discovery import installed


@cache
def _table() -> dict[str, Operation]:
    table: dict[str, Operation] = {}
    for operations in installed().manager.hook.isomorph_modules():
        for operation in operations:
            if operation.op in table:
                raise ContractError(
                    operation.op,
                    "unknown",
                    f"two plugins define the module operation {operation.op!r}",
                )
            table[operation.op] = operation
    return table


def operation(op: str) -> Operation:
    """The operation of this name.

    Raises:
        UnknownFormat: there is none; lists those there are.
    """
    try:
        return _table()[op]
    except KeyError:
        raise UnknownFormat(
            f"No installed plugin knows the module operation {op!r}; known: {sorted(_table())}."
        ) from None


_OF_OTHER_MODALITIES = ("CLIPModel",)


@cache
def types() -> dict[str, Operation]:
    """Operations by class reference."""
    return {name: operation for operation in _table().values() for name in operation.types}


def by_type(reference: str) -> Operation:
    """The operation behind a ``type`` of ``modules.json``.

    Raises:
        UnknownFormat: nobody knows this class; nothing is imported to find out.
    """
    try:
        return types()[reference]
    except KeyError:
        kind = reference.rsplit(".", 1)[-1]
        if reference.startswith("sentence_transformers.") and kind in _OF_OTHER_MODALITIES:
            raise UnknownFormat(
                f"Module type {reference!r} reads images beside texts, and this version reads texts "
                "only. A folder of its text half alone, a Transformer with a Pooling, would load."
            ) from None
        known = sorted({name.rsplit(".", 1)[-1] for name in types()})
        raise UnknownFormat(
            f"Module type {reference!r} is not known. Known classes: {', '.join(known)}. "
            "A plugin can add it through the hook 'isomorph_modules'."
        ) from None
