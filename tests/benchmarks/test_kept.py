"""A file of records takes one whole or none, whoever else writes to it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest
from tests.benchmarks.simulated import record, row

from isomorph.errors import InputError
from isomorph_bench.records import kept
from isomorph_bench.records.lines import read


def of(model, **asked):
    made = record(row("one", "mixed", 1.0), model=model)
    return replace(made, run=replace(made.run, order={"model": model, **asked}))


def test_a_record_takes_the_place_of_those_that_were_asked_the_same(tmp_path):
    file = tmp_path / "race.jsonl"
    for each in (of("a"), of("a", rounds=3), of("b")):
        kept.append(file, each)
    anew = replace(of("a"), rows=())
    kept.replace(file, anew)
    assert read(file) == [of("a", rounds=3), of("b"), anew]
    assert [each.name for each in tmp_path.iterdir()] == ["race.jsonl"]


def test_a_file_whose_last_line_was_not_ended_takes_more(tmp_path):
    file = tmp_path / "race.jsonl"
    kept.append(file, of("a"))
    file.write_bytes(file.read_bytes().rstrip())
    kept.append(file, of("b"))
    assert len(read(file)) == 2


def test_what_cannot_take_records_is_told_before_hours_are_spent(tmp_path):
    with pytest.raises(InputError, match="cannot take records"):
        kept.ready(tmp_path / "none" / "race.jsonl")
    with pytest.raises(InputError, match="cannot take records"):
        kept.ready(tmp_path)
    file = tmp_path / "race.jsonl"
    kept.ready(file)
    assert not file.exists()
    kept.append(file, of("a"))
    kept.ready(file)
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(InputError, match="line 2: no line of a record"):
        kept.ready(file)


def test_where_the_disk_is_full_the_file_is_what_it_was(tmp_path, monkeypatch):
    file = tmp_path / "race.jsonl"
    kept.append(file, of("a"))

    def full(*_):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(kept, "sync", full)
    with pytest.raises(InputError, match="did not take the record: No space left"):
        kept.append(file, of("b"))
    assert read(file) == [of("a")]
    assert [each.name for each in tmp_path.iterdir()] == ["race.jsonl"]


WRITES = """
import sys
from pathlib import Path
from tests.benchmarks.test_kept import kept, of
for number in range(20):
    kept.append(Path(sys.argv[1]), of(f"{sys.argv[2]} {number}"))
"""


def test_programs_that_write_at_once_lose_nothing(tmp_path):
    file = tmp_path / "race.jsonl"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", WRITES, str(file)]
    writers = [subprocess.Popen([*command, name], env=environment) for name in "abc"]
    assert [each.wait(60) for each in writers] == [0, 0, 0]
    assert len({each.run.model["name"] for each in read(file)}) == 60
