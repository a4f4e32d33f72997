"""What the options of encoders of sounds may be, beside those that all encoders have."""

from __future__ import annotations

from isomorph.files import limits
from isomorph.files.schema import FLAG, HEADS, LAYERS, TEXT, WIDTH, ListOf, Schema, Whole, maybe

_KERNEL = Whole(1, limits.KERNEL)
_KERNELS = ListOf(_KERNEL, least=1, most=limits.PARTS)

SCHEMA: Schema = {
    **dict.fromkeys(("encoder_layers", "num_feat_extract_layers"), LAYERS),
    "encoder_attention_heads": HEADS,
    **dict.fromkeys(("encoder_ffn_dim", "num_mel_bins"), WIDTH),
    "max_source_positions": Whole(1, limits.FRAMES),
    "conv_dim": ListOf(WIDTH, least=1, most=limits.PARTS),
    **dict.fromkeys(("conv_kernel", "conv_stride"), _KERNELS),
    "num_conv_pos_embeddings": _KERNEL,
    "num_conv_pos_embedding_groups": WIDTH,
    **dict.fromkeys(("feat_extract_norm", "feat_extract_activation"), TEXT),
    **dict.fromkeys(("conv_bias", "do_stable_layer_norm", "add_adapter"), FLAG),
    **dict.fromkeys(("conv_pos_batch_norm", "feat_proj_layer_norm", "scale_embedding"), FLAG),
    "adapter_attn_dim": maybe(WIDTH),
    "num_buckets": Whole(4, limits.BUCKETS),
    "max_bucket_distance": Whole(2, limits.FRAMES),
}
