"""An interrupted `isomorph embed` is gone on with, and no row is lost or doubled."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from typing import ClassVar

import numpy as np
import pytest

from isomorph import SentenceTransformer

COUNT = 400
RUN = """
import sys
from functools import partial
from isomorph.cli import lines
lines.windows = partial(lines.windows, lines=20)
from isomorph.cli.main import app
sys.argv = ["isomorph", *sys.argv[1:]]
app(prog_name="isomorph")
"""


@pytest.fixture
def texts(tmp_path):
    file = tmp_path / "texts.txt"
    file.write_text("\n".join(f"the cat sat {i} times {'a ' * (i % 7)}" for i in range(COUNT)))
    return file


@pytest.fixture
def interrupted(isomorph, tiny, texts, tmp_path, monkeypatch):
    """An output of which two windows are done."""
    out = tmp_path / "x.npy"
    windows = _in_small_windows(monkeypatch)
    calls = []
    encode = SentenceTransformer.encode

    def twice(self, *arguments, **options):
        calls.append(1)
        if len(calls) > 2:
            raise KeyboardInterrupt
        return encode(self, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(SentenceTransformer, "encode", twice)
        isomorph("embed", texts, "-m", tiny, "-b", "reference", "-o", out)
    assert json.loads((tmp_path / "x.npy.part.json").read_text())["rows"] == 2 * windows
    assert not out.exists()
    return out


def _in_small_windows(monkeypatch, lines=20):
    from functools import partial

    from isomorph.cli import lines as module

    monkeypatch.setattr(module, "windows", partial(module.windows, lines=lines))
    return lines


def _expected(tiny, texts):
    lines = texts.read_text().split("\n")
    return SentenceTransformer(tiny, backend="reference").encode(lines)


def test_it_is_gone_on_with(isomorph, tiny, texts, interrupted, tmp_path):
    done = isomorph("embed", texts, "-m", tiny, "-b", "reference", "-o", interrupted, "--resume")
    assert done.exit_code == 0, done.output
    assert f"{COUNT} vectors" in done.stderr
    np.testing.assert_allclose(np.load(interrupted), _expected(tiny, texts), rtol=0, atol=1e-6)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["texts.txt", "x.npy"]


def test_the_user_says_whether(isomorph, tiny, texts, interrupted):
    command = ("embed", texts, "-m", tiny, "-b", "reference", "-o", interrupted)
    refused = isomorph(*command)
    assert refused.exit_code == 2
    assert "holds 40 vectors of an interrupted run" in refused.stderr
    assert isomorph(*command, "--restart").exit_code == 0
    np.testing.assert_allclose(np.load(interrupted), _expected(tiny, texts), rtol=0, atol=1e-6)


class Bar:
    """Stands for the bar, and keeps what it is told."""

    made: ClassVar[list[Bar]] = []

    def __init__(self, total, texts, desc, before, disable):
        self.total, self.before, self.told = total, before, []
        self.made.append(self)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        return None

    def advance(self, texts, cost, typical):
        self.told.append((texts, cost))


def test_the_bar_goes_on_where_the_run_stopped(isomorph, tiny, texts, interrupted, monkeypatch):
    _in_small_windows(monkeypatch)
    monkeypatch.setattr("isomorph.bar.TextBar", Bar)
    before = json.loads(interrupted.with_name("x.npy.part.json").read_text())
    isomorph("embed", texts, "-m", tiny, "-b", "reference", "-o", interrupted, "--resume")
    bar = Bar.made.pop()
    assert bar.total == texts.stat().st_size
    assert bar.before == (before["read"], before["rows"])
    assert sum(count for count, _ in bar.told) == COUNT - before["rows"]
    assert sum(cost for _, cost in bar.told) == pytest.approx(bar.total - before["read"])


def test_not_with_other_settings_or_another_input(isomorph, tiny, texts, interrupted):
    command = ("embed", texts, "-m", tiny, "-b", "reference", "-o", interrupted, "--resume")
    other = isomorph(*command, "--normalize")
    assert other.exit_code == 2
    assert "another normalize" in other.stderr
    texts.write_text("x" + texts.read_text()[1:])
    changed = isomorph(*command)
    assert changed.exit_code == 2
    assert "have changed" in changed.stderr


def test_not_from_stdin(isomorph, tiny, tmp_path):
    refused = isomorph("embed", "-", "-m", tiny, "-o", tmp_path / "x.npy", "--resume")
    assert refused.exit_code == 2
    assert "files" in refused.stderr


@pytest.mark.parametrize("suffix", ["npy", "jsonl"])
def test_killed_at_any_time_no_row_is_lost_or_doubled(tiny, texts, tmp_path, suffix):
    out = tmp_path / f"x.{suffix}"
    command = [sys.executable, "-c", RUN, "embed", texts, "-m", tiny, "-b", "reference", "-o", out]
    chance = random.Random(3)
    killed = 0
    for attempt in range(40):
        resume = ["--resume"] if attempt else []
        process = subprocess.Popen([*map(str, command), *resume], stderr=subprocess.PIPE)
        part = out.with_name(f"{out.name}.part.json")
        seen = part.stat().st_mtime_ns if part.exists() else 0
        while process.poll() is None and not (part.exists() and part.stat().st_mtime_ns > seen):
            time.sleep(0.002)
        time.sleep(chance.random() * 0.03)
        if killed < 4 and process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            killed += 1
        _, said = process.communicate()
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL, said.decode()
    assert killed
    if suffix == "npy":
        found = np.load(out)
    else:
        records = [json.loads(line) for line in out.read_text().splitlines()]
        assert [record["index"] for record in records] == list(range(COUNT))
        found = np.array([record["embedding"] for record in records])
    np.testing.assert_allclose(found, _expected(tiny, texts), rtol=0, atol=1e-6)
