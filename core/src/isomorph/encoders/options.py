"""What the options of a ``config.json`` may be, by name: the same for every family that has them.

An architecture without a family is another engine's to understand. Of its options only those are refused
that ask for a size beyond all bounds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from isomorph.errors import BadModel
from isomorph.files import limits
from isomorph.files.schema import (
    FLAG,
    HEADS,
    LAYERS,
    NUMBER,
    OBJECT,
    POSITIONS,
    TEXT,
    WIDTH,
    WORDS,
    Either,
    Kind,
    ListOf,
    Number,
    Schema,
    Whole,
    judge,
    maybe,
    refused,
)
from isomorph.files.tensor import Tensor

_EPSILON = Number(0, 0.1)
_BASE = Number(1, 1e12)
_FACTOR = Number(0, 1e6)
_TEXTS = ListOf(TEXT)
_NUMBERS = ListOf(Whole(0, limits.LAYERS))
"""Numbers of layers."""
_ID = Whole(-1, limits.WORDS)
_FLAGS = (
    "add_cross_attention attention_bias classifier_bias decoder_bias is_decoder mlp_bias norm_bias "
    "mlp_fc1_bias mlp_fc2_bias output_hidden_states pack_qkv position_biased_input qkv_proj_bias "
    "relative_attention share_att_key sinusoidal_pos_embds tie_word_embeddings use_sliding_window "
    "use_task_id is_gated_act"
)
_DECODERS = (
    "norm_topk_prob qk_layernorm qkv_bias use_bias use_parallel_residual use_qkv_bias "
    "scale_attn_weights scale_attn_by_inverse_layer_idx apply_residual_connection_post_layernorm "
    "do_layer_norm_before _remove_final_layer_norm enable_bias layer_norm_elementwise_affine "
    "attention_out_bias rescale_embeddings scale_embedding"
)
_NARROW = (
    "trigram_input use_bottleneck use_bottleneck_attention key_query_shared_bottleneck "
    "use_tpu_fourier_optimizations pre_norm adapter_layer_norm adapter_reuse_layer_norm ln_before_adapter"
)
_NAMES = (
    "activation activation_function conv_act dense_act_fn feed_forward_proj "
    "attention_type classifier_pooling clf_pooling feed_forward_type hidden_act hidden_activation "
    "layer_norm_type model_type norm_rel_ebd normalization_type pooler_hidden_act position_embedding_type"
)
_IDS = (
    "bos_token_id eos_token_id cls_token_id sep_token_id unk_token_id mask_token_id "
    "decoder_start_token_id"
)
_OF_FALCON = "alibi new_decoder_architecture multi_query parallel_attn bias"
_OF_MPT = "no_bias prefix_lm qk_ln attn_uses_sequence_id"
_GROUPS = (
    *("q_groups", "k_groups", "v_groups"),
    *("post_attention_groups", "intermediate_groups", "output_groups"),
)
_RATES = (
    "attention_dropout attention_probs_dropout_prob classifier_dropout classifier_dropout_prob dropout "
    "dropout_rate embedding_dropout hidden_dropout hidden_dropout_prob initializer_factor "
    "initializer_range mlp_dropout seq_classif_dropout"
)
"""Options that nobody reads here, but that other engines check before they load a model."""
_MULTIPLIERS = (
    *("embedding_multiplier", "residual_multiplier", "attention_multiplier", "logits_scaling"),
)
_LAYERS = (
    *("num_hidden_layers", "n_layers", "n_layer", "num_layers", "num_feedforward_networks"),
    *("encoder_layers", "decoder_layers", "num_decoder_layers"),
)
_WIDTHS = (
    *("hidden_size", "dim", "n_embd", "d_model", "embedding_size", "intra_bottleneck_size"),
    *("intermediate_size", "hidden_dim", "d_ff", "ffn_dim", "n_inner", "n_embed"),
    *("input_embedding_size", "entity_emb_size", "encoder_ffn_dim", "decoder_ffn_dim"),
)
_TABLES = ("vocab_size", "entity_vocab_size")
_HEAD_WIDTHS = ("output_embedding_size",)
"""Widths of heads, which the weights of an encoder alone do not hold."""
_SIZES: Schema = {
    **dict.fromkeys((*_LAYERS, "num_hidden_groups", "inner_group_num"), LAYERS),
    **dict.fromkeys((*_WIDTHS, *_HEAD_WIDTHS), WIDTH),
    **dict.fromkeys(("num_attention_heads", "n_heads", "n_head", "num_heads", "d_kv"), HEADS),
    **dict.fromkeys(("encoder_attention_heads", "decoder_attention_heads"), HEADS),
    **dict.fromkeys(("intermediate_size", "n_inner", "ffn_hidden_size"), maybe(WIDTH)),
    **dict.fromkeys(
        ("num_key_value_heads", "head_dim", "attention_head_size", "num_kv_heads"), maybe(HEADS)
    ),
    **dict.fromkeys(_TABLES, WORDS),
    **dict.fromkeys(("max_position_embeddings", "n_positions"), POSITIONS),
    "type_vocab_size": Whole(0, limits.HEADS),
    "task_type_vocab_size": Whole(1, limits.HEADS),
    **dict.fromkeys(("num_experts", "num_local_experts"), maybe(Whole(0, limits.EXPERTS))),
    **dict.fromkeys(
        ("moe_intermediate_size", "shared_expert_intermediate_size", "block_ff_dim"), WIDTH
    ),
    "num_labels": maybe(Whole(1, limits.WIDTH)),
    **dict.fromkeys(("latent_dim", "cross_dim_head", "num_latents_value"), WIDTH),
    "num_cross_heads": HEADS,
}
"""Options that say how large tensors are, or how many."""

ROTARY: Schema = {
    "rope_type": TEXT,
    "type": TEXT,
    "rope_theta": maybe(_BASE),
    **dict.fromkeys(("factor", "attention_factor"), maybe(_FACTOR)),
    **dict.fromkeys(("mscale", "mscale_all_dim"), maybe(Number(0, 1e6, closed=True))),
    **dict.fromkeys(("low_freq_factor", "high_freq_factor", "mixed_b"), maybe(_FACTOR)),
    **dict.fromkeys(("beta_fast", "beta_slow", "partial_rotary_factor"), maybe(_FACTOR)),
    "original_max_position_embeddings": maybe(POSITIONS),
    **dict.fromkeys(("short_factor", "long_factor"), maybe(ListOf(_FACTOR))),
    "truncate": FLAG,
}
"""Parameters of one scheme of rotary positions."""

_OTHERS: Schema = {
    **dict.fromkeys(_FLAGS.split(), FLAG),
    **dict.fromkeys(_NAMES.split(), TEXT),
    **dict.fromkeys(
        ("layer_norm_eps", "layer_norm_epsilon", "rms_norm_eps", "norm_eps", "norm_epsilon"),
        _EPSILON,
    ),
    **dict.fromkeys(("rope_theta", "global_rope_theta", "local_rope_theta"), maybe(_BASE)),
    **dict.fromkeys(("rope_local_base_freq", "rotary_emb_base"), maybe(_BASE)),
    **dict.fromkeys(("rope_scaling", "rope_parameters"), maybe(OBJECT)),
    "original_max_position_embeddings": maybe(POSITIONS),
    "query_pre_attn_scalar": Number(0, limits.WIDTH),
    **dict.fromkeys(_MULTIPLIERS, _FACTOR),
    **dict.fromkeys(("attn_logit_softcapping", "final_logit_softcapping"), maybe(_FACTOR)),
    "pad_token_id": maybe(_ID),
    **dict.fromkeys(_IDS.split(), maybe(Either((_ID, ListOf(_ID))))),
    **dict.fromkeys(_RATES.split(), maybe(NUMBER)),
    **dict.fromkeys(("moe_top_k", "num_experts_per_tok"), Whole(1, limits.EXPERTS)),
    "moe_every_n_layers": maybe(Whole(0, limits.LAYERS)),
    "max_trained_positions": POSITIONS,
    "rotary_scaling_factor": maybe(_FACTOR),
    "decoder_sparse_step": LAYERS,
    **dict.fromkeys(("mlp_only_layers", "full_attn_idxs"), maybe(_NUMBERS)),
    **dict.fromkeys(("conv_bias", "block_auto_adjust_ff_dim", "tie_embedding"), FLAG),
    "conv_L_cache": Whole(1, limits.POSITIONS),
    "block_multiple_of": WIDTH,
    "block_ffn_dim_multiplier": maybe(_FACTOR),
    **dict.fromkeys(_DECODERS.split(), FLAG),
    **dict.fromkeys(_NARROW.split(), FLAG),
    "classifier_activation": Either((TEXT, FLAG)),
    **dict.fromkeys(("use_qk_norm", "emb_layer_norm_before", "token_dropout"), maybe(FLAG)),
    "is_folding_model": maybe(FLAG),
    **dict.fromkeys(_OF_FALCON.split(), maybe(FLAG)),
    **dict.fromkeys(_OF_MPT.split(), FLAG),
    "attn_type": TEXT,
    "softmax_scale": maybe(_FACTOR),
    **dict.fromkeys(("alibi_bias_max", "expansion_ratio"), HEADS),
    "num_ln_in_parallel_attn": maybe(LAYERS),
    "languages": _TEXTS,
    "default_language": maybe(TEXT),
    **dict.fromkeys(_GROUPS, HEADS),
    "adapter_reduction_factor": HEADS,
    **dict.fromkeys(("clip_qkv", "logit_scale"), maybe(_FACTOR)),
    "partial_rotary_factor": maybe(_FACTOR),
    "word_embed_proj_dim": maybe(WIDTH),
    "rotary_pct": maybe(_FACTOR),
    "window_size": POSITIONS,
    "attention_window": Either((Whole(1, limits.POSITIONS), ListOf(Whole(1, limits.POSITIONS)))),
    "attention_windows": maybe(ListOf(maybe(Whole(0, limits.POSITIONS)))),
    "block_size": POSITIONS,
    "num_random_blocks": Whole(0, limits.POSITIONS),
    "rotary_dim": maybe(WIDTH),
    "attention_types": maybe(ListOf(ListOf(Either((_TEXTS, Whole(0, limits.LAYERS)))))),
    "no_rope_layers": maybe(_NUMBERS),
    "no_rope_layer_interval": LAYERS,
    "sliding_window": maybe(Whole(0, limits.POSITIONS)),
    "local_attention": POSITIONS,
    "max_window_layers": Whole(0, limits.POSITIONS),
    "global_attn_every_n_layers": LAYERS,
    "sliding_window_pattern": maybe(Either((Whole(0, limits.LAYERS), TEXT))),
    "layer_types": maybe(_TEXTS),
    "pos_att_type": maybe(Either((TEXT, _TEXTS))),
    "position_buckets": Whole(-1, limits.BUCKETS),
    "max_relative_positions": Whole(-1, limits.BUCKETS),
    "relative_attention_num_buckets": Whole(4, limits.BUCKETS),
    "relative_attention_max_distance": POSITIONS,
    "conv_kernel_size": Whole(0, limits.PARTS),
    "conv_groups": WIDTH,
    **dict.fromkeys(("head_ratio", "num_groups"), HEADS),
    "lora_adaptations": maybe(_TEXTS),
    "max_length": maybe(POSITIONS),
    "lora_rank": maybe(Whole(1, limits.WIDTH)),
    "lora_alpha": maybe(NUMBER),
    "load_trained_adapters": maybe(FLAG),
}
_COMMON: Schema = {
    "model_type": maybe(TEXT),
    "architectures": maybe(_TEXTS),
    "auto_map": maybe(OBJECT),
    "id2label": maybe(Either((OBJECT, _TEXTS))),
    "sentence_transformers": maybe(OBJECT),
    "sbert_ce_default_activation_function": maybe(TEXT),
}
"""Options that are read here of any architecture."""

SCHEMA: Schema = {**_SIZES, **_OTHERS, **_COMMON}


def judge_options(
    config: Mapping[str, Any],
    where: str,
    tensors: Mapping[str, Tensor],
    *,
    shared_layers: bool = False,
    parts: Sequence[str] = (),
) -> None:
    """Refuses a family's options that are of a wrong type, out of range, or beyond the weights.

    `tensors` are those of the same folder, of which only shapes are looked at; {} where they are
    stored in another way. With `shared_layers` there may be more layers than tensors. `parts` are
    options that are objects of options.

    Raises:
        BadModel: names the file (`where`) and the option.
    """
    judge(config, SCHEMA, where)
    for name in ("rope_scaling", "rope_parameters"):
        given = config.get(name) or {}
        kinds = [value for value in given.values() if isinstance(value, dict)]
        for parameters in (given, *kinds):
            judge(parameters, ROTARY, f"{where}: {name}")
    if tensors and config.get("quantization_config") is None:
        layers = () if shared_layers else _LAYERS
        _judge_by_weights(config, where, tensors, layers)
    judge(config, dict.fromkeys(parts, maybe(OBJECT)), where)
    for name in parts:
        judge_options(config.get(name) or {}, f"{where}: {name}", tensors)


def judge_sizes(config: Mapping[str, Any], where: str) -> None:
    """Refuses what no engine should try to build, whatever the architecture.

    Raises:
        BadModel: names the file (`where`) and the option.
    """
    judge(config, _COMMON, where)
    _judge_sizes(config, where)


def _judge_sizes(config: Mapping[str, Any], where: str) -> None:
    """Of a number only whether it is beyond all bounds counts; architectures may have parts, to any depth."""
    for name, value in config.items():
        kind = _SIZES.get(name)
        if isinstance(value, dict):
            _judge_sizes(value, where)
        elif kind is not None and isinstance(value, int | float) and value > _most(kind):
            raise refused(where, name, value, kind)


def _most(kind: Kind) -> int:
    while isinstance(kind, Either):
        kind = kind.kinds[0]
    assert isinstance(kind, Whole)
    return kind.most


def _judge_by_weights(
    config: Mapping[str, Any], where: str, tensors: Mapping[str, Tensor], layers: Sequence[str]
) -> None:
    """No layer is without a tensor, and no layer is wider than every tensor."""
    widest = max((size for tensor in tensors.values() for size in tensor.shape), default=0)
    bounds = {
        **dict.fromkeys(layers, len(tensors)),
        **dict.fromkeys((*_WIDTHS, *_TABLES), widest),
    }
    for name, most in bounds.items():
        value = config.get(name)
        if isinstance(value, int) and value > most:
            raise BadModel(
                f"{where} sets {name}={value}, but the weights beside it hold {len(tensors)} tensors, "
                f"the longest axis of which is {widest}: they belong to another model."
            )
