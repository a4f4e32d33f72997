from __future__ import annotations

import os

import pytest

from isomorph.errors import InputError
from isomorph.machine.cpu import THREADS_VARIABLE, effective_cpus


@pytest.fixture(autouse=True)
def many_cpus(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)), raising=False)
    monkeypatch.delenv(THREADS_VARIABLE, raising=False)


def version_2(root, text):
    (root / "cpu.max").write_text(text)


def version_1(root, quota, period):
    (root / "cpu").mkdir()
    (root / "cpu" / "cpu.cfs_quota_us").write_text(quota)
    (root / "cpu" / "cpu.cfs_period_us").write_text(period)


def test_affinity_where_there_is_no_quota(tmp_path):
    assert effective_cpus(tmp_path) == 16


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("max 100000\n", 16),
        ("200000 100000\n", 2),
        ("150000 100000\n", 2),
        ("5000 100000\n", 1),
        ("6400000 100000\n", 16),
        ("nonsense\n", 16),
        ("", 16),
        ("100000 0\n", 16),
    ],
)
def test_a_quota_of_version_2(tmp_path, text, count):
    version_2(tmp_path, text)
    assert effective_cpus(tmp_path) == count


@pytest.mark.parametrize(
    ("quota", "count"), [("-1\n", 16), ("300000\n", 3), ("310000\n", 4), ("x\n", 16)]
)
def test_a_quota_of_version_1(tmp_path, quota, count):
    version_1(tmp_path, quota, "100000\n")
    assert effective_cpus(tmp_path) == count


@pytest.mark.parametrize(("value", "count"), [("3", 3), (" 3 ", 3), ("99", 4), ("0", 4), ("", 4)])
def test_the_environment_only_lowers(tmp_path, monkeypatch, value, count):
    version_2(tmp_path, "400000 100000")
    monkeypatch.setenv(THREADS_VARIABLE, value)
    assert effective_cpus(tmp_path) == count


@pytest.mark.parametrize("value", ["many", "-1", "1.5", "2 CPUs", "²"])
def test_what_is_no_number_of_threads_is_refused(tmp_path, monkeypatch, value):
    version_2(tmp_path, "400000 100000")
    monkeypatch.setenv(THREADS_VARIABLE, value)
    with pytest.raises(
        InputError, match=r"is no number of threads. Write a whole .* for all 4 CPUs"
    ):
        effective_cpus(tmp_path)


def test_without_affinity_the_count_of_the_machine(tmp_path, monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 5)
    assert effective_cpus(tmp_path) == 5
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert effective_cpus(tmp_path) == 1


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("0::/outer/inner", "outer"),
        ("0::/outer/inner", "outer/inner"),
        ("4:cpu,cpuacct:/outer/inner", "cpu/outer"),
    ],
)
def test_the_quota_of_any_group_around_this_process_counts(tmp_path, line, place):
    own = tmp_path / "own"
    own.write_text(f"7:memory:/elsewhere\n{line}\n")
    group = tmp_path / "groups" / place
    group.mkdir(parents=True)
    (group / "cpu.max").write_text("300000 100000")
    assert effective_cpus(tmp_path / "groups", own) == 3
    (group / "cpu.max").write_text("max 100000")
    assert effective_cpus(tmp_path / "groups", own) == 16
