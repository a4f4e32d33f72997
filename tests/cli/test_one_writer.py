"""Only one `isomorph embed` writes an output at a time, and a finished output outlives a power cut."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from isomorph.cli.journal import Journal

HOLD = """
import sys
from pathlib import Path
from isomorph.cli.journal import Journal
with Journal(Path(sys.argv[1])).alone():
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def command(tiny, tmp_path):
    texts = tmp_path / "texts.txt"
    texts.write_text("the cat sat\na mat")
    return ("embed", texts, "-m", tiny, "-b", "reference", "-o", tmp_path / "x.npy")


@pytest.fixture
def other(tmp_path):
    """Another process that writes the output."""
    arguments = [sys.executable, "-c", HOLD, str(tmp_path / "x.npy")]
    pipe = subprocess.PIPE
    with subprocess.Popen(arguments, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("option", [(), ("--resume",), ("--restart",)])
def test_a_second_run_is_refused_and_touches_nothing(isomorph, command, other, tmp_path, option):
    (tmp_path / "x.npy").write_bytes(b"before")
    (tmp_path / "x.npy.part").write_bytes(b"rows")
    refused = isomorph(*command, *option)
    assert refused.exit_code == 2
    assert f"Another 'isomorph embed' (process {other.pid} on " in refused.stderr
    assert "x.npy" in refused.stderr
    assert "Wait until it has ended, or give another --output" in refused.stderr
    assert (tmp_path / "x.npy").read_bytes() == b"before"
    assert (tmp_path / "x.npy.part").read_bytes() == b"rows"


def test_a_second_run_through_a_link_is_refused_too(isomorph, command, other, tmp_path):
    (tmp_path / "link.npy").symlink_to(tmp_path / "x.npy")
    refused = isomorph(*command[:-1], tmp_path / "link.npy")
    assert refused.exit_code == 2
    assert "Another 'isomorph embed'" in refused.stderr


def test_another_output_beside_it_is_not_refused(isomorph, command, other, tmp_path):
    assert isomorph(*command[:-1], tmp_path / "y.npy").exit_code == 0


def test_the_lock_of_a_killed_run_is_no_lock(isomorph, command, other, tmp_path):
    other.send_signal(signal.SIGKILL)
    other.wait(120)
    assert (tmp_path / "x.npy.part.lock").exists()
    assert isomorph(*command).exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["texts.txt", "x.npy"]


def test_without_locks_the_user_is_told(isomorph, command, tmp_path, monkeypatch):
    def none(handle, wait):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("isomorph.machine.locks._lock", none)
    done = isomorph(*command)
    assert done.exit_code == 0
    assert "has no locks" in done.stderr
    assert np.load(tmp_path / "x.npy").shape[0] == 2


@pytest.mark.parametrize("suffix", ["npy", "jsonl", "parquet"])
def test_rows_are_on_the_disk_before_the_name_and_the_name_after_it(
    isomorph, command, tmp_path, suffix, monkeypatch
):
    if suffix == "parquet":
        pytest.importorskip("pyarrow.parquet", exc_type=ImportError)
    events: list[tuple[str, str]] = []
    sync, replace = os.fsync, Path.replace

    def synced(handle):
        events.append(("sync", _name_of(handle, tmp_path)))
        sync(handle)

    def replaced(self, target):
        events.append(("name", Path(target).name))
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", replaced)
    out = tmp_path / f"x.{suffix}"
    assert isomorph(*command[:-1], out).exit_code == 0
    named = events.index(("name", out.name))
    rows = ".x.parquet.new" if suffix == "parquet" else f"{out.name}.part"
    folder = ("sync", tmp_path.name)
    assert events[named - 2 : named + 2] == [("sync", rows), folder, ("name", out.name), folder]
    told = events.index(("name", f"{out.name}.part.json"))
    assert ("sync", f"{out.name}.part") in events[:told]
    assert ("sync", f"{out.name}.part.new") in events[:told]
    assert told < named


def _name_of(handle: int, folder: Path) -> str:
    """The name of an open file of a folder, or of the folder."""
    found = os.fstat(handle)
    same = (path for path in [folder, *folder.iterdir()] if os.path.samestat(path.stat(), found))
    return next(same).name


@pytest.mark.parametrize("name", ["x.npy.part", "x.npy.part.json"])
def test_what_is_left_of_an_output_is_no_input(isomorph, command, tmp_path, name):
    (tmp_path / name).write_text("the cat sat")
    refused = isomorph("embed", tmp_path / name, *command[2:])
    assert refused.exit_code == 2
    assert "is what is left of an unfinished x.npy" in refused.stderr
    assert (tmp_path / name).read_text() == "the cat sat"


def test_a_parquet_file_that_cannot_be_written_leaves_its_rows(
    isomorph, command, tmp_path, monkeypatch
):
    parquet = pytest.importorskip("pyarrow.parquet", exc_type=ImportError)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    out = tmp_path / "x.parquet"
    with monkeypatch.context() as patch:
        patch.setattr("isomorph.cli.writers.sync", full)
        assert isomorph(*command[:-1], out).exit_code == 2
    assert sorted(p.name for p in tmp_path.glob("*x.parquet*")) == [
        "x.parquet.part",
        "x.parquet.part.json",
    ]
    assert isomorph(*command[:-1], out, "--resume").exit_code == 0
    assert parquet.read_table(out).num_rows == 2


def test_a_journal_is_for_one_process_at_a_time_and_leaves_no_file(tmp_path):
    journal = Journal(tmp_path / "x.npy")
    with journal.alone() as locked:
        assert locked
        with pytest.raises(ValueError, match="Another 'isomorph embed'"), journal.alone():
            pass
    with journal.alone():
        pass
    assert not list(tmp_path.iterdir())
