"""An option that is not implemented is refused by its name: nothing else is computed instead."""

import json

import pytest
from families.running import CPU
from families.sizes import YARN_SET, by_kind, rope

from isomorph.encoders import describe
from isomorph.errors import Unsupported
from isomorph.plugins.discovery import installed
from isomorph.plugins.reading import read_model
from isomorph.program import transformers_misreads
from isomorph.testing import models

RELATIVE = {"relative_attention": True, "pos_att_type": ["c2p"]}
EXPERTS = {"moe_every_n_layers": 2, "num_experts": 4, "moe_top_k": 2, "activation_function": "gelu"}
REFUSED = {
    # model type: (options, what the refusal says; by default the name of the first option)
    "electra": [
        {"position_embedding_type": "relative_key"},
        {"is_decoder": True},
        {"hidden_act": "mish"},
    ],
    "xlm-roberta": [
        {"position_embedding_type": "relative_key"},
        ({"position_embedding_type": "rotary", "rotary_emb_interleaved": True}, "interleaved"),
    ],
    "roberta": [{"position_embedding_type": "rotary"}],
    "albert": [{"position_embedding_type": "relative_key_query"}],
    "mpnet": [{"relative_attention_num_buckets": 16}],
    "deberta-v2": [
        {"conv_kernel_size": 4},
        ({"conv_kernel_size": 3, "conv_groups": 2}, "conv_groups=2"),
        {"conv_act": "mish", "conv_kernel_size": 3},
        {"attention_head_size": 32},
        {"norm_rel_ebd": "batch_norm", **RELATIVE},
        {"pos_att_type": ["p2p"], "relative_attention": True},
        {"position_buckets": 1, **RELATIVE},
        {"position_buckets": 2000, **RELATIVE},
    ],
    "modernbert": [
        {"hidden_activation": "xielu"},
        {"head_dim": 7},
        {"layer_types": ["chunked_attention"]},
        ({"rope_scaling": {"rope_type": "dynamic", "factor": 2.0}}, "rope_type='dynamic'"),
        ({"global_rope_theta": None}, "rope_theta"),
    ],
    "nomic_bert": [
        {"prenorm": True},
        {"causal": True},
        {"activation_function": "reglu"},
        ({"activation_function": "geglu", "hidden_act": "silu"}, "hidden_act"),
        ({**EXPERTS, "activation_function": "swiglu"}, "activation_function"),
        ({**EXPERTS, "expert_choice_router": True}, "expert_choice_router"),
        ({**EXPERTS, "moe_normalize_expert_weights": True}, "moe_normalize_expert_weights"),
        ({**EXPERTS, "num_shared_experts": 1}, "num_shared_experts"),
        ({**EXPERTS, "ffn_div": 2}, "ffn_div"),
        {"rotary_emb_fraction": 0.5},
        {"rotary_emb_interleaved": True},
        (
            {"rotary_scaling_factor": 2, "rope_scaling": {"type": "linear", "factor": 2}},
            "rope_type='linear'",
        ),
        ({"rope_parameters": {"rope_type": "yarn", "factor": 2.0}}, "rope_type='yarn'"),
        {"partial_rotary_factor": 0.5},
        ({"rope_parameters": {"full_attention": {}}}, "full_attention"),
    ],
    "gte": [
        {"hidden_act": "xielu"},
        ({"rope_scaling": {"rope_type": "longrope"}}, "rope_type='longrope'"),
    ],
    "new": [
        {"position_embedding_type": "absolute"},
        {"logn_attention_scale": True},
        {"layer_norm_type": "batch_norm"},
        ({"rope_scaling": {"type": "dynamic", "factor": 2.0}}, "type='dynamic'"),
        ({"rope_scaling": {"type": "ntk", "factor": 0.5}}, "factor=0.5"),
    ],
    "bart": [{"is_decoder": True}, {"decoder_start_token_id": None}],
    "m2m_100": [{"activation_function": "mish"}],
    "big_bird": [
        ({"attention_type": "block_sparse"}, "attention_type='block_sparse'.*704 tokens"),
        {"attention_type": "sparse"},
    ],
    "falcon": [
        {"alibi": True},
        {"num_ln_in_parallel_attn": 2},
        ({"new_decoder_architecture": True, "parallel_attn": False}, "parallel_attn"),
    ],
    "mpt": [
        {"no_bias": False},
        {"expansion_ratio": 2},
        ({"attn_config": {"alibi": False}}, "alibi=False"),
        ({"attn_config": {"qk_ln": True}}, "qk_ln"),
        ({"attn_config": {"alibi_bias_max": 4}}, "alibi_bias_max"),
        ({"attn_config": {"attn_type": "multiquery_attention"}}, "attn_type"),
    ],
    "fnet": [{"use_tpu_fourier_optimizations": True}],
    "mobilebert": [{"key_query_shared_bottleneck": False}, {"normalization_type": "rms_norm"}],
    "xmod": [
        ({}, "default_language=None.*en_XX"),
        ({"default_language": "de_DE"}, "default_language='de_DE'"),
    ],
    "esm": [
        {"position_embedding_type": "relative_key", "vocab_size": 33, "pad_token_id": 1},
        {"is_folding_model": True, "vocab_size": 33},
        ({"token_dropout": True, "vocab_size": 33, "pad_token_id": 1}, "mask_token_id=None"),
    ],
    "convbert": [{"num_groups": 2}, {"conv_kernel_size": 4}],
    "gptj": [{"rotary_dim": None}, {"rotary_dim": 7}],
    "olmoe": [{"clip_qkv": 8.0}],
    "ultrabert": [({"layer_types": ["chunked_attention"] * 32}, "chunked_attention")],
    "t5": [{"is_decoder": True}],
    "mt5": [{"feed_forward_proj": "twice-gelu"}],
    "umt5": [{"feed_forward_proj": "gated-xielu"}],
    "llama": [
        {"partial_rotary_factor": 0.5},
        {"hidden_act": "relu6"},
        ({"head_dim": 13}, "13"),
    ],
    "mistral": [{"quantization_config": {"bits": 4}}, {"is_causal": None}],
    "qwen2": [
        ({"layer_types": ["chunked_attention"] * 32}, "chunked_attention"),
        ({"layer_types": ["sliding_attention"] * 32}, "sliding_window"),
    ],
    "qwen3": [
        (rope(rope_type="ntk"), r"rope_type='ntk'.*'qwen3'"),
        (by_kind({}, {}), "sliding_attention"),
    ],
    "lfm2": [
        {"is_causal": False},
        ({"layer_types": ["linear_attention"] * 32}, "linear_attention"),
    ],
    "phi3": [
        ({"rope_scaling": {"type": "linear", "factor": 2.0}}, "rope_type='linear'"),
        (rope(partial_rotary_factor=0.33), "31 of the 96 in a head"),
    ],
    "phi": [{"hidden_act": "mish"}, (rope(partial_rotary_factor=1.5), "96 of the 64")],
    "cohere": [
        {"use_qk_norm": True},
        ({"partial_rotary_factor": 0.5}, "partial_rotary_factor"),
    ],
    "cohere2": [({"layer_types": ["chunked_attention"] * 40}, "chunked_attention")],
    "stablelm": [{"qk_layernorm": True}],
    "glm": [
        (
            rope(rope_type="yarn", factor=4.0, original_max_position_embeddings=64),
            "rope_type='yarn'",
        ),
    ],
    "exaone4": [{"sliding_window_pattern": "LLLG"}],
    "modernbert-decoder": [{"is_causal": False}, {"hidden_activation": "xielu"}],
    "gpt_neox": [{"is_causal": False}, {"hidden_act": "mish"}],
    "bloom": [{"apply_residual_connection_post_layernorm": True}],
    "opt": [{"word_embed_proj_dim": 512}, {"is_causal": False}],
    "gpt2": [{"add_cross_attention": True}, {"activation_function": "mish"}],
    "gpt_neo": [({"attention_types": [[["random"], 24]]}, "random")],
    "gemma": [{"is_causal": False}, {"use_bidirectional_attention": True}],
    "gemma2": [
        {"is_causal": False},
        {"use_bidirectional_attention": True},
        ({"layer_types": ["chunked_attention"] * 26}, "chunked_attention"),
    ],
    "gemma3_text": [
        {"is_causal": False},
        {"attn_logit_softcapping": 50.0},
        (by_kind({}, YARN_SET), "truncate=False"),
    ],
}


@pytest.mark.parametrize(
    ("model_type", "refused"),
    [(model_type, refused) for model_type, every in REFUSED.items() for refused in every],
    ids=str,
)
def test_what_is_not_implemented_is_refused_by_name(model_type, refused):
    options, said = refused if isinstance(refused, tuple) else (refused, next(iter(refused)))
    with pytest.raises(Unsupported, match=said):
        describe({"model_type": model_type, **options})


@pytest.mark.parametrize("backend", [info.name for info in installed().infos])
def test_attention_that_depends_on_texts_before_is_refused_by_every_backend(tmp_path, backend):
    folder = models.write("big-bird", tmp_path / "model")
    file = folder / "config.json"
    config = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps({**config, "max_position_embeddings": 705}), "utf-8")
    reason = transformers_misreads(json.loads(file.read_text("utf-8")))
    assert "attention_type='block_sparse'" in reason
    with pytest.raises(Unsupported, match=r"attention_type='block_sparse'.*704 tokens"):
        describe({**config, "max_position_embeddings": 705})
    model = read_model(folder)
    said = installed().backend(backend).claim(model, CPU)
    assert said.depth == 0
    assert reason in said.reason
