"""Curves and points as SVG: no script, no network; colours come from the page, which knows light and dark."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 720, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 12, 44
COLOURS = 8
"""Classes ``c0`` to ``c7`` of the page."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Series:
    """A named row of points; with `marked` each is drawn, with `joined` a line runs through them.

    An `ideal` one is what others should follow, and has dashes.
    """

    name: str
    points: Sequence[Point]
    marked: bool = True
    joined: bool = True
    labels: Sequence[str] = ()
    """What stands beside the points."""
    ideal: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """A label, and whether equal ratios are equal distances."""

    label: str
    log: bool = False


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to places along one side."""

    low: float
    high: float
    begin: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """The place of a value."""
        low, high, here = (
            (math.log(each) for each in (self.low, self.high, value))
            if self.log
            else (self.low, self.high, value)
        )
        return round(self.begin + (here - low) / (high - low) * (self.end - self.begin), 1)

    def ticks(self) -> list[float]:
        """Round values between the ends."""
        if self.log:
            decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            found = [step * 10.0**decade for decade in decades for step in (1, 2, 5)]
            inside = [each for each in found if self.low <= each <= self.high]
            tens = [each for each in inside if math.log10(each) % 1 < 1e-9]
            return tens if len(inside) > 8 and len(tens) > 1 else inside
        step = 10 ** math.floor(math.log10((self.high - self.low) / 2))
        step *= next(each for each in (1, 2, 5, 10) if (self.high - self.low) / (step * each) <= 6)
        first = math.ceil(self.low / step)
        return [n * step for n in range(first, math.floor(self.high / step + 1e-9) + 1)]


def chart(title: str, x: Axis, y: Axis, series: Sequence[Series]) -> str:
    """A figure with a caption and a legend; nothing where there are no points."""
    shown = [each for each in series if each.points]
    if not shown:
        return ""
    across = _scale([p[0] for each in shown for p in each.points], x.log, LEFT, WIDTH - RIGHT)
    up = _scale([p[1] for each in shown for p in each.points], y.log, HEIGHT - BOTTOM, TOP)
    parts = [
        *_frame(x, y, across, up),
        *(line for place, each in enumerate(shown) for line in _drawn(each, place, across, up)),
    ]
    names = "".join(
        f'<li><span class="key {_colour(each, place)}"></span>{escape(each.name)}</li>'
        for place, each in enumerate(shown)
    )
    return (
        f'<figure><figcaption>{escape(title)}</figcaption><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title)}">{"".join(parts)}</svg><ul class="legend">{names}</ul></figure>'
    )


def _scale(values: Sequence[float], log: bool, begin: float, end: float) -> Scale:
    low, high = min(values), max(values)
    if log:
        room = (high / low) ** 0.05 if high > low else 1.5
        return Scale(low / room, high * room, begin, end, True)
    low, room = (
        (0.0 if low > 0 and low < high / 2 else low),
        (high - low) * 0.05 or abs(high) or 1.0,
    )
    return Scale(low - (room if low else 0.0), high + room, begin, end)


def _frame(x: Axis, y: Axis, across: Scale, up: Scale) -> Iterator[str]:
    for tick in up.ticks():
        at = up.at(tick)
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at}" y2="{at}"/>'
        yield f'<text x="{LEFT - 8}" y="{at + 4}" text-anchor="end">{number(tick)}</text>'
    for tick in across.ticks():
        at = across.at(tick)
        yield f'<line class="grid" x1="{at}" x2="{at}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
        yield f'<text x="{at}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{number(tick)}</text>'
    middle = (LEFT + WIDTH - RIGHT) / 2
    yield f'<text x="{middle}" y="{HEIGHT - 6}" text-anchor="middle">{escape(x.label)}</text>'
    turned = f"rotate(-90 14 {(HEIGHT - BOTTOM) / 2})"
    yield (
        f'<text x="14" y="{(HEIGHT - BOTTOM) / 2}" text-anchor="middle" transform="{turned}">'
        f"{escape(y.label)}</text>"
    )


def _drawn(series: Series, place: int, across: Scale, up: Scale) -> Iterator[str]:
    colour = _colour(series, place)
    places = [(across.at(x), up.at(y)) for x, y in series.points]
    if series.joined and len(places) > 1:
        path = " ".join(f"{x},{y}" for x, y in places)
        yield f'<polyline class="line {colour}" points="{path}"/>'
    if not series.marked and len(places) > 1:
        return
    for at, (x, y) in enumerate(places):
        values = ", ".join(number(each) for each in series.points[at])
        said = f"<title>{escape(series.name)}: {values}</title>"
        yield f'<circle class="dot {colour}" cx="{x}" cy="{y}" r="4">{said}</circle>'
        if at < len(series.labels):
            side = ("end", -8) if x > WIDTH * 0.7 else ("start", 8)
            label = escape(series.labels[at])
            yield f'<text x="{x + side[1]}" y="{y - 7}" text-anchor="{side[0]}">{label}</text>'


def _colour(series: Series, place: int) -> str:
    return "ideal" if series.ideal else f"c{place % COLOURS}"


def number(value: float) -> str:
    """Three digits, thousands apart."""
    if value and not 1e-3 <= abs(value) < 1e7:
        return f"{value:.1e}"
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
