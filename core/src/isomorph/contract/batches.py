"""Which forwards a session takes, in the backend's own numbers."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass


@dataclass(frozen=True, slots=True)
class Batches:
    """Which forwards core makes for a session, whatever ``batch_size`` a call names."""

    widths: tuple[int, ...] = ()
    """Default ``()``, for any width; for example ``(32, 128, 512)``. All widths of forwards, ascending.

    Core cuts texts at the last width, which users see as ``max_seq_length``. Core refuses other inputs that
    are longer.
    """
    rows: tuple[int, ...] = ()
    """Default ``()``, for any number; for example ``(1, 8, 64)``. All numbers of rows, ascending.

    Blank rows fill a forward up, and nobody reads their results.
    """
    _: KW_ONLY
    tokens: int = 0
    """Default 0, for core's choice, which suits CPUs; for example 16384. Padded tokens of a forward at most.

    A single row may have more. `SessionInfo.budget` replaces the number where it is not 0.
    """
    most_rows: int | None = None
    """Default None; for example 256. Rows of a forward at most, where `rows` does not say.

    None means 64, and with `tokens` any number.
    """

    @property
    def longest(self) -> int | None:
        """The last width; None where any width will do."""
        return self.widths[-1] if self.widths else None

    @property
    def are_fixed(self) -> bool:
        """Whether forwards have no other widths, or no other numbers of rows, than those listed."""
        return bool(self.widths or self.rows)


ANY_BATCHES = Batches()
"""What suits sessions that take any batch."""
