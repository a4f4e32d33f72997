"""A file of probes that was damaged or made up is refused before any of its texts is multiplied."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.errors import BadModel
from isomorph.export.probes import (
    Probe,
    Recorded,
    make_probes,
    prepare_probes,
    write_recorded,
)
from isomorph.export.replay import batches, run_all
from isomorph.export.samples import Sample
from isomorph.files.names import PROBES as FILE
from isomorph.testing.models import write

VECTORS = np.ones((2, 3), np.float32)
PROBES = (Probe("one", 3, 5), Probe("two", 1, 16))


@pytest.fixture
def folder(tmp_path):
    model = write("bert", tmp_path / "model")
    write_recorded(
        [Recorded("sentence_embedding", 1e-5, {"isomorph": "0"}, PROBES, VECTORS)], model
    )
    return model


def changed(folder, change):
    content = json.loads((folder / FILE).read_text("utf-8"))
    change(content)
    (folder / FILE).write_text(json.dumps(content), "utf-8")
    return SentenceTransformer(folder, backend="reference").__loaded__().pipeline.model.files


def test_what_was_written_is_read(folder):
    found = Recorded.read(changed(folder, lambda content: None))
    assert found.probes == PROBES
    np.testing.assert_array_equal(found.vectors, VECTORS)


@pytest.mark.parametrize("times", [10**9, -1, 0, 2.0, True, "3", None, [1]])
def test_a_text_is_not_multiplied_without_bound(folder, times):
    files = changed(folder, lambda content: content["probes"][0].update(times=times))
    with pytest.raises(BadModel, match="times that are no whole number from 1 to 512"):
        Recorded.read(files)


@pytest.mark.parametrize("tokens", [513, 0, None, "5"])
def test_no_probe_is_longer_than_those_that_are_made(folder, tokens):
    files = changed(folder, lambda content: content["probes"][1].update(tokens=tokens))
    with pytest.raises(BadModel, match="tokens that are no whole number from 1 to 512"):
        Recorded.read(files)


@pytest.mark.parametrize("text", ["", "x" * 10_001, 5, None, {"a": 1}])
def test_a_probe_is_a_text(folder, text):
    files = changed(folder, lambda content: content["probes"][0].update(text=text))
    with pytest.raises(BadModel, match="no text, or one that is too long"):
        Recorded.read(files)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("shape", [3, 2], r"shape is not \[2, 3\]"),
        ("shape", [2, 1e999], "shape"),
        ("vectors", "", "0 numbers are no vectors of 2 probes"),
        ("vectors", "AADAfwAAwH8=", "not finite"),
        ("probes", [], "no vectors of 0 probes"),
        ("probes", {"a": 1}, "is not a file of probes"),
        ("tolerance", float("nan"), "tolerance"),
        ("tolerance", "0.1", "tolerance"),
        ("output", 5, "output is no name"),
        ("versions", [], "versions are no object"),
    ],
)
def test_what_cannot_be_is_said(folder, key, value, said):
    files = changed(folder, lambda content: content.update({key: value}))
    with pytest.raises(BadModel, match=said):
        Recorded.read(files)


def test_probes_of_an_output_that_the_model_has_not(folder):
    changed(folder, lambda content: content.update(output="no-such-thing"))
    with pytest.raises(BadModel, match="the model writes token_embeddings, sentence_embedding"):
        SentenceTransformer(folder, backend="reference", verify=True)


def test_few_probes_are_as_long_as_the_model_takes(tmp_path):
    model = SentenceTransformer(write("bert-long", tmp_path / "model"), backend="reference")
    pipeline = model.__loaded__().pipeline
    probes = make_probes(pipeline.preparer, 300)
    prepared = prepare_probes(pipeline.preparer, probes)
    assert len(probes) == len(set(probes)) == 96
    assert prepared.lengths.tolist() == [probe.tokens for probe in probes]
    assert Counter(probe.tokens for probe in probes) == {3: 32, 16: 32, 64: 24, 300: 8}
    widths = [batch.width for batch in batches(prepared, mixed=True)]
    assert widths == [300, 64, 64, 64]
    first = next(batches(prepared, mixed=True))
    assert {probes[row].tokens for row in first.rows} == {3, 16, 300}
    texts = [row % 32 for batch in batches(prepared, mixed=True) for row in batch.rows]
    assert texts == list(range(32))


def test_probes_of_an_earlier_export_are_replayed(tmp_path):
    folder = write("bert", tmp_path / "model")
    pipeline = SentenceTransformer(folder, backend="reference").__loaded__().pipeline
    probes = tuple(Probe(text, 20, cut) for cut in (3, 16, 40) for text in ("one", "two", "three"))
    prepared = prepare_probes(pipeline.preparer, probes)
    rows = np.stack(run_all(pipeline.runner("sentence_embedding"), prepared, mixed=False))
    write_recorded([Recorded("sentence_embedding", 1e-5, {}, probes, rows)], folder)
    SentenceTransformer(folder, backend="reference", verify=True)
    rows[-1] += 1
    write_recorded([Recorded("sentence_embedding", 1e-5, {}, probes, rows)], folder)
    with pytest.raises(BadModel, match="'three' at 40 tokens, alone"):
        SentenceTransformer(folder, backend="reference", verify=True)


def test_samples_are_for_models_of_other_inputs(folder):
    samples = (Sample(0, 1), Sample(1, 16))
    write_recorded([Recorded("sentence_embedding", 1e-5, {}, samples, VECTORS)], folder)
    files = changed(folder, lambda content: None)
    assert Recorded.read(files).probes == samples
    with pytest.raises(BadModel, match="probes of other inputs than the model takes"):
        SentenceTransformer(folder, backend="reference", verify=True)


@pytest.mark.parametrize("entry", [{"seed": 32}, {"length": 0}, {"length": 513}, {"seed": "0"}])
def test_samples_that_no_export_makes(entry, folder):
    samples = (Sample(0, 1), Sample(1, 16))
    write_recorded([Recorded("sentence_embedding", 1e-5, {}, samples, VECTORS)], folder)
    files = changed(folder, lambda content: content["probes"][1].update(entry))
    with pytest.raises(BadModel, match="that is no whole number"):
        Recorded.read(files)
