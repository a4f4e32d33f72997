"""What lies around a model in the folder that it is saved into is the user's, and stays."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from isomorph import SentenceTransformer
from isomorph.errors import InputError
from isomorph.machine.exchange import staged

MODEL = Path(__file__).parents[2] / "parity" / "models" / "bert-mean"
POSIX = pytest.mark.skipif(os.name != "posix", reason="no such files here")
MINE = (
    "app_config.json",
    "word2vec.model",
    "train_state.safetensors",
    "pytorch_model_backup.bin",
    "optimizer.bin",
    "runs/config.json",
    "secret/tokenizer.json",
)
OF_OTHERS = ("adapter_config.json", "model-00001-of-00002.safetensors", "spiece.model", "vocab.txt")


@pytest.fixture
def model():
    with SentenceTransformer(MODEL, backend="reference") as made:
        yield made


def test_files_whose_names_only_look_like_those_of_a_model_stay(model, tmp_path):
    for name in (*MINE, *OF_OTHERS):
        file = tmp_path / "project" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    model.save_pretrained(tmp_path / "project")
    assert [n for n in MINE if (tmp_path / "project" / n).read_text() != n] == []
    assert [n for n in OF_OTHERS if (tmp_path / "project" / n).exists()] == []


@POSIX
def test_folders_that_nobody_else_may_read_stay_so(model, tmp_path):
    project = tmp_path / "project"
    (project / "secret" / "deep").mkdir(parents=True)
    for folder, mode in (("secret/deep", 0o500), ("secret", 0o700)):
        (project / folder / "key").write_text("mine")
        (project / folder).chmod(mode)
    model.save_pretrained(project)
    modes = {name: (project / name).stat().st_mode & 0o777 for name in ("secret", "secret/deep")}
    (project / "secret" / "deep").chmod(0o700)
    assert modes == {"secret": 0o700, "secret/deep": 0o500}
    assert (project / "secret" / "deep" / "key").read_text() == "mine"


@POSIX
def test_a_pipe_keeps_nobody_waiting(tmp_path):
    code = (
        "import os, sys; from isomorph import SentenceTransformer; folder = sys.argv[2]\n"
        "os.mkdir(folder); os.mkfifo(folder + '/pipe')\n"
        "SentenceTransformer(sys.argv[1], backend='reference').save_pretrained(folder)\n"
        "assert {'pipe', 'modules.json'} <= set(os.listdir(folder))"
    )
    command = [sys.executable, "-c", code, str(MODEL), str(tmp_path / "project")]
    subprocess.run(command, timeout=120, check=True)


@pytest.mark.parametrize("below", [".", "deep/er"])
def test_the_working_directory_stays_where_it_was(model, tmp_path, monkeypatch, below):
    (tmp_path / "project" / below).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "project" / below)
    Path("mine").write_text("mine")
    here = Path.cwd()
    model.save_pretrained(tmp_path / "project")
    assert Path.cwd() == here
    assert Path("mine").read_text() == "mine"
    assert (tmp_path / "project" / "modules.json").is_file()


def test_the_root_of_a_file_system_is_refused(model):
    with pytest.raises(InputError, match="root of a file system"):
        model.save_pretrained(Path(Path.cwd().anchor))


def test_what_is_mounted_below_is_not_moved(model, tmp_path, monkeypatch):
    mounted = tmp_path / "project" / "data"
    mounted.mkdir(parents=True)
    (mounted / "mine").write_text("mine")
    monkeypatch.setattr(os.path, "ismount", lambda path: Path(path) == mounted)
    with pytest.raises(InputError, match="another file system"):
        model.save_pretrained(tmp_path / "project")
    assert (mounted / "mine").read_text() == "mine"
    assert [p.name for p in tmp_path.iterdir()] == ["project"]


def test_a_working_directory_elsewhere_is_let_alone(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "target").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setattr(os, "chdir", lambda path: pytest.fail(f"went to {path}"))
    with staged(tmp_path / "target") as fresh:
        (fresh / "a").write_text("a")
    assert (tmp_path / "target" / "a").is_file()


@pytest.mark.parametrize(
    "named", ["file", "file/below", "file/far/below", "~nobody-has-this-name/x"]
)
def test_a_place_where_no_folder_can_be(model, tmp_path, monkeypatch, named):
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("mine")
    with pytest.raises(InputError, match=r"is a file|is no folder"):
        model.save_pretrained(named)
    assert Path("file").read_text() == "mine"
