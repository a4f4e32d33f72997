"""Calls leave nothing behind: a short run of `isomorph_bench.probes.growth`, whose full one takes minutes.

Few shapes, all of which are seen early, so that what an engine keeps for each of them is not in it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from isomorph_bench.probes import growth

CALLS = growth.Calls(count=1500, most_tokens=64, longest=64, step=16)
WARM = 500
LIMIT = 2.0
"""MiB per 1,000 calls: in so few calls an allocator's steps weigh more than in many."""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux's resident memory")
def test_memory_does_not_grow_with_calls(backend, tmp_path, monkeypatch):
    # Engines keep something for each shape and number of threads, and free CPUs decide the second.
    monkeypatch.setenv("ISOMORPH_THREADS", "1")
    found = growth.measure(growth.tiny_model(tmp_path), backend, CALLS)
    grown = growth.growth(found, WARM)
    print(f"{backend}: {grown:.2f} MiB per 1,000 calls")  # shown by pytest -rP
    assert found[-1][0] == CALLS.count
    assert grown < LIMIT
