"""Where prebuilt files are looked for, and what is said where they are not."""

from dataclasses import replace

import pytest

from isomorph.errors import BadModel, Unsupported
from isomorph.plugins.reading import read_model
from isomorph.program import Layout
from isomorph.testing.models import write

LAYOUT = Layout(format="Any", suffix=".any", subfolder="made", default="model.any")
VARIANTS = (
    "model_quantized", "model_int8", "model_uint8", "model_O3", "model_O4", "model_fp16", "model_q4",
    "model_qint8_arm64", "model_qint8_avx512_vnni", "model_quint8_avx2", "model_qint8_quantized",
)  # fmt: skip


@pytest.fixture
def model(tmp_path):
    return read_model(write("bert", tmp_path))


def put(model, place):
    path = model.folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path


def found(model, name=None):
    parts, reason = LAYOUT.find(replace(model, artifact=name))
    return reason if parts is None else model.folder.joinpath(*parts)


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("folder", ["", "made/"])
def test_a_variant_is_used_only_when_it_is_named(model, name, folder):
    path = put(model, f"{folder}{name}.any")
    assert found(model) == f"file_name= may name one of {folder}{name}.any"
    for said in (name, f"{name}.any", f"{folder}{name}", f"{folder}{name}.any"):
        assert found(model, said) == path


def test_the_default_one_is_where_sessions_save_it_before_where_others_put_it(model):
    outer = put(model, "model.any")
    inner = put(model, "made/model.any")
    assert found(model) == inner
    assert found(model, "model") == outer


def test_the_default_one_may_lie_in_the_root(model):
    path = put(model, "model.any")
    assert found(model) == path


@pytest.mark.parametrize(
    "place", ["0_Transformer/model_int8.any", "0_Transformer/made/model_int8.any"]
)
def test_the_folder_of_the_encoder_is_looked_at_too(model, place):
    first = replace(model.graph.modules[0], folder="0_Transformer")
    modules = (first, *model.graph.modules[1:])
    path = put(model, place)
    model = model.with_graph(replace(model.graph, modules=modules))
    assert found(model, "model_int8") == path


def test_a_named_file_that_is_not_there_is_refused_with_those_that_are(model):
    with pytest.raises(
        Unsupported, match=r"'model_O3' was asked for, but the Any .* are: none\. Leave"
    ):
        found(model, "model_O3")
    put(model, "made/model_O4.any")
    put(model, "model.any")
    with pytest.raises(Unsupported, match=r"are: made/model_O4\.any, model\.any\. Name one"):
        found(model, "model_O3")


def test_a_named_file_of_another_engine_is_said_to_be_one(model):
    put(model, "other/model.else")
    with pytest.raises(
        Unsupported,
        match=r"'other/model\.else' .*, which is there and is no Any file \(\.any\), but",
    ):
        found(model, "other/model.else")


def test_a_name_that_leads_out_is_refused(model):
    with pytest.raises(BadModel, match="leads out"):
        found(model, "../model")
