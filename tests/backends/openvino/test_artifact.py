"""Graph files: ours after a round trip, and encoders as other exporters write them."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from isomorph.contract import Claim, Device, Options
from isomorph.errors import BadModel, Unsupported
from isomorph.plugins.reading import read_model
from isomorph.program import lower
from isomorph.reference.backend import ReferenceBackend
from isomorph_openvino.backend import OpenVINOBackend
from isomorph_openvino.compose import compose
from isomorph_openvino.engine import engine
from isomorph_openvino.signature import signature

CPU = Device("cpu")
FEEDS = {
    "input_ids": np.array([[7, 3, 9, 0], [1, 2, 3, 4]]),
    "attention_mask": np.array([[1, 1, 1, 0], [1, 1, 1, 1]]),
    "token_type_ids": np.zeros((2, 4), np.int64),
}


def _vectors(folder, depth=None, artifact=None, output=None, **options):
    """(claim, effective, results) of a folder, cut to `depth`, by a file if one is named."""
    model = replace(read_model(folder), artifact=artifact, artifact_output=output)
    model = model if depth is None else model.prefix(depth)
    backend = OpenVINOBackend()
    claim = backend.claim(model, CPU)
    session = backend.load(model.prefix(claim.depth), claim, Options(**options))
    feeds = {name: FEEDS[name] for name in model.graph.inputs}
    results, effective = session.forward(feeds), session.effective
    session.close()
    return claim, effective, results


def _reference(folder, depth=3):
    model = read_model(folder).prefix(depth)
    return ReferenceBackend().load(model, Claim(CPU, depth), Options()).forward(FEEDS)


def _save(folder, depth=None):
    model = read_model(folder)
    model = model if depth is None else model.prefix(depth)
    backend = OpenVINOBackend()
    session = backend.load(model, backend.claim(model, CPU), Options())
    session.save(folder)
    session.close()


def _export_encoder(
    folder, name="openvino/openvino_model", inputs=None, output="last_hidden_state"
):
    """The encoder alone, with the names that optimum-intel gives."""
    model = compose(lower(read_model(folder).prefix(1)))
    model.output(0).tensor.set_names({output})
    for theirs, ours in (inputs or {}).items():
        model.input(ours).tensor.set_names({theirs})
    path = folder / f"{name}.xml"
    path.parent.mkdir(exist_ok=True)
    engine().save_model(model, str(path), compress_to_fp16=False)


def _forget_family(folder):
    """As if nobody had described this architecture."""
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "novel"}))


def test_what_is_saved_is_for_any_device(bert_folder):
    """Though the CPU was given attention in parts."""
    model = read_model(bert_folder)
    backend = OpenVINOBackend()
    session = backend.load(model, backend.claim(model, CPU), Options())
    session.save(bert_folder)
    operator = "ScaledDotProductAttention"
    compiled = {node.get_type_name() for node in session.native["ov_model"].get_ops()}
    assert operator not in compiled
    assert operator in (bert_folder / "openvino/openvino_model.xml").read_text()
    session.close()


def test_a_saved_model_runs_when_its_weights_are_gone(bert_folder):
    expected = _reference(bert_folder)
    _save(bert_folder)
    assert sorted(path.name for path in (bert_folder / "openvino").iterdir()) == [
        "isomorph.json",
        "openvino_model.bin",
        "openvino_model.xml",
    ]
    (bert_folder / "model.safetensors").unlink()
    claim, effective, results = _vectors(bert_folder)
    xml = bert_folder / "openvino" / "openvino_model.xml"
    assert (claim.depth, claim.reason, claim.artifact, effective.artifact) == (3, "", xml, xml)
    np.testing.assert_allclose(
        results["sentence_embedding"], expected["sentence_embedding"], rtol=0, atol=1e-5
    )


def test_an_artifact_can_be_saved_over_itself(bert_folder):
    _save(bert_folder)
    (bert_folder / "model.safetensors").unlink()
    first = _vectors(bert_folder)
    _save(bert_folder)
    again = _vectors(bert_folder)
    np.testing.assert_array_equal(first[2]["sentence_embedding"], again[2]["sentence_embedding"])


def test_a_saved_prefix_is_completed_by_lowering(bert_folder):
    expected = _reference(bert_folder)
    _save(bert_folder, depth=1)
    (bert_folder / "model.safetensors").unlink()
    claim, _, results = _vectors(bert_folder)
    assert claim.depth == 3
    np.testing.assert_allclose(
        results["sentence_embedding"], expected["sentence_embedding"], rtol=0, atol=1e-5
    )


def test_weights_that_lower_are_preferred(bert_folder):
    _save(bert_folder)
    claim, effective, _ = _vectors(bert_folder)
    assert claim.artifact is effective.artifact is None


def test_an_artifact_of_other_settings_is_not_used(bert_folder):
    _save(bert_folder)
    (bert_folder / "model.safetensors").unlink()
    pooling = {"word_embedding_dimension": 16, "pooling_mode": "cls"}
    (bert_folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    claim = OpenVINOBackend().claim(read_model(bert_folder), CPU)
    assert claim.depth == 0
    assert "other settings" in claim.reason
    assert "has no weights" in claim.reason


@pytest.mark.parametrize("output", ["last_hidden_state", "token_embeddings"])
@pytest.mark.parametrize("name", ["openvino/openvino_model", "openvino_model"])
def test_an_exported_encoder_serves_a_model_without_a_family(bert_folder, name, output):
    expected, expected_tokens = _reference(bert_folder), _reference(bert_folder, 1)
    _export_encoder(bert_folder, name, output=output)
    _forget_family(bert_folder)
    (bert_folder / "model.safetensors").unlink()
    model = read_model(bert_folder)
    assert "token_type_ids" not in model.graph.inputs  # so they are made up
    claim, effective, results = _vectors(bert_folder)
    assert (claim.depth, claim.reason) == (3, "")
    assert effective.artifact == bert_folder / f"{name}.xml"
    np.testing.assert_allclose(
        results["sentence_embedding"], expected["sentence_embedding"], rtol=0, atol=1e-5
    )
    _, _, tokens = _vectors(bert_folder, depth=1)
    assert set(tokens) == {"token_embeddings"}
    np.testing.assert_allclose(
        tokens["token_embeddings"], expected_tokens["token_embeddings"], rtol=0, atol=1e-5
    )


def test_position_ids_are_made_up(bert_folder):
    op = engine().opset15
    ids, positions = (op.parameter([-1, -1], np.int64) for _ in range(2))
    ids.output(0).tensor.set_names({"input_ids"})
    positions.output(0).tensor.set_names({"position_ids"})
    table = op.constant(np.eye(4, 16, dtype=np.float32))
    state = op.gather(table, positions, np.int64(0))
    zero = op.multiply(op.convert(op.unsqueeze(ids, np.array([2])), "f32"), np.float32(0))
    state = op.add(state, zero)
    state.output(0).tensor.set_names({"last_hidden_state"})
    model = engine().Model([op.result(state.output(0))], [ids, positions], "positions")
    engine().save_model(model, str(bert_folder / "openvino_model.xml"))
    _forget_family(bert_folder)
    _, _, results = _vectors(bert_folder, depth=1)
    np.testing.assert_array_equal(results["token_embeddings"][1], np.eye(4, 16))


def test_the_user_may_name_a_file(bert_folder):
    expected = _reference(bert_folder)
    _export_encoder(bert_folder, "openvino/other")
    for name in ("other", "other.xml", "openvino/other.xml"):
        _, effective, results = _vectors(bert_folder, artifact=name)
        assert effective.artifact == bert_folder / "openvino" / "other.xml"
        np.testing.assert_allclose(
            results["sentence_embedding"], expected["sentence_embedding"], rtol=0, atol=1e-5
        )


def test_a_named_file_that_does_not_fit_is_refused(bert_folder):
    with pytest.raises(Unsupported, match=r"the OpenVINO files of .* are: none"):
        _vectors(bert_folder, artifact="absent")
    with pytest.raises(BadModel, match="leads out"):
        _vectors(bert_folder, artifact="../other.xml")
    _save(bert_folder)
    with pytest.raises(Unsupported, match="holds 3 modules, but 1 are wanted"):
        _vectors(bert_folder, depth=1, artifact="openvino_model.xml")


def test_a_file_with_inputs_that_texts_lack_is_not_claimed(bert_folder):
    _export_encoder(bert_folder, inputs={"pixel_values": "token_type_ids"})
    _forget_family(bert_folder)
    claim = OpenVINOBackend().claim(read_model(bert_folder), CPU)
    assert claim.depth == 0
    assert "pixel_values" in claim.reason
    assert "novel" in claim.reason


def test_a_link_out_of_the_folder_is_not_followed(bert_folder, tmp_path):
    _export_encoder(bert_folder)
    inside = bert_folder / "openvino" / "openvino_model.bin"
    inside.rename(tmp_path / "outside.bin")
    inside.symlink_to(tmp_path / "outside.bin")
    _forget_family(bert_folder)
    claim = OpenVINOBackend().claim(read_model(bert_folder), CPU)
    assert claim.depth == 0
    assert "outside of the model folder" in claim.reason


def test_damaged_files_are_named(bert_folder):
    _export_encoder(bert_folder)
    _forget_family(bert_folder)
    xml = bert_folder / "openvino" / "openvino_model.xml"
    (bert_folder / "openvino" / "isomorph.json").write_text("[]")
    claim = OpenVINOBackend().claim(read_model(bert_folder), CPU)
    assert "not a manifest" in claim.reason
    (bert_folder / "openvino" / "isomorph.json").unlink()
    xml.write_text(xml.read_text()[:500])
    claim = OpenVINOBackend().claim(read_model(bert_folder), CPU)
    assert "no OpenVINO graph" in claim.reason
    xml.with_suffix(".bin").unlink()
    claim = OpenVINOBackend().claim(read_model(bert_folder), CPU)
    assert "openvino_model.bin is missing" in claim.reason


def test_the_signature_is_read_without_the_engine(bert_folder):
    _export_encoder(bert_folder)
    with (bert_folder / "openvino" / "openvino_model.xml").open("rb") as stream:
        found = signature(stream, 1 << 30)
    inputs, outputs = found.inputs, found.outputs
    assert found.precision == "float32"
    assert set(inputs) == set(FEEDS)
    assert outputs == ("last_hidden_state",)
    assert found.extents == {"last_hidden_state": (None, None, 16)}


def _export_unnamed(folder):
    """An encoder whose outputs have numbers: a vector for each token, one for each row, a scalar."""
    model = compose(lower(read_model(folder).prefix(1)))
    op, tokens = engine().opset15, model.output(0).get_node().input_value(0)
    tokens.tensor.set_names({"onnx::Shape_42"})
    ports = [tokens]
    for name, axes in {"461": [1], "any": [0, 1, 2]}.items():
        ports.append(op.reduce_max(tokens, np.array(axes)).output(0))
        ports[-1].tensor.set_names({name})
    parameters = model.get_parameters()
    graph = engine().Model([op.result(port) for port in ports], parameters, "unnamed")
    engine().save_model(graph, str(folder / "mine.xml"), compress_to_fp16=False)


def test_the_user_may_say_which_output_holds_the_token_vectors(bert_folder):
    expected = _reference(bert_folder)
    _export_unnamed(bert_folder)
    _forget_family(bert_folder)
    (bert_folder / "model.safetensors").unlink()
    claim, effective, results = _vectors(bert_folder, artifact="mine", output="onnx::Shape_42")
    assert (claim.depth, effective.artifact) == (3, bert_folder / "mine.xml")
    np.testing.assert_allclose(
        results["sentence_embedding"], expected["sentence_embedding"], rtol=0, atol=1e-5
    )


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (
            None,
            "none is known .*; output_name= beside file_name= may say which holds token_embeddings",
        ),
        ("462", r"no output '462'; its outputs and their axes are .*onnx::Shape_42 \(3\)"),
        ("461", r"'461' stands for token_embeddings and has the shape .*, not .*461 \(2\)"),
    ],
)
def test_an_output_that_cannot_hold_token_vectors_is_refused(bert_folder, output, said):
    _export_unnamed(bert_folder)
    with pytest.raises(Unsupported, match=said):
        _vectors(bert_folder, artifact="mine", output=output)


def test_an_output_does_not_hold_two_values(bert_folder):
    _export_unnamed(bert_folder)
    config = json.loads((bert_folder / "config.json").read_text())
    (bert_folder / "config.json").write_text(json.dumps({**config, "output_hidden_states": True}))
    with pytest.raises(Unsupported, match="does not hold all of token_embeddings"):
        _vectors(bert_folder, artifact="mine", output="onnx::Shape_42")
