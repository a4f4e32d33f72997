"""An interrupted `isomorph embed` is gone on with, and no row is lost or doubled."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
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
    monkeypatch.setattr("isomorph.progress.bar.TextBar", Bar)
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


@pytest.fixture
def copied(tiny, tmp_path_factory):
    """A model folder of one's own, to be changed."""
    return Path(shutil.copytree(tiny, tmp_path_factory.mktemp("own") / "tiny"))


@pytest.fixture
def begun(isomorph, copied, texts, tmp_path, monkeypatch):
    """The command of a run that was interrupted after two windows."""
    _in_small_windows(monkeypatch)
    encode, calls = SentenceTransformer.encode, []

    def twice(self, *arguments, **options):
        calls.append(1)
        if len(calls) > 2:
            raise KeyboardInterrupt
        return encode(self, *arguments, **options)

    command = ("embed", texts, "-m", copied, "-b", "reference", "-o", tmp_path / "x.npy")
    with monkeypatch.context() as patch:
        patch.setattr(SentenceTransformer, "encode", twice)
        isomorph(*command)
    return (*command, "--resume")


def _flip(path: Path, at: int) -> None:
    """Changes one byte, and sets the file's time back."""
    content, time = bytearray(path.read_bytes()), path.stat()
    content[at] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(time.st_atime_ns, time.st_mtime_ns))


def _refuses(isomorph, begun, tmp_path, *said):
    kept = [(tmp_path / name).read_bytes() for name in ("x.npy.part", "x.npy.part.json")]
    refused = isomorph(*begun)
    assert refused.exit_code == 2, refused.output
    for words in (*said, "--restart"):
        assert words in refused.stderr
    assert kept == [(tmp_path / name).read_bytes() for name in ("x.npy.part", "x.npy.part.json")]
    assert sorted(p.name for p in tmp_path.glob("x.npy*")) == ["x.npy.part", "x.npy.part.json"]


def test_not_with_other_weights_of_the_same_size_and_time(isomorph, begun, copied, tmp_path):
    _flip(copied / "model.safetensors", -1)
    _refuses(
        isomorph, begun, tmp_path, "another content of the model", "model.safetensors has changed"
    )


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "1_Pooling/config.json"])
def test_not_with_other_settings_in_the_folder(isomorph, begun, copied, tmp_path, name):
    content = json.loads((copied / name).read_text())
    (copied / name).write_text(json.dumps({**content, "made_by": "somebody else"}))
    _refuses(isomorph, begun, tmp_path, f"{name} has changed")


def test_not_where_a_file_of_the_model_is_gone(isomorph, begun, copied, tmp_path):
    (copied / "config_sentence_transformers.json").unlink()
    _refuses(isomorph, begun, tmp_path, "config_sentence_transformers.json is gone")


def test_not_where_a_file_of_the_model_is_new(isomorph, copied, tmp_path, request):
    (copied / "config_sentence_transformers.json").unlink()
    begun = request.getfixturevalue("begun")
    (copied / "config_sentence_transformers.json").write_text('{"default_prompt_name": null}')
    _refuses(isomorph, begun, tmp_path, "config_sentence_transformers.json is new")


def test_what_else_lies_in_the_folder_does_not_matter(isomorph, begun, copied, texts, tmp_path):
    (copied / "notes.txt").write_text("a good model")
    done = isomorph(*begun)
    assert done.exit_code == 0, done.output
    np.testing.assert_allclose(np.load(tmp_path / "x.npy"), _expected(copied, texts), atol=1e-6)


def test_not_where_the_first_line_of_a_long_input_has_changed(isomorph, begun, texts, tmp_path):
    """The bytes that were read last are the same; only all of them say whether it is the same file."""
    _flip(texts, 0)
    _refuses(isomorph, begun, tmp_path, "texts.txt is not the file that was read before")


def test_lines_that_were_added_meanwhile_are_read_too(isomorph, begun, texts, tmp_path):
    with texts.open("a") as stream:
        stream.write("\na mat")
    done = isomorph(*begun)
    assert done.exit_code == 0, done.output
    assert np.load(tmp_path / "x.npy").shape[0] == COUNT + 1


def test_a_last_line_that_goes_on_meanwhile_is_another_line(isomorph, tiny, tmp_path, monkeypatch):
    texts, out = tmp_path / "t.txt", tmp_path / "x.npy"
    texts.write_text("the cat\na ma")
    command = ("embed", texts, "-m", tiny, "-b", "reference", "-o", out)
    with monkeypatch.context() as patch:
        patch.setattr("isomorph.cli.writers.NpyWriter.publish", _fail)
        isomorph(*command)
    texts.write_text("the cat\na mat\n")
    refused = isomorph(*command, "--resume")
    assert refused.exit_code == 2
    assert "is not the file that was read before" in refused.stderr
    texts.write_text("the cat\na ma")
    assert isomorph(*command, "--resume").exit_code == 0
    assert np.load(out).shape[0] == 2


DAMAGED = {
    "empty": lambda _: b"",
    "cut off": lambda told: json.dumps(told).encode()[:-20],
    "not UTF-8": lambda told: json.dumps(told).encode().replace(b"rows", b"\xff\xfe"),
    "deep": lambda _: b"[" * 100_000,
    "a list": lambda _: b"[]",
    "nothing": lambda _: b"null",
    "of another version": lambda told: {**told, "format": 1},
    "rows as text": lambda told: {**told, "rows": "40"},
    "rows that are true": lambda told: {**told, "rows": True},
    "rows with a fraction": lambda told: {**told, "rows": 40.0},
    "negative rows": lambda told: {**told, "rows": -40},
    "fewer rows": lambda told: {**told, "rows": 39},
    "no rows": lambda told: {**told, "rows": 0},
    "more bytes than there are": lambda told: {**told, "written": 10**30},
    "fewer bytes": lambda told: {**told, "written": told["written"] - 4},
    "a negative place": lambda told: {**told, "read": -1},
    "a place that is no number": lambda told: {**told, "read": float("nan")},
    "more cuts than rows": lambda told: {**told, "cut": 41},
    "no place": lambda told: {k: v for k, v in told.items() if k != "read"},
    "a checksum of another kind": lambda told: {**told, "digest": 5},
    "no settings": lambda told: {**told, "settings": None},
    "settings that are lists": lambda told: {**told, "settings": {"model": [1]}},
    "no files": lambda told: {**told, "files": {}},
    "files without checksums": lambda told: {**told, "files": {"config.json": None}},
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_journal_is_one_error_and_costs_no_row(
    isomorph, begun, copied, texts, tmp_path, case
):
    journal = tmp_path / "x.npy.part.json"
    damaged = DAMAGED[case](json.loads(journal.read_text()))
    journal.write_bytes(damaged if isinstance(damaged, bytes) else json.dumps(damaged).encode())
    _refuses(isomorph, begun, tmp_path, "x.npy.part.json is damaged")
    assert isomorph(*begun[:-1], "--restart").exit_code == 0
    np.testing.assert_allclose(np.load(tmp_path / "x.npy"), _expected(copied, texts), atol=1e-6)


def test_a_journal_that_is_a_pipe_is_not_waited_for(isomorph, begun, tmp_path):
    (tmp_path / "x.npy.part.json").unlink()
    os.mkfifo(tmp_path / "x.npy.part.json")
    refused = isomorph(*begun)
    assert refused.exit_code == 2
    assert "is damaged" in refused.stderr


def test_a_journal_that_names_files_elsewhere_reads_none(isomorph, begun, tmp_path):
    journal = tmp_path / "x.npy.part.json"
    told = json.loads(journal.read_text())
    journal.write_text(json.dumps({**told, "files": {"../../secret": "0"}}))
    refused = isomorph(*begun)
    assert refused.exit_code == 2
    assert "leads out" in refused.stderr


def test_a_journal_far_ahead_of_its_input_is_refused(isomorph, begun, tmp_path):
    journal = tmp_path / "x.npy.part.json"
    journal.write_text(json.dumps({**json.loads(journal.read_text()), "read": 10**30}))
    _refuses(isomorph, begun, tmp_path, "is not the file that was read before")


def test_a_part_that_was_cut_off_is_not_filled_with_zeros(isomorph, begun, tmp_path):
    with (tmp_path / "x.npy.part").open("r+b") as part:
        part.truncate(1000)
    _refuses(isomorph, begun, tmp_path, "x.npy.part has fewer bytes than it says")


def test_lines_of_json_must_be_as_many_as_the_journal_says(
    isomorph, tiny, texts, tmp_path, monkeypatch
):
    out = tmp_path / "x.jsonl"
    command = ("embed", texts, "-m", tiny, "-b", "reference", "-o", out)
    with monkeypatch.context() as patch:
        patch.setattr("isomorph.cli.writers.JsonLinesWriter.publish", _fail)
        isomorph(*command)
    journal = tmp_path / "x.jsonl.part.json"
    told = json.loads(journal.read_text())
    journal.write_text(json.dumps({**told, "rows": told["rows"] - 1}))
    assert "is damaged" in isomorph(*command, "--resume").stderr
    journal.write_text(json.dumps(told))
    assert isomorph(*command, "--resume").exit_code == 0
    assert len(out.read_text().splitlines()) == COUNT


def _fail(*_):
    raise OSError("No space left on device")


def test_going_on_and_beginning_anew_contradict(isomorph, begun):
    refused = isomorph(*begun, "--restart")
    assert refused.exit_code == 2
    assert "not both" in refused.stderr


def test_a_model_that_cannot_be_loaded_costs_no_row(isomorph, begun, tmp_path):
    command = [*begun[:-1], "--restart"]
    command[command.index("-m") + 1] = tmp_path / "no-such-model"
    assert isomorph(*command).exit_code == 2
    assert (tmp_path / "x.npy.part").stat().st_size > 0


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
