"""The stages of a choice for one folder: backends, then lanes, tokens and sessions of the best of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from isomorph.errors import BackendUnavailable
from isomorph.tune.candidate import Candidate, Meter, Rates, Ready
from isomorph.tune.race import Heat, Measure, race
from isomorph.tuned.choice import PLAIN, Setting

TOKENS = (256, 1024)
"""Padded tokens of a forward that are tried beside `schedule.batches.BUDGET`."""


def of_mix(rates: Rates) -> float:
    """The rate on the user's texts, which decides on all but sessions."""
    return rates.mix


def of_one(rates: Rates) -> float:
    """The rate of single texts, which decides whether they have a session of their own."""
    return rates.one


@dataclass(frozen=True, slots=True)
class Stage:
    """What one stage varies, what it compares, and when it ends."""

    name: str
    variants: Callable[[Ready], Iterator[Mapping[str, int | bool]]]
    of: Measure
    until: float
    """A share of the time."""


def _lanes(ready: Ready) -> Iterator[Mapping[str, int | bool]]:
    """One forward on all CPUs; half of the CPUs, where two may be halves of one core."""
    if ready.device == "cpu" and min(ready.lanes, ready.cpus) > 1:
        yield {"lanes": 1}
        if ready.cpus >= 4:
            yield {"lanes": ready.cpus // 2}
            yield {"threads": ready.cpus // 2}


def _tokens(ready: Ready) -> Iterator[Mapping[str, int | bool]]:
    if ready.has_budget:
        yield from ({"tokens": tokens} for tokens in TOKENS)


def _sessions(ready: Ready) -> Iterator[Mapping[str, int | bool]]:
    if ready.has_latency:
        yield {"latency": False}


SESSIONS = "sessions"
"""The stage that compares single texts."""
STAGES = (
    Stage("lanes", _lanes, of_mix, 0.75),
    Stage("tokens", _tokens, of_mix, 0.9),
    Stage(SESSIONS, _sessions, of_one, 1.0),
)
BACKENDS_UNTIL = 0.6
"""The share of the time after which the race of backends ends: most is won there, and engines load slowly."""


@dataclass(slots=True)
class Outcome:
    """What was found for one folder."""

    best: Candidate
    ready: Ready
    """What the best one says of itself."""
    heats: list[tuple[str, Heat]] = field(default_factory=list)
    """The races, each with the name of its stage."""
    refused: dict[str, str] = field(default_factory=dict)
    """Who could not be loaded, or failed, each with the reason."""
    untried: list[str] = field(default_factory=list)
    """Stages for which there was no time."""

    def visits(self) -> Mapping[Candidate, Sequence[Rates]]:
        """All that was measured of each candidate."""
        found: dict[Candidate, list[Rates]] = {}
        for _, heat in self.heats:
            for candidate, rates in heat.visits.items():
                found.setdefault(candidate, []).extend(rates)
        return {candidate: rates for candidate, rates in found.items() if rates}


def run_stages(
    folder: Path, backends: Sequence[str], meter: Meter, begin: float, seconds: float
) -> Outcome:
    """Finds the best candidate of a folder; it stays open, all others are closed.

    Args:
        folder: of the model.
        backends: their names; among equals the first is taken.
        meter: who measures.
        begin: when the time begins to count, by the meter's clock.
        seconds: the time. Each backend is measured once, however long that takes.

    Raises:
        BackendUnavailable: no backend runs the whole model, or all fail; says why of each. Whoever made
            the meter ends what is open then.
    """
    ready, refused = _opened([Candidate(folder, name) for name in backends], meter)
    if not ready:
        why = "".join(f"\n- {name}: {reason}" for name, reason in refused.items())
        said = f"no backend that is asked runs the whole model:{why}"
        raise BackendUnavailable("automatic", said.removesuffix("."))
    heat = race(list(ready), meter, begin + BACKENDS_UNTIL * seconds, of_mix)
    refused |= {_name(each): why for each, why in heat.failed.items()}
    out = Outcome(heat.best, ready[heat.best], [("backends", heat)], refused)
    _close((each for each in ready if each != heat.best), meter)
    for stage in STAGES:
        _run(stage, out, meter, begin + stage.until * seconds)
    return out


def _run(stage: Stage, out: Outcome, meter: Meter, until: float) -> None:
    """Tries the variants of the best candidate, and puts the best of them in its place."""
    now = out.best.setting
    wanted = [_with(now, variant) for variant in stage.variants(_bounded(out.ready, now))]
    others = [replace(out.best, setting=setting) for setting in wanted if setting != now]
    if not others:
        return
    if meter.now() >= until:
        out.untried.append(stage.name)
        return
    ready, refused = _opened(others, meter)
    out.refused |= refused
    everyone = {out.best: out.ready, **ready}
    heat = race(list(everyone), meter, until, stage.of)
    out.heats.append((stage.name, heat))
    out.refused |= {_name(each): why for each, why in heat.failed.items()}
    _close((each for each in everyone if each != heat.best), meter)
    out.best, out.ready = heat.best, everyone[heat.best]


def _with(setting: Setting, variant: Mapping[str, int | bool]) -> Setting:
    return replace(setting, **variant)  # type: ignore[arg-type]


def _bounded(ready: Ready, setting: Setting) -> Ready:
    """A session of one lane serves calls of few inputs anyway."""
    return replace(ready, has_latency=ready.has_latency and setting.lanes != 1)


def _opened(
    candidates: Sequence[Candidate], meter: Meter
) -> tuple[dict[Candidate, Ready], dict[str, str]]:
    """Those that run, and of the others, by backend and setting, why not."""
    found = meter.open(candidates)
    ready = {each: said for each, said in found.items() if isinstance(said, Ready)}
    return ready, {_name(each): said for each, said in found.items() if isinstance(said, str)}


def _name(candidate: Candidate) -> str:
    plain = candidate.setting == PLAIN
    return candidate.backend if plain else f"{candidate.backend} ({candidate.setting})"


def _close(candidates: Iterable[Candidate], meter: Meter) -> None:
    for each in list(candidates):
        meter.close(each)
