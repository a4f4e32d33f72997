"""Datasets: each row gets its own vector, in order, also where a node is killed in the middle."""

import numpy as np
import pyarrow as pa
import pytest
import ray
import ray.data
from drawn import RANDOM
from ray_models import KILLS, PLACES, texts

from isomorph import CrossEncoder, MultiVectorEncoder, SentenceTransformer, SparseEncoder
from isomorph.errors import InputError
from isomorph_ray import embed

ROWS = 600
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:ray")


def dataset(rows=ROWS, blocks=12, **more):
    table = {"number": list(range(rows)), "text": texts(rows), **more}
    return ray.data.from_arrow(pa.table(table)).repartition(blocks)


def vectors(found):
    return np.array(found.column("embedding").to_pylist(), np.float32)


def table_of(made):
    return pa.concat_tables(ray.get(made.to_arrow_refs()))


def test_every_class_and_what_is_refused(cluster):
    kwargs = {"model_arguments": {"backend": "reference"}, "batch_size": 100}
    model = SentenceTransformer(PLACES["vectors"], backend="reference")
    found = table_of(embed(dataset(), model, concurrency=2, batch_size=50))
    assert found.column("number").to_pylist() == list(range(ROWS))
    assert isinstance(found.schema.field("embedding").type, pa.FixedSizeListType)
    np.testing.assert_allclose(vectors(found), model.encode(texts(ROWS)), atol=1e-5)

    few = texts(20)
    pairs = [(few[0], each) for each in few]
    scores = CrossEncoder(PLACES["scores"], backend="reference").predict(pairs)
    pairing = dataset(20, 2, query=[few[0]] * 20)
    found = table_of(embed(pairing, PLACES["scores"], column=("query", "text"), **kwargs))
    np.testing.assert_allclose(found.column("embedding").to_pylist(), scores, atol=1e-5)

    found = table_of(embed(dataset(20, 2), PLACES["weights"], **kwargs)).column("embedding")
    matrix = SparseEncoder(PLACES["weights"], backend="reference").encode(few)
    for row, each in zip(matrix.toarray(), found.to_pylist(), strict=True):
        np.testing.assert_allclose(row[each["indices"]], each["values"], atol=1e-5)
        assert np.count_nonzero(row) == len(each["indices"])

    found = table_of(embed(dataset(20, 2), PLACES["tokens"], **kwargs)).column("embedding")
    late = MultiVectorEncoder(PLACES["tokens"], backend="reference").encode(few)
    for one, other in zip(late, found.to_pylist(), strict=True):
        np.testing.assert_allclose(np.array(other, np.float32), one, atol=1e-5)

    tokens = {"encode_arguments": {"output_value": "token_embeddings"}}
    found = table_of(embed(dataset(20, 2), model, **tokens)).column("embedding")
    for one, other in zip(
        model.encode(few, output_value="token_embeddings"), found.to_pylist(), strict=True
    ):
        np.testing.assert_allclose(np.array(other, np.float32), one, atol=1e-5)

    for arguments, words in (
        ({"column": "gone"}, "no column 'gone'; its columns: number, text"),
        ({"output": "number"}, "a column 'number' already"),
        ({"column": ("text", "number"), "output": "new"}, "takes one column"),
    ):
        with pytest.raises(Exception, match=words):
            embed(dataset(20, 1), model, **arguments).materialize()


@pytest.mark.parametrize(
    ("model", "kwargs", "words"),
    [
        ("a", {"column": ()}, "one name, or two"),
        ("a", {"column": "text", "output": "text"}, "take another name"),
        (5, {}, "not int"),
        ("a", {"column": 5}, "one name, or two"),
        ("a", {"output": ""}, "output must be the name"),
        ("a", {"output": 3}, "output must be the name"),
        ("a", {"threads": 0}, "threads must be"),
        ("a", {"encode_arguments": {"precision": "int8"}}, "vectors of different batches"),
        ("a", {"encode_arguments": {"precision": "uint8"}}, "quantise the whole column"),
        ("a", {"encode_arguments": {"return_report": True}}, "return_report=True"),
        ("a", {"encode_arguments": {"output_value": None}}, "output_value=None"),
        ("a", {"encode_arguments": {"convert_to_tensor": True}}, "leave it out"),
    ],
)
def test_arguments_that_cannot_be(model, kwargs, words):
    with pytest.raises(InputError, match=words):
        embed(None, model, **kwargs)


def nodes_at_work():
    """The ids of nodes on which an actor of Ray Data lives. Ray says that to its own dashboard alone."""
    actors = ray._private.state.actors().values()
    return {each["Address"]["NodeID"] for each in actors if each["State"] == "ALIVE"}


@pytest.mark.parametrize("kill", range(KILLS))
def test_a_node_is_killed_in_the_middle(cluster, kill):
    made, nodes = cluster
    model = SentenceTransformer(PLACES["vectors"], backend="reference")
    wanted = model.encode(texts(ROWS))
    stream = embed(dataset(), model, concurrency=(1, 3), batch_size=10)
    numbers, rows, at, killed = [], [], int(RANDOM.integers(1, 20)), 0
    for count, batch in enumerate(stream.iter_batches(batch_size=10, batch_format="pyarrow")):
        numbers += batch.column("number").to_pylist()
        rows.append(vectors(batch))
        if count == at:
            busy = nodes_at_work()  # none where the actors were faster than this loop
            node = next((each for each in nodes if each.node_id in busy), nodes[kill % 3])
            made.remove_node(node, allow_graceful=False)
            killed += 1
    assert killed == 1
    assert numbers == list(range(ROWS))
    np.testing.assert_allclose(np.concatenate(rows), wanted, atol=1e-5)
