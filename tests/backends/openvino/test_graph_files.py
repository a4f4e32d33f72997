"""Graph files that somebody damaged or made up: refused by name, in bounded time, and nothing is printed."""

from __future__ import annotations

import io
import random
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from isomorph.contract import BackendInfo, Device, Options
from isomorph.errors import BadModel, InputError, Unsupported
from isomorph.plugins.reading import read_model
from isomorph.program import lower
from isomorph.runtime.plan import make_plan
from isomorph_openvino import layers
from isomorph_openvino.backend import OpenVINOBackend
from isomorph_openvino.compose import compose
from isomorph_openvino.engine import engine
from isomorph_openvino.signature import signature

CPU = Device("cpu")
INFO = BackendInfo("openvino", "isomorph_openvino.backend:OpenVINOBackend", distribution="ours 0")
XML = "openvino/openvino_model.xml"


@pytest.fixture
def exported(bert_folder):
    """A folder with the encoder alone as others export it; gives its graph file."""
    return export(bert_folder)


def export(folder, change=lambda op, tokens: tokens, output="last_hidden_state"):
    """The encoder with something more behind it."""
    model = compose(lower(read_model(folder).prefix(1)))
    tokens = change(engine().opset15, model.output(0).get_node().input_value(0))
    result = engine().opset15.result(tokens)
    result.output(0).tensor.set_names({output})
    path = folder / XML
    path.parent.mkdir(exist_ok=True)
    graph = engine().Model([result], model.get_parameters(), "encoder")
    engine().save_model(graph, str(path), compress_to_fp16=False)
    return path


def runner(folder):
    model = replace(read_model(folder), artifact="openvino_model")
    backend = OpenVINOBackend()
    claim = backend.claim(model, CPU)
    return make_plan(model, INFO, backend, claim).open(Options())


def feeds(*rows):
    ids = np.array(rows, np.int64)
    return {
        "input_ids": ids,
        "attention_mask": np.ones_like(ids),
        "token_type_ids": np.zeros_like(ids),
    }


def test_a_right_file_gives_the_vectors_of_the_weights(exported, bert_folder):
    batches = [((3, 4, 5), (5, 6, 7)), ((3,),), ((3, 4), (4, 5), (5, 6)), ((3, 4, 5), (5, 6, 7))]
    opened = runner(bert_folder)
    found = [opened.forward(feeds(*rows))["sentence_embedding"] for rows in batches]
    exported.unlink()
    model, backend = read_model(bert_folder), OpenVINOBackend()
    claim = backend.claim(model, CPU)
    wanted = make_plan(model, INFO, backend, claim).open(Options())
    for rows, vectors in zip(batches, found, strict=True):
        expected = wanted.forward(feeds(*rows))["sentence_embedding"]
        np.testing.assert_allclose(vectors, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "shape"),
    [
        (lambda op, t: op.reduce_mean(t, np.array([0]), True), r"\(1, \?, 16\)"),
        (lambda op, t: op.reduce_mean(t, np.array([1]), True), r"\(\?, 1, 16\)"),
        (lambda op, t: op.reduce_mean(t, np.array([2]), True), r"\(\?, \?, 1\)"),
        (lambda op, t: op.reduce_mean(t, np.array([1]), False), r"\(\?, 16\)"),
    ],
    ids=["rows", "width", "features", "an axis"],
)
def test_token_vectors_of_other_axes_are_refused_before_any_forward(bert_folder, change, shape):
    """A forward of such a graph may spoil the memory of the process, so that nothing may run."""
    file = export(bert_folder, change)
    said = r"not \(rows, width, features 16\)"
    with pytest.raises(Unsupported, match=rf"openvino_model\.xml: its output .* {shape}, {said}"):
        runner(bert_folder)
    file.write_text(re.sub(r"<dim>\d+</dim>", "<dim>-1</dim>", file.read_text()))
    with pytest.raises((BadModel, Unsupported), match=said):
        runner(bert_folder)  # what the XML keeps to itself the engine finds out


def first_only(op, axis):
    """Keeps the first of an axis, in a way that only a forward shows."""

    def change(tokens):
        size = op.gather(op.shape_of(tokens), np.array([0]), np.int64(0))
        one = op.divide(size, size)
        return op.slice(tokens, np.array([0]), one, np.array([1]), np.array([axis]))

    return change


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_token_vectors_that_turn_out_to_have_other_axes_are_refused(bert_folder, axis):
    file = export(bert_folder, lambda op, t: first_only(op, axis)(t))
    opened = runner(bert_folder)
    assert (opened.effective.threads, opened.effective.lanes) == (1, 1)
    for _ in range(3):  # OpenVINO may lose the error of a lone thread, and spoil its memory
        with pytest.raises(BadModel, match=f"{file}"):
            opened.forward(feeds((3, 4, 5), (5, 6, 7)))


def test_sentence_vectors_that_lack_rows_are_refused(bert_folder):
    def one_row(op, tokens):
        return first_only(op, 0)(op.reduce_mean(tokens, np.array([1]), False))

    file = export(bert_folder, one_row, "sentence_embedding")
    with pytest.raises(
        BadModel, match=rf"{file} .* has the shape \(1, 16\), not \(rows 2, features 16\)"
    ):
        runner(bert_folder).forward(feeds((3, 4, 5), (5, 6, 7)))


def test_what_is_shown_of_a_file_is_not_saved(exported, bert_folder):
    opened = runner(bert_folder)
    target = bert_folder / "copy"
    opened.session.save(target)
    assert "isomorph.passed" not in (target / XML).read_text()


def test_ids_beyond_the_tables_of_a_file_are_refused(exported, bert_folder):
    """OpenVINO reads zeros there, and says nothing."""
    opened = runner(bert_folder)
    opened.forward(feeds((3, 49)))
    with pytest.raises(InputError, match=rf"table in {exported} has 50 rows"):
        opened.forward(feeds((3, 50)))
    wrong = feeds((3, 4))
    wrong["token_type_ids"][0, 1] = 2
    with pytest.raises(InputError, match=rf"table in {exported} has 2 rows"):
        opened.forward(wrong)


def first_constant(text, **attributes):
    """The XML with other attributes of its largest constant."""
    places = re.findall(r'<data [^>]*offset="\d+"[^>]*/>', text)
    place = max(places, key=lambda each: int(re.search(r'size="(\d+)"', each)[1]))
    changed = place
    for name, value in attributes.items():
        changed = re.sub(rf'\b{name}="[^"]*"', f'{name}="{value}"', changed)
    return text.replace(place, changed, 1)


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"offset": 10**9}, r"lies at 1000000000 to \d+ of \d+ bytes"),
        ({"offset": 2**64 - 8}, "stands where a number of bytes"),
        ({"offset": -8}, "stands where a number of bytes"),
        ({"size": 4}, "has 4 bytes for the shape"),
        ({"size": 10**12}, "lies at"),
        ({"shape": "4294967296,4294967296"}, "bytes for the shape"),
        ({"shape": "x"}, "stands where a number of bytes"),
        ({"shape": "9" * 50}, "stands where a number of bytes"),
        ({"element_type": "string"}, "holds texts"),
    ],
)
def test_weights_outside_of_their_file_are_refused(exported, bert_folder, attributes, said):
    exported.write_text(first_constant(exported.read_text(), **attributes))
    with pytest.raises(BadModel, match=rf"{exported} is no OpenVINO graph: .*{said}"):
        runner(bert_folder)


def test_constants_in_the_body_of_a_layer_are_looked_at(exported, bert_folder):
    body = (
        '<layers><layer id="900" name="loop" type="TensorIterator"><body><layers><layer id="1" name="in" '
        'type="Const"><data element_type="f32" shape="4" offset="999999999" size="16"/></layer></layers>'
        "</body></layer>"
    )
    exported.write_text(exported.read_text().replace("<layers>", body, 1))
    with pytest.raises(BadModel, match="the constant 'in' lies at 999999999"):
        runner(bert_folder)


BOMB = '<!DOCTYPE net [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><net name="&b;"/>'
LEAK = '<!DOCTYPE net [<!ENTITY a SYSTEM "file:///etc/hostname">]><net name="x">&a;</net>'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "no element found"),
        ("<net", "unclosed token"),
        ("<net/>", "it has no layers"),
        ("<html/>", "it begins with 'html'"),
        (BOMB, "declares a document type"),
        (LEAK, "declares a document type"),
        ("<net>" + "<a>" * 500, "more elements, or more inside of each other"),
        ("<net>\x00</net>", "not well-formed"),
        ('<net><layers><layer id="&x;"/></layers></net>', "undefined entity"),
    ],
    ids=[
        "empty",
        "cut",
        "no layers",
        "html",
        "entities",
        "a file",
        "deep",
        "zero",
        "unknown entity",
    ],
)
def test_what_is_no_graph_is_refused(exported, bert_folder, content, said, capfd):
    exported.write_text(content)
    with pytest.raises(BadModel, match=rf"{exported} is no OpenVINO graph: .*{said}"):
        runner(bert_folder)
    assert capfd.readouterr() == ("", "")


def test_any_bytes_give_a_signature_or_an_error_of_ours(exported):
    """Seeded damage to a real file."""
    whole, weights = exported.read_bytes(), exported.with_suffix(".bin").stat().st_size
    chance = random.Random(3)
    refused = 0
    for _ in range(300):
        content = bytearray(whole)
        for _ in range(chance.randint(1, 5)):
            place = chance.randrange(len(content))
            kind = chance.randrange(3)
            if kind == 0:
                content[place] = chance.choice(b'0123456789-xX<>"&/ \0\xff')
            elif kind == 1:
                del content[place : place + chance.randint(1, 30)]
            else:
                content[place:place] = content[place : place + chance.randint(1, 90)]
        try:
            signature(io.BytesIO(content), weights)
        except ValueError:
            refused += 1
    assert 100 < refused < 300


def test_what_is_read_of_a_file_is_bounded(monkeypatch):
    monkeypatch.setattr(layers, "BYTES", 100)
    with pytest.raises(ValueError, match="more than 100 bytes"):
        signature(io.BytesIO(b"<net>" + b" " * 200 + b"</net>"), 0)
    monkeypatch.setattr(layers, "BYTES", 10**6)
    monkeypatch.setattr(layers, "ELEMENTS", 50)
    with pytest.raises(ValueError, match="more elements"):
        signature(io.BytesIO(b"<net>" + b"<a/>" * 60 + b"</net>"), 0)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('type="MatMul"', 'type="MatMull"'),
        ('type="Gather"', 'type="Softmax"'),
        ("<edges>", '<edges><edge from-layer="9999" from-port="0" to-layer="1" to-port="0"/>'),
    ],
)
def test_what_the_engine_refuses_is_named_and_nothing_is_printed(
    exported, bert_folder, before, after, capfd
):
    text = exported.read_text()
    assert before in text
    exported.write_text(text.replace(before, after, 1))
    with pytest.raises(BadModel, match=f"OpenVINO cannot (read|compile|run) {exported}"):
        runner(bert_folder).forward(feeds((3, 4)))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("content", ['{"file": 5}', "[]", '{"depth": 1e999}', "{"])
def test_a_manifest_that_is_none_is_refused(exported, bert_folder, content):
    (exported.parent / "isomorph.json").write_text(content)
    with pytest.raises(BadModel, match=r"isomorph\.json"):
        runner(bert_folder)


def test_weights_that_change_after_the_claim_are_refused(exported, bert_folder):
    model = replace(read_model(bert_folder), artifact="openvino_model")
    backend = OpenVINOBackend()
    claim = backend.claim(model, CPU)
    weights = exported.with_suffix(".bin")
    new = Path(f"{weights}.new")
    new.write_bytes(weights.read_bytes()[::-1])
    new.replace(weights)
    with pytest.raises(BadModel, match="changed"):
        backend.load(model.prefix(claim.depth), claim, Options())
