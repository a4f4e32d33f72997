"""A bar that counts texts, while its length and the time that is left go by their cost."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from tqdm.auto import tqdm

_KNOWN = "{desc}: {percentage:3.0f}%|{bar}| {texts} [{elapsed}<{remaining}, {pace}]"
_UNKNOWN = "{desc}: {texts} [{elapsed}, {pace}]"


class TextBar(tqdm):  # type: ignore[type-arg]  # it is generic for the type checker alone
    """tqdm over costs, with texts and texts per second beside it.

    Paces are means since the beginning, and go by cost too: after a few long texts, which come first, they
    say how many texts of any length would have been done.
    """

    def __init__(
        self,
        total: float | None,
        texts: int | None,
        desc: str = "Texts",
        before: tuple[float, int] = (0, 0),
        disable: bool | None = False,
    ) -> None:
        """`before` is the cost and the texts of an earlier run, which say nothing of the pace of this one.

        `disable` None shows no bar where stderr is not a terminal.
        """
        self.texts, self.texts_total = before[1], texts
        self.typical = 0.0
        super().__init__(
            total=total, initial=before[0], desc=desc, disable=disable, smoothing=0,
            bar_format=_KNOWN if total else _UNKNOWN,
        )  # fmt: skip

    def advance(self, texts: int, cost: float, typical: float) -> None:
        """So many texts more are done, which cost so much, as much as so many typical ones."""
        self.texts += texts
        self.typical += typical
        self.update(
            min(cost, self.total - self.n) if self.total else cost
        )  # sums of shares are rounded

    @property
    def format_dict(self) -> MutableMapping[str, Any]:
        """What the formats above name."""
        known = super().format_dict
        of = "" if self.texts_total is None else f"/{self.texts_total}"
        made = pace(self.typical, known["elapsed"])
        return {**known, "texts": f"{self.texts}{of}", "pace": made}


def pace(texts: float, seconds: float) -> str:
    """Texts a second, or seconds a text where that is more."""
    if not texts or not seconds:
        return "? texts/s"
    rate = texts / seconds
    return f"{rate:.1f} texts/s" if rate >= 1 else f"{1 / rate:.1f} s/text"
