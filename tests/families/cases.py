"""Families × configurations: what of each family differs from its sizes, and how long texts are."""

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


CASES = {
    **family("Bert", SIZES, plain=({}, 45), options={"hidden_act": "relu", "type_vocab_size": 3}),
    **family("Roberta", SIZES, plain=({}, 43), padding=({"pad_token_id": 3}, 41)),
    **family("XLMRoberta", SIZES, plain={}),
    **family("Camembert", SIZES, plain={}),
    **family("Data2VecText", SIZES, plain=({}, 43)),
    **family(
        "RobertaPreLayerNorm",
        SIZES,
        plain=({}, 43),
        options={"hidden_act": "relu", "type_vocab_size": 3, "layer_norm_eps": 1e-3},
    ),
    **family("XLMRobertaXL", SIZES, plain=({}, 43), options={"hidden_act": "relu"}),
    **family(
        "Ernie",
        SIZES,
        plain=({}, 45),
        tasks={"use_task_id": True, "type_vocab_size": 4, "hidden_act": "relu"},
        many_tasks={"use_task_id": True, "task_type_vocab_size": 16},
    ),
    **family("MegatronBert", SIZES, plain=({}, 45), options={"type_vocab_size": 3}),
    **family("Luke", {**SIZES, "entity_vocab_size": 5, "entity_emb_size": 8}, plain=({}, 43)),
    **family(
        "JinaEmbeddingsV3",
        MODERN,
        plain={},
        options=(
            {"hidden_act": "gelu_new", "type_vocab_size": 3, "layer_norm_eps": 1e-3} | rope(77.0),
            90,
        ),
    ),
    **family("DistilBert", DISTIL, plain={}, options={"activation": "relu"}),
    **family(
        "Electra",
        NARROW,
        plain=({}, 45),
        one_width={"embedding_size": 30, "type_vocab_size": 1},
        types={"type_vocab_size": 3, "hidden_act": "relu"},
    ),
    **family(
        "Albert",
        NARROW,
        plain=({}, 45),
        one_width={"embedding_size": 30, "type_vocab_size": 1},
        groups={"num_hidden_layers": 5, "num_hidden_groups": 2, "inner_group_num": 2},
        unused_groups={"num_hidden_groups": 5},
        options={"hidden_act": "gelu", "layer_norm_eps": 1e-3},
    ),
    **family(
        "RemBert",
        {**SIZES, **dict.fromkeys(IDS, 1), "input_embedding_size": 17, "output_embedding_size": 26},
        plain=({}, 45),
        one_width={"input_embedding_size": 30, "type_vocab_size": 3, "hidden_act": "relu"},
    ),
    **family(
        "MPNet",
        SIZES,
        far=({"max_position_embeddings": 302}, 300),
        padding=({"pad_token_id": 0}, 43),
        one_head={"num_attention_heads": 1, "hidden_act": "silu"},
    ),
    **family(
        "DebertaV2",
        V3,
        far=({}, 81),
        range=({"max_relative_positions": 19}, 45),
        odd_buckets=({"position_buckets": 7}, 60),
        two_buckets=({"position_buckets": 2}, 60),
        from_content=({"pos_att_type": ["c2p"]}, 45),
        two_widths=({"embedding_size": 17, "type_vocab_size": 1}, 45),
    ),
    **family(
        "DebertaV2",
        NEAR,
        own_projections=({"pos_att_type": BOTH}, 95),
        to_content=({"position_buckets": 6, "pos_att_type": "P2C", "num_attention_heads": 1}, 45),
        positions_and_types=(
            {"position_biased_input": True, "type_vocab_size": 2, "pos_att_type": BOTH}
            | {"max_relative_positions": 12},
            45,
        ),
        not_relative={"relative_attention": False, "position_biased_input": True},
        convolution={"conv_kernel_size": 3, "conv_act": "gelu", "pos_att_type": BOTH},
        wide_convolution=({"conv_kernel_size": 7, "embedding_size": 17, "type_vocab_size": 1}, 45),
        no_terms={"norm_rel_ebd": "layer_norm"},
    ),
    **family(
        "Deberta",
        NEAR,
        plain=({"pos_att_type": BOTH}, 45),
        far=({"pos_att_type": BOTH, "max_relative_positions": 12}, 45),
        from_content=({"pos_att_type": ["c2p"], "type_vocab_size": 2}, 30),
        to_content={"pos_att_type": "P2C", "num_attention_heads": 1},
        positions={"position_biased_input": True, "relative_attention": False},
    ),
    **family(
        "ModernBert",
        MODERN_BERT,
        plain={},
        biases=BIASES
        | {"norm_bias": True, "norm_eps": 1e-3}
        | {"hidden_activation": "gelu_pytorch_tanh"},
        layers=(
            {"layer_types": FIVE_LAYERS, "hidden_activation": "silu", "local_attention": 4}
            | by_kind({"rope_theta": 50.0}, {**LINEAR, "rope_theta": 3000.0}),
            61,
        ),
        one_head=({"num_attention_heads": 1}, 140),
    ),
    **family(
        "ModernBertDecoder",
        MODERN_BERT,
        plain={},
        options={**BIASES, "norm_bias": True, "norm_eps": 1e-3, "hidden_activation": "silu"},
        layers=(
            {"layer_types": FIVE_LAYERS, "local_attention": 4}
            | by_kind({"rope_theta": 50.0}, {**LINEAR, "rope_theta": 3000.0}),
            61,
        ),
    ),
    **family(
        "NomicBert",
        MODERN,
        plain={},
        options=(
            {"head_dim": 8, "hidden_act": "gelu", "type_vocab_size": 3, "layer_norm_eps": 1e-3}
            | rope(77.0),
            90,
        ),
        linear={**rope(3000.0, **LINEAR), "type_vocab_size": 1},
    ),
    **family(
        "Gte",
        MODERN,
        plain={},
        untyped=({**rope(3000.0, **LINEAR), "type_vocab_size": 0}, 90),
        options={"type_vocab_size": 2, "hidden_act": "gelu_new", "layer_norm_eps": 1e-3}
        | {"num_attention_heads": 1},
    ),
    **family(
        "T5",
        T5,
        far=({}, 170),
        gated={"num_heads": 1, "d_kv": 26, "feed_forward_proj": "gated-silu"}
        | {"layer_norm_epsilon": 1e-3},
        buckets=(
            {"feed_forward_proj": "gelu", "relative_attention_num_buckets": 10}
            | {"relative_attention_max_distance": 19},
            60,
        ),
    ),
    **family("MT5", T5, far=({}, 150), relu={"feed_forward_proj": "relu"}),
    **family("UMT5", T5, far=({}, 150), buckets=({"relative_attention_max_distance": 21}, 40)),
    **family(
        "Llama",
        GROUPED,
        plain={},
        heads={**FULL_HEADS, **BIASES},
        head_dim={"head_dim": 16, "hidden_act": "gelu_new"},
        both_ways={"is_causal": False},
        llama3={**LONG, **rope(**LLAMA3)},
        linear=rope(**LINEAR),
        dynamic=rope(**DYNAMIC),
        yarn={**LONG, **rope(**YARN)},
    ),
    **family(
        "EuroBert",
        {**GROUPED, "pad_token_id": 0},
        plain={},
        options={**BIASES, "head_dim": 14, "num_key_value_heads": 3, "hidden_act": "gelu"},
        yarn={**LONG, **rope(**YARN)},
    ),
    **family(
        "Granite",
        GROUPED,
        plain={},
        factors={**BIASES, **FACTORS},
        both_ways={**FACTORS, "is_causal": False},
    ),
    **family(
        "Olmo2",
        GROUPED,
        plain={},
        options={**HEADS, "attention_bias": True, "hidden_act": "gelu"},
        one_head={"num_attention_heads": 1, "num_key_value_heads": 1, "is_causal": False},
    ),
    **family(
        "Mistral",
        GROUPED,
        window={"sliding_window": 5},
        no_window={**HEADS, "sliding_window": None},
        window_of_one={"sliding_window": 1, "rms_norm_eps": 1e-3},
        both_ways={"sliding_window": 4, "is_causal": False},
    ),
    **family(
        "Qwen2",
        GROUPED,
        heads=FULL_HEADS,
        windows={**WINDOW, "max_window_layers": 1},
        unused_window={"sliding_window": 3, "max_window_layers": 0},
        layer_types={**WINDOW, "layer_types": LAYERS},
        both_ways={**WINDOW, "layer_types": LAYERS, "is_causal": False},
        yarn={**LONG, **rope(**YARN_SET)},
    ),
    **family(
        "Qwen3",
        HEADS,
        plain={},
        bias={"attention_bias": True, "hidden_act": "gelu"},
        windows={**WINDOW, "max_window_layers": 2},
        yarn={**LONG, **rope(**YARN_SCALES)},
        yarn_given={**LONG, **rope(**YARN_GIVEN)},
    ),
    **family(
        "Qwen2Moe",
        {**FOURS, **EXPERTS, "shared_expert_intermediate_size": 31},
        plain={},
        options={"qkv_bias": False, "norm_topk_prob": True, "decoder_sparse_step": 2},
        windows={**WINDOW, "max_window_layers": 2, "mlp_only_layers": [1]},
        layer_types={**WINDOW, "layer_types": LAYERS},
        no_experts={"num_experts": 0},
    ),
    **family(
        "Qwen3Moe",
        {**FOURS, **EXPERTS, "head_dim": 14},
        plain={},
        options={"attention_bias": True, "norm_topk_prob": True, "hidden_act": "gelu"},
        windows={**WINDOW, "mlp_only_layers": [0, 2]},
        one_expert={"num_experts": 1, "num_experts_per_tok": 1},
    ),
    **family(
        "Lfm2",
        {**GROUPED, "layer_types": ["conv", "full_attention", "conv"]},
        plain={},
        options={"conv_L_cache": 5, "norm_eps": 1e-3, "block_multiple_of": 7, **rope(300.0)},
        width={"block_auto_adjust_ff_dim": False, "layer_types": None, "full_attn_idxs": [1, 2]},
        factor={"block_ffn_dim_multiplier": 0.7, "block_multiple_of": 3, "conv_L_cache": 1},
        attention_alone={"layer_types": None, "conv_bias": True},
        bias=({"conv_bias": True, "conv_L_cache": 30}, 24),
    ),
    **family(
        "Mixtral",
        {**FOURS, "num_local_experts": 5},
        plain={},
        heads={"head_dim": 14, "sliding_window": 5, "num_experts_per_tok": 3},
        both_ways={"is_causal": False, **rope(300.0)},
    ),
    **family(
        "Phi3",
        {**GROUPED, "pad_token_id": 0},
        plain={},
        window={**HEADS, "sliding_window": 5, "rms_norm_eps": 1e-3},
        partial={**HEADS, **rope(partial_rotary_factor=0.45)},
        long={
            "original_max_position_embeddings": 24,
            "max_position_embeddings": 96,
            **rope(rope_type="longrope", **LONGROPE),
        },
        both_ways={"is_causal": False},
    ),
    **family(
        "Phi",
        GROUPED,
        plain=rope(partial_rotary_factor=0.4),
        options={"qk_layernorm": True, "hidden_act": "relu", **rope(partial_rotary_factor=1.0)},
        both_ways={"is_causal": False, **rope(partial_rotary_factor=0.2)},
    ),
    **family(
        "Cohere",
        FOURS,
        plain={},
        options={"attention_bias": True, "num_key_value_heads": 6, **rope(**YARN_GIVEN)},
        both_ways={"is_causal": False},
    ),
    **family(
        "Cohere2",
        {**FOURS, "num_hidden_layers": 4, "sliding_window": 5},
        plain={},
        layer_types={"layer_types": [*LAYERS, "full_attention"], "attention_bias": True},
    ),
    **family(
        "Olmo",
        GROUPED,
        plain={},
        clipped={"clip_qkv": 0.6, "attention_bias": True},
        both_ways={"is_causal": False, "num_key_value_heads": 3},
    ),
    **family(
        "Starcoder2",
        GROUPED,
        plain={},
        options={
            "sliding_window": 6,
            "use_bias": False,
            "norm_epsilon": 1e-3,
            "hidden_act": "silu",
        },
    ),
    **family(
        "StableLm",
        FOURS,
        plain=rope(partial_rotary_factor=0.34),
        parallel={"use_parallel_residual": True, **rope(partial_rotary_factor=0.7)},
        options={"use_qkv_bias": True, "num_key_value_heads": 6, **rope(partial_rotary_factor=1.0)},
    ),
    **family(
        "SmolLM3",
        {**GROUPED, "num_hidden_layers": 4, "pad_token_id": 0},
        plain={},
        windows={"use_sliding_window": True, "sliding_window": 5, "no_rope_layers": [1, 0, 0, 1]},
        layer_types={**WINDOW, "layer_types": [*LAYERS, "full_attention"], **BIASES},
        interval={"no_rope_layer_interval": 3, **rope(300.0)},
    ),
    **family(
        "Nemotron",
        GROUPED,
        plain=rope(partial_rotary_factor=0.4),
        options={**HEADS, **BIASES, "hidden_act": "silu", "norm_eps": 1e-3}
        | rope(partial_rotary_factor=1.0),
    ),
    **family(
        "Glm",
        {**HEADS, "pad_token_id": 0},
        plain=rope(partial_rotary_factor=0.6),
        options={"attention_bias": False, **rope(partial_rotary_factor=1.0)},
        linear=rope(**LINEAR, partial_rotary_factor=0.6),
    ),
    **family("Glm4", {**HEADS, "pad_token_id": 0}, plain=rope(partial_rotary_factor=0.6)),
    **family(
        "Helium",
        {**GROUPED, "head_dim": 10},
        plain={},
        options={**BIASES, **rope(**LINEAR), "is_causal": False},
    ),
    **family(
        "Exaone4",
        {**HEADS, "num_hidden_layers": 4},
        windows={"sliding_window": 5},
        pattern={"sliding_window": 4, "sliding_window_pattern": 2},
        no_window={"sliding_window": None, "layer_types": ["full_attention"] * 4},
    ),
    **family(
        "Ministral",
        HEADS,
        windows={"sliding_window": 5},
        layer_types={"sliding_window": 4, "layer_types": LAYERS},
    ),
    **family(
        "OPT",
        {**{k: v for k, v in SIZES.items() if k != "intermediate_size"}, "ffn_dim": 43},
        plain=({"pad_token_id": 0}, 45),
        behind={"do_layer_norm_before": False, "activation_function": "gelu"},
        options={"enable_bias": False, "layer_norm_elementwise_affine": False},
        no_last={"_remove_final_layer_norm": True},
    ),
    **family(
        "GPTNeoX",
        SIZES,
        plain=rope(partial_rotary_factor=0.4),
        in_turn={"use_parallel_residual": False, **rope(partial_rotary_factor=1.0)},
        options={"attention_bias": False, "hidden_act": "relu"}
        | rope(300.0, partial_rotary_factor=0.7),
    ),
    **family(
        "Bloom",
        {"vocab_size": 71, "hidden_size": 30, "n_layer": 3, "n_head": 5},
        plain=({}, 70),
        heads={"n_head": 2, "layer_norm_epsilon": 1e-3},
    ),
    **family(
        "GPT2",
        {"vocab_size": 71, "n_embd": 30, "n_layer": 3, "n_head": 5, "n_positions": 45},
        plain=({}, 45),
        options={"n_inner": 43, "activation_function": "relu", "scale_attn_weights": False},
        by_layer={"scale_attn_by_inverse_layer_idx": True},
    ),
    **family(
        "GPTNeo",
        {"vocab_size": 71, "hidden_size": 30, "num_layers": 3, "num_heads": 5}
        | {"max_position_embeddings": 45, "attention_types": [[["global", "local", "global"], 1]]},
        plain=({}, 45),
        window={"window_size": 4, "intermediate_size": 43},
    ),
    **family(
        "Gemma",
        HEADS,
        plain={},
        options={"hidden_act": "gelu", **BIASES, "rms_norm_eps": 1e-3} | rope(**LINEAR),
        relu={"hidden_act": "relu", "num_key_value_heads": 6},
    ),
    **family(
        "Gemma2",
        CAPPED,
        plain={},
        cap_of_one={"attn_logit_softcapping": 1.0, "attention_bias": True},
        uncapped={"attn_logit_softcapping": None, "hidden_activation": "silu"},
        layer_types={"layer_types": [*LAYERS, "sliding_attention"], **rope(300.0)},
        heads={"num_key_value_heads": 6},
    ),
    **family(
        "Gemma3Text",
        GEMMA,
        plain={},
        both_ways={"use_bidirectional_attention": True},
        both_ways_odd={"use_bidirectional_attention": True, "sliding_window": 9},
        layer_types={"layer_types": [*LAYERS, "full_attention"]},
        options={"attention_bias": True, "hidden_activation": "silu"},
        ropes=by_kind({"rope_theta": 300.0}, {**LINEAR, "rope_theta": 9000.0}),
        yarn={**LONG, **by_kind({}, YARN)},
    ),
}
FAMILIES = sorted({case.family for case in CASES.values()})
