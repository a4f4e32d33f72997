"""The wire format, as it is read: fields without their payload, and odd bytes that parsers disagree about."""

from __future__ import annotations

import io
import random

import onnx
import pytest
from google.protobuf.message import DecodeError
from onnx import TensorProto, helper

from isomorph_onnx import skim, wire
from isomorph_onnx.skim import Place, Skim
from isomorph_onnx.tensors import every_tensor, tensor

from .test_foreign import signature_of


def opened(content):
    return Skim(io.BytesIO(content), len(content))


def fields(content):
    file = opened(content)
    return list(file.fields(file.whole))


def test_fields_are_found_without_reading_their_payload():
    content = wire.message(5, b"x" * 1000) + wire.integer(2, 9) + wire.float32(3, 1.0)
    assert fields(content) == [(5, Place(3, 1000)), (2, 9), (3, Place(1006, 4))]


@pytest.mark.parametrize("cut", [1, 2, 5])
def test_a_message_that_is_cut_short_is_refused(cut):
    with pytest.raises(ValueError, match=r"past the end|cut short"):
        fields(wire.message(5, b"payload")[:-cut])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (wire.varint(1 << 35 | 13 << 3 | 2) + b"\x00", "no field has the key"),
        (b"\x00\x00", "no field has the key"),
        (b"\x2b\x2c", "unknown wire type 3"),
        (b"\x28" + b"\xff" * 10 + b"\x01", "cut short"),
        (b"\x28\x80", "cut short"),
        (wire.varint(5 << 3 | 2) + wire.varint(1 << 62), "past the end"),
    ],
    ids=[
        "a key of more than 32 bits",
        "field 0",
        "a group",
        "a long number",
        "half",
        "a long field",
    ],
)
def test_what_parsers_read_in_different_ways_is_refused(content, said):
    with pytest.raises(ValueError, match=said):
        fields(content)


def test_of_a_text_that_stands_twice_the_last_counts():
    content = wire.text(1, "first") + wire.integer(2, 1) + wire.text(1, "last") + wire.integer(2, 7)
    parsed = onnx.StringStringEntryProto.FromString(wire.text(1, "first") + wire.text(1, "last"))
    file = opened(content)
    assert file.text(file.whole, 1) == parsed.key == "last"
    assert file.integer(file.whole, 2) == 7


def test_what_is_read_of_a_file_is_bounded(monkeypatch):
    monkeypatch.setattr(skim, "FIELDS", 100)
    with pytest.raises(ValueError, match="more than 100 fields"):
        fields(wire.integer(1, 1) * 101)
    monkeypatch.setattr(skim, "TEXT", 10)
    file = opened(wire.text(1, "x" * 11))
    with pytest.raises(ValueError, match="a text of 11 bytes"):
        file.text(file.whole, 1)
    many = opened(wire.message(1, b"\x01" * 2000))
    with pytest.raises(ValueError, match="more than 1024 numbers"):
        tensor(many, many.whole)


def test_messages_are_not_followed_to_any_depth():
    body = b""
    for _ in range(60):
        body = wire.message(1, wire.message(5, wire.message(6, body)))
    file = opened(wire.message(7, body))
    with pytest.raises(ValueError, match="more than 100 messages inside of each other"):
        list(every_tensor(file))


def test_any_bytes_give_a_signature_or_an_error_of_ours(tmp_path):
    """Seeded damage to a real file; what the parser of the onnx package takes apart is never missed."""
    weights = [helper.make_tensor(f"w{i}", TensorProto.FLOAT, [4], [1.0] * 4) for i in range(3)]
    nodes = [helper.make_node("Add", ["x", "w0"], ["y"])]
    port = helper.make_tensor_value_info
    graph = helper.make_graph(nodes, "g", [port("x", 1, [4])], [port("y", 1, [4])], weights)
    whole = helper.make_model(graph).SerializeToString()
    chance = random.Random(5)
    path = tmp_path / "model.onnx"
    refused = 0
    for _ in range(1500):
        content = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(content))
            kind = chance.randrange(3)
            if kind == 0:
                content[place] = chance.randrange(256)
            elif kind == 1:
                del content[place : place + chance.randint(1, 9)]
            else:
                content[place:place] = content[place : place + chance.randint(1, 30)]
        path.write_bytes(content)
        try:
            found = signature_of(path)
        except ValueError:
            refused += 1
            continue
        try:
            parsed = onnx.ModelProto.FromString(bytes(content))
        except DecodeError:
            continue
        for each in parsed.graph.initializer:
            if each.data_location == TensorProto.EXTERNAL:
                named = {e.value for e in each.external_data if e.key == "location"}
                assert named <= {*found.data, *found.named}
    assert 300 < refused < 1450
