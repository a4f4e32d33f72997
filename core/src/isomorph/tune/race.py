"""A race of candidates in turn: who is behind beyond noise is left out, until time is up or one is left."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median, stdev

from isomorph.errors import BackendUnavailable
from isomorph.tune.candidate import Candidate, Meter, Rates

MOST_ROUNDS = 20
"""Rounds after which candidates count as equal."""
FAR_BEHIND = (0.5, 0.3)
"""Shares of the leader's rate that a candidate lacks to be left out after one round, and after two."""
LEAST_NOISE = 0.02
"""The spread of single ratios that is taken at least: that of few rounds is small by chance."""
BEYOND = 2.5
"""Standard errors of the mean ratio that make a difference."""
Measure = Callable[[Rates], float]
"""What of the rates a race is about."""


@dataclass(frozen=True, slots=True)
class Heat:
    """How a race went."""

    best: Candidate
    """The first of `left`: who comes later has to be faster beyond noise."""
    visits: Mapping[Candidate, Sequence[Rates]]
    """What was measured, round by round; shorter for those that were left out."""
    failed: Mapping[Candidate, str]
    """Who stopped with an error, and why."""
    order: tuple[Candidate, ...]
    """All candidates, as they were given."""
    left: tuple[Candidate, ...]
    """Those that nobody was ahead of beyond noise when the race ended, in the order of the candidates."""

    def ratio(self, one: Candidate, other: Candidate, of: Measure) -> float:
        """How many times as fast one was as another, over the rounds that both ran."""
        pairs = zip(self.visits[one], self.visits[other], strict=False)
        return median(of(a) / of(b) for a, b in pairs)


def race(candidates: Sequence[Candidate], meter: Meter, until: float, of: Measure) -> Heat:
    """Visits open candidates in turn: A B C, C A B, B C A.

    Args:
        candidates: at least one, the one that changes least first: it wins unless another is faster beyond
            noise.
        meter: where they are open. Those that are left out stay open.
        until: seconds of the meter's clock. The first round ends however late it is.
        of: what is compared.

    Raises:
        BackendUnavailable: all candidates failed; says why.
    """
    visits: dict[Candidate, list[Rates]] = {each: [] for each in candidates}
    failed: dict[Candidate, str] = {}
    alive = list(candidates)
    for number in range(MOST_ROUNDS):
        begin = meter.now()
        for each in turned(alive, number):
            found = meter.rates(each)
            if isinstance(found, str):
                failed[each] = found
            else:
                visits[each].append(found)
        alive = still_racing([each for each in alive if each not in failed], visits, of)
        spent = meter.now() - begin
        if len(alive) < 2 or meter.now() + spent > until:
            break
    if not alive:
        why = "; ".join(failed[each] for each in candidates)
        raise BackendUnavailable(candidates[0].backend, f"no candidate could be measured: {why}")
    return Heat(alive[0], visits, failed, tuple(candidates), tuple(alive))


def turned(candidates: Sequence[Candidate], number: int) -> list[Candidate]:
    """The order of a round: each begins where the last one of the round before stood."""
    start = -number % len(candidates)
    return [*candidates[start:], *candidates[:start]]


def still_racing(
    alive: Sequence[Candidate], visits: Mapping[Candidate, Sequence[Rates]], of: Measure
) -> list[Candidate]:
    """Those that are not behind the leader beyond noise; the leader is one of them."""
    scores = _scores(alive, visits, of)
    if not scores:
        return []
    lead = max(alive, key=scores.__getitem__)
    rounds = len(visits[lead])
    kept = []
    for each in alive:
        pairs = zip(visits[each][:rounds], visits[lead], strict=True)
        if each is lead or not is_behind([of(a) / of(b) for a, b in pairs]):
            kept.append(each)
    return kept


def is_behind(ratios: Sequence[float]) -> bool:
    """Whether rates over those of the leader, one a round, say more than noise does."""
    if len(ratios) <= len(FAR_BEHIND):
        return max(ratios) < 1 - FAR_BEHIND[len(ratios) - 1]
    error = max(stdev(ratios), LEAST_NOISE) / sqrt(len(ratios))
    return median(ratios) + BEYOND * error < 1


def _scores(
    alive: Iterable[Candidate], visits: Mapping[Candidate, Sequence[Rates]], of: Measure
) -> Mapping[Candidate, float]:
    """Medians of shares of each round: what slows a whole round down counts for all alike."""
    alive = list(alive)
    rounds = list(zip(*(map(of, visits[each]) for each in alive), strict=True))
    means = [sum(each) / len(each) for each in rounds]
    shares = [[rate / mean for rate in row] for row, mean in zip(rounds, means, strict=True)]
    return {each: median(row[place] for row in shares) for place, each in enumerate(alive)}
