"""Where an ONNX file keeps its weights: beside it, and nowhere else, whatever stands how often in it."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import (
    AttributeProto,
    NodeProto,
    StringStringEntryProto,
    TensorProto,
    TrainingInfoProto,
    helper,
    numpy_helper,
)

from isomorph.contract import Device
from isomorph.errors import BackendUnavailable, BadModel
from isomorph_onnx import wire
from isomorph_onnx.backend import OnnxBackend
from isomorph_onnx.engine import refuse_old

from .test_foreign import MEANS, encoder, model_in, signature_of, table, vectors

CPU = Device("cpu")
OUT = "../secret.bin"


def outside(location, name="w", **entries):
    """A tensor whose numbers lie in another file."""
    found = TensorProto(name=name, data_type=1, dims=[4], data_location=TensorProto.EXTERNAL)
    for key, value in {"location": location, **entries}.items():
        found.external_data.append(StringStringEntryProto(key=key, value=value))
    return found


def body(*nodes, initializer=()):
    port = helper.make_tensor_value_info("z", 1, [4])
    return helper.make_graph(list(nodes), "body", [], [port], list(initializer))


def constant(value, **kind):
    return helper.make_node("Constant", [], ["z"], **(kind or {"value": value}))


def sparse(value):
    found = helper.make_sparse_tensor(
        helper.make_tensor("v", 1, [1], [1.0]), helper.make_tensor("i", 7, [1], [0]), [4]
    )
    found.values.CopyFrom(value)
    return found


def in_a_branch(graph):
    yes = helper.make_node("Constant", [], ["yes"], value=helper.make_tensor("c", 9, [], [True]))
    return [yes, helper.make_node("If", ["yes"], ["z"], then_branch=graph, else_branch=graph)]


def twice(value):
    """An attribute whose tensor stands twice: parsers make one of both."""
    head = AttributeProto(name="value", type=AttributeProto.TENSOR).SerializeToString()
    plain = helper.make_tensor("w", 1, [4], [1.0] * 4)
    node = NodeProto(op_type="Constant", output=["z"]).SerializeToString()
    parts = [wire.message(5, each.SerializeToString()) for each in (plain, value)]
    return NodeProto.FromString(node + wire.message(5, head + b"".join(parts)))


PLACES = {
    "an initialiser": lambda t, m: m.graph.initializer.append(t),
    "a sparse initialiser": lambda t, m: m.graph.sparse_initializer.append(sparse(t)),
    "a constant": lambda t, m: m.graph.node.append(constant(t)),
    "a sparse constant": lambda t, m: m.graph.node.append(constant(t, sparse_value=sparse(t))),
    "a list of tensors": lambda t, m: m.graph.node.append(
        helper.make_node("X", [], ["z"], all=[t])
    ),
    "a tensor that stands twice": lambda t, m: m.graph.node.append(twice(t)),
    "a branch": lambda t, m: m.graph.node.extend(in_a_branch(body(constant(t)))),
    "an initialiser of a branch": lambda t, m: m.graph.node.extend(
        in_a_branch(body(helper.make_node("Identity", ["w"], ["z"]), initializer=[t]))
    ),
    "a branch in a branch": lambda t, m: m.graph.node.extend(
        in_a_branch(body(*in_a_branch(body(constant(t)))))
    ),
    "a list of graphs": lambda t, m: m.graph.node.append(
        helper.make_node("X", [], ["z"], all=[body(constant(t))])
    ),
    "a function": lambda t, m: m.functions.append(
        helper.make_function("f", "F", [], ["z"], [constant(t)], [helper.make_opsetid("", 18)])
    ),
    "training": lambda t, m: m.training_info.append(
        TrainingInfoProto(initialization=body(constant(t)))
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_file_outside_of_the_folder_is_refused_wherever_it_is_named(tmp_path, place):
    (tmp_path / "secret.bin").write_bytes(bytes(16))
    folder = tmp_path / "model"
    file = encoder(folder / "model.onnx")
    changed(file, lambda model: PLACES[place](outside(OUT), model))
    assert OUT in (*signature_of(file).data, *signature_of(file).named)
    with pytest.raises(BadModel, match="leads out of the model folder"):
        OnnxBackend().claim(model_in(folder), CPU)


def changed(file, change):
    import onnx

    model = onnx.load(file, load_external_data=False)
    change(model)
    file.write_bytes(model.SerializeToString())


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("../../x", "leads out"),
        ("/etc/hostname", "leads out"),
        ("a/../../x", "leads out"),
        ("..\\x", "no name of a file"),
        ("link.bin", "outside of the model folder"),
        ("missing.bin", "not beside it"),
        ("", "no name of a file"),
        ("w.bin\0x", "no name of a file"),
        ("w\n.bin", "no name of a file"),
        (".", "refused|not beside it|no regular file"),
        ("*/_ORT_MEM_ADDR_/*", "not beside it"),
        ("x" * 5000, "cannot be a file|not beside it"),
    ],
)
def test_the_name_of_a_file_of_weights_is_taken_as_it_stands(tmp_path, location, said):
    folder = tmp_path / "model"
    file = encoder(folder / "model.onnx")
    (tmp_path / "secret.bin").write_bytes(bytes(16))
    (folder / "link.bin").symlink_to(tmp_path / "secret.bin")
    changed(
        file, lambda model: model.graph.initializer.append(outside(location, offset="94000000"))
    )
    with pytest.raises(BadModel, match=said):
        OnnxBackend().claim(model_in(folder), CPU)


def test_an_entry_with_two_values_is_refused(tmp_path):
    file = encoder(tmp_path / "model.onnx")
    entry = wire.text(1, "location") + wire.text(2, "model.onnx") + wire.text(2, OUT)
    plain = TensorProto(name="w", data_type=1, dims=[4], data_location=1).SerializeToString()
    with file.open("ab") as more:  # a second graph: parsers make one of both
        more.write(wire.message(7, wire.message(5, plain + wire.message(13, entry))))
    with pytest.raises(
        BadModel, match=r"model\.onnx is not .*: an entry .* two keys or two values"
    ):
        OnnxBackend().claim(model_in(tmp_path), CPU)


def test_a_file_that_is_only_named_need_not_be_there(tmp_path):
    """Writers leave the name when they take the numbers into the file."""
    file = encoder(tmp_path / "model.onnx")

    def left_over(model):
        stored = model.graph.initializer[0]
        stored.external_data.append(StringStringEntryProto(key="location", value="gone.bin"))

    changed(file, left_over)
    found, _ = vectors(model_in(tmp_path))
    np.testing.assert_allclose(found, MEANS)


def test_weights_beside_the_file_are_read(tmp_path):
    encoder(tmp_path / "onnx" / "model.onnx", external="weights.bin")
    found, _ = vectors(model_in(tmp_path))
    np.testing.assert_allclose(found, MEANS)


def test_data_that_is_too_short_names_the_file(tmp_path, capfd):
    file = encoder(tmp_path / "model.onnx", external="weights.bin")
    (tmp_path / "weights.bin").write_bytes(bytes(8))
    with pytest.raises(BadModel, match=f"ONNX Runtime cannot load {file}"):
        vectors(model_in(tmp_path))
    assert capfd.readouterr().err == ""


def test_a_file_that_the_engine_refuses_is_named_and_nothing_is_printed(tmp_path, capfd):
    file = encoder(tmp_path / "model.onnx")

    def odd(model):
        model.graph.node[0].op_type = "Gathering"

    changed(file, odd)
    with pytest.raises(BadModel, match=f"ONNX Runtime cannot load {file}"):
        vectors(model_in(tmp_path))
    assert capfd.readouterr().err == ""


def test_weights_that_change_after_the_claim_are_refused(tmp_path):
    encoder(tmp_path / "model.onnx", external="weights.bin")
    model, backend = model_in(tmp_path), OnnxBackend()
    claim = backend.claim(model, CPU)
    (tmp_path / "new.bin").write_bytes(numpy_helper.from_array(table() + 1).raw_data)
    (tmp_path / "new.bin").replace(tmp_path / "weights.bin")
    from isomorph.contract import Options

    with pytest.raises(BadModel, match="changed"):
        backend.load(model, claim, Options())


@pytest.mark.parametrize("said", ["none", "-1", "1.5", "9" * 5000])
def test_a_number_of_modules_that_is_none_is_refused(tmp_path, said):
    file = encoder(tmp_path / "model.onnx")
    changed(file, lambda model: helper.set_model_props(model, {"isomorph.depth": said}))
    with pytest.raises(BadModel, match="not a number"):
        OnnxBackend().claim(model_in(tmp_path), CPU)


@pytest.mark.parametrize("version", ["1.22.1", "1.23.2", "1.24.1"])
def test_an_engine_that_reads_outside_of_the_folder_is_refused(version):
    with pytest.raises(BackendUnavailable, match=r"reads files outside .* 1\.24\.4 is the first"):
        refuse_old(version)


@pytest.mark.parametrize("version", ["1.24.4", "1.32.0", "2.0.0", "1.25.0.dev20260101", "odd"])
def test_newer_engines_and_odd_versions_are_taken(version):
    refuse_old(version)
