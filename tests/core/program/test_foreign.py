"""What the inputs and outputs of files mean that other libraries exported."""

from dataclasses import replace

import numpy as np
import pytest

from isomorph.errors import BadModel, Unsupported
from isomorph.plugins.reading import read_model
from isomorph.program import Ports, fed, meaning
from isomorph.testing.models import write

IDS = ("input_ids", "attention_mask")


def ports(*outputs, inputs=IDS, **extents):
    return Ports(file="model.any", inputs=inputs, outputs=outputs, extents=extents)


@pytest.fixture
def bert(tmp_path):
    return read_model(write("bert", tmp_path))


def test_an_encoder_writes_hidden_states_and_not_logits(bert):
    for name in ("last_hidden_state", "token_embeddings"):
        found = meaning(bert, ports(name, "pooler_output"))
        assert (found.depth, found.outputs) == (1, {"token_embeddings": name})
    with pytest.raises(Unsupported, match=r"model\.any: .* are logits, and none is known to hold"):
        meaning(bert, ports("logits"))


@pytest.mark.parametrize("name", ["splade", "bert-sequence-classification"])
def test_a_head_writes_logits_and_not_hidden_states(name, tmp_path):
    model = read_model(write(name, tmp_path))
    (promised,) = model.graph.prefix(1).outputs
    assert meaning(model, ports("logits")).outputs == {promised: "logits"}
    assert meaning(model, ports(promised)).outputs == {promised: promised}
    with pytest.raises(Unsupported, match="known are logits"):
        meaning(model, ports("last_hidden_state"))


@pytest.mark.parametrize(("name", "axes"), [("splade", 3), ("bert-sequence-classification", 2)])
def test_a_named_output_has_the_axes_of_what_the_head_writes(name, axes, tmp_path):
    model = read_model(write(name, tmp_path))
    free, wrong = (None,) * axes, (None,) * (5 - axes)
    assert meaning(model, ports("461", **{"461": free}), "461").depth == 1
    assert meaning(model, ports("461"), "461").depth == 1
    with pytest.raises(Unsupported, match=r"'461' stands for .* and has the shape .*, not \(rows"):
        meaning(model, ports("461", **{"461": wrong}), "461")


@pytest.mark.parametrize(
    ("extents", "shape"),
    [
        ((1, None, 32), r"\(1, \?, 32\)"),
        ((None, 1, 32), r"\(\?, 1, 32\)"),
        ((8, 128, 32), r"\(8, 128, 32\)"),
        ((None, None, 16), r"\(\?, \?, 16\)"),
        ((None, 32), r"\(\?, 32\)"),
    ],
)
@pytest.mark.parametrize("named", [False, True])
def test_an_output_has_free_axes_for_the_batch_and_the_features_of_the_model(
    bert, extents, shape, named
):
    name = "461" if named else "last_hidden_state"
    said = name if named else None
    assert meaning(bert, ports(name, **{name: (None, None, 32)}), said).depth == 1
    with pytest.raises(Unsupported, match=rf"{shape}, not \(rows, width, features 32\)"):
        meaning(bert, ports(name, **{name: extents}), said)


def test_the_vectors_of_tokens_go_before_a_finished_vector(bert):
    assert meaning(bert, ports("sentence_embedding", "token_embeddings")).depth == 1
    finished = meaning(bert, ports("sentence_embedding"))
    last = max(i for i, m in enumerate(bert.graph.modules) if "sentence_embedding" in m.outputs)
    assert finished.depth == last + 1


@pytest.mark.parametrize(("name", "depth"), [("normalize", 2), ("dense-identity", 3)])
def test_a_finished_vector_is_brought_to_length_1_again(name, depth, tmp_path):
    """Whether a file did that, its names do not say; a Dense must not run twice."""
    model = read_model(write(name, tmp_path))
    assert len(model.graph) == 3
    assert meaning(model, ports("sentence_embedding")).depth == depth


def test_a_finished_vector_is_no_use_where_vectors_of_tokens_are_wanted_too(bert):
    graph = replace(bert.graph, outputs=("token_embeddings", "sentence_embedding"))
    with pytest.raises(Unsupported, match="none is known to hold token_embeddings"):
        meaning(bert.with_graph(graph), ports("sentence_embedding"))


def test_inputs_that_texts_do_not_give_are_named(bert):
    more = (*IDS, "token_type_ids", "position_ids")
    assert meaning(bert, ports("last_hidden_state", inputs=more)).depth == 1
    with pytest.raises(Unsupported, match="texts do not give: past_key, pixel_values"):
        meaning(bert, ports("last_hidden_state", inputs=(*IDS, "pixel_values", "past_key")))


def test_a_chain_that_begins_with_no_encoder_has_no_use_for_one(tmp_path):
    model = read_model(write("static", tmp_path))
    with pytest.raises(Unsupported, match="it is an encoder, but the first module is"):
        meaning(model, ports("last_hidden_state"))


def test_inputs_that_nobody_feeds_are_made_up(bert):
    ids = np.array([[5, 6, 0]])
    values = {"input_ids": ids}
    assert fed(("ids", "input_ids"), values, bert) is ids
    np.testing.assert_array_equal(fed(("token_type_ids",), values, bert), [[0, 0, 0]])
    np.testing.assert_array_equal(fed(("position_ids",), values, bert), [[0, 1, 2]])
    np.testing.assert_array_equal(fed(("prompt_length",), values, bert), [0])
    with pytest.raises(BadModel, match="wants an input pixel_values, which texts do not give"):
        fed(("pixel_values",), values, bert)
