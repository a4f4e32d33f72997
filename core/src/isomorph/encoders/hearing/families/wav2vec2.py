"""wav2vec 2.0 (arXiv:2006.11477), HuBERT (arXiv:2106.07447) and WavLM (arXiv:2110.13900).

Convolutions over the samples make a position of each 20 ms; a wide convolution tells positions from what
stands around them. WavLM's blocks know distances too.
"""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders.config import Config, activation, require
from isomorph.encoders.description import Attention, Block, FeedForward, Linear, Norm, Norms
from isomorph.encoders.hearing.description import SoundEncoder, Strided, Surroundings
from isomorph.encoders.hearing.family import Hearing
from isomorph.encoders.relations import Gate, RelativeBias
from isomorph.errors import BadModel

_DEFAULTS = {
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "layer_norm_eps": 1e-5,
    "conv_dim": [512] * 7,
    "conv_kernel": [10, 3, 3, 3, 3, 2, 2],
    "conv_stride": [5, 2, 2, 2, 2, 2, 2],
    "num_conv_pos_embeddings": 128,
    "num_conv_pos_embedding_groups": 16,
    "num_buckets": 320,
    "max_bucket_distance": 800,
}
_EPS = 1e-5
"""Of the norms in the convolutions, whatever the others have."""
_WITHOUT_NORM = "hubert"
"""The one kind of model whose ``feat_proj_layer_norm`` transformers reads."""
_SHAPED = "encoder.pos_conv_embed.conv"


def describe(config: Config) -> SoundEncoder:
    """Post-norm blocks behind a group norm; or pre-norm ones, as ``do_stable_layer_norm`` says."""
    config = {**_DEFAULTS, **config}
    require(config, "add_adapter", False, False)
    require(config, "adapter_attn_dim", None, None)
    require(config, "conv_pos_batch_norm", False, False)
    hidden, eps = config["hidden_size"], config["layer_norm_eps"]
    seen, before = config["conv_dim"][-1], bool(config.get("do_stable_layer_norm", False))
    normed = config.get("feat_proj_layer_norm", True) or config["model_type"] != _WITHOUT_NORM
    last = Norm("encoder.layer_norm", hidden, eps)
    return SoundEncoder(
        family=config["model_type"],
        reads="samples",
        hidden=hidden,
        convolutions=_convolutions(config),
        projected_norm=Norm("feature_projection.layer_norm", seen, eps) if normed else None,
        projection=Linear("feature_projection.projection", seen, hidden),
        surroundings=_surroundings(config, hidden),
        norm=None if before else last,
        blocks=tuple(_block(config, n, before) for n in range(config["num_hidden_layers"])),
        final_norm=last if before else None,
    )


def describe_wavlm(config: Config) -> SoundEncoder:
    """Distances of positions are added to scores, as much as each position wants."""
    config = {**_DEFAULTS, **config}
    made = describe(config)
    blocks = [
        replace(block, attention=replace(block.attending, gate=_gate(n)))
        for n, block in enumerate(made.blocks)
    ]
    bias = RelativeBias(
        "encoder.layers.0.attention.rel_attn_embed.weight",
        config["num_buckets"],
        config["num_attention_heads"],
        config["max_bucket_distance"],
    )
    return replace(made, blocks=tuple(blocks), relative_bias=bias)


def _gate(number: int) -> Gate:
    prefix = f"encoder.layers.{number}.attention."
    return Gate(f"{prefix}gru_rel_pos_linear", f"{prefix}gru_rel_pos_const")


def _convolutions(config: Config) -> tuple[Strided, ...]:
    norm = require(config, "feat_extract_norm", "group", "group", "layer")
    sizes = config["conv_dim"], config["conv_kernel"], config["conv_stride"]
    count = config.get("num_feat_extract_layers", len(sizes[0]))
    if {len(each) for each in sizes} != {count}:
        raise BadModel(
            "config.json sets conv_dim, conv_kernel, conv_stride and num_feat_extract_layers to different "
            "numbers of convolutions."
        )
    found = []
    inputs = 1
    for number, (outputs, kernel, stride) in enumerate(zip(*sizes, strict=True)):
        prefix = f"feature_extractor.conv_layers.{number}."
        normed = norm == "layer" or number == 0
        found.append(
            Strided(
                name=prefix + "conv",
                inputs=inputs,
                outputs=outputs,
                kernel=kernel,
                stride=stride,
                bias=bool(config.get("conv_bias", False)),
                norm=Norm(prefix + "layer_norm", outputs, _EPS) if normed else None,
                over_time=norm == "group",
                activation=activation(config, "feat_extract_activation", "gelu"),
            )
        )
        inputs = outputs
    return tuple(found)


def _surroundings(config: Config, hidden: int) -> Surroundings:
    groups = config["num_conv_pos_embedding_groups"]
    if hidden % groups:
        raise BadModel(f"config.json: {hidden} features do not split into {groups} groups.")
    return Surroundings(
        names=(
            (
                f"{_SHAPED}.parametrizations.weight.original0",
                f"{_SHAPED}.parametrizations.weight.original1",
            ),
            (f"{_SHAPED}.weight_g", f"{_SHAPED}.weight_v"),
        ),
        bias=f"{_SHAPED}.bias",
        features=hidden,
        kernel=config["num_conv_pos_embeddings"],
        groups=groups,
        activation=activation(config, "feat_extract_activation", "gelu"),
    )


def _block(config: Config, number: int, before: bool) -> Block:
    prefix, hidden = f"encoder.layers.{number}.", config["hidden_size"]
    inner, eps = config["intermediate_size"], config["layer_norm_eps"]
    query, key, value, output = (
        Linear(f"{prefix}attention.{name}_proj", hidden, hidden) for name in ("q", "k", "v", "out")
    )
    first, second = (
        Norm(f"{prefix}layer_norm", hidden, eps),
        Norm(f"{prefix}final_layer_norm", hidden, eps),
    )
    return Block(
        Attention(query, key, value, output, config["num_attention_heads"]),
        Norms(before=first) if before else Norms(after=first),
        FeedForward(
            Linear(f"{prefix}feed_forward.intermediate_dense", hidden, inner),
            Linear(f"{prefix}feed_forward.output_dense", inner, hidden),
            activation(config, "hidden_act", "gelu"),
        ),
        Norms(before=second) if before else Norms(after=second),
    )


_TINY = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 40,
    "conv_dim": [8, 12, 16],
    "conv_kernel": [10, 3, 2],
    "conv_stride": [8, 5, 4],
    "num_feat_extract_layers": 3,
    "num_conv_pos_embeddings": 8,
    "num_conv_pos_embedding_groups": 4,
}
_LAYERS = {**_TINY, "feat_extract_norm": "layer", "conv_bias": True, "do_stable_layer_norm": True}
_FAR = {"num_buckets": 12, "max_bucket_distance": 20}

WAV2VEC2 = Hearing(
    model_type="wav2vec2",
    describe=describe,
    extractors=("Wav2Vec2FeatureExtractor",),
    model_class="wav2vec2.modeling_wav2vec2.Wav2Vec2Model",
    tiny={"wav2vec2": _TINY, "wav2vec2-layer": {**_LAYERS, "num_conv_pos_embeddings": 7}},
)
FAMILY = WAV2VEC2
HUBERT = replace(
    WAV2VEC2,
    model_type="hubert",
    model_class="hubert.modeling_hubert.HubertModel",
    tiny={
        "hubert": {**_TINY, "feat_proj_layer_norm": False},
        "hubert-layer": {**_LAYERS, "hidden_act": "relu"},
    },
)
WAVLM = replace(
    WAV2VEC2,
    model_type="wavlm",
    describe=describe_wavlm,
    model_class="wavlm.modeling_wavlm.WavLMModel",
    tiny={"wavlm": {**_TINY, **_FAR}, "wavlm-layer": {**_LAYERS, **_FAR}},
)
