"""Gemma (arXiv:2403.08295): Llama's layout with scaled words; weights of norms lie around zero."""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders import decoders
from isomorph.encoders.config import Config, require
from isomorph.encoders.description import Block, Encoder, Norm, Norms
from isomorph.encoders.families import llama
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts

DEFAULTS = {
    **llama.DEFAULTS,
    "vocab_size": 256_000,
    "hidden_size": 3072,
    "intermediate_size": 24_576,
    "num_hidden_layers": 28,
    "num_attention_heads": 16,
    "num_key_value_heads": 16,
    "head_dim": 256,
    "hidden_act": "gelu_pytorch_tanh",
    "max_position_embeddings": 8192,
}


def describe(config: Config) -> Encoder:
    """``gelu`` means its approximation, as in the first files; of the gates none has a bias."""
    require_causal(config)
    return _described(config)


def describe_both_ways(config: Config) -> Encoder:
    """The same where every position sees all others, as beside pictures (PaliGemma, arXiv:2407.07726)."""
    require(config, "use_bidirectional_attention", None, None, True)
    return _described({**config, "is_causal": False})


def _described(config: Config) -> Encoder:
    config = {**DEFAULTS, **config, "mlp_bias": False}
    if config["hidden_act"] == "gelu":
        config["hidden_act"] = "gelu_pytorch_tanh"
    return scaled(decoders.encoder(config, bias=config["attention_bias"]))


def require_causal(config: Config) -> None:
    """Refuses both of the options by which positions would see later ones."""
    require(config, "is_causal", True, True)
    require(config, "use_bidirectional_attention", None, None, False)


def scaled(plain: Encoder) -> Encoder:
    """The encoder with words times the root of their width, and 1 added to what norms hold."""
    assert plain.final_norm is not None
    return replace(
        plain,
        embeddings=replace(plain.embeddings, scale=plain.hidden**0.5),
        blocks=tuple(_raised(block) for block in plain.blocks),
        final_norm=replace(plain.final_norm, plus_one=True),
    )


def _raised(block: Block) -> Block:
    return replace(
        block,
        attention_norms=_around_zero(block.attention_norms),
        feed_forward_norms=_around_zero(block.feed_forward_norms),
    )


def _around_zero(norms: Norms) -> Norms:
    def raised(norm: Norm | None) -> Norm | None:
        return None if norm is None else replace(norm, plus_one=True)

    return Norms(raised(norms.before), raised(norms.inner), raised(norms.after))


FAMILY = Family(
    model_type="gemma",
    describe=describe,
    classes=Classes("Gemma"),
    classifier=layouts.last_token,
    causal_lm=layouts.tied_lm,
    tokenizer="GemmaTokenizer",
    tiny={"gemma": Tiny(decoders.GROUPED, pooling="lasttoken")},
)
