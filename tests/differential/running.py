"""Our own outcomes, on one backend, beside the recorded ones."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import isomorph

from .calls import Call, calls
from .outcome import TESTS, difference, outcome
from .store import load


@cache
def recorded() -> dict[str, dict[str, Any]]:
    """What sentence-transformers did, by the names of the calls."""
    return load()


def differing(kind: str, backend: str) -> list[tuple[Call, str]]:
    """The calls of one class that do not do what was recorded, each with what differs."""
    models: dict[Any, Any] = {}
    found = []
    for call in calls():
        if call.kind != kind:
            continue
        key = call.model, repr(call.construct)
        if key not in models:
            models[key] = _model(call, backend)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            said = difference(outcome(call, models[key]), recorded()[call.name])
        if said:
            found.append((call, said))
    return found


def _model(call: Call, backend: str) -> Any:
    made = getattr(isomorph, call.kind)
    try:
        return made(TESTS / call.model, backend=backend, **call.construct)
    except Exception as error:
        return error
