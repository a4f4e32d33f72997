"""Records travel through their lines unchanged, and say what changed between two of them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from drawn import RANDOM

from isomorph.errors import InputError
from isomorph_bench.records.changes import changes, elsewhere
from isomorph_bench.records.kept import append
from isomorph_bench.records.lines import read, written
from isomorph_bench.records.row import Row, percentile
from isomorph_bench.records.run import Record, Run

RUN = Run(
    order={"model": "m", "rounds": 7},
    model={"name": "m", "hash": "abc"},
    machine={"cpu": "Fast One", "cpus": 2},
    versions={"isomorph-core": "0.1.0"},
    workloads={"mixed": {"kind": "pass", "items": 3, "unit": "texts", "fingerprint": "f"}},
    begun="2026-01-01T00:00:00+00:00",
)


TOLD_LESS = (
    '{"kind": "run", "format": 1, "order": {}, "model": {}, "machine": {}, "versions": {}, '
    '"workloads": {"m": {"kind": "pass"}}}'
)


def row(contender="one", seconds=1.0, workload="mixed", **more):
    rounds = tuple((seconds * float(1 + RANDOM.normal(0, 0.01)),) for _ in range(9))
    return Row(contender, workload, rounds=rounds, **more)


def record(*rows):
    return Record(RUN, rows)


def test_a_record_is_read_as_it_was_written(tmp_path):
    made = record(
        row(ours=True, report={"peak": 5e8}, resident=((0.0, 1e6), (1.0, 2e6)), joules=(3.0, 4.0)),
        Row("two", "mixed", void="ended with 7: no luck", gap=0.5),
    )
    file = tmp_path / "race.jsonl"
    append(file, made)
    append(file, replace(made, rows=()))
    assert read(file) == [made, Record(RUN, ())]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("no json", "line 2"),
        ('{"kind": "row", "contender": "one"}', "line 2"),
        ('{"kind": "row", "contender": "one", "workload": "mixed", "speed": 1}', "'speed'"),
        ('{"kind": "other"}', "'other'"),
        ('{"kind": "row", "contender": "one", "workload": "never"}', "no workload 'never'"),
        (TOLD_LESS, "no 'items'"),
        (TOLD_LESS.replace('{"m": {"kind": "pass"}}', "[]"), "workloads is no object"),
        ('{"kind": "run", "format": 99}', "99"),
        ("[]", "line 2"),
        ("{}", "line 2: no line of a record .it has no 'kind'"),
        ('{"kind": "row", "contender": null, "workload": "mixed"}', "its contender is None"),
        ('{"kind": "row", "contender": "one", "workload": "mixed", "gap": "x"}', "its gap is 'x'"),
        (
            '{"kind": "row", "contender": "one", "workload": "mixed", "asked": null}',
            "its asked is None",
        ),
        (
            '{"kind": "row", "contender": "one", "workload": "mixed", "rounds": [[]]}',
            "has no calls",
        ),
        (
            TOLD_LESS.replace('{"m": {"kind": "pass"}}', "{}")[:-1] + ', "begun": 1}',
            "its begun is 1",
        ),
    ],
)
def test_what_is_no_line_of_a_record_is_refused_by_its_number(tmp_path, line, said):
    file = tmp_path / "race.jsonl"
    file.write_text("\n".join([*written(record()), line]))
    with pytest.raises(InputError, match=said):
        read(file)


@pytest.mark.parametrize(
    "text", ["", json.dumps({"kind": "row", "contender": "a", "workload": "b"})]
)
def test_a_file_without_a_run_is_refused(tmp_path, text):
    file = tmp_path / "race.jsonl"
    file.write_text(text)
    with pytest.raises(InputError, match=r"race\.jsonl"):
        read(file)
    with pytest.raises(InputError, match="cannot be read"):
        read(tmp_path / "none")


def test_the_fastest_that_count_come_first():
    made = record(row("slow", 3.0), row("fast", 1.0), row("wrong", 0.1, void="differs"))
    assert [each.contender for each in made.of("mixed")] == ["fast", "slow"]


def test_medians_are_of_rounds_and_percentiles_of_calls():
    made = Row("one", "calls", rounds=((1.0, 9.0, 2.0), (4.0, 4.0, 4.0), (3.0, 3.0, 3.0)))
    assert made.by_round == [2.0, 4.0, 3.0]
    assert made.middle == 3.0
    assert made.percentile(50) == 3.0
    assert made.percentile(99) == 9.0
    assert percentile([1.0], 1) == 1.0


def told(old, new, **how):
    return {each.contender: each for each in changes([old], [new], **how)}


def test_a_planted_slowdown_is_a_change_and_noise_is_none():
    old = record(row("same"), row("slower"), row("faster"))
    new = record(row("same"), row("slower", 1.1), row("faster", 0.8))
    found = told(old, new)
    assert {name: each.what for name, each in found.items()} == {
        "same": "as before", "slower": "slower", "faster": "faster",
    }  # fmt: skip
    assert found["slower"].worse
    assert found["slower"].speed.high < 1.0
    assert not found["same"].worse
    assert not found["faster"].worse


def test_what_lost_its_figures_or_its_row_is_worse():
    old = record(row("void"), row("gone"), Row("back", "mixed", void="differs"))
    new = record(Row("void", "mixed", void="ran on cpu"), row("back"), row("new"))
    found = told(old, new)
    assert {name: each.what for name, each in found.items()} == {
        "void": "void", "gone": "gone", "back": "counts again", "new": "new",
    }  # fmt: skip
    assert {name for name, each in found.items() if each.worse} == {"void", "gone"}
    assert found["void"].reason == "ran on cpu"


def test_a_change_below_the_least_is_not_told():
    old, new = record(row("one")), record(row("one", 1.1))
    assert told(old, new, least=0.2)["one"].what == "as before"


def test_rows_of_other_models_do_not_meet():
    other = Record(replace(RUN, model={"name": "other"}), (row("one", 5.0),))
    assert sorted(each.what for each in changes([record(row("one"))], [other])) == ["gone", "new"]


def test_seconds_of_other_inputs_are_not_compared():
    about = {"mixed": {**RUN.workloads["mixed"], "fingerprint": "another"}}
    (found,) = changes(
        [record(row())], [Record(replace(RUN, workloads=about), (row(seconds=0.1),))]
    )
    assert (found.what, found.speed, found.worse) == ("other inputs", None, True)
    assert found.reason == "3 texts (f), now 3 texts (another)"


def test_another_machine_or_model_of_the_name_is_said():
    assert not list(elsewhere([record(row())], [record(row())]))
    other = replace(RUN, machine={"cpu": "Slow One", "cpus": 2}, model={"name": "m", "hash": "def"})
    found = list(elsewhere([record(row())], [Record(other, (row(),))]))
    assert found == [
        "m: another machine, whose cpu was Fast One and is Slow One.",
        "m: another model of that name, whose hash was abc and is def.",
    ]
    assert not list(elsewhere([record(row())], [Record(replace(RUN, model={"name": "x"}), ())]))
