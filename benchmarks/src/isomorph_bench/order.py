"""What a run is asked, as data: the command line makes an order, and a record keeps it to run it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from isomorph.errors import InputError

STORED = "stored"
"""Among `Order.weights`: as the model's folder has them."""
ALL = "all"
"""Among `Order.against`: every peer that knows the task."""


@dataclass(frozen=True, slots=True)
class Order:
    """Everything that decides what is run; what is empty is left to the run, which writes down its choice."""

    model: str
    backends: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    task: str = ""
    workloads: tuple[str, ...] = ()
    weights: tuple[str, ...] = (STORED,)
    device: str = ""
    texts: str = ""
    pairs: str = ""
    rounds: int | None = None
    callers: int | None = None
    seconds: float | None = None
    items: int | None = None
    """At most so many texts, images or pairs a workload; sweeps leave out what takes more in a call."""
    cores: tuple[int, ...] = ()
    """Ours race once with each of these numbers of CPUs; nothing stands for all that there are."""
    least_cosine: float | None = None
    quick: bool = False

    def as_data(self) -> dict[str, Any]:
        """For a record."""
        return asdict(self)


def order_of(data: Mapping[str, Any]) -> Order:
    """The order of a record.

    Raises:
        InputError: it is none, or one of another version.
    """
    names = {each.name for each in fields(Order)}
    if unknown := data.keys() - names:
        raise InputError(
            f"A record asks for {sorted(unknown)[0]!r}, which this version does not know."
        )
    if not isinstance(data.get("model"), str):
        raise InputError("A record names no model.")
    listed: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in data.items()
    }
    return Order(**listed)
