"""Suites are files of orders; the one that ships names every size, and goes on where it was stopped."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace

import pytest
from tests.benchmarks.simulated import record

from isomorph.errors import InputError
from isomorph_bench import suite
from isomorph_bench.order import Order
from isomorph_bench.published.race import MODEL
from isomorph_bench.records.kept import append
from isomorph_bench.records.lines import read
from isomorph_bench.shapes import SHAPE
from isomorph_bench.shapes.catalogue import SHAPES
from isomorph_bench.suite import SIZES, left, orders, shortened
from isomorph_bench.tasks.named import TASKS
from isomorph_bench.workloads.suites import SWEEPS


def test_the_suite_that_ships_names_every_size_and_only_what_there_is():
    asked = orders(SIZES)
    assert {order.model.removeprefix(SHAPE) for order in asked} == {*SHAPES, MODEL}
    known = {one.name for task in TASKS.values() for one in task.known} | set(SWEEPS)
    for order in asked:
        assert set(order.workloads) <= known
        assert order.task in ("", *TASKS)


def test_what_holds_for_all_may_be_said_otherwise_by_one(tmp_path):
    file = tmp_path / "suite.toml"
    file.write_text(
        '[all]\nagainst = ["all"]\n[[order]]\nmodel = "a"\n[[order]]\nmodel = "b"\nagainst = []\n'
    )
    assert orders(file) == [Order("a", against=("all",)), Order("b")]
    assert all(order.quick for order in shortened(orders(file)))


@pytest.mark.parametrize("text", ["order = 3 [", "", '[[order]]\nmodel = "a"\nspeed = 3\n'])
def test_what_is_no_suite_is_refused(tmp_path, text):
    file = tmp_path / "suite.toml"
    file.write_text(text)
    with pytest.raises(InputError, match=r"is no suite|'speed'"):
        orders(file)


def test_a_suite_goes_on_where_it_was_stopped(tmp_path):
    asked, done = [Order("a", rounds=3), Order("b")], tmp_path / "done.jsonl"
    assert list(left(asked, done)) == asked
    made = record()
    append(done, replace(made, run=replace(made.run, order=asked[0].as_data())))
    assert list(left(asked, done)) == asked[1:]
    assert list(left(asked, None)) == asked


def test_whoever_asks_the_process_to_end_interrupts_it_and_its_record_stays(tmp_path, monkeypatch):
    file = tmp_path / "done.jsonl"

    def run(order, say):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(60)
        except KeyboardInterrupt:
            made = record()
            return replace(
                made, run=replace(made.run, order=order.as_data(), stopped="interrupted")
            )

    monkeypatch.setattr(suite, "run", run)
    before = signal.getsignal(signal.SIGTERM)
    assert suite.run_all([Order("a"), Order("b")], file, False, lambda line: None) == 130
    assert signal.getsignal(signal.SIGTERM) == before
    assert [each.run.order["model"] for each in read(file)] == ["a"]
    assert list(left([Order("a")], file)) == [Order("a")], "a run that was stopped is run again"


def test_an_order_that_cannot_run_is_named_and_the_others_go_on(tmp_path, monkeypatch, capsys):
    file = tmp_path / "done.jsonl"

    def run(order, say):
        if order.model == "a":
            raise OSError(28, os.strerror(28))
        return replace(record(), run=replace(record().run, order=order.as_data()))

    monkeypatch.setattr(suite, "run", run)
    assert suite.run_all([Order("a"), Order("b")], file, True, lambda line: None) == 1
    assert "No space left" in capsys.readouterr().err
    assert [each.run.order["model"] for each in read(file)] == ["b"]
