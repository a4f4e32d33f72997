"""A route as data: what answers, in which shape it refuses, and what the OpenAPI page says of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from isomorph_server.ask import Ask
from isomorph_server.fields import Body
from isomorph_server.refusals import Shape


@dataclass(frozen=True, slots=True)
class Route:
    """One path and method of an API."""

    method: str
    path: str
    answer: Callable[[Ask], Awaitable[Any]]
    """Gives what is written as JSON, or a response."""
    shape: Shape
    body: Body | None
    about: str
    is_open: bool = False
    """Default False. Whether no key is asked for."""
