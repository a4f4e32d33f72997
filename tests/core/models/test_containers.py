"""Whatever holds texts or pairs in an order goes wherever a list of them goes."""

from __future__ import annotations

from collections import deque
from pathlib import Path

import numpy as np
import pytest

from isomorph import CrossEncoder, MultiVectorEncoder, SentenceTransformer, SparseEncoder
from isomorph.errors import InputError

PARITY = Path(__file__).parents[2] / "parity"
TEXTS = ["the river carries small stones", "a sea", "small"]
PAIRS = [("the river", "a sea"), ("small stones", "the sea"), ("a", "b")]


class Column:
    """A column of a table: a length, items by any index, an order, and nothing of a sequence's class."""

    def __init__(self, items):
        self.items = items

    def __len__(self):
        return len(self.items)

    def __iter__(self):
        return iter(self.items)

    def tolist(self):
        return list(self.items)


class Table(Column):
    """Rows of two columns, which iterates over the names of its columns as tables do."""

    shape = (3, 2)

    def __iter__(self):
        return iter(["query", "document"])

    def __array__(self, dtype=None, copy=None):
        return np.array(self.items, dtype)

    tolist = None


OF_TEXTS = {
    "tuple": tuple,
    "array of texts": np.array,
    "array of objects": lambda texts: np.array(texts, object),
    "array of numpy's strings": lambda texts: np.array(texts, np.dtypes.StringDType()),
    "column": Column,
    "deque": deque,
    "iterator": iter,
    "views": lambda texts: dict(enumerate(texts)).values(),
}
OF_PAIRS = {
    "tuple": tuple,
    "lists": lambda pairs: [list(pair) for pair in pairs],
    "array of texts": np.array,
    "array of objects": lambda pairs: np.array(pairs, object),
    "array of numpy's strings": lambda pairs: np.array(pairs, np.dtypes.StringDType()),
    "arrays": lambda pairs: [np.array(pair) for pair in pairs],
    "table": Table,
    "column": Column,
    "iterator": iter,
    "zip": lambda pairs: zip(*zip(*pairs, strict=True), strict=True),
}


@pytest.fixture(scope="module")
def models():
    return {
        SentenceTransformer: SentenceTransformer(PARITY / "models/bert-mean", backend="reference"),
        SparseEncoder: SparseEncoder(PARITY / "sparse/models/splade-max", backend="reference"),
        MultiVectorEncoder: MultiVectorEncoder(
            PARITY / "multi_vector/models/modern", backend="reference"
        ),
        CrossEncoder: CrossEncoder(
            PARITY / "cross_encoders/models/bert-plain", backend="reference"
        ),
    }


def dense(found):
    if isinstance(found, list):
        return np.concatenate(found)
    return found.toarray() if hasattr(found, "toarray") else found


@pytest.mark.parametrize("held", OF_TEXTS)
@pytest.mark.parametrize("kind", [SentenceTransformer, SparseEncoder, MultiVectorEncoder])
def test_texts(kind, held, models):
    model = models[kind]
    for method in (model.encode, model.encode_query, model.encode_document):
        np.testing.assert_array_equal(
            dense(method(OF_TEXTS[held](TEXTS))), dense(method(list(TEXTS)))
        )
    streamed = list(model.encode_iter(OF_TEXTS[held](TEXTS)))
    assert len(streamed) == len(TEXTS)


@pytest.mark.parametrize("held", OF_PAIRS)
def test_pairs(held, models):
    model = models[CrossEncoder]
    np.testing.assert_array_equal(model.predict(OF_PAIRS[held](PAIRS)), model.predict(PAIRS))


@pytest.mark.parametrize("held", OF_TEXTS)
def test_documents_and_queries(held, models):
    model = models[CrossEncoder]
    wanted = model.rank("the river", TEXTS, return_documents=True)
    assert model.rank("the river", OF_TEXTS[held](TEXTS), return_documents=True) == wanted
    many = model.rank_many(OF_TEXTS[held](TEXTS), [OF_TEXTS[held](TEXTS) for _ in TEXTS])
    assert many == model.rank_many(TEXTS, [TEXTS] * 3)


def test_an_array_without_axes_is_one_text(models):
    model = models[SentenceTransformer]
    for one in (np.array("a sea"), np.array("a sea", object), np.str_("a sea")):
        np.testing.assert_array_equal(model.encode(one), model.encode("a sea"))


def test_an_array_or_a_column_of_two_texts_is_one_pair(models):
    model = models[CrossEncoder]
    for one in (np.array(PAIRS[0]), np.array(PAIRS[0], object), Column(PAIRS[0]), PAIRS[0]):
        assert np.ndim(model.predict(one)) == 0
        assert model.predict(one) == model.predict(list(PAIRS[0]))


def test_no_pairs_and_no_texts(models):
    for none in ([], (), np.array([], "U1"), np.empty((0, 2), object), iter(()), Column([])):
        assert models[CrossEncoder].predict(none).shape == (0,)
    for none in ([], (), np.array([], "U1"), iter(()), Column([])):
        assert models[SentenceTransformer].encode(none).shape == (0, 32)


def test_rows_of_two_texts_are_pairs(models):
    model = models[SentenceTransformer]
    wanted = model.encode([("a", "b"), ("a sea", "b")])
    rows = [["a", "b"], ["a sea", "b"]]
    kinds = (None, object, np.dtypes.StringDType())
    for pairs in (rows, *(np.array(rows, kind) for kind in kinds)):
        np.testing.assert_array_equal(model.encode(pairs), wanted)


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"a", "b"}, "Input 0 is set"),
        ([["a", "b", "c"]], "Input 0 is list"),
        ([["a", "b"], "c"], "Input 1 is str"),
        (Table(PAIRS), "Input 0 is list"),
        (range(3), "Input 0 is int"),
        (np.array([b"a"]), "Input 0 is ndarray"),
        (["a", float("nan")], "Input 1 is float"),
    ],
)
def test_what_holds_no_texts_is_refused(inputs, said, models):
    for kind in (SentenceTransformer, SparseEncoder, MultiVectorEncoder):
        with pytest.raises(InputError, match=said):
            models[kind].encode(inputs)


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ([("a",)], "Input 0 is tuple of 1 parts"),
        ([("a", "b"), ("a", "b", "c")], "Input 1 is tuple of 3 parts"),
        (np.array([["a", "b", "c"]]), "Input 0 is list of 3 parts"),
        ([("a", "b"), None], "Input 1 is NoneType"),
        ([("a", "b"), ("a", 5)], r"Input 1 is int \(5\), but this model takes pairs"),
        ([("a", "b"), np.array("a")], "Input 1 is ndarray"),
        ([["a", b"b"]], "Decode it first"),
        ({("a", "b")}, "Input 0 is set"),
        (iter([1, 2]), "Input 0 is int"),
    ],
)
def test_what_holds_no_pairs_is_refused(inputs, said, models):
    with pytest.raises(InputError, match=said):
        models[CrossEncoder].predict(inputs)
