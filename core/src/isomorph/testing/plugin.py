"""An opt-in pytest plugin: the kit on an installed backend, without writing any code.

    pytest -p isomorph.testing.plugin --isomorph-backend NAME --pyargs isomorph.testing.suite

It is not an entry point of pytest, so that installing isomorph does not load it into every run. A
``conftest.py`` that imports `pytest_terminal_summary` from here gets the report alone.
"""

from __future__ import annotations

import pytest

from isomorph.testing.suite import SUBJECTS


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the names of backend and device."""
    group = parser.getgroup("isomorph")
    group.addoption("--isomorph-backend", help="the installed backend to test")
    group.addoption("--isomorph-device", help="one of its devices instead of its best")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints, for each backend, how many modules of the catalogue it claims."""
    for subject in terminalreporter.config.stash.get(SUBJECTS, {}).values():
        report = subject.report()
        terminalreporter.section(f"isomorph kit: {report.backend}")
        for line in report.lines():
            terminalreporter.line(line)
