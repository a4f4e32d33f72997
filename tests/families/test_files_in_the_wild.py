"""Files that transformers would write otherwise today: older options, published ones, other names."""

import copy
import json

import numpy as np
import pytest

pytest.importorskip("transformers")

from families import published_gte, tiny
from families.cases import (
    DYNAMIC,
    LINEAR,
    LLAMA3,
    LONG,
    MODERN,
    MODERN_BERT,
    SIZES,
    T5,
    YARN,
    rope,
)
from families.running import backend_names, check
from safetensors.numpy import load_file, save_file

from isomorph.encoders import describe
from isomorph.plugins.discovery import installed

OLD_THETAS = {"global_rope_theta": 500.0, "local_rope_theta": 90.0}
OLD = [
    {"model_type": "modernbert", "global_attn_every_n_layers": 2, **OLD_THETAS},
    {"model_type": "modernbert", "rope_scaling": {"rope_type": "linear", "factor": 3.0}},
    # Here transformers overlooks the older name.
    {"model_type": "modernbert", "rope_scaling": {"type": "linear", "factor": 3.0}},
    {"model_type": "qwen2", "rope_theta": 1e6, "rope_scaling": {"type": "linear", "factor": 3}},
    {"model_type": "qwen2", "use_sliding_window": True, "max_window_layers": 5},
    {"model_type": "llama", "rope_theta": 5e5, "rope_scaling": {**LLAMA3, "rope_theta": 7e5}},
    {"model_type": "mistral", "rope_scaling": {"type": "yarn", "factor": 4.0}},
    {"model_type": "qwen3", "rope_theta": 1e6, "rope_scaling": DYNAMIC, "rope_parameters": YARN},
    {"model_type": "qwen3", **LONG, "original_max_position_embeddings": 48, **rope(**YARN)},
    {"model_type": "gemma3_text", "rope_theta": 2e5, "rope_local_base_freq": 2e3},
    {"model_type": "gemma3_text", "rope_scaling": LINEAR, "sliding_window_pattern": 2},
    {"model_type": "gemma3_text", "use_bidirectional_attention": True, "sliding_window": 512},
]


@pytest.mark.parametrize("old", OLD, ids=str)
def test_older_spellings_describe_what_transformers_makes_of_them(old):
    import transformers

    with tiny.calm():
        new = transformers.AutoConfig.for_model(**copy.deepcopy(old)).to_dict()
    assert describe(old) == describe(new)


def test_an_older_file_computes_what_transformers_computes(backend_name, tmp_path):
    """The description is not all: an engine with code of its own reads the file by itself."""
    old = {"model_type": "modernbert", **MODERN_BERT, "global_attn_every_n_layers": 2, **OLD_THETAS}
    model = tiny.make("ModernBert", {k: v for k, v in old.items() if k != "model_type"})
    tiny.save(model, tmp_path)
    (tmp_path / "config.json").write_text(json.dumps(old))
    feeds = tiny.ragged_for(model, 50)
    expected = tiny.oracle(model, feeds)
    del expected["all_layer_embeddings"]  # older files do not ask for them
    check(backend_name, tmp_path, [feeds], [expected])


PUBLISHED_NOMIC = {
    "model_type": "nomic_bert",
    "vocab_size": 71,
    "n_embd": 30,
    "n_head": 5,
    "n_layer": 3,
    "n_inner": 22,
    "n_positions": 8192,
    "activation_function": "swiglu",
    "layer_norm_epsilon": 1e-3,
    "rotary_emb_base": 77.0,
    "rotary_emb_fraction": 1.0,
    "rotary_emb_scale_base": None,
    "rotary_scaling_factor": None,
    "prenorm": False,
    "qkv_proj_bias": False,
    "mlp_fc1_bias": False,
    "mlp_fc2_bias": False,
    "type_vocab_size": 2,
}


def test_published_options_of_nomic_bert_mean_the_same(tmp_path):
    model = tiny.make("NomicBert", {**MODERN, "layer_norm_eps": 1e-3, **rope(77.0)})
    model.save_pretrained(tmp_path)
    assert describe(PUBLISHED_NOMIC) == describe(model.config.to_dict())
    assert "encoder.layers.0.attn.Wqkv.weight" in load_file(tmp_path / "model.safetensors")


PUBLISHED_GTE = {
    "ntk": {"rope_theta": 20_000.0, "rope_scaling": {"type": "ntk", "factor": 8.0}},
    "untyped": {"type_vocab_size": 0, "rope_theta": 300.0, "rope_scaling": None},
    "mixed": {
        "type_vocab_size": 2,
        "rope_scaling": {"type": "ntk", "factor": 4.0, "mixed_b": 0.625},
        "layer_norm_type": "rms_norm",
        "layer_norm_eps": 1e-3,
        "pack_qkv": False,
    },
}


@pytest.mark.parametrize(("name", "prefix"), [("ntk", ""), ("untyped", "new."), ("mixed", "new.")])
def test_published_gte_agrees_with_its_description(name, prefix, backend_name, tmp_path):
    config = {"model_type": "new", **MODERN, **PUBLISHED_GTE[name]}
    tensors = published_gte.draw(config)
    named = {prefix + key: tensor for key, tensor in tensors.items()}
    save_file(named, tmp_path / "model.safetensors", {"format": "pt"})
    tiny.write_chain(tmp_path, config)
    feeds = tiny.ragged(config["vocab_size"], 70, types=config.get("type_vocab_size", 1))
    expected = tiny.pooled(published_gte.states(config, tensors, feeds), feeds)
    check(backend_name, tmp_path, [feeds], [expected])


@pytest.mark.parametrize("act", ["gelu", "relu"])
def test_the_words_of_published_gte_are_those_of_its_code(act, backend_name, tmp_path):
    config = {"model_type": "new", **MODERN, "type_vocab_size": 0, "rope_scaling": None}
    config |= {"hidden_act": act, "architectures": ["NewForMaskedLM"]}
    tensors = published_gte.draw(config)
    head = published_gte.drawn(published_gte.head_shapes(config), seed=1)
    named = {"new." + key: tensor for key, tensor in tensors.items()} | head
    save_file(named, tmp_path / "model.safetensors", {"format": "pt"})
    tiny.write_chain(tmp_path, config)
    settings = {"transformer_task": "fill-mask"}
    (tmp_path / "sentence_bert_config.json").write_text(json.dumps(settings))
    feeds = tiny.ragged(config["vocab_size"], 30)
    expected = {"token_embeddings": published_gte.words(config, tensors, head, feeds)}
    check(backend_name, tmp_path, [feeds], [expected])


def test_the_description_of_gte_is_that_of_transformers(backend_name, tmp_path):
    """The oracle of the test above, judged by transformers where both have an option."""
    model = tiny.make("Gte", {**MODERN, "type_vocab_size": 2})
    tiny.save(model, tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    feeds = tiny.ragged_for(model, 40)
    config = {**MODERN, "type_vocab_size": 2, "rope_theta": 160_000.0}
    expected = tiny.pooled(published_gte.states(config, tensors, feeds), feeds)
    check(backend_name, tmp_path, [feeds], [expected])


def test_t5_files_that_name_the_embeddings_after_the_encoder(backend_name, tmp_path):
    model = tiny.make("T5", T5)
    tiny.save(model, tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    tensors["encoder.embed_tokens.weight"] = tensors.pop("shared.weight")
    save_file(tensors, tmp_path / "model.safetensors", {"format": "pt"})
    feeds = tiny.ragged_for(model, 20)
    check(backend_name, tmp_path, [feeds], [tiny.oracle(model, feeds)])


def test_frequencies_that_a_file_holds_count(tmp_path):
    """ESM's older files have those of each layer, as they were trained."""
    from transformers import EsmModel

    settings = {**SIZES, "pad_token_id": 1, "position_embedding_type": "rotary"}
    tiny.save(tiny.make("Esm", settings), tmp_path)
    file = tmp_path / "model.safetensors"
    tensors = load_file(file)
    (written,) = (name for name in tensors if name.endswith(".inv_freq"))
    found = (tensors.pop(written) * 1.3).astype(np.float16).astype(np.float32)
    for layer in range(settings["num_hidden_layers"]):
        name = f"encoder.layer.{layer}.attention.self.rotary_embeddings.inv_freq"
        tensors[name] = found.copy()
    save_file(tensors, file, {"format": "pt"})
    model = EsmModel.from_pretrained(tmp_path).eval()
    np.testing.assert_array_equal(model.rotary_embeddings.inv_freq.numpy(), found)
    feeds = tiny.ragged_for(model, 24)
    for name in backend_names(installed()):
        check(name, tmp_path, [feeds], [tiny.oracle(model, feeds)])
