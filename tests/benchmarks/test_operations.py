"""Shares of operators: what the engines' profilers say, added up."""

from __future__ import annotations

import pytest

from isomorph_bench.probes import operations
from isomorph_bench.probes.growth import tiny_model
from isomorph_bench.probes.operations import Profile
from isomorph_bench.workloads.workload import quick


def test_shares_are_of_whole_forwards():
    profile = Profile(forwards=2, total=4.0)
    for operator, seconds in (("small", 0.001), ("product", 1.0), ("product", 2.0)):
        profile.add(operator, seconds)
    lines = [line.split() for line in profile.lines()]
    assert lines[0] == ["75.0%", "1.0", "a", "forward", "product"]
    assert lines[1][0] == "25.0%"
    assert len(lines) == 2


@pytest.mark.parametrize("backend", operations.PROFILERS)
@pytest.mark.parametrize("workload", ["one", "short"])
def test_every_operator_of_a_model_is_found(backend, workload, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(operations, "DEFAULT", quick(operations.DEFAULT))
    arguments = ["--model", tiny_model(tmp_path), "--backends", backend, "--workload", workload]
    operations.main(arguments)
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.startswith(f"{backend}, ")
    shares = [float(line.split("%")[0]) for line in lines]
    assert sum(shares) == pytest.approx(100, abs=1)
    product = next(line for line in lines if "Gemm" in line or "FullyConnected" in line)
    assert product.split()[1] not in ("0", "0.0")
