"""Mixtral (arXiv:2401.04088): Mistral's layout with experts in every layer."""

from __future__ import annotations

from isomorph.encoders import decoders
from isomorph.encoders.config import Config
from isomorph.encoders.description import Encoder
from isomorph.encoders.families import mistral
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts

DEFAULTS = {
    **mistral.DEFAULTS,
    "rms_norm_eps": 1e-5,
    "rope_theta": 1e6,
    "sliding_window": None,
    "num_experts_per_tok": 2,
    "num_local_experts": 8,
    "norm_topk_prob": True,
}
"""That the shares of the chosen experts are brought to a sum of 1 is no option of Mixtral's."""
MATRICES = [f"block_sparse_moe.experts.{{}}.w{part}" for part in (1, 3, 2)]


def describe(config: Config) -> Encoder:
    """Tensors have the names of the published files, which transformers writes too."""
    config = {**DEFAULTS, **config}
    config["num_experts"] = config.get("num_experts", config["num_local_experts"])
    inner = config["intermediate_size"]
    return decoders.encoder(
        config,
        bias=False,
        windows=[config["sliding_window"]] * config["num_hidden_layers"],
        feed=lambda layer: decoders.experts(
            config,
            f"layers.{layer}.",
            router="block_sparse_moe.gate",
            inner=inner,
            matrices=MATRICES,
        ),
    )


FAMILY = Family(
    model_type="mixtral",
    describe=describe,
    classes=Classes("Mixtral"),
    classifier=layouts.last_token,
    causal_lm=layouts.untied_lm,
    tiny={
        "mixtral": Tiny(
            {**decoders.GROUPED, "num_local_experts": 5, "sliding_window": 4}, "lasttoken"
        )
    },
)
