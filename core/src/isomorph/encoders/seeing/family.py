"""The record of what a family does with images among the tokens of its texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from isomorph.encoders.config import Config
from isomorph.encoders.description import Encoder, Linear
from isomorph.encoders.seeing.seen import Seen
from isomorph.primitives.builder import Ref, Weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """How videos stand among the tokens of a text."""

    token: Callable[[Config], int]
    """The id of the token that stands for each vector of a video."""

    processor: str
    """transformers' class of video processors, for folders whose files name none."""

    written: bool = False
    """Whether the time of each part of a video is written before it."""

    pace: Callable[[Config], float | None] = lambda config: None
    """Positions in time that pass in a second; None: one with each part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How images stand among the tokens of a text."""

    token: Callable[[Config], int]
    """The id of the token that stands for an image, or for each of its vectors."""

    axes: int = 0
    """How many axes the positions of tokens have; 0 where they are counted as those of other texts."""

    moving: Moving | None = None
    """How videos stand there; None where the family takes none."""


Files = Mapping[str, Mapping[str, Any]]
"""Settings files of a folder by name; {} stands for one that is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieving:
    """How a family compares queries with pages: transformers' classes ``…ForRetrieval``."""

    head: Callable[[Config], Linear]
    """The layer that makes of a hidden state the vector that is compared, before that is normalised."""

    query: Callable[[Files], tuple[str, str]]
    """What stands before and behind the text of a query."""

    page: Callable[[Files], str]
    """The text around a page, with the token that stands for an image in its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeing:
    """What a family does with images among the tokens of a text."""

    layout: Layout
    """How they stand there."""

    text: Callable[[Config], Encoder]
    """The encoder of such texts; its tensors are those of `Family.describe`."""

    tower: Callable[[Config], Any]
    """The description of what makes vectors of images."""

    feeds: Callable[[Config], tuple[str, ...]]
    """The arrays that the tower reads."""

    lower: Callable[[Config, Weights, Mapping[str, Ref]], Seen]
    """The tower in primitives."""

    processor: str
    """transformers' class of image processors, for folders whose files name none."""

    retrieving: Retrieving | None = None
    """How queries are compared with pages, where the family has such a class."""

    judge: Callable[[Config, str], None] = lambda config, where: None
    """Raises `BadModel` for options of the tower that are of a wrong type or do not fit each other."""
