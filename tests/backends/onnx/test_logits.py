"""Files that others exported from models with a head."""

from dataclasses import replace

import pytest

pytest.importorskip("onnxruntime")

from isomorph.plugins.reading import read_model
from isomorph.testing.models import write
from isomorph_onnx.artifact import _covered, holders
from isomorph_onnx.signature import Signature


def depth(model, output):
    """How many modules a file with this one output stands for."""
    inputs = ("input_ids", "attention_mask")
    return _covered(Signature(inputs, (output,), "float32"), model)[0]


@pytest.mark.parametrize("name", ["splade", "bert-sequence-classification"])
def test_a_head_writes_logits_and_not_hidden_states(name, tmp_path):
    model = read_model(write(name, tmp_path))
    assert depth(model, "last_hidden_state") == 0
    assert depth(model, "logits") == 1
    file = Signature((), ("logits",), "float32")
    assert holders(model, file)["logits"] == model.graph.modules[0].outputs[0]


def test_an_encoder_writes_hidden_states_and_not_logits(tmp_path):
    model = read_model(write("bert", tmp_path))
    assert depth(model, "last_hidden_state") == 1
    assert depth(model, "logits") == 0


@pytest.mark.parametrize(("name", "axes"), [("splade", 3), ("bert-sequence-classification", 2)])
def test_a_named_output_has_the_axes_of_what_the_head_writes(name, axes, tmp_path):
    model = replace(read_model(write(name, tmp_path)), artifact="m", artifact_output="461")
    inputs = ("input_ids", "attention_mask")
    for rank in (2, 3):
        file = Signature(inputs, ("461",), "float32", ranks={"461": rank})
        found, reason = _covered(file, model)
        assert (found, f"has {rank} axes" in reason) == ((1, False) if rank == axes else (0, True))
