"""Cases of decoders of Llama's layout or near it, and of an encoder that has it."""

from families.sizes import (
    BIASES,
    FOURS,
    GROUPED,
    HEADS,
    LAYERS,
    LINEAR,
    family,
    rope,
)

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
        "Olmoe",
        {**FOURS, "num_experts": 6, "num_experts_per_tok": 2},
        plain={},
        options={"norm_topk_prob": True, "num_key_value_heads": 6},
    ),
}
