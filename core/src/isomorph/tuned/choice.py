"""A choice: which backend runs a model, with which forwards, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from isomorph.contract import Device

_MOST = 1 << 20
"""Lanes, threads and tokens of a setting at most; a file that says more is damaged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How forwards of one model are made; the defaults change nothing."""

    lanes: int | None = None
    """Default None, one a CPU; for example 1. Forwards that run at once in calls of many inputs."""
    threads: int | None = None
    """Default None, all CPUs; for example 4. CPUs that calls of many inputs keep busy together."""
    tokens: int | None = None
    """Default None, `schedule.batches.BUDGET`; for example 1024. Padded tokens of a forward at most."""
    latency: bool = True
    """Default True. Whether calls of few inputs have a session of their own, where the claim wants one."""

    def __post_init__(self) -> None:
        """Refuses numbers that no setting has.

        Raises:
            ValueError: says which.
        """
        for name in ("lanes", "threads", "tokens"):
            value = getattr(self, name)
            if value is not None and not (type(value) is int and 1 <= value <= _MOST):
                raise ValueError(f"{name} is {value!r}, no number from 1 to {_MOST}")
        if type(self.latency) is not bool:
            raise ValueError(f"latency is {self.latency!r}, neither true nor false")

    def shared(self, cpus: int, lanes: int) -> tuple[int, int]:
        """Threads and lanes of calls of many inputs, of so many CPUs and lanes at most."""
        threads = min(self.threads or cpus, cpus)
        return threads, max(1, min(lanes, self.lanes or threads, threads))

    def __str__(self) -> str:
        return ", ".join(self._words()) or "default settings"

    def _words(self) -> Iterator[str]:
        for value, word in ((self.lanes, "lane"), (self.threads, "thread")):
            if value is not None:
                yield f"{value} {word}{'s' * (value > 1)}"
        if self.tokens is not None:
            yield f"{self.tokens} tokens a forward"
        if not self.latency:
            yield "one session"


PLAIN = Setting()
"""What runs without a choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What was chosen for one model on one machine."""

    backend: str
    """Required, such as ``"acme"``. Its name."""
    device: str
    """Required, such as ``"cpu"``. Where it was measured."""
    wished: bool
    """Required. Whether that device was asked for; else it was the backend's best."""
    setting: Setting
    """Required. How forwards are made."""
    day: str
    """Required, such as ``"2026-11-29"``. When it was measured."""
    why: str
    """Required. The reason, in one sentence."""

    def __post_init__(self) -> None:
        """Refuses what is no choice.

        Raises:
            ValueError: says which field.
        """
        for name in ("backend", "device", "day", "why"):
            value = getattr(self, name)
            if not (isinstance(value, str) and value):
                raise ValueError(f"{name} is {value!r}, no text")
        if type(self.wished) is not bool:
            raise ValueError(f"wished is {self.wished!r}, neither true nor false")
        Device.of(self.device)

    def is_for(self, wanted: Device | None) -> bool:
        """Whether it was measured where a load wants to compute; None wants the best device."""
        return not self.wished if wanted is None else wanted == Device.of(self.device)

    def __str__(self) -> str:
        return f"tuned on {self.day}: {self.backend} on {self.device}, {self.setting}"

    def as_data(self) -> Mapping[str, Any]:
        """For a JSON file."""
        return asdict(self)

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> Choice:
        """What `as_data` gave.

        Raises:
            TypeError, ValueError: the data is something else.
        """
        rest = dict(data)
        return cls(setting=Setting(**rest.pop("setting", {})), **rest)
