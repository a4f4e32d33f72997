"""NV-Embed (Lee et al. 2024, arXiv:2405.17428): Mistral to both sides, then attention to learned vectors.

The options of the language model stand in ``text_config``, those of the learned vectors in
``latent_attention_config``. Texts are pooled by the modules behind it, as sentence-transformers runs it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from isomorph.encoders.config import Config, require
from isomorph.encoders.description import Encoder, FeedForward, Linear, Norm
from isomorph.encoders.families import mistral
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.rare import Latents
from isomorph.errors import BadModel

LATENTS = {
    "num_latents_value": 512,
    "num_cross_heads": 8,
    "hidden_dim": 4096,
    "latent_dim": 4096,
    "cross_dim_head": 4096,
}
"""The published code's defaults, which its files leave out."""
EPSILON = 1e-5
"""That of its layer normalisation, which no option changes."""


def describe(config: Config) -> Encoder:
    """No layer has a window: the published code masks padding and nothing else."""
    require(config, "mask_type", "b", "b")
    text = {**mistral.DEFAULTS, **(config.get("text_config") or {})}
    require(text, "quantization_config", None, None)
    text |= {"model_type": config["model_type"], "sliding_window": None, "is_causal": False}
    latents = _latents({**LATENTS, **(config.get("latent_attention_config") or {})}, text)
    return replace(mistral.describe(text), latents=latents)


def _latents(config: Config, text: Config) -> Latents:
    width, hidden = config["latent_dim"], text["hidden_size"]
    if not width == config["hidden_dim"] == hidden:
        raise BadModel(
            f"config.json sets latent_dim={width} and hidden_dim={config['hidden_dim']} for states of "
            f"hidden_size={hidden}, to which they are added."
        )
    heads, name = config["num_cross_heads"], "latent_attention_model."
    inner, name_of = heads * config["cross_dim_head"], f"{name}cross_attend_blocks.{{}}.{{}}".format
    key, value = (
        Linear(name_of(0, "fn.to_kv"), width, inner, False, (part * inner, (part + 1) * inner))
        for part in range(2)
    )
    up, gate = (
        Linear(
            name_of(1, "fn.net.0"),
            width,
            4 * width,
            rows=(part * 4 * width, (part + 1) * 4 * width),
        )
        for part in range(2)
    )
    return Latents(
        name + "latents",
        config["num_latents_value"],
        norm=Norm(name_of(0, "norm"), width, EPSILON),
        norm_table=Norm(name_of(0, "norm_context"), width, EPSILON),
        query=Linear(name_of(0, "fn.to_q"), width, inner, bias=False),
        key=key,
        value=value,
        output=Linear(name_of(0, "fn.to_out"), inner, width, bias=False),
        heads=heads,
        feed_forward_norm=Norm(name_of(1, "norm"), width, EPSILON),
        feed_forward=FeedForward(
            up, Linear(name_of(1, "fn.net.2"), 4 * width, width), "gelu", gate
        ),
    )


_TEXT: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 24,
    "max_position_embeddings": 64,
}
_LATENTS = {"num_latents_value": 6, "num_cross_heads": 2, "cross_dim_head": 8}

FAMILY = Family(
    model_type="nvembed",
    describe=describe,
    classes=Classes("NVEmbed", "embedding_model."),
    tokenizer="LlamaTokenizer",
    parts=("text_config", "latent_attention_config"),
    tiny={
        "nvembed": Tiny(
            {
                "text_config": _TEXT,
                "latent_attention_config": {**_LATENTS, "hidden_dim": 32, "latent_dim": 32},
            },
            usual=False,
        )
    },
)
