"""A folder that is made once is kept under what made it, and is whole or not there."""

from __future__ import annotations

import pytest

from isomorph_bench.made import code, once


def test_a_folder_is_made_once(tmp_path):
    calls = []

    def make(fresh):
        calls.append(fresh)
        (fresh / "model").write_text("whole")

    for _ in range(2):
        assert (once(tmp_path / "made", make) / "model").read_text() == "whole"
    assert len(calls) == 1


def test_one_that_cannot_be_made_leaves_nothing(tmp_path):
    def make(fresh):
        (fresh / "model").write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        once(tmp_path / "made", make)
    assert list(tmp_path.iterdir()) == []


def test_one_that_another_program_made_meanwhile_will_do(tmp_path):
    def make(fresh):
        (tmp_path / "made").mkdir()

    assert once(tmp_path / "made", make).is_dir()


def test_another_source_is_another_name(tmp_path):
    (tmp_path / "one.py").write_text("1")
    before = code(tmp_path)
    assert code(tmp_path, tmp_path / "none") == before == code(tmp_path / "one.py")
    (tmp_path / "one.py").write_text("2")
    assert code(tmp_path) != before
