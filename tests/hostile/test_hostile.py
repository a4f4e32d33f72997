"""Folders that were spoilt in some way give a clear error or the right result, on every backend."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import pytest
from hostile.asking import Server, server
from hostile.cases import Case
from hostile.expected import Expected
from hostile.known import KNOWN
from hostile.verdict import CLEAR, RIGHT, verdict

COUNT = int(os.environ.get("HOSTILE_CASES", "1000"))
"""How many of all cases run: of each kind and fault one after another."""
PARTS = max(30, min(COUNT, 20_000) // 40)


@pytest.fixture(scope="module")
def asked() -> Iterator[Server]:
    with server() as process:
        yield process


@pytest.mark.parametrize("part", range(PARTS))
def test_a_spoilt_folder_is_refused_clearly_or_gives_the_right_result(part, asked, record_property):
    expected, counted, findings = Expected.read(), Counter(), []
    for result in asked.ask(count=COUNT, parts=PARTS, part=part):
        case = Case.named(result["case"])
        found = {who: verdict(case, one, expected) for who, one in result["outcomes"].items()}
        counted.update(found.values())
        wrong = {who: said for who, said in found.items() if said not in (CLEAR, RIGHT)}
        if bool(wrong) != (str(case) in KNOWN):
            findings.append(
                f"{case}: {wrong or 'known to fail, and does not: take it off the list'}"
            )
    for outcome in (CLEAR, RIGHT):
        record_property(outcome, counted[outcome])
    assert not findings, "\n" + "\n".join(findings)
    assert counted[CLEAR] + counted[RIGHT] > 0


def test_a_thousand_cases_of_almost_every_kind_run(asked):
    counts = asked.ask(counted=COUNT)
    assert sum(counts.values()) >= min(COUNT, 1_000)
    assert sum(map(bool, counts.values())) >= 0.9 * len(counts)
