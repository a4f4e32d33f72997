"""Sizes and options that cases of several families share."""

from typing import NamedTuple


class Case(NamedTuple):
    """A family of transformers, the settings of its configuration, the width of the batch."""

    family: str
    settings: dict
    width: int = 24


SIZES = {
    "vocab_size": 71,
    "hidden_size": 30,
    "num_hidden_layers": 3,
    "num_attention_heads": 5,
    "intermediate_size": 43,
    "max_position_embeddings": 45,
}
DISTIL = {"vocab_size": 71, "dim": 30, "n_layers": 2, "n_heads": 5, "hidden_dim": 43}
NARROW = {**SIZES, "embedding_size": 17}
IDS = ("bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id")
MODERN = {**SIZES, "intermediate_size": 22, "pad_token_id": 0}
MODERN_BERT = {**MODERN, "num_hidden_layers": 5, "local_attention": 7, **dict.fromkeys(IDS, 1)}
T5 = {"vocab_size": 67, "d_model": 26, "d_kv": 6, "d_ff": 22, "num_layers": 3, "num_heads": 3}
HALVES = {"vocab_size": 71, "d_model": 30, "max_position_embeddings": 45, "encoder_layers": 3}
HALVES |= {"decoder_layers": 2, "encoder_attention_heads": 5, "decoder_attention_heads": 3}
HALVES |= {"encoder_ffn_dim": 43, "decoder_ffn_dim": 37}
GROUPED = {**SIZES, "num_attention_heads": 3, "num_key_value_heads": 1}
GROUPED |= {"intermediate_size": 41, "max_position_embeddings": 24}
HEADS = {**GROUPED, "hidden_size": 33, "num_attention_heads": 6, "num_key_value_heads": 2}
HEADS |= {"head_dim": 14}
FULL_HEADS = {**GROUPED, "num_attention_heads": 5, "num_key_value_heads": None}
GEMMA = {**HEADS, "hidden_size": 30, "query_pre_attn_scalar": 11, "num_hidden_layers": 4}
GEMMA |= {"sliding_window": 6, "sliding_window_pattern": 3}
CAPPED = {key: value for key, value in GEMMA.items() if key != "sliding_window_pattern"}
CAPPED |= {"attn_logit_softcapping": 3.0}
FACTORS = {"embedding_multiplier": 12.0, "residual_multiplier": 0.22}
FACTORS |= {"attention_multiplier": 0.3, "logits_scaling": 8.0}
FOURS = {**GROUPED, "hidden_size": 36, "num_attention_heads": 6, "num_key_value_heads": 2}
FOURS |= {"intermediate_size": 44}
"""torch's product of several matrices wants widths that are multiples of four."""
EXPERTS = {"num_experts": 6, "num_experts_per_tok": 2, "moe_intermediate_size": 20}

NEAR = {**SIZES, "relative_attention": True, "position_biased_input": False}
V3 = {"position_buckets": 8, "share_att_key": True, "norm_rel_ebd": "layer_norm"}
V3 = {**NEAR, **V3, "pos_att_type": "p2c|c2p"}
BOTH = ["c2p", "p2c"]
BIASES = {"attention_bias": True, "mlp_bias": True}
WINDOW = {"use_sliding_window": True, "sliding_window": 4}
LAYERS = ["sliding_attention", "full_attention", "sliding_attention"]
FIVE_LAYERS = [*LAYERS, "full_attention", "sliding_attention"]

LINEAR = {"rope_type": "linear", "factor": 2.5}
DYNAMIC = {"rope_type": "dynamic", "factor": 2.7}
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 24}
YARN_SET = {**YARN, "beta_fast": 6, "beta_slow": 0.5, "truncate": False}
YARN_SCALES = {**YARN, "mscale": 0.7, "mscale_all_dim": 1.9}
YARN_GIVEN = {**YARN, "attention_factor": 1.3}
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
LLAMA3 |= {"original_max_position_embeddings": 48, "rope_theta": 500.0}
LONGROPE = {
    "short_factor": [1.0, 1.1, 1.3, 2.0, 3.0],
    "long_factor": [1.0, 2.0, 4.0, 8.0, 16.0],
}
LONG = {"max_position_embeddings": 96}


def rope(theta=5000.0, **parameters):
    return {"rope_parameters": {"rope_type": "default", "rope_theta": theta, **parameters}}


def by_kind(local, whole):
    local, whole = ({"rope_type": "default", **found} for found in (local, whole))
    return {"rope_parameters": {"sliding_attention": local, "full_attention": whole}}


def family(name, sizes, **options):
    """Cases of one family: options on top of its sizes, perhaps (options, width)."""
    pairs = {key: found if isinstance(found, tuple) else (found,) for key, found in options.items()}
    return {
        f"{name}-{key}".replace("_", "-"): Case(name, {**sizes, **changes}, *width)
        for key, (changes, *width) in pairs.items()
    }


ASKED = {
    "BigBird": {"attention_type": "original_full"},
    "T5": {"decoder_start_token_id": 0},
    "Xmod": {"default_language": "en_XX"},
    "Esm": {"vocab_size": 33, "pad_token_id": 1},
}
"""What a file must ask for, where transformers' default is refused by the family or by its classifier."""
