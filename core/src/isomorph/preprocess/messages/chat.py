"""How a model that takes messages wants them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

STRUCTURED = "structured"
FLAT = "flat"


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat template, not compiled yet.

    ``place`` says for errors where it stands. Content is a list of typed parts where ``format`` is
    "structured", and a text where it is "flat". ``variables`` are what the template is given beside
    messages and special tokens. With ``keeps_tail`` a text that is cut ends with the template's fixed tail.
    """

    template: str
    place: str
    format: str = STRUCTURED
    variables: Mapping[str, Any] = field(default_factory=dict)
    keeps_tail: bool = True
