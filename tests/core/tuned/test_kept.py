"""The file of a choice: its key, how it is written, and what a damaged one does."""

from __future__ import annotations

import json
import shutil
import warnings
from dataclasses import replace
from pathlib import Path

import pytest

from isomorph import SentenceTransformer, installed
from isomorph.plugins.reading import read_model
from isomorph.tuned import kept as files
from isomorph.tuned import key as keys
from isomorph.tuned.choice import PLAIN, Choice, Setting
from isomorph.tuned.kept import forget, keep, read
from isomorph.tuned.key import key_of
from isomorph.tuned.look_up import folder, look_up


def found(place, plugins=None):
    return look_up(read_model(place), plugins or installed())


def test_a_choice_comes_back_as_it_was(place, chosen, kept, cache):
    assert found(place) == chosen()
    assert [path.name for path in (cache / "tuned").iterdir()] == [kept.name]


def test_a_later_choice_replaces_it_and_forgetting_removes_it(place, chosen, kept):
    model = read_model(place)
    other = chosen(day="2026-12-24")
    keep(key_of(model), other, installed(), [other.backend])
    assert found(place) == other
    assert forget(key_of(model))
    assert not forget(key_of(model))
    assert found(place) is None


def test_the_same_model_in_another_folder_has_the_same_choice(place, kept, tmp_path):
    copied = Path(shutil.copytree(place, tmp_path / "elsewhere"))
    assert found(copied) is not None


def test_other_weights_have_none(place, kept, tmp_path):
    copied = Path(shutil.copytree(place, tmp_path / "elsewhere"))
    (file,) = copied.glob("*.safetensors")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    assert found(copied) is None


def test_another_machine_has_none(place, kept, monkeypatch):
    monkeypatch.setattr(keys, "available_cpus", lambda: 1234)
    assert found(place) is None
    monkeypatch.undo()
    monkeypatch.setattr(keys, "instructions", lambda: b"another processor")
    assert found(place) is None


def test_the_threads_of_a_process_are_no_part_of_the_machine(place, monkeypatch):
    model = read_model(place)
    before = key_of(model)
    monkeypatch.setenv("ISOMORPH_THREADS", "1")
    assert key_of(model) == before


def test_another_version_of_isomorph_or_of_a_backend_has_none(place, kept, monkeypatch):
    known = installed()
    for info in known.infos:
        changed = replace(info, distribution=f"{info.distribution}.1")
        infos = tuple(changed if each is info else each for each in known.infos)
        assert (found(place, replace(known, infos=infos)) is None) == info.fallback
    monkeypatch.setattr(keys, "__version__", "0.0.1")
    assert found(place) is None


def test_another_version_of_an_engine_has_none(place, kept, monkeypatch):
    monkeypatch.setattr(keys.metadata, "version", lambda name: "0.0.1")
    assert found(place) is None


def test_a_removed_backend_has_none(place, kept, chosen):
    known = installed()
    rest = tuple(info for info in known.infos if not info.fallback)
    assert found(place, replace(known, infos=rest)) is None


def test_an_engine_that_is_not_named_after_its_distribution_has_a_version_too(tmp_path):
    info = replace(installed().infos[0], requires=("tests", "no_such_package_at_all"))
    told = keys.versions([info])[info.name]
    assert "tests of " in told or "tests [" in told
    assert "no_such_package_at_all absent" in told


DAMAGED = {
    "empty": "",
    "half": '{"format": 1, "versions": {',
    "a list": "[]",
    "no versions": '{"format": 1}',
    "deep": "[" * 100_000,
    "not UTF-8": b"\xff\xfe\x00",
    "long": b" " * (files.LIMIT + 1),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_a_warning_and_no_choice(place, kept, content):
    kept.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.warns(UserWarning, match="is no choice of 'isomorph tune'"):
        assert found(place) is None


CHANGES = {
    "backend": 3,
    "device": "nothing:like:this",
    "wished": "yes",
    "day": "",
    "setting": {"lanes": -1},
    "a setting of text": {"setting": {"lanes": "2"}},
    "one too many": {"color": "red"},
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_wrong_value_is_a_warning_and_no_choice(place, kept, name):
    data = json.loads(kept.read_text("utf-8"))
    change = CHANGES[name]
    data["choice"].update(change if " " in name else {name: change})
    kept.write_text(json.dumps(data), "utf-8")
    with pytest.warns(UserWarning, match="is no choice of 'isomorph tune'"):
        assert found(place) is None


def test_a_choice_of_a_backend_that_took_no_part_is_damaged(place, kept):
    data = json.loads(kept.read_text("utf-8"))
    data["choice"]["backend"] = "somebody"
    kept.write_text(json.dumps(data), "utf-8")
    with pytest.warns(UserWarning, match="took no part"):
        assert found(place) is None


def test_a_later_format_is_not_read(place, kept):
    data = json.loads(kept.read_text("utf-8"))
    kept.write_text(json.dumps({**data, "format": files.FORMAT + 1}), "utf-8")
    assert found(place) is None


def test_a_write_that_fails_leaves_the_choice_that_was_there(place, chosen, kept, monkeypatch):
    def full(*_):
        raise OSError(28, "no space left")

    monkeypatch.setattr(files, "rename", full)
    with pytest.raises(OSError, match="no space"):
        keep(key_of(read_model(place)), chosen(day="2027-01-01"), installed(), [chosen().backend])
    assert found(place) == chosen()
    assert list(kept.parent.iterdir()) == [kept]


def test_a_load_asks_the_file_system_once_where_nothing_is_kept(place, monkeypatch):
    asked = []
    stat = Path.is_dir

    def counted(path):
        asked.append(path)
        return stat(path)

    def refuse(*_):
        pytest.fail("a file of a choice was read, or a key was made")

    model = read_model(place)
    monkeypatch.setattr(Path, "is_dir", counted)
    monkeypatch.setattr(files, "read", refuse)
    monkeypatch.setattr(keys, "key_of", refuse)
    assert look_up(model, installed()) is None
    assert asked == [folder()]


def test_a_load_without_choices_warns_of_nothing(place):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        SentenceTransformer(place, backend="auto").close()


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        (PLAIN, "default settings"),
        (Setting(lanes=2, threads=1), "2 lanes, 1 thread"),
        (Setting(tokens=256, latency=False), "256 tokens a forward, one session"),
    ],
)
def test_a_setting_tells_what_it_changes(setting, told):
    assert str(setting) == told


def test_data_of_a_choice_make_the_same_choice(chosen):
    assert Choice.of_data(json.loads(json.dumps(chosen().as_data()))) == chosen()


def test_a_file_that_is_not_there_is_no_choice(tmp_path):
    assert read(tmp_path / "none.json", installed()) is None
