"""Cases of decoders of Llama's layout or near it, and of an encoder that has it."""

from families.sizes import (
    BIASES,
    FACTORS,
    FOURS,
    GROUPED,
    HEADS,
    LAYERS,
    LINEAR,
    family,
    rope,
)

FALCON = {"vocab_size": 71, "hidden_size": 36, "num_attention_heads": 6, "num_hidden_layers": 3}

DECODERS = {
    **family(
        "Ultrabert",
        {**GROUPED, "sliding_window": 4, "num_hidden_layers": 4},
        plain={},
        layer_types={"layer_types": [*LAYERS, "full_attention"], "attention_bias": True},
        older={"attention_windows": [None, 5, 5, None], "rope_theta": [9e3, 300.0, 300.0, 9e3]},
    ),
    **family(
        "GPTJ",
        {"vocab_size": 71, "n_embd": 30, "n_layer": 3, "n_head": 5, "n_positions": 45},
        plain=({"rotary_dim": 4}, 45),
        options={"n_inner": 43, "rotary_dim": 6, "activation_function": "relu"},
    ),
    **family(
        "Arcee", GROUPED, plain={}, options={**BIASES, "hidden_act": "gelu", **rope(**LINEAR)}
    ),
    **family("SeedOss", HEADS, plain={}, options={"attention_out_bias": True, "mlp_bias": True}),
    **family("Ernie4_5", HEADS, plain={}, options={"use_bias": True, **rope(300.0)}),
    **family(
        "Falcon",
        FALCON,
        plain={},
        own_keys={"multi_query": False, "bias": True, "ffn_hidden_size": 41, **rope(300.0)},
        in_turn={"parallel_attn": False, "activation": "relu", "layer_norm_epsilon": 1e-3},
        new={"new_decoder_architecture": True, "num_kv_heads": 3},
        one_norm={"new_decoder_architecture": True, "num_kv_heads": 2, "bias": True}
        | {"num_ln_in_parallel_attn": 1},
    ),
    **family(
        "Mpt",
        {"vocab_size": 71, "d_model": 30, "n_heads": 5, "n_layers": 3, "max_seq_len": 64},
        plain={},
        options={"n_heads": 2, "layer_norm_epsilon": 1e-3}
        | {"attn_config": {"clip_qkv": 0.6, "softmax_scale": 0.3}},
    ),
    **family(
        "GraniteMoe",
        {**FOURS, "num_local_experts": 6},
        plain={},
        factors={**FACTORS, "attention_bias": True, "num_experts_per_tok": 3, "hidden_act": "gelu"},
    ),
    **family(
        "Olmoe",
        {**FOURS, "num_experts": 6, "num_experts_per_tok": 2},
        plain={},
        options={"norm_topk_prob": True, "num_key_value_heads": 6},
    ),
}
