"""What a call takes beside its forward: the forward's own time is not in it."""

from __future__ import annotations

import pytest

from isomorph.runtime.plan import Runner
from isomorph_bench.probes import overhead
from isomorph_bench.probes.growth import tiny_model


@pytest.mark.parametrize("canned", [False, True])
def test_a_slow_forward_is_not_in_it(canned, monkeypatch):
    """By a clock of which a call takes 1 second, and its forward 10 more each time that it is made."""
    clock, made = [0.0], []

    def slowly(runner, feeds):
        clock[0] += 10
        made.append(feeds)
        return "vector"

    class Model:
        def encode(self, text):
            clock[0] += 1
            return Runner.forward(None, text)

    monkeypatch.setattr(Runner, "forward", slowly)
    monkeypatch.setattr(overhead, "perf_counter", lambda: clock[0])
    assert overhead.overhead(Model(), 2, canned) == 1
    assert len(made) == (1 if canned else 3 * overhead.TEXTS)
    assert Runner.forward is slowly


def test_a_line_for_each_backend(tmp_path, capsys):
    overhead.main(["--model", tiny_model(tmp_path), "--backends", "reference", "--repeats", "1"])
    head, line = capsys.readouterr().out.splitlines()
    assert head.split()[0] == "backend"
    assert line.split()[0] == "reference"
    assert all(int(figure) > 0 for figure in line.split()[1:])
