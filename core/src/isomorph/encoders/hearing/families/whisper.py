"""Whisper's encoder (Radford et al. 2022, arXiv:2212.04356): mel powers of a fixed time, pre-norm blocks.

Published files hold a decoder beside it; of these only the tensors behind ``model.encoder.`` are read.
"""

from __future__ import annotations

from isomorph.encoders.config import Config, activation
from isomorph.encoders.description import Attention, Block, FeedForward, Linear, Norm, Norms
from isomorph.encoders.hearing.description import SoundEncoder, Strided
from isomorph.encoders.hearing.family import Hearing

_EPS = 1e-5


def describe(config: Config) -> SoundEncoder:
    """Two convolutions, of which the second halves the time; keys have no bias."""
    hidden = config.get("d_model", 384)
    mels = config.get("num_mel_bins", 80)
    return SoundEncoder(
        family="whisper",
        reads="mels",
        hidden=hidden,
        convolutions=(
            _near("conv1", mels, hidden, stride=1),
            _near("conv2", hidden, hidden, stride=2),
        ),
        table="embed_positions.weight",
        positions=config.get("max_source_positions", 1500),
        blocks=tuple(_block(config, n, hidden) for n in range(config.get("encoder_layers", 4))),
        final_norm=Norm("layer_norm", hidden, _EPS),
    )


def _near(name: str, inputs: int, outputs: int, stride: int) -> Strided:
    return Strided(
        name=name, inputs=inputs, outputs=outputs, kernel=3, stride=stride, padding=(1, 1)
    )


def _block(config: Config, number: int, hidden: int) -> Block:
    prefix, inner = f"layers.{number}.", config.get("encoder_ffn_dim", 1536)
    attended = f"{prefix}self_attn."
    return Block(
        Attention(
            Linear(f"{attended}q_proj", hidden, hidden),
            Linear(f"{attended}k_proj", hidden, hidden, bias=False),
            Linear(f"{attended}v_proj", hidden, hidden),
            Linear(f"{attended}out_proj", hidden, hidden),
            config.get("encoder_attention_heads", 6),
        ),
        Norms(before=Norm(f"{prefix}self_attn_layer_norm", hidden, _EPS)),
        FeedForward(
            Linear(f"{prefix}fc1", hidden, inner),
            Linear(f"{prefix}fc2", inner, hidden),
            activation(config, "activation_function", "gelu"),
        ),
        Norms(before=Norm(f"{prefix}final_layer_norm", hidden, _EPS)),
    )


FAMILY = Hearing(
    model_type="whisper",
    describe=describe,
    extractors=("WhisperFeatureExtractor",),
    model_class="whisper.modeling_whisper.WhisperEncoder",
    tiny={
        "whisper": {
            "d_model": 32,
            "encoder_layers": 2,
            "encoder_attention_heads": 4,
            "encoder_ffn_dim": 48,
            "num_mel_bins": 8,
            "max_source_positions": 50,
        }
    },
)
