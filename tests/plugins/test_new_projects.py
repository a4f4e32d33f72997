"""`isomorph new-backend` and `isomorph new-plugin`, out of the wheel, where core alone is installed."""

import json
import re
import zipfile
from pathlib import Path

import pytest

from isomorph.contract import CONTRACT
from isomorph.errors import InputError
from isomorph.plugins.discovery import discover, installed
from isomorph.starters.write import BACKEND, HERE, KINDS, write_project

from .stranger import Stranger, build

ROOT = Path(__file__).parents[2]
USE = """
import sys
from isomorph import SentenceTransformer
from isomorph.testing.models import write
model = SentenceTransformer(write("bert", __import__("pathlib").Path(sys.argv[1])), backend="acme-npu")
other = SentenceTransformer(sys.argv[1], backend="reference")
assert abs(model.encode("a text") - other.encode("a text")).max() < 1e-5
print(model.report().backend)
"""


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """An environment with the wheel of core."""
    made = Stranger(tmp_path_factory.mktemp("stranger") / "venv")
    made.install(build(ROOT / "core", tmp_path_factory.mktemp("wheels")))
    return made


def test_a_new_backend_passes_the_kit_at_once_and_goes_without_a_trace(stranger, tmp_path):
    before = stranger.inventory()
    project = tmp_path / "mine"
    assert f"{project} is written" in stranger.run(
        "isomorph", "new-backend", "acme-npu", "--output", project
    )
    stranger.install(build(project, tmp_path / "wheels"))
    quick = ["-p", "isomorph.testing.plugin", "--isomorph-quick", "-p", "no:cacheprovider"]
    report = tmp_path / "report.json"
    stranger.test(*quick, "--isomorph-json", report, project / "tests", cwd=project)
    said = json.loads(report.read_text("utf-8"))
    assert [each["name"] for each in said["backends"]] == ["acme-npu"]
    assert said["tests"]["failed"] == 0
    assert said["tests"]["passed"] > 100, "primitives and laws were asked"
    assert stranger.run("python", "-c", USE, tmp_path / "model") == "acme-npu\n"
    assert "isomorph-acme-npu 0.1.0" in stranger.run("isomorph", "doctor")

    stranger.uninstall("isomorph-acme-npu")
    assert stranger.inventory() == before
    assert "acme" not in stranger.run("isomorph", "doctor")


def test_a_new_plugin_of_each_kind_passes_its_tests_at_once(stranger, tmp_path):
    for kind in KINDS:
        project = tmp_path / kind
        stranger.run("isomorph", "new-plugin", kind, f"acme-{kind}", "--output", project)
        stranger.install(build(project, tmp_path / f"{kind}-wheels"))
    names = [f"isomorph-acme-{kind}" for kind in KINDS]
    tests = [tmp_path / kind / "tests" for kind in KINDS]
    own = ["--import-mode=importlib", "-p", "no:cacheprovider"]
    assert re.search(r"\b10 passed", stranger.test(*own, *tests, cwd=tmp_path))
    told = stranger.run("isomorph", "doctor")
    for name in names:
        assert name in told
        stranger.uninstall(name)


@pytest.mark.parametrize("kind", [BACKEND, *KINDS])
def test_every_name_is_replaced_and_all_that_a_project_needs_is_there(kind, tmp_path):
    folder = write_project(kind, "hailo-8", tmp_path / "made", discover([]))
    files = [file for file in folder.rglob("*") if file.is_file()]
    for file in files:
        told = f"{file.relative_to(folder)}\n{file.read_text('utf-8')}"
        assert "template" not in told.lower(), file
    names = {file.relative_to(folder).as_posix() for file in files}
    workflow, package = ".github/workflows/test.yml", "src/isomorph_hailo_8"
    assert {"README.md", "pyproject.toml", ".gitignore", workflow} <= names
    assert {f"{package}/py.typed", f"{package}/plugin.py"} <= names
    pinned = '"isomorph-core>=0.1.0,<0.2"'
    assert pinned in (folder / "pyproject.toml").read_text("utf-8"), "a range, no release"
    said = f"isomorph_contract = {CONTRACT}\n"
    assert said in (folder / package / "plugin.py").read_text("utf-8")


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        ("engine", "acme", "module, reader, resolver, decoder, exporter"),
        (BACKEND, "Acme", "small letters"),
        (BACKEND, "acme_npu", "small letters"),
        (BACKEND, "8bit", "small letters"),
        (BACKEND, "class", "is no name"),
        (BACKEND, "reference", "an installed plugin"),
        ("reader", "core", "an installed plugin"),
    ],
)
def test_a_name_that_cannot_be_is_refused_and_nothing_is_written(kind, name, said, tmp_path):
    with pytest.raises(InputError, match=said):
        write_project(kind, name, tmp_path / "made", installed())
    assert not list(tmp_path.iterdir())


def test_a_folder_with_files_is_left_as_it_is(tmp_path):
    (tmp_path / "mine").mkdir()
    write_project(BACKEND, "acme", tmp_path / "mine", discover([]))
    (tmp_path / "mine" / "README.md").write_text("my own")
    with pytest.raises(InputError, match="--output"):
        write_project(BACKEND, "acme", tmp_path / "mine", discover([]))
    assert (tmp_path / "mine" / "README.md").read_text() == "my own"


def test_there_is_one_template_and_the_wheel_has_all_of_it(tmp_path):
    copies = {file.resolve() for file in ROOT.glob("*/*/src/isomorph_template")}
    assert copies == {HERE / BACKEND / "src" / "isomorph_template"}
    with zipfile.ZipFile(build(ROOT / "core", tmp_path)) as wheel:
        packed = {name for name in wheel.namelist() if name.startswith("isomorph/starters/")}
    tracked = {f"isomorph/starters/{file.relative_to(HERE).as_posix()}" for file in _files()}
    assert packed == tracked


def _files():
    return [f for f in HERE.rglob("*") if f.is_file() and "__pycache__" not in f.parts]
