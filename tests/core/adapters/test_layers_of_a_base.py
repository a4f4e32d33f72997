"""What an adapter changes depends on its base: matrices that are one there, turned, or called otherwise."""

from __future__ import annotations

import json

import numpy as np
import pytest
from drawn import floats
from safetensors.numpy import load_file, save_file

from isomorph import SentenceTransformer, SparseEncoder
from isomorph.errors import BadModel, PoolingGuessed
from isomorph.testing.models import write

TEXTS = ("the quick brown fox", "a river", "the sea and the river of stones")
SETTINGS = {"peft_type": "LORA", "r": 2, "lora_alpha": 4, "bias": "none"}
WEIGHTS, OWN = "adapter_model.safetensors", "model.safetensors"


def drawn(*shape):
    return floats(*shape, scale=0.3)


def linear(module, outputs, inputs):
    """Matrices of a changed layer, and what they add to a weight (outputs, inputs)."""
    a, b = drawn(2, inputs), drawn(outputs, 2)
    return {f"{module}.lora_A.weight": a, f"{module}.lora_B.weight": b}, 2 * b @ a


def table(module, rows, width):
    a, b = drawn(2, rows), drawn(width, 2)
    return {f"{module}.lora_embedding_A": a, f"{module}.lora_embedding_B": b}, 2 * (b @ a).T


def adapt(folder, tensors, **settings):
    """Puts an adapter into a folder."""
    (folder / "adapter_config.json").write_text(json.dumps({**SETTINGS, **settings}))
    save_file({f"base_model.model.{name}": t for name, t in tensors.items()}, folder / WEIGHTS)


@pytest.fixture
def pair(tmp_path):
    """Two folders of one tiny model, and its tensors."""

    def make(name):
        folders = [write(name, tmp_path / each) for each in ("adapted", "plain")]
        return (*folders, load_file(folders[0] / OWN))

    return make


def same(load, adapted, plain, backend):
    with load(adapted, backend=backend) as one, load(plain, backend="reference") as other:
        got, want = (np.asarray(_dense(model.encode(TEXTS))) for model in (one, other))
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-5 * np.abs(want).max())


def _dense(found):
    return found.toarray() if hasattr(found, "toarray") else found


WORDS, DECODER = "bert.embeddings.word_embeddings", "cls.predictions.decoder"


@pytest.mark.parametrize("changed", [WORDS, DECODER])
def test_a_decoder_that_is_the_table_of_words_stays_what_it_was(pair, backend, changed):
    adapted, plain, tensors = pair("splade")
    words = tensors[f"{WORDS}.weight"]
    parts, added = (table if changed == WORDS else linear)(changed, *words.shape)
    adapt(adapted, parts)
    both = {f"{WORDS}.weight": words, f"{DECODER}.weight": words}
    both[f"{changed}.weight"] = words + added
    save_file({**tensors, **both}, plain / OWN)
    same(SparseEncoder, adapted, plain, backend)


def test_a_table_that_was_trained_as_a_whole_leaves_the_decoder(pair, backend):
    adapted, plain, tensors = pair("splade")
    words = tensors[f"{WORDS}.weight"]
    whole = {f"{WORDS}.weight": words + drawn(*words.shape)}
    adapt(adapted, whole, modules_to_save=["word_embeddings"])
    save_file({**tensors, f"{DECODER}.weight": words, **whole}, plain / OWN)
    same(SparseEncoder, adapted, plain, backend)


@pytest.mark.parametrize("changed", ["shared", "encoder.embed_tokens"])
def test_a_table_of_two_halves_changes_where_the_adapter_says(pair, backend, changed):
    adapted, plain, tensors = pair("t5")
    words = tensors["shared.weight"]
    parts, added = table(changed, *words.shape)
    adapt(adapted, parts)
    if changed == "encoder.embed_tokens":
        save_file({**tensors, "shared.weight": words + added}, plain / OWN)
    same(SentenceTransformer, adapted, plain, backend)


def test_what_is_saved_has_both_matrices(pair, tmp_path):
    adapted, _, tensors = pair("splade")
    parts, added = table(WORDS, *tensors[f"{WORDS}.weight"].shape)
    adapt(adapted, parts)
    model = SparseEncoder(adapted)
    model.save_pretrained(tmp_path / "saved")
    found = load_file(tmp_path / "saved" / OWN)
    words = tensors[f"{WORDS}.weight"]
    np.testing.assert_allclose(found[f"{DECODER}.weight"], words, atol=0)
    np.testing.assert_allclose(found[f"{WORDS}.weight"], words + added, atol=1e-6)
    same(SparseEncoder, tmp_path / "saved", adapted, "reference")


def test_a_matrix_that_nothing_changed_is_not_stored_twice(pair, tmp_path):
    adapted, _, _ = pair("splade")
    layer = "bert.encoder.layer.0.attention.self.query"
    adapt(adapted, linear(layer, 32, 32)[0])
    SparseEncoder(adapted).save_pretrained(tmp_path / "saved")
    assert f"{DECODER}.weight" not in load_file(tmp_path / "saved" / OWN)


def test_norms_under_their_old_names_are_replaced(pair, backend):
    adapted, plain, tensors = pair("bert-old-norms")
    norm = "embeddings.LayerNorm"
    changed = {"weight": drawn(32), "bias": drawn(32)}
    adapt(adapted, {f"{norm}.{n}": t for n, t in changed.items()}, modules_to_save=["LayerNorm"])
    old = {f"{norm}.gamma": changed["weight"], f"{norm}.beta": changed["bias"]}
    assert old.keys() <= tensors.keys()
    save_file({**tensors, **old}, plain / OWN)
    same(SentenceTransformer, adapted, plain, backend)


@pytest.mark.parametrize("flag", [True, False])
@pytest.mark.parametrize("name", ["gpt2", "bert"])
def test_a_square_layer_is_turned_as_the_base_model_has_it(pair, backend, name, flag):
    """Whatever the settings say: peft asks the class of the layer."""
    adapted, plain, tensors = pair(name)
    layer = {"gpt2": "h.0.attn.c_proj", "bert": "encoder.layer.0.attention.self.query"}[name]
    stored = next(n for n in tensors if n.endswith(f"{layer}.weight"))
    parts, added = linear(layer, *tensors[stored].shape)
    adapt(adapted, parts, fan_in_fan_out=flag)
    added = added.T if name == "gpt2" else added
    save_file({**tensors, stored: np.ascontiguousarray(tensors[stored] + added)}, plain / OWN)
    same(SentenceTransformer, adapted, plain, backend)


@pytest.mark.filterwarnings(f"ignore::{PoolingGuessed.__module__}.PoolingGuessed")
def test_a_base_model_in_shards(tmp_path, backend):
    base, alone, plain = write("bert-shards", tmp_path / "base"), tmp_path / "alone", "plain"
    alone.mkdir()
    layer = "encoder.layer.0.attention.self.query"
    parts, added = linear(layer, 32, 32)
    adapt(alone, parts, base_model_name_or_path=str(base))
    plain = write("bert", tmp_path / plain)
    tensors = {}
    for file in base.glob("*.safetensors"):
        tensors |= load_file(file)
    save_file({**tensors, f"{layer}.weight": tensors[f"{layer}.weight"] + added}, plain / OWN)
    same(SentenceTransformer, alone, plain, backend)
    SentenceTransformer(alone, backend=backend).save_pretrained(tmp_path / "saved")
    same(SentenceTransformer, tmp_path / "saved", plain, backend)


def test_an_adapter_that_holds_nothing_is_refused(pair, backend):
    adapted, _, _ = pair("bert")
    adapt(adapted, {})
    with pytest.raises(BadModel, match="holds no tensor"):
        SentenceTransformer(adapted, backend=backend)
