"""Models whose inputs are no texts run through the unchanged core, on every backend."""

from __future__ import annotations

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

FEATURES, WIDTH = 5, 8
MEAN = {"embedding_dimension": WIDTH, "pooling_mode": "mean"}

PROGRAM = """
import json, sys, warnings
import numpy as np
from isomorph import SentenceTransformer
from isomorph.errors import InputError
from isomorph.export.verify import verify

folder, backend, kind = sys.argv[1:]
rng = np.random.default_rng(3)
sizes = [1, 7, 3, 30, 2, 7, 11, 1, 64, 5] * 3
inputs = [rng.normal(size=(n, {features}) if kind == "series" else {features}) for n in sizes]
inputs += inputs[:4]
weight = np.load(folder + "/expected.npy")

def expected(item):
    rows = np.atleast_2d(item.astype(np.float32)) @ weight.T
    return rows.mean(0)

wanted = np.stack([expected(each) for each in inputs])
model = SentenceTransformer(folder, backend=backend)

def close(found, to=wanted):
    assert found.shape == to.shape, (found.shape, to.shape)
    assert np.abs(found - to).max() < 1e-5 * np.abs(to).max()

def refused(call):
    try:
        call()
    except InputError as error:
        return str(error)
    raise AssertionError("it was not refused")

if __name__ == "__main__":
    close(model.encode(inputs))
    close(model.encode(inputs, batch_size=3))
    close(model.encode(inputs[1]), wanted[1])
    close(model.encode(np.stack([inputs[0]] * 2)), wanted[[0, 0]])
    close(np.stack(list(model.encode_iter(iter(inputs), window_size=4))).reshape(wanted.shape))
    out = np.empty_like(wanted)
    model.encode(inputs, out=out)
    close(out)
    once = model.encode(inputs, deterministic=True)
    close(once)
    assert (model.encode(inputs[3], deterministic=True) == once[3]).all()
    assert model.encode([]).shape == (0, {width})
    model.encode(inputs)
    alone = SentenceTransformer(folder, backend=backend).encode(inputs, return_report=True)[1]
    said = {{
        "dimension": model.get_embedding_dimension(),
        "modalities": model.modalities,
        "single": [model.is_singular_input(inputs[1]), model.is_singular_input(inputs)],
        "max_seq_length": model.max_seq_length,
        "runs": [row.runs for row in model.explain().rows],
        "positions": alone.tokens,
        "feeds": {{k: list(v.shape) for k, v in model.preprocess(inputs[:3]).items()}},
        "prompt": refused(lambda: model.encode(inputs, prompt="query: ")),
        "text": refused(lambda: model.encode("a text")),
        "wrong": refused(lambda: model.encode([inputs[0], np.zeros((2, 2))])),
        "error": refused(lambda: model.encode(inputs[0], processor="x")),
    }}
    if backend != "reference":
        (verdict,) = [each for each in verify(folder) if each.backend == backend]
        assert verdict.outcome in ("same", "nothing native"), verdict
    copied = sys.argv[1] + "-saved"
    model.save_pretrained(copied)
    close(SentenceTransformer(copied, backend=backend).encode(inputs))
    if {pool}:
        with model.start_multi_process_pool(["cpu", "cpu"]) as pool:
            close(model.encode(inputs, pool=pool, chunk_size=7))
    print(json.dumps(said))
"""


@pytest.fixture
def folder(tmp_path):
    """A model of each kind, by its name."""

    def write(kind):
        root = tmp_path / kind
        place = root / f"0_{kind.title()}"
        place.mkdir(parents=True)
        weight = np.random.default_rng(1).normal(size=(WIDTH, FEATURES)).astype(np.float32)
        save_file({"weight": weight}, place / "model.safetensors")
        np.save(root / "expected.npy", weight)
        sizes = {"features": FEATURES, "width": WIDTH}
        (place / "config.json").write_text(json.dumps(sizes))
        entries = [{"idx": 0, "name": "0", "path": place.name, "type": f"shapes.{kind.title()}"}]
        if kind == "series":
            (root / "1_Pooling").mkdir()
            (root / "1_Pooling" / "config.json").write_text(json.dumps(MEAN))
            home = "sentence_transformers.models.Pooling"
            entries.append({"idx": 1, "name": "1", "path": "1_Pooling", "type": home})
        (root / "modules.json").write_text(json.dumps(entries))
        return root

    return write


@pytest.mark.parametrize("kind", ["points", "series"])
def test_a_model_of_other_inputs_runs_on_every_backend(examples, folder, tmp_path, kind, backend):
    script = tmp_path / "program.py"
    script.write_text(
        PROGRAM.format(features=FEATURES, width=WIDTH, pool=backend == "reference"), "utf-8"
    )
    place = str(folder(kind))
    said = json.loads(examples.python("-W", "error", str(script), place, backend, kind))
    steps = kind == "series"
    assert said["dimension"] == WIDTH
    assert said["modalities"] == [{"points": "point"}.get(kind, kind)]
    assert said["single"] == [True, False]
    assert said["max_seq_length"] is None
    assert set(said["runs"]) <= {backend, "reference"}  # a backend need not know primitives
    assert said["positions"] == (sum([1, 7, 3, 30, 2, 7, 11, 1, 64, 5]) * 3 if steps else 30)
    if steps:
        assert said["feeds"] == {"steps": [3, 7, FEATURES], "attention_mask": [3, 7]}
    else:
        assert said["feeds"] == {"points": [3, FEATURES]}
    assert "cannot go in front of" in said["prompt"]
    assert said["text"].startswith("inputs is str")
    assert said["wrong"].startswith("Input 1 is (2, 2)")
    assert "processor" in said["error"]
