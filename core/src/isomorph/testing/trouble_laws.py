"""The laws about loads that fail. Each raises `LawBroken` with the reason."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from isomorph.contract import Asked, Claim, Model, Values
from isomorph.errors import BackendFailed, IsomorphError
from isomorph.plugins.reading import read_model
from isomorph.testing.compare import LawBroken, assert_close, real_tokens, require
from isomorph.testing.subject import Subject

NO_ARITHMETIC = "float7"
"""A number type that no engine has."""


def failed_loads_say_why(subject: Subject, name: str, folder: Path) -> None:
    """A load that cannot succeed raises an error of isomorph, and later loads are as they were.

    Weight files are taken away, or replaced by others, after the model was read. A session that comes
    all the same gives the numbers of the model that was read.
    """
    claim = subject.claim(name)
    for way, change in (("gone", Path.unlink), ("replaced by noise", _replace)):
        copy = shutil.copytree(subject.case(name).model.folder, folder / way.replace(" ", "-"))
        model = read_model(copy)
        for file in {each.file for tensors in model.tensors.values() for each in tensors.values()}:
            change(file)
        _fails_or_agrees(subject, name, model, claim, f"whose weights are {way}")
    _refuses_an_unknown_arithmetic(subject, name)
    _fails_or_agrees(subject, name, subject.case(name).model, claim, "behind loads that failed")


def _replace(file: Path) -> None:
    """Another file of the same size stands there: what maps the old one keeps it."""
    size = file.stat().st_size
    other = file.with_name(f"{file.name}.new")
    other.write_bytes(bytes(value * 37 % 251 for value in range(size % 9973 + 300)))
    other.rename(file)


def _fails_or_agrees(subject: Subject, name: str, model: Model, claim: Claim, which: str) -> None:
    """The load raises an error of isomorph, or its session gives the numbers of the unspoilt model."""
    found: list[Values] = []
    case = subject.case(name)
    batch_name, feeds = next(iter(case.feeds.items()))

    def ask() -> None:
        session = subject.load(model, claim)
        try:
            found.append(session.forward(feeds))
        finally:
            session.close()

    what = f"model {name!r} {which}"
    if not _raises_ours(ask, what):
        for output, array in case.expected(claim.depth, batch_name).items():
            given = np.asarray(found[0][output])
            mine, theirs = (real_tokens(output, each, feeds) for each in (given, array))
            assert_close(mine, theirs, subject.agrees(claim), f"{what}, {output}")
    elif "failed" in which:
        raise LawBroken(f"{what}: it loaded before, and does not any more")


def _raises_ours(ask: Callable[[], None], what: str) -> bool:
    """Whether a call raises an error of isomorph that no door had to make of a foreign one."""
    try:
        ask()
    except (LawBroken, BackendFailed) as foreign:
        raise LawBroken(f"{what}: {foreign}") from foreign
    except IsomorphError as refusal:
        require(str(refusal), f"{what}: {type(refusal).__name__} says no reason")
        return True
    return False


def _refuses_an_unknown_arithmetic(subject: Subject, name: str) -> None:
    """A number type that does not exist is refused: by the claim, which may be 0, or by the load."""
    model, what = subject.case(name).model, f"model {name!r} in {NO_ARITHMETIC}"
    loaded: list[Claim] = []

    def ask() -> None:
        claim = subject.backend.claim(model, subject.device, Asked(NO_ARITHMETIC))
        if claim.depth:
            subject.load(model, claim, NO_ARITHMETIC).close()
            loaded.append(claim)

    _raises_ours(ask, what)
    require(not loaded, f"{what}: it was loaded. Raise Unsupported for a number type of no engine")
