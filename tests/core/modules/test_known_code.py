"""Which classes of a folder's own are known by their text alone; none of it runs."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.errors import Unsupported
from isomorph.modules.known_code import inherited

LIKE = Path(__file__).parents[2] / "parity" / "models" / "bert-mean"
BASE = "sentence_transformers.models.Transformer"
HEAD = "from sentence_transformers.models import Transformer as Base\n"


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "class Own(Base):\n    pass\n",
        HEAD + '"""About."""\nclass Own(Base):\n    """Nothing."""\n',
        "import sentence_transformers\nclass Own(sentence_transformers.models.Transformer): ...\n",
        "import sentence_transformers.models as m\nclass Own(m.Transformer): ...\n",
    ],
)
def test_a_class_that_adds_nothing_is_the_one_that_it_inherits_from(text):
    assert inherited(text, "Own") == BASE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "class Own(",
        HEAD + "class Other(Base): ...",
        HEAD + "class Own(Base):\n    def forward(self, features):\n        return features\n",
        HEAD + "class Own(Base):\n    max_seq_length = 3\n",
        HEAD + "class Own(Base, dict): ...",
        HEAD + "class Own(Base, metaclass=Meta): ...",
        HEAD + "@wrapped\nclass Own(Base): ...",
        HEAD + "class Own(Base): ...\nBase.forward = None\n",
        HEAD + "class Own(made(Base)): ...",
        "from .models import Transformer as Base\nclass Own(Base): ...",
        "class Own(Base): ...",
        "(" * 5000,
        "class Own(Base): ...\0",
    ],
)
def test_any_other_text_is_of_an_unknown_class(text):
    assert inherited(text, "Own") not in (BASE,)


def folder_with(tmp_path, text):
    """A model whose first class is of its own folder."""
    folder = Path(shutil.copytree(LIKE, tmp_path / "model"))
    modules = json.loads((folder / "modules.json").read_text())
    modules[0]["type"] = "own.Own"
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "own.py").write_text(text)
    return folder


def test_such_a_model_runs_without_trust_and_says_so(tmp_path):
    folder = folder_with(tmp_path, HEAD + "class Own(Base): ...\n")
    with SentenceTransformer(folder) as model, SentenceTransformer(LIKE) as plain:
        np.testing.assert_array_equal(model.encode("a sea"), plain.encode("a sea"))
        assert "own.Own" in str(model.explain())
        model.save(tmp_path / "saved")
    assert json.loads((tmp_path / "saved" / "modules.json").read_text())[0]["type"] == "own.Own"
    with SentenceTransformer(tmp_path / "saved") as saved:
        assert saved.encode("a sea").shape == plain.encode("a sea").shape


def test_a_class_that_adds_something_is_refused(tmp_path):
    text = HEAD + "class Own(Base):\n    def tokenize(self, texts): ...\n"
    with pytest.raises(Unsupported, match=r"own\.Own"):
        SentenceTransformer(folder_with(tmp_path, text))
