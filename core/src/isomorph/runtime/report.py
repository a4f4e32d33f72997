"""What is in effect for a loaded model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path


@dataclass(frozen=True, slots=True)
class CallReport:
    """What happened to the inputs of one call. Inputs are told by their indices."""

    texts: int = 0
    """The number of inputs."""
    truncated: tuple[int, ...] = ()
    """The inputs that were truncated to `max_length`."""
    max_length: int | None = None
    """Tokens to which inputs are truncated; None without a limit."""
    tokens: int = 0
    """The number of tokens that were computed; equal inputs count once."""
    padding: int = 0
    """The number of tokens beside them, which fill up short inputs of a forward."""
    not_finite: tuple[int, ...] = ()
    """The inputs whose numbers hold a NaN or an infinity."""
    bad_inputs: tuple[tuple[int, str], ...] = ()
    """The inputs that could not be used, each with the reason, where a call asked for rows of NaN."""

    def followed_by(self, later: CallReport) -> CallReport:
        """Both as one call, the inputs of `later` behind these."""
        return CallReport(
            self.texts + later.texts,
            (*self.truncated, *(self.texts + index for index in later.truncated)),
            later.max_length,
            self.tokens + later.tokens,
            self.padding + later.padding,
            (*self.not_finite, *(self.texts + index for index in later.not_finite)),
            (*self.bad_inputs, *((self.texts + index, why) for index, why in later.bad_inputs)),
        )


_IF_ANY = ("routes", "details", "passed_over", "stored", "tuned")
"""What a report's text leaves out where there is nothing."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a model really runs with, as its engine answers. `str()` is one line a fact.

    ``native`` of ``modules`` run in the backend. ``threads`` 0 means that the engine sizes its own
    pool. ``sessions`` are loaded, each with weights of its own: where a backend has one for calls of few
    inputs and one for calls of many, the threads and lanes are those of the latter if both are there.
    ``artifact`` is the prebuilt file in use, None when the graph was made from the weights.
    ``truncated`` are the indices of the texts that the last call truncated to ``max_seq_length``, of
    ``texts`` in all; it computed ``tokens`` and, beside them, ``padding``. ``routes`` are those of the
    model's routes that are loaded, none where it has one chain only; what is said before is of the
    first. ``stored`` says in what a quantised folder stores its matrices, "" of any other. ``details`` are
    what the backend tells beside all this. ``passed_over`` are the backends that an automatic choice did not
    take, each with its reason. ``tuned`` says what `isomorph tune` chose and when, "" where no choice is
    followed.
    """

    folder: Path
    backend: str
    engine: str
    device: str
    provider: str
    precision: str
    threads: int
    lanes: int
    sessions: int
    native: int
    modules: int
    artifact: Path | None
    max_seq_length: int | None
    routes: tuple[str, ...] = ()
    stored: str = ""
    details: Mapping[str, str] = field(default_factory=dict, hash=False)
    passed_over: tuple[tuple[str, str], ...] = ()
    tuned: str = ""
    texts: int = 0
    tokens: int = 0
    padding: int = 0
    truncated: tuple[int, ...] = ()

    def __str__(self) -> str:
        rows = [(each.name, getattr(self, each.name)) for each in fields(self)]
        rows = [row for row in rows if row[0] not in _IF_ANY or row[1]]
        rows[-1] = ("truncated", len(self.truncated))
        width = max(len(name) for name, _ in rows)
        return "\n".join(f"{name.ljust(width)}  {value}" for name, value in rows)
