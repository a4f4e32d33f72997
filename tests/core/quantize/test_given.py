"""What the user gives to measure with, and what is made of what cannot be measured."""

from __future__ import annotations

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from isomorph.errors import InputError, NotQuantized
from isomorph.quantize import measure, quantize_model
from isomorph.quantize.given import read_pairs, read_texts
from isomorph.testing.models import write

TEXTS = ["A short text.", "the cat sat on a mat and dogs ran over hills", "x", "one two three " * 5]
PAIRS = [("one text", "one text", score) for score in (0.1, 0.5, 0.9)]


def test_a_quoted_text_keeps_its_lines(tmp_path):
    file = tmp_path / "pairs.csv"
    file.write_text('a,b,score\n"two\nlines",b,0.5\n"a\u2028b",b,1\nc,d,0\n', "utf-8")
    assert read_pairs(file) == [
        ("two\nlines", "b", 0.5),
        ("a\u2028b", "b", 1.0),
        ("c", "d", 0.0),
    ]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("a,b,0.5\n" * 4, "all 4 scores are 0.5"),
        ("a,b,1\na,b,nan\na,b,2\n", "row 2: expected two texts and a score"),
        ("a,b,inf\na,b,1\na,b,2\n", "row 1: expected two texts and a score"),
        ("x" * 200_000 + ",b,1\n", "cannot be read as CSV: field larger"),
    ],
)
def test_pairs_that_nothing_correlates_with_are_refused(tmp_path, rows, said):
    file = tmp_path / "pairs.csv"
    file.write_text(rows, "utf-8")
    with pytest.raises(InputError, match=said):
        read_pairs(file)


def test_records_are_no_texts(tmp_path):
    records = tmp_path / "texts.jsonl"
    records.write_text('\n{"text": "one"}\n{"text": "two"}\n', "utf-8")
    with pytest.raises(InputError, match=r"texts\.jsonl holds records of JSON.*jq"):
        read_texts(records)
    records.write_text("one\ntwo\n", "utf-8")
    assert read_texts(records) == ["one", "two"]


@pytest.mark.parametrize("most", [None, 0.5])
def test_what_cannot_be_measured_is_not_published(source, tmp_path, most):
    target = tmp_path / "there" / "made"
    with pytest.raises(NotQuantized, match="not finite"):
        quantize_model(
            source,
            "int8",
            backend="reference",
            output=target,
            texts=TEXTS,
            pairs=PAIRS,
            max_loss=most,
        )
    assert not list(target.parent.iterdir())


def test_a_small_loss_is_told_with_its_digits(source, tmp_path):
    with pytest.raises(
        NotQuantized, match=r"the loss is [\d.e-]*[1-9][\d.e-]*%, and 1e-12% is allowed"
    ):
        quantize_model(
            source,
            "int8",
            backend="reference",
            output=tmp_path / "made",
            texts=TEXTS,
            max_loss=1e-14,
        )


def test_a_reranker_is_judged_by_its_ranking_of_pairs(tmp_path, monkeypatch):
    source = write("bert-sequence-classification", tmp_path / "source")
    file = source / "model.safetensors"
    tensors = load_file(file)
    tensors["classifier.bias"] = np.full_like(tensors["classifier.bias"], 1000.0)
    save_file(tensors, file, {"format": "pt"})
    asked = []
    cosines = measure._cosines
    monkeypatch.setattr(measure, "_cosines", lambda *rows: asked.append(rows) or cosines(*rows))
    made = quantize_model(
        source, "int8", backend="reference", output=tmp_path / "made", texts=TEXTS
    )
    ((old, new, _),) = asked
    left, right = (np.stack(rows).astype(np.float64) for rows in (old, new))
    left, right = ((rows - left.mean(axis=0)).ravel() for rows in (left, right))
    expected = left @ right / np.linalg.norm(left) / np.linalg.norm(right)
    assert made.measured.cosine == made.measured.cosine_worst == pytest.approx(expected, abs=1e-9)
    assert expected < 1 - 1e-6  # what a large bias would hide
    assert json.loads((made.folder / "isomorph-quantized.json").read_text("utf-8"))
    assert made.measured.texts == len(TEXTS)


@pytest.mark.parametrize("name", ["texts.csv", "texts.TSV"])
def test_rows_of_a_table_are_no_texts(tmp_path, name):
    table = tmp_path / name
    table.write_text('id,text\n1,"one,\ntwo"\n', "utf-8")
    with pytest.raises(InputError, match=rf"{name} holds rows of a table.*\.txt"):
        read_texts(table)


def test_a_text_ends_where_the_line_of_the_file_ends(tmp_path):
    file = tmp_path / "texts.txt"
    file.write_bytes("\ufeffone\u2028two\x0bthree\x85four\r\n\r\nfive\n".encode())
    assert read_texts(file) == ["one\u2028two\x0bthree\x85four", "five"]
