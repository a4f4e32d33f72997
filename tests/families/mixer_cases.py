"""Cases of encoders that compress BERT, mix otherwise than by attention, translate, or read proteins."""

from families.sizes import HALVES, NARROW, SIZES, family

MOBILE = {**NARROW, "intra_bottleneck_size": 20}
SQUEEZED = {**SIZES, "hidden_size": 40, "embedding_size": 40, "intermediate_size": 44}
ESM = {**SIZES, "pad_token_id": 1, "position_embedding_type": "rotary"}
LANGUAGES = {"languages": ["en_XX", "de_DE"], "default_language": "de_DE"}

MIXERS = {
    **family(
        "MobileBert",
        MOBILE,
        plain=({}, 45),
        norms=(
            {"normalization_type": "layer_norm", "use_bottleneck_attention": True}
            | {"trigram_input": False, "type_vocab_size": 3, "hidden_act": "gelu"},
            45,
        ),
        wide={"use_bottleneck": False, "num_feedforward_networks": 1, "embedding_size": 30},
        one_width={"trigram_input": False, "embedding_size": 30, "layer_norm_eps": 1e-3},
    ),
    **family(
        "SqueezeBert",
        SQUEEZED,
        plain=({}, 45),
        options={"q_groups": 1, "v_groups": 2, "post_attention_groups": 5, "output_groups": 2}
        | {"hidden_act": "relu", "layer_norm_eps": 1e-3, "type_vocab_size": 3},
    ),
    **family(
        "FNet",
        {**{k: v for k, v in SIZES.items() if k != "num_attention_heads"}, "pad_token_id": 0},
        plain=({}, 45),
        options={"hidden_act": "relu", "type_vocab_size": 1, "layer_norm_eps": 1e-3},
    ),
    **family(
        "Xmod",
        {**SIZES, **LANGUAGES},
        plain=({}, 43),
        first={"pre_norm": True, "adapter_reduction_factor": 3},
        own_norm={"adapter_layer_norm": True, "type_vocab_size": 3},
        late={"ln_before_adapter": False, "hidden_act": "relu"},
        late_first={"pre_norm": True, "ln_before_adapter": False, "adapter_layer_norm": True},
        no_norm={"adapter_reuse_layer_norm": False},
    ),
    **family(
        "Marian",
        {**HALVES, "pad_token_id": 0},
        plain=({}, 45),
        options={"scale_embedding": True, "activation_function": "swish", "d_model": 45},
    ),
    **family(
        "Esm",
        ESM,
        plain={"max_position_embeddings": 12},
        dropped={"token_dropout": True, "mask_token_id": 5},
        table=({"position_embedding_type": "absolute", "emb_layer_norm_before": True}, 43),
        options={"rope_theta": 300.0, "layer_norm_eps": 1e-3, "emb_layer_norm_before": True},
    ),
}
