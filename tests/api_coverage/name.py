"""One public name that programs for sentence-transformers use, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Name:
    """A name, and what there is to know about it beyond what introspection says.

    `owner` is a class or module of ours, "" for what is no name but a behaviour. `arguments` are those
    that sentence-transformers documents. `like` is another name of the owner that takes the arguments
    which this one hands on. `test` is where it is tested, as pytest names it, from the folder tests/;
    without one the first test that uses the name is looked for. `differs` says on purpose what is
    different. `refused` says why the name is not here. A `pending` name may be missing.
    """

    owner: str
    name: str
    arguments: tuple[str, ...] = ()
    test: str = ""
    like: str = ""
    differs: str = ""
    refused: str = ""
    pending: bool = False
