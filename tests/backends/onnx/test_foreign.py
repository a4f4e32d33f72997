"""Files that others exported: where they are found, how deep they go, what they say of themselves.

Each graph has one trait of the files that are published; see also ``test_published.py``.
"""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from isomorph.contract import Device, Graph, Model, Module, Options
from isomorph.errors import BadModel, Unsupported
from isomorph_onnx.backend import OnnxBackend
from isomorph_onnx.signature import Signature

CPU = Device("cpu")
IDS = ("input_ids", "attention_mask")


def signature_of(path):
    with path.open("rb") as stream:
        return Signature.read(stream)


def table(dtype=np.float32, rows=20, value=None):
    """Row i is (i, i + 1); `value` overrides the whole table."""
    numbers = (
        np.arange(rows)[:, None] + np.arange(2) if value is None else np.full((rows, 2), value)
    )
    return numbers.astype(dtype)


def write(path, nodes, outputs, weights, inputs=IDS, imports=(("", 18),), external=None):
    """Writes a file; `outputs` gives the type and rank of each output."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = ["rows", "width"]
    ports = [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in inputs]
    results = [
        helper.make_tensor_value_info(name, kind, [f"{name}{axis}" for axis in range(rank)])
        for name, (kind, rank) in outputs.items()
    ]
    constants = [numpy_helper.from_array(array, name) for name, array in weights.items()]
    graph = helper.make_graph(nodes, "foreign", ports, results, constants)
    opsets = [helper.make_opsetid(domain, version) for domain, version in imports]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=9)
    keep = {"save_as_external_data": True, "location": external, "size_threshold": 0}
    onnx.save(model, path, **(keep if external else {}))
    return path


def encoder(path, weights=None, output="last_hidden_state", ids="input_ids", **more):
    """An encoder that looks up a table of vectors."""
    weights = table() if weights is None else weights
    kind = helper.np_dtype_to_tensor_dtype(weights.dtype)
    nodes = [helper.make_node("Gather", ["table", ids], [output])]
    return write(path, nodes, {output: (kind, 3)}, {"table": weights}, **more)


def model_in(folder, config=None, artifact=None, output=None):
    """A transformer of an unknown family and mean pooling: only a file can run its first module."""
    tokens, sentence = ("token_embeddings",), ("sentence_embedding",)
    settings = {"transformer": config or {"model_type": "unheard-of"}}
    first = Module("transformer", "0", config=settings, inputs=IDS, outputs=tokens)
    reads = (*tokens, "attention_mask")
    config = {"modes": ("mean",), "embedding_dimension": 2, "include_prompt": True}
    pooling = Module(
        "pooling", "1", folder="1_Pooling", config=config, inputs=reads, outputs=sentence
    )
    graph = Graph(IDS, (first, pooling), sentence)
    return Model.of(graph, folder, artifact=artifact, artifact_output=output)


def vectors(model, ids=((3, 4), (5, 6)), arithmetic=None):
    backend = OnnxBackend()
    claim = backend.claim(model, CPU)
    session = backend.load(model.prefix(claim.depth), claim, Options(arithmetic=arithmetic))
    ids = np.array(ids)
    mask = np.ones_like(ids)
    found = session.forward({"input_ids": ids, "attention_mask": mask})["sentence_embedding"]
    assert found.dtype == np.float32
    effective = session.effective
    assert (effective.arithmetic, effective.weights) == (claim.arithmetic, claim.weights)
    return found, session


MEANS = [[3.5, 4.5], [5.5, 6.5]]


@pytest.mark.parametrize("place", ["model.onnx", "onnx/model.onnx"])
def test_the_default_name_is_found_at_the_root_and_in_the_subfolder(tmp_path, place):
    file = encoder(tmp_path / place)
    found, session = vectors(model_in(tmp_path))
    np.testing.assert_allclose(found, MEANS)
    assert session.effective.artifact == file


def test_the_subfolder_comes_first_because_saving_writes_there(tmp_path):
    encoder(tmp_path / "model.onnx")
    file = encoder(tmp_path / "onnx" / "model.onnx")
    assert OnnxBackend().claim(model_in(tmp_path), CPU).artifact == file


VARIANTS = ["model_qint8_avx512_vnni", "model_O3", "model_fp16"]


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_is_used_only_when_it_is_named(tmp_path, name):
    file = encoder(tmp_path / "onnx" / f"{name}.onnx")
    claim = OnnxBackend().claim(model_in(tmp_path), CPU)
    assert (claim.depth, claim.artifact) == (0, None)
    assert f"file_name= may name one of onnx/{name}.onnx" in claim.reason
    for said in (name, f"{name}.onnx", f"onnx/{name}.onnx", f"onnx/{name}"):
        claim = OnnxBackend().claim(model_in(tmp_path, artifact=said), CPU)
        assert (claim.depth, claim.artifact) == (2, file)


def test_a_named_file_at_the_root_comes_before_one_in_the_subfolder(tmp_path):
    encoder(tmp_path / "onnx" / "mine.onnx")
    file = encoder(tmp_path / "mine.onnx")
    claim = OnnxBackend().claim(model_in(tmp_path, artifact="mine"), CPU)
    assert claim.artifact == file


def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path):
    encoder(tmp_path / "elsewhere.onnx")
    (tmp_path / "model").mkdir()
    with pytest.raises(BadModel, match="leads out"):
        OnnxBackend().claim(model_in(tmp_path / "model", artifact="../elsewhere.onnx"), CPU)


def test_half_precision_is_upcast_and_said(tmp_path):
    encoder(tmp_path / "model.onnx", table(np.float16))
    found, session = vectors(model_in(tmp_path))
    np.testing.assert_allclose(found, MEANS)
    assert (session.effective.arithmetic, session.effective.weights) == ("float16", "float16")
    vectors(model_in(tmp_path), arithmetic="float16")
    with pytest.raises(Unsupported, match=r"model\.onnx is of float16"):
        vectors(model_in(tmp_path), arithmetic="float32")


def test_quantised_weights_are_said(tmp_path):
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["rows"]),
        helper.make_node("DequantizeLinear", ["rows", "scale"], ["last_hidden_state"]),
    ]
    weights = {
        "table": table(np.int8),
        "scale": np.float32(0.5),
        "bias": np.ones((1, 9), np.float32),
    }
    outputs = {"last_hidden_state": (TensorProto.FLOAT, 3)}
    write(tmp_path / "model.onnx", nodes, outputs, weights)
    found, session = vectors(model_in(tmp_path))
    np.testing.assert_allclose(found, np.array(MEANS) / 2)
    assert (session.effective.arithmetic, session.effective.weights) == ("float32", "int8")
    with pytest.raises(Unsupported, match=r"model\.onnx is of int8"):
        vectors(model_in(tmp_path), arithmetic="float32")


@pytest.mark.parametrize(("bits", "said"), [(4, "int4"), (8, "int8")])
def test_packed_weights_are_told_apart_by_their_operator(tmp_path, bits, said):
    attrs = {"K": 32, "N": 4, "bits": bits, "block_size": 32, "domain": "com.microsoft"}
    node = helper.make_node("MatMulNBits", ["x", "packed", "scales"], ["y"], **attrs)
    weights = {"packed": np.zeros((4, 1, 4 * bits), np.uint8), "scales": np.ones(4, np.float32)}
    imports = (("", 18), ("com.microsoft", 1))
    file = write(
        tmp_path / "m.onnx", [node], {"y": (1, 2)}, weights, inputs=("x",), imports=imports
    )
    assert signature_of(file).precision == said


def test_weights_in_constant_operators_count(tmp_path):
    value = numpy_helper.from_array(table(np.float16))
    nodes = [
        helper.make_node("Constant", [], ["table"], value=value),
        helper.make_node("Gather", ["table", "input_ids"], ["y"]),
    ]
    file = write(tmp_path / "m.onnx", nodes, {"y": (TensorProto.FLOAT16, 3)}, {})
    assert signature_of(file).precision == "float16"


def test_the_vectors_of_tokens_go_before_a_finished_vector(tmp_path):
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["token_embeddings"]),
        helper.make_node(
            "ReduceMax", ["token_embeddings", "one"], ["sentence_embedding"], keepdims=0
        ),
    ]
    outputs = {"token_embeddings": (1, 3), "sentence_embedding": (1, 2)}
    weights = {"table": table(), "one": np.array([1])}
    write(tmp_path / "model.onnx", nodes, outputs, weights)
    found, _ = vectors(model_in(tmp_path))
    np.testing.assert_allclose(found, MEANS)  # the folder's pooling, not the file's


def test_a_finished_vector_alone_is_claimed_to_the_end(tmp_path):
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["t"]),
        helper.make_node("ReduceMax", ["t", "one"], ["sentence_embedding"], keepdims=0),
    ]
    weights = {"table": table(), "one": np.array([1])}
    write(tmp_path / "model.onnx", nodes, {"sentence_embedding": (1, 2)}, weights)
    found, _ = vectors(model_in(tmp_path))
    np.testing.assert_allclose(found, [[4, 5], [6, 7]])
    model = model_in(tmp_path)
    tokens = model.with_graph(model.graph.until(["token_embeddings"]))
    assert OnnxBackend().claim(tokens, CPU).depth == 0


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"output": "logits"},
            "none is known to hold token_embeddings",
        ),
        ({"inputs": (*IDS, "pixel_values")}, "inputs that texts do not give: pixel_values"),
    ],
)
def test_what_is_not_understood_is_a_reason(tmp_path, more, said):
    encoder(tmp_path / "model.onnx", **more)
    claim = OnnxBackend().claim(model_in(tmp_path), CPU)
    assert claim.depth == 0
    assert said in claim.reason
    with pytest.raises(Unsupported, match=said):
        OnnxBackend().claim(model_in(tmp_path, artifact="model.onnx"), CPU)


def test_positions_are_made_as_the_family_counts_them(tmp_path):
    roberta = {
        "model_type": "roberta", "pad_token_id": 1, "hidden_size": 2, "num_hidden_layers": 0,
        "num_attention_heads": 1, "intermediate_size": 2, "vocab_size": 20,
        "max_position_embeddings": 20,
    }  # fmt: skip
    encoder(tmp_path / "model.onnx", ids="position_ids", inputs=(*IDS, "position_ids"))
    for config, expected in ((roberta, [2, 3, 4, 1]), ({"model_type": "bert"}, [0, 1, 2, 3])):
        model = model_in(tmp_path, config, artifact="model.onnx")
        model = model.with_graph(model.graph.until(["token_embeddings"]))
        claim = OnnxBackend().claim(model, CPU)
        ids = np.array([[7, 8, 9, 1]])
        feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        found = OnnxBackend().load(model, claim, Options()).forward(feeds)["token_embeddings"]
        np.testing.assert_array_equal(found[0, :, 0], expected)


def test_weights_beside_the_file_travel_with_it(tmp_path):
    encoder(tmp_path / "a" / "onnx" / "model.onnx", external="weights of any name.bin")
    found, session = vectors(model_in(tmp_path / "a"))
    session.save(tmp_path / "b")
    session.save(tmp_path / "a")  # nothing to do
    shutil.rmtree(tmp_path / "a")
    np.testing.assert_array_equal(vectors(model_in(tmp_path / "b"))[0], found)
    (tmp_path / "b" / "onnx" / "weights of any name.bin").unlink()
    with pytest.raises(BadModel, match=r"'weights of any name\.bin', which is not beside it"):
        OnnxBackend().claim(model_in(tmp_path / "b"), CPU)


def unnamed(path):
    """Outputs as some tracers number them: a vector for each row, one for each token, a number."""
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["onnx::Shape_42"]),
        helper.make_node("ReduceMax", ["onnx::Shape_42", "one"], ["461"], keepdims=0),
        helper.make_node("ReduceMax", ["onnx::Shape_42"], ["any"], keepdims=0),
    ]
    outputs = {"461": (1, 2), "onnx::Shape_42": (1, 3), "any": (1, 0)}
    return write(path, nodes, outputs, {"table": table(), "one": np.array([1])})


def test_the_user_may_say_which_output_holds_the_token_vectors(tmp_path):
    file = unnamed(tmp_path / "mine.onnx")
    found, session = vectors(model_in(tmp_path, artifact="mine", output="onnx::Shape_42"))
    np.testing.assert_allclose(found, MEANS)
    assert session.effective.artifact == file


def test_the_users_output_goes_before_one_that_has_a_known_name(tmp_path):
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["mine"]),
        helper.make_node("Neg", ["mine"], ["token_embeddings"]),
    ]
    outputs = {"token_embeddings": (1, 3), "mine": (1, 3)}
    write(tmp_path / "model.onnx", nodes, outputs, {"table": table()})
    found, _ = vectors(model_in(tmp_path, artifact="model", output="mine"))
    np.testing.assert_allclose(found, MEANS)
    found, _ = vectors(model_in(tmp_path))
    np.testing.assert_allclose(found, -np.array(MEANS))


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (None, "onnx::Shape_42.*known are .*; output_name= beside"),
        ("462", r"no output '462'; its outputs .* are 461 \(2\), onnx::Shape_42 \(3\), any \(0\)"),
        (
            "461",
            r"'461' stands for token_embeddings .*, not \(rows, .*onnx::Shape_42 \(3\), any \(0\)",
        ),
        ("any", r"'any' stands for token_embeddings and has the shape \(\)"),
    ],
)
def test_an_output_that_cannot_hold_token_vectors_is_refused(tmp_path, output, said):
    unnamed(tmp_path / "mine.onnx")
    with pytest.raises(Unsupported, match=said):
        OnnxBackend().claim(model_in(tmp_path, artifact="mine", output=output), CPU)


def test_an_output_does_not_hold_two_values(tmp_path):
    unnamed(tmp_path / "mine.onnx")
    model = model_in(tmp_path, artifact="mine", output="onnx::Shape_42")
    first, pooling = model.graph.modules
    first = replace(first, outputs=(*first.outputs, "all_layer_embeddings"))
    model = model.with_graph(replace(model.graph, modules=(first, pooling)))
    with pytest.raises(Unsupported, match="does not hold all of token_embeddings, all_layer"):
        OnnxBackend().claim(model, CPU)


def test_a_saved_copy_knows_what_the_user_said(tmp_path):
    unnamed(tmp_path / "there" / "mine.onnx")
    model = model_in(tmp_path / "there", artifact="mine", output="onnx::Shape_42")
    _, session = vectors(model)
    (tmp_path / "here").mkdir()
    session.save(tmp_path / "here")
    found, again = vectors(model_in(tmp_path / "here"))
    np.testing.assert_allclose(found, MEANS)
    assert again.effective.artifact == tmp_path / "here" / "onnx" / "model.onnx"
    onnx.checker.check_model(onnx.load(again.effective.artifact))
    again.save(tmp_path / "further")
    copies = [tmp_path / place / "onnx" / "model.onnx" for place in ("here", "further")]
    assert copies[0].read_bytes() == copies[1].read_bytes()


def test_an_output_may_leave_its_axes_open(tmp_path):
    file = unnamed(tmp_path / "mine.onnx")
    graph = onnx.load(file)
    graph.graph.output[1].type.tensor_type.ClearField("shape")
    onnx.save(graph, file)
    assert signature_of(file).extents == {"461": (None, None), "onnx::Shape_42": None, "any": ()}
    found, _ = vectors(model_in(tmp_path, artifact="mine", output="onnx::Shape_42"))
    np.testing.assert_allclose(found, MEANS)
