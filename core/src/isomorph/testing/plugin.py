"""An opt-in pytest plugin: the kit on an installed backend, without writing any code.

    pytest -p isomorph.testing.plugin --isomorph-backend NAME --pyargs isomorph.testing.suite

It is not an entry point of pytest, so that installing isomorph does not load it into every run. A
``conftest.py`` that imports `pytest_terminal_summary` from here gets the report alone, and with
`pytest_collection_modifyitems` the order too, in which a model is loaded once for all laws. Tests do not
depend on each other: with pytest-xdist, ``-n auto --dist worksteal`` runs them side by side, and leaves
neighbours in one process. The report then tells of the models that were asked about.
"""

from __future__ import annotations

import importlib
import json
from collections import Counter
from collections.abc import Callable, Mapping
from math import inf
from pathlib import Path
from typing import Any

import pytest

from isomorph.contract import CONTRACT, BackendInfo
from isomorph.testing.asked import MODELS
from isomorph.testing.recipes import CATALOGUE, VARIED
from isomorph.testing.subject import Report, Told
from isomorph.testing.suite import GAPS, PREPARE, SUBJECTS, TOLERANCE, BackendTests
from isomorph.version import __version__

SENT = pytest.StashKey[dict[tuple[BackendInfo, str], dict[str, Told]]]()
"""What workers of pytest-xdist sent, by backend and device."""
SENT_AS = "isomorph"
OUTCOMES = ("passed", "failed", "error", "skipped", "xfailed", "xpassed")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options of the kit."""
    group = parser.getgroup("isomorph")
    group.addoption("--isomorph-backend", help="the installed backend to test")
    group.addoption("--isomorph-device", help="one of its devices instead of its best")
    group.addoption(
        "--isomorph-quick", action="store_true", help="few models that differ much, for all laws"
    )
    group.addoption(
        "--isomorph-gaps",
        metavar="FILE",
        help="tests that must fail, a line each: test_law or test_law[model], a colon, the reason",
    )
    group.addoption("--isomorph-json", metavar="FILE", help="where the report is written as JSON")
    group.addoption(
        "--isomorph-arithmetic", metavar="TYPE", help="what all laws ask for, such as bfloat16"
    )
    group.addoption(
        "--isomorph-tolerance",
        metavar="AGREES,REPEATS",
        help="how far values may be from the reference and from each other, in units of an output's scale; "
        "for a number type that the kit does not know",
    )
    group.addoption(
        "--isomorph-prepare",
        metavar="MODULE:FUNCTION",
        help="called with the folder of each tiny model, for engines that run compiled files alone",
    )
    group.addoption(
        "--isomorph-skip-absent",
        action="store_true",
        help="skip a backend that cannot be tested, which otherwise fails",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Reads the file of gaps and the tolerances, and finds what prepares models."""
    file = config.getoption("isomorph_gaps")
    if file:
        config.stash[GAPS] = read_gaps(Path(file))
    tolerances = config.getoption("isomorph_tolerance")
    if tolerances:
        config.stash[TOLERANCE] = read_tolerances(tolerances)
    named = config.getoption("isomorph_prepare")
    if named:
        config.stash[PREPARE] = find(named)


def read_tolerances(given: str) -> tuple[float, float]:
    """Two numbers, such as ``2e-2,1e-3``.

    Raises:
        pytest.UsageError: they are no numbers above 0.
    """
    try:
        agrees, repeats = (float(part) for part in given.split(","))
    except ValueError:
        agrees = repeats = 0.0
    if not (0 < agrees < inf and 0 < repeats < inf):
        raise pytest.UsageError(
            f"--isomorph-tolerance: {given!r} is not two numbers above 0, such as 2e-2,1e-3."
        )
    return agrees, repeats


def find(named: str) -> Callable[[Path], object]:
    """The function behind ``MODULE:FUNCTION``.

    Raises:
        pytest.UsageError: there is none.
    """
    module, _, name = named.partition(":")
    try:
        function = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as cause:
        raise pytest.UsageError(f"--isomorph-prepare: {named!r} names nothing: {cause}") from cause
    if not callable(function):
        raise pytest.UsageError(f"--isomorph-prepare: {named!r} is no function.")
    found: Callable[[Path], object] = function
    return found


def read_gaps(file: Path) -> dict[str, str]:
    """The expected failures in a file, each with its reason; lines that begin with # are comments.

    Raises:
        pytest.UsageError: the file cannot be read, or a line names no test of the kit or no reason.
    """
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as cause:
        raise pytest.UsageError(f"--isomorph-gaps: {file} cannot be read: {cause}") from cause
    laws = {name for name in dir(BackendTests) if name.startswith("test_")}
    known = laws | {f"{law}[{model}]" for law in MODELS for model in MODELS[law]}
    gaps: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        name, _, reason = (part.strip() for part in line.partition(":"))
        if not name or name.startswith("#"):
            continue
        if name not in known or not reason:
            raise pytest.UsageError(
                f"--isomorph-gaps: line {number} of {file} must be TEST: REASON, and TEST a test of the "
                f"kit such as test_every_cut_agrees[{VARIED[0]}]: {line!r}"
            )
        gaps[name] = reason
    return gaps


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Asks all laws about one model before the next, and leaves out what a quick run does not ask."""
    _model_by_model(items)
    if not config.getoption("isomorph_quick", False):
        return
    left = [item for item in items if _model(item) not in ("", *VARIED)]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if _model(item) in ("", *VARIED)]


def _model_by_model(items: list[pytest.Item]) -> None:
    """Sorts the laws of each bound backend among their own places, so that a model is loaded once.

    With pytest-xdist neighbours go to one process, which then has the model that they are about.
    """
    order = {name: place for place, name in enumerate(CATALOGUE, 1)}
    bound: dict[type, list[int]] = {}
    for place, item in enumerate(items):
        cls = getattr(item, "cls", None)
        if isinstance(cls, type) and issubclass(cls, BackendTests):
            bound.setdefault(cls, []).append(place)
    for places in bound.values():
        by_model = sorted(
            (items[place] for place in places), key=lambda item: order.get(_model(item), 0)
        )
        for place, item in zip(places, by_model, strict=True):
            items[place] = item


def _model(item: pytest.Item) -> str:
    """The tiny model that a law is asked about, "" where it is asked about none of the catalogue."""
    given: Mapping[str, Any] = getattr(getattr(item, "callspec", None), "params", {})
    return str(given.get("model_name", ""))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints, for each backend, how many modules of the catalogue it claims."""
    config = terminalreporter.config
    reports = reports_of(config)
    for report in reports:
        terminalreporter.section(f"isomorph kit: {report.backend}")
        for line in report.lines():
            terminalreporter.line(line)
    file = config.getoption("isomorph_json", None)
    if file:
        quick = bool(terminalreporter.config.getoption("isomorph_quick", False))
        data = as_data(reports, terminalreporter.stats, quick=quick)
        Path(file).write_text(json.dumps(data, indent=2) + "\n", "utf-8")


def reports_of(config: pytest.Config) -> list[Report]:
    """A report of each backend that this process, or its workers, tested."""
    names = VARIED if config.getoption("isomorph_quick", False) else None
    own = [subject.report(names) for subject in config.stash.get(SUBJECTS, {}).values()]
    sent = config.stash.get(SENT, {}).items()
    return own + [Report.of(info, device, told) for (info, device), told in sent]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of pytest-xdist sends what its backends claim of the models that it asked about."""
    output = getattr(session.config, "workeroutput", None)
    if output is None:
        return
    output[SENT_AS] = [
        [subject.info.name, subject.info.distribution, str(subject.device), _plain(told)]
        for subject in session.config.stash.get(SUBJECTS, {}).values()
        if (told := subject.told())
    ]


def _plain(told: Mapping[str, Told]) -> list[tuple[str, tuple[list[str], int, str]]]:
    """What is told in types that may be sent: those of a class with a name may not."""
    return [(name, (each.kinds, each.depth, each.reason)) for name, each in told.items()]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Takes what a worker sent."""
    kept = node.config.stash.setdefault(SENT, {})
    for name, distribution, device, told in getattr(node, "workeroutput", {}).get(SENT_AS, ()):
        info = BackendInfo(name, "", distribution=distribution)
        kept.setdefault((info, device), {}).update((model, Told(*each)) for model, each in told)


def as_data(
    reports: list[Report], stats: Mapping[str, list[Any]], *, quick: bool = False
) -> dict[str, Any]:
    """The result of a run: the kit, each backend with what it claims, and how the tests ended."""
    counted = Counter({outcome: len(stats.get(outcome, ())) for outcome in OUTCOMES})
    return {
        "isomorph": __version__,
        "contract": CONTRACT,
        "quick": quick,
        "tests": dict(counted),
        "backends": [
            {
                "name": report.backend,
                "distribution": report.distribution,
                "device": report.device,
                "claimed": report.claimed,
                "modules": report.total,
                "stops": report.stops,
            }
            for report in reports
        ],
    }
