"""Inputs of a plugin that are fed wrongly, or whose code fails: the plugin is named, not the engine."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from isomorph import SentenceTransformer
from isomorph.errors import InputError, PluginFailed

POINTS = Path(__file__).parents[1] / "examples" / "points.py"
FED = 'return {"points": np.concatenate([found, np.zeros((blank, found.shape[1]), np.float32)])}'
PREPARED = "return Prepared(np.ones(len(items), np.int64), np.array(items, np.float32))"
ITEM = "return value.astype(np.float32)"
FEEDS = 'return {"points": Feed("float32", ("rows", self.features))}'
MADE = "return PointPreparer()"
WEIGHT = np.arange(12, dtype=np.float32).reshape(3, 4)
INPUTS = np.arange(28, dtype=np.float32).reshape(7, 4) / 4


@pytest.fixture
def folder(tmp_path):
    entries = [{"idx": 0, "name": "0", "path": "", "type": "shapes.Points"}]
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "modules.json").write_text(json.dumps(entries), "utf-8")
    (folder / "config.json").write_text('{"features": 4, "width": 3}', "utf-8")
    save_file({"weight": WEIGHT}, folder / "model.safetensors")
    return folder


@pytest.fixture
def model(site, found, folder):
    """The model of points, whose plugin has `instead` in place of `line`."""

    def made(line, instead):
        code = POINTS.read_text("utf-8")
        assert line in code
        found(site.add("shapes", code.replace(line, instead)))
        return SentenceTransformer(folder, backend="reference")

    return made


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        (FED, FED),
        (FED, 'return {"points": found.astype(np.float64)}'),
        (FED, 'return {"points": np.asfortranarray(found)}'),
        (FED, 'return {"points": found, "more": None}'),
    ],
)
def test_what_can_be_fed_is_fed(model, line, instead):
    np.testing.assert_allclose(model(line, instead).encode(INPUTS), INPUTS @ WEIGHT.T)


@pytest.mark.parametrize(
    ("line", "instead", "said"),
    [
        (FED, 'return {"points": found[:1]}', r"the shape \(1, 4\), not \(7, 4\)"),
        (FED, 'return {"points": np.concatenate([found[:1], found])}', r"\(8, 4\), not \(7, 4\)"),
        (FED, 'return {"points": found[:, :2]}', r"\(7, 2\), not \(7, 4\)"),
        (FED, 'return {"points": found.astype(int)}', "as int64, not as float32"),
        (FED, 'return {"points": found.tolist()}', "which is no array"),
        (FED, 'return {"dots": found}', r"\['dots'\] without 'points'"),
        (FED, "return None", "None, which is no mapping"),
        (FED, "raise SystemExit(3)", "SystemExit: 3"),
        (FED, "raise StopIteration", "StopIteration"),
        (PREPARED, PREPARED.replace("len(items)", "2"), "no 7 whole numbers"),
        (PREPARED, "return None", "no 7 whole numbers"),
        (PREPARED, "raise KeyError('licence')", "KeyError: 'licence'"),
        (ITEM, "raise KeyError('licence')", "KeyError: 'licence'"),
        (MADE, "return None", "None, which is no Preparer"),
    ],
)
def test_what_cannot_be_fed_is_told_with_the_plugin(model, line, instead, said):
    loaded = model(line, instead)
    told = f"Plugin 'shapes' of shapes 1.0 failed in .* of its kind 'points': .*{said}"
    with pytest.raises(PluginFailed, match=told):
        loaded.encode(INPUTS)


@pytest.mark.parametrize(
    ("instead", "said"),
    [("raise KeyError('x')", "feeds of the inputs.*'x'"), ("return {'points': 5}", "is no Feed")],
)
def test_feeds_that_cannot_be_told_fail_the_load(model, instead, said):
    with pytest.raises(PluginFailed, match=f"Plugin 'shapes' of shapes 1.0 failed in .*{said}"):
        model(FEEDS, instead)


def test_an_input_that_the_plugin_refuses_is_the_callers(model):
    with pytest.raises(InputError, match=r"Input 0 is \(5,\)"):
        model(FED, FED).encode(np.zeros(5, np.float32))
