"""Files whose code is not part of transformers, judged by that code's formulas."""

import numpy as np
import pytest

pytest.importorskip("transformers")

from families import published_jina, published_neobert, published_nomic, published_nvembed, tiny
from families.running import check
from families.sizes import GROUPED, MODERN, SIZES, rope
from safetensors.numpy import load_file, save_file

from isomorph.encoders import describe
from isomorph.encoders.published import transformers_misreads
from isomorph.errors import BadModel, Unsupported

JINA = {
    "model_type": "bert",
    **SIZES,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-12,
    "position_embedding_type": "alibi",
    "feed_forward_type": "geglu",
}
JINAS = {
    "five heads": JINA,
    "two heads": {**JINA, "num_attention_heads": 2, "layer_norm_eps": 1e-3},
    "relu": {
        **JINA,
        "num_attention_heads": 3,
        "feed_forward_type": "reglu",
        "num_hidden_layers": 1,
    },
}


NOMIC = {
    "model_type": "nomic_bert",
    "vocab_size": 71,
    "n_embd": 30,
    "n_head": 5,
    "n_layer": 4,
    "n_inner": 22,
    "layer_norm_epsilon": 1e-5,
    "rotary_emb_base": 300.0,
    "type_vocab_size": 1,
    "pad_token_id": 1,
    **dict.fromkeys(("qkv_proj_bias", "mlp_fc1_bias", "mlp_fc2_bias"), True),
    "activation_function": "gelu",
    "moe_every_n_layers": 2,
    "num_experts": 5,
    "moe_top_k": 2,
    "moe_normalize_expert_weights": False,
    "num_shared_experts": 0,
}
NOMICS = {
    "experts": NOMIC,
    "experts in every third layer": {**NOMIC, "moe_every_n_layers": 3, "moe_top_k": 1},
    "all experts": {**NOMIC, "num_experts": 3, "moe_top_k": 3},
    "no experts": {**NOMIC, "moe_every_n_layers": 0, "rotary_scaling_factor": 2.0},
    "geglu": {**NOMIC, "moe_every_n_layers": 0, "activation_function": "geglu"},
    "glu": {**NOMIC, "moe_every_n_layers": 0, "activation_function": "glu"},
    "swiglu": {**NOMIC, "moe_every_n_layers": 0, "activation_function": "swiglu"},
}


def draw(shapes, seed=0):
    """Strong random weights."""
    generator = np.random.default_rng(seed)
    drawn = {}
    for name, shape in shapes.items():
        if "_embeddings" in name or name == "encoder.weight":
            value = generator.normal(0, 0.5, shape)
        elif name.endswith(".w2"):  # stored the other way round
            value = generator.normal(0, 0.3, shape)
        elif len(shape) == 2:
            value = generator.normal(0, 1.3 / shape[1] ** 0.5, shape)
        elif name.endswith("bias"):
            value = generator.uniform(-0.1, 0.1, shape)
        else:
            value = generator.uniform(0.8, 1.2, shape)
        drawn[name] = value.astype(np.float32)
    return drawn


def written(folder, config, tensors, prefix=""):
    """A folder with these weights and this configuration."""
    named = {prefix + key: tensor for key, tensor in tensors.items()}
    save_file(named, folder / "model.safetensors", {"format": "pt"})
    tiny.write_chain(folder, config)
    return folder


@pytest.mark.parametrize("name", JINAS)
def test_bert_with_falling_scores_and_gates_is_what_its_published_code_computes(
    name, backend_name, tmp_path
):
    """Texts are longer than the table of positions would be, if there were one."""
    config = JINAS[name]
    tensors = draw(published_jina.shapes(config))
    written(tmp_path, config, tensors, "bert." if name == "relu" else "")
    feeds = tiny.ragged(config["vocab_size"], 70, types=2)
    expected = tiny.pooled(published_jina.states(config, tensors, feeds), feeds)
    check(backend_name, tmp_path, [feeds], [expected])


@pytest.mark.parametrize("name", NOMICS)
def test_nomic_bert_of_the_second_generation_is_what_its_published_code_computes(
    name, backend_name, tmp_path
):
    config = NOMICS[name]
    tensors = draw(published_nomic.shapes(config), len(name))
    written(tmp_path, config, tensors)
    feeds = tiny.ragged(config["vocab_size"], 40, padding=1)
    expected = tiny.pooled(published_nomic.states(config, tensors, feeds), feeds)
    check(backend_name, tmp_path, [feeds], [expected])


def test_stretched_positions_of_nomic_bert_end_with_the_lengths_of_the_training():
    """Beyond them the published code takes other frequencies for each length of a batch."""
    plain = describe(NOMIC)
    stretched = describe({**NOMIC, "rotary_scaling_factor": 2, "max_trained_positions": 512})
    assert plain.longest is None
    assert stretched.longest == 512
    assert describe({**NOMIC, "rotary_scaling_factor": 2}).longest == 2048


LATER = {"AutoModel": "jinaai/jina-bert-v2-qk-post-norm--modeling_bert.JinaBertModel"}


@pytest.mark.parametrize("name", JINAS)
def test_the_later_code_of_jinas_bert_normalises_queries_and_keys(name, backend_name, tmp_path):
    config = {**JINAS[name], "auto_map": LATER}
    tensors = draw(published_jina.later_shapes(config))
    written(tmp_path, config, tensors)
    feeds = tiny.ragged(config["vocab_size"], 70, types=2)
    expected = tiny.pooled(published_jina.later_states(config, tensors, feeds), feeds)
    check(backend_name, tmp_path, [feeds], [expected])


NEO = {"model_type": "neobert", "vocab_size": 71, "hidden_size": 30, "num_hidden_layers": 3}
NEO |= {"num_attention_heads": 5, "intermediate_size": 43, "norm_eps": 1e-5, "max_length": 45}


@pytest.mark.parametrize("prefix", ["", "model."])
def test_neobert_is_what_its_published_code_computes(prefix, backend_name, tmp_path):
    tensors = draw(published_neobert.shapes(NEO))
    written(tmp_path, NEO, tensors, prefix)
    feeds = tiny.ragged(NEO["vocab_size"], 45)
    expected = tiny.pooled(published_neobert.states(NEO, tensors, feeds), feeds)
    check(backend_name, tmp_path, [feeds], [expected])


@pytest.mark.parametrize(
    "option", [{"ngpt": True}, {"rope": False}, {"encoder_init_range": 0.02}], ids=str
)
def test_other_code_of_neoberts_type_is_refused_by_its_option(option):
    with pytest.raises(Unsupported, match=next(iter(option))):
        describe({**NEO, **option})


NV = {
    "model_type": "nvembed",
    "hidden_size": 30,
    "mask_type": "b",
    "text_config": {
        "model_type": "mistral",
        "vocab_size": 71,
        "hidden_size": 30,
        "num_hidden_layers": 2,
        "num_attention_heads": 5,
        "num_key_value_heads": 1,
        "intermediate_size": 43,
        "rms_norm_eps": 1e-5,
        "rope_theta": 300.0,
        "sliding_window": 4,
    },
    "latent_attention_config": {
        "model_type": "latent_attention",
        "num_latents_value": 7,
        "num_cross_heads": 3,
        "cross_dim_head": 14,
        "hidden_dim": 30,
        "latent_dim": 30,
    },
}


def test_nv_embed_is_what_its_published_code_computes(backend_name, tmp_path):
    """The window of its configuration is one that the code does not have."""
    tensors = draw(published_nvembed.shapes(NV))
    written(tmp_path, NV, tensors)
    feeds = tiny.ragged(71, 40)
    expected = tiny.pooled(published_nvembed.states(NV, tensors, feeds), feeds)
    check(backend_name, tmp_path, [feeds], [expected])


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ({"mask_type": "c"}, "mask_type"),
        ({"text_config": {"hidden_size": 32}}, "latent_dim=30.*hidden_size=32"),
        ({"text_config": {"is_causal": True, "hidden_act": "mish"}}, "hidden_act"),
    ],
)
def test_other_options_of_nv_embed_are_refused_by_name(option, said):
    changed = {k: {**NV[k], **v} if isinstance(v, dict) else v for k, v in option.items()}
    with pytest.raises((Unsupported, BadModel), match=said):
        describe({**NV, **changed})


@pytest.mark.parametrize("name", ["llama_bidirec", "bidirectional_pplx_qwen3"])
def test_decoders_that_see_both_ways_by_their_type(name, backend_name, tmp_path):
    """The same weights as transformers' class makes of them when it is told to see both ways."""
    word = "Llama" if name == "llama_bidirec" else "Qwen3"
    model = tiny.make(word, {**GROUPED, "is_causal": False})
    model.save_pretrained(tmp_path / "own")
    stored = load_file(tmp_path / "own" / "model.safetensors")
    config = {**model.config.to_dict(), "model_type": name, "architectures": None}
    del config["is_causal"]
    written(tmp_path, config, stored)
    feeds = tiny.ragged_for(model, 20)
    expected = tiny.oracle(model, feeds)
    del expected["all_layer_embeddings"]
    check(backend_name, tmp_path, [feeds], [expected])


@pytest.mark.parametrize("prefix", ["", "roberta."])
def test_xlm_roberta_with_rotary_positions_is_the_class_that_transformers_has_for_it(
    prefix, backend_name, tmp_path
):
    """The published options, in front of the tensors that transformers writes for its own form."""
    model = tiny.make("JinaEmbeddingsV3", {**MODERN, "pad_token_id": 1, **rope(300.0)})
    model.save_pretrained(tmp_path / "own")
    stored = load_file(tmp_path / "own" / "model.safetensors")
    assert "encoder.layers.0.mixer.Wqkv.weight" in stored
    config = {**MODERN, "model_type": "xlm-roberta", "position_embedding_type": "rotary"}
    config |= {"pad_token_id": 1, "rotary_emb_base": 300.0, "layer_norm_eps": 1e-5}
    config |= {"type_vocab_size": 1, "lora_adaptations": None}
    written(tmp_path, config, stored, prefix)
    feeds = tiny.ragged_for(model, 60)
    expected = tiny.oracle(model, feeds)
    del expected["all_layer_embeddings"]
    check(backend_name, tmp_path, [feeds], [expected])


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("bert", {"position_embedding_type": "alibi", "feed_forward_type": "geglu"}),
        ("bert", {"position_embedding_type": "relative_key"}),
        ("xlm-roberta", {"position_embedding_type": "rotary"}),
        ("nomic_bert", {"moe_every_n_layers": 2}),
        ("nomic_bert", {"qkv_proj_bias": True}),
    ],
    ids=str,
)
def test_transformers_class_is_not_asked_for_options_that_it_passes_over(kind, options):
    """Its class for the ``model_type`` reads no such option, and would compute something else."""
    said = transformers_misreads({"model_type": kind, **SIZES, **options})
    assert next(iter(options)) in said


def test_alibi_without_gates_is_refused_by_name():
    with pytest.raises(Unsupported, match="feed_forward_type"):
        describe({"model_type": "bert", **SIZES, "position_embedding_type": "alibi"})
