import importlib
import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import isomorph_dropin
from isomorph_dropin.tree import ALIASES, homes, packages

from .conftest import MINILM


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize("module", [*packages(), *ALIASES])
def test_every_name_of_the_tree_is_there(module):
    found = importlib.import_module(module)
    for name in homes(ALIASES.get(module, module)):
        assert getattr(found, name) is not None


@pytest.mark.usefixtures("tree")
def test_a_class_lives_where_the_real_one_lives():
    package = importlib.import_module("sentence_transformers")
    importlib.import_module(
        "sentence_transformers.SentenceTransformer"
    )  # an old module of its name
    kind = package.SentenceTransformer
    assert "sentence_transformers" in str(kind)
    assert getattr(importlib.import_module(kind.__module__), kind.__name__) is kind


@pytest.mark.usefixtures("tree")
def test_a_module_says_whose_it_is():
    package = importlib.import_module("sentence_transformers")
    assert "isomorph-dropin" in repr(package)
    assert importlib.metadata.version("sentence-transformers") == package.__version__
    with pytest.raises(ImportError, match="isomorph-dropin stands for"):
        importlib.import_module("sentence_transformers.cooking")
    with pytest.raises(AttributeError, match="does not have it"):
        _ = package.Cooking


@pytest.mark.usefixtures("tree")
def test_a_program_may_ask_for_a_module_that_is_not_there():
    assert importlib.util.find_spec("sentence_transformers.cooking") is None
    assert importlib.util.find_spec("sentence_transformers.util.cooking") is None
    assert importlib.util.find_spec("sentence_transformers.util") is not None
    for name in ("sentence_transformers.cooking", "sentence_transformers.util.cooking"):
        with pytest.raises(ModuleNotFoundError, match="isomorph-dropin stands for") as told:
            exec(f"import {name}", {})
        assert told.value.name == name


@pytest.mark.usefixtures("tree")
def test_training_is_refused_when_it_is_called_and_not_when_it_is_imported():
    package = importlib.import_module("sentence_transformers")
    losses = importlib.import_module("sentence_transformers.losses")
    assert losses.BatchHardTripletLossDistanceFunction.eucledian_distance
    for name in (losses.CosineSimilarityLoss, package.SentenceTransformerTrainer):
        with pytest.raises(NotImplementedError, match="use the real library"):
            name()


@pytest.mark.usefixtures("tree")
def test_what_the_real_library_keeps_for_itself_is_refused_when_it_is_used():
    inside = importlib.import_module("sentence_transformers.base.modules.transformer")
    kinds = importlib.import_module("sentence_transformers.base.modality_types")
    assert kinds.SingleInput | None
    assert list[kinds.Modality]
    table, function = inside.TRANSFORMER_TASK_DEFAULTS, inside._count_media_per_sample
    for use in (
        function,
        lambda: table["a"],
        lambda: list(table),
        lambda: "a" in table,
        lambda: table.x,
    ):
        with pytest.raises(NotImplementedError, match="inside of the real library"):
            use()
    assert "TRANSFORMER_TASK_DEFAULTS" not in inside.__all__
    loss = importlib.import_module("sentence_transformers.sentence_transformer.losses.cosent")
    with pytest.raises(NotImplementedError, match="Training: use the real library"):
        loss.CoSENTLoss(None)


def test_no_name_is_both_there_and_inside():
    listed = json.loads(Path(isomorph_dropin.__file__).with_name("inside.json").read_bytes())
    assert listed
    for module, names in listed.items():
        assert not set(names) & set(homes(module)), module


def test_nothing_is_answered_before_and_after():
    assert importlib.util.find_spec("sentence_transformers") is None
    isomorph_dropin.install()
    importlib.import_module("sentence_transformers.util")
    isomorph_dropin.uninstall()
    assert not any(name.startswith("sentence_transformers") for name in sys.modules)
    with pytest.raises(ImportError):
        importlib.import_module("sentence_transformers")


def test_the_real_library_is_not_replaced(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentence_transformers", importlib.import_module("json"))
    with pytest.raises(isomorph_dropin.AlreadyImported, match="imported already"):
        isomorph_dropin.install()


def test_a_backend_that_is_not_there_is_refused_at_once():
    with pytest.raises(ValueError, match="acme"):
        isomorph_dropin.install("acme")
    assert not isomorph_dropin.installed()


PROGRAM = """
from sentence_transformers import SentenceTransformer
import subprocess, sys

if __name__ == "__main__":
    model = SentenceTransformer(sys.argv[1])
    print(model.get_backend(), model.encode("one").shape)
    child = "import sentence_transformers as st; print(st.__version__)"
    print(subprocess.run([sys.executable, "-c", child], capture_output=True, text=True, check=True).stdout)
"""


def test_a_program_runs_unchanged_and_so_do_its_children(tmp_path):
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    command = [sys.executable, "-m", "isomorph_dropin", "--backend", "reference", script, MINILM]
    source = Path(isomorph_dropin.__file__).parents[1]
    ways = os.pathsep.join([str(source), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": ways}, check=False
    )
    assert done.stdout.split() == ["reference", "(384,)", "6.2.0"], done.stderr
