"""What a call takes beside its forward: the forward's own time is not in it."""

from __future__ import annotations

import time

from benchmarks import overhead
from benchmarks.growth import tiny_model
from isomorph import SentenceTransformer
from isomorph.plan import Runner


def test_a_slow_forward_is_not_in_it(tmp_path, monkeypatch):
    original = Runner.forward

    def slowly(self, feeds):
        time.sleep(0.05)
        return original(self, feeds)

    monkeypatch.setattr(Runner, "forward", slowly)
    monkeypatch.setattr(overhead, "TEXTS", 3)
    with SentenceTransformer(tiny_model(tmp_path), backend="reference") as model:
        for canned in (False, True):
            assert 0 < overhead.overhead(model, 1, canned) < 0.05
    assert Runner.forward is slowly


def test_a_line_for_each_backend(tmp_path, capsys):
    overhead.main(["--model", tiny_model(tmp_path), "--backends", "reference", "--repeats", "1"])
    head, line = capsys.readouterr().out.splitlines()
    assert head.split()[0] == "backend"
    assert line.split()[0] == "reference"
    assert all(int(figure) > 0 for figure in line.split()[1:])
