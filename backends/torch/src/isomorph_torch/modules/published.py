"""Options that published files spell as their own code does, where transformers' class has other names.

transformers passes over options that it does not know, and takes its defaults: other numbers, without a
word. Nomic BERT's files name theirs as GPT-2 does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TYPE = "nomic_bert"
_NAMES = {
    "n_embd": "hidden_size",
    "n_layer": "num_hidden_layers",
    "n_head": "num_attention_heads",
    "n_inner": "intermediate_size",
    "n_positions": "max_position_embeddings",
    "layer_norm_epsilon": "layer_norm_eps",
}
_FIXED = {
    "prenorm": False,
    "causal": False,
    "parallel_block": False,
    "use_rms_norm": False,
    "qkv_proj_bias": False,
    "mlp_fc1_bias": False,
    "mlp_fc2_bias": False,
    "rotary_emb_fraction": 1.0,
    "rotary_emb_interleaved": False,
    "rotary_emb_scale_base": None,
    "rotary_scaling_factor": None,
    "moe_every_n_layers": 0,
    "activation_function": "swiglu",
}
"""What transformers' class computes, whatever the file says."""


def translated(config: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a ``config.json`` under the names that transformers reads, where those are not there."""
    if config.get("model_type") != _TYPE:
        return {}
    found = {
        name: config[published]
        for published, name in _NAMES.items()
        if published in config and name not in config
    }
    if {"hidden_size", "num_attention_heads"} <= set(found) and "head_dim" not in config:
        found["head_dim"] = found["hidden_size"] // found["num_attention_heads"]
    if "rotary_emb_base" in config and "rope_parameters" not in config:
        found["rope_parameters"] = {"rope_type": "default", "rope_theta": config["rotary_emb_base"]}
    return found


def untranslatable(config: Mapping[str, Any]) -> str:
    """The option that transformers' class would pass over, or ""."""
    if config.get("model_type") != _TYPE:
        return ""
    for option, value in _FIXED.items():
        if config.get(option, value) != value:
            return (
                f"config.json sets {option}={config[option]!r}, and transformers computes a {_TYPE} with "
                f"{value!r}"
            )
    return ""
