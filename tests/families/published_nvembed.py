"""NV-Embed as its published code computes it, written anew in float64."""

from math import erf

import numpy as np

EPSILON = 1e-5
_LATENT = "latent_attention_model."


def shapes(config):
    """Names and shapes of the tensors as they are published."""
    text, latent = config["text_config"], config["latent_attention_config"]
    hidden, wide, words = text["hidden_size"], text["intermediate_size"], text["vocab_size"]
    keys = hidden // text["num_attention_heads"] * text["num_key_value_heads"]
    found = {"embed_tokens.weight": (words, hidden), "norm.weight": (hidden,)}
    for layer in range(text["num_hidden_layers"]):
        name = f"layers.{layer}."
        for part, rows in zip("qkvo", (hidden, keys, keys, hidden), strict=True):
            found[f"{name}self_attn.{part}_proj.weight"] = (rows, hidden)
        found[name + "mlp.gate_proj.weight"] = found[name + "mlp.up_proj.weight"] = (wide, hidden)
        found[name + "mlp.down_proj.weight"] = (hidden, wide)
        found[name + "input_layernorm.weight"] = (hidden,)
        found[name + "post_attention_layernorm.weight"] = (hidden,)
    found = {"embedding_model." + name: shape for name, shape in found.items()}
    inner = latent["num_cross_heads"] * latent["cross_dim_head"]
    found[_LATENT + "latents"] = (latent["num_latents_value"], hidden)
    blocks = {
        "0.norm.weight": (hidden,),
        "0.norm.bias": (hidden,),
        "0.norm_context.weight": (hidden,),
        "0.norm_context.bias": (hidden,),
        "0.fn.to_q.weight": (inner, hidden),
        "0.fn.to_kv.weight": (2 * inner, hidden),
        "0.fn.to_out.weight": (hidden, inner),
        "1.norm.weight": (hidden,),
        "1.norm.bias": (hidden,),
        "1.fn.net.0.weight": (8 * hidden, hidden),
        "1.fn.net.0.bias": (8 * hidden,),
        "1.fn.net.2.weight": (hidden, 4 * hidden),
        "1.fn.net.2.bias": (hidden,),
    }
    return found | {f"{_LATENT}cross_attend_blocks.{n}": shape for n, shape in blocks.items()}


def states(config, tensors, feeds):
    """What the modules behind the model read: states that have looked at the learned vectors."""
    weights = {name: tensor.astype(np.float64) for name, tensor in tensors.items()}
    x = _mistral(config["text_config"], weights, feeds)
    latent = {
        name.removeprefix(_LATENT).removeprefix("cross_attend_blocks."): tensor
        for name, tensor in weights.items()
        if name.startswith(_LATENT)
    }
    x = _looked_up(config["latent_attention_config"], latent, x) + x
    wide, gates = np.split(
        _layer_norm(latent, "1.norm", x) @ latent["1.fn.net.0.weight"].T
        + latent["1.fn.net.0.bias"],
        2,
        axis=-1,
    )
    gelu = gates * (1 + np.vectorize(erf)(gates / np.sqrt(2))) / 2
    return (wide * gelu) @ latent["1.fn.net.2.weight"].T + latent["1.fn.net.2.bias"] + x


def _looked_up(config, latent, x):
    heads, size = config["num_cross_heads"], config["cross_dim_head"]
    query = _layer_norm(latent, "0.norm", x) @ latent["0.fn.to_q.weight"].T
    table = _layer_norm(latent, "0.norm_context", latent["latents"])
    key, value = np.split(table @ latent["0.fn.to_kv.weight"].T, 2, axis=-1)
    query = query.reshape(*query.shape[:2], heads, size).transpose(0, 2, 1, 3)
    key, value = (part.reshape(-1, heads, size).transpose(1, 0, 2) for part in (key, value))
    mixed = _shares(query @ key.transpose(0, 2, 1) / np.sqrt(size)) @ value
    return mixed.transpose(0, 2, 1, 3).reshape(*x.shape[:2], -1) @ latent["0.fn.to_out.weight"].T


def _mistral(config, weights, feeds):
    """Root mean square norms, rotary halves, grouped heads; padding alone is hidden."""
    own = {n.removeprefix("embedding_model."): w for n, w in weights.items()}
    x, eps = own["embed_tokens.weight"][feeds["input_ids"]], config["rms_norm_eps"]
    for layer in range(config["num_hidden_layers"]):
        name = f"layers.{layer}."
        normed = _rms(own[name + "input_layernorm.weight"], x, eps)
        x = x + _attend(config, own, name + "self_attn.", normed, feeds["attention_mask"])
        normed = _rms(own[name + "post_attention_layernorm.weight"], x, eps)
        gate = normed @ own[name + "mlp.gate_proj.weight"].T
        up = normed @ own[name + "mlp.up_proj.weight"].T
        x = x + (gate / (1 + np.exp(-gate)) * up) @ own[name + "mlp.down_proj.weight"].T
    return _rms(own["norm.weight"], x, eps)


def _attend(config, own, name, x, mask):
    rows, length, hidden = x.shape
    heads, shared = config["num_attention_heads"], config["num_key_value_heads"]
    size = hidden // heads
    query, key, value = (
        (x @ own[f"{name}{part}_proj.weight"].T)
        .reshape(rows, length, -1, size)
        .transpose(0, 2, 1, 3)
        for part in "qkv"
    )
    angles = np.arange(length)[:, None] / config["rope_theta"] ** (np.arange(0, size, 2) / size)
    query, key = (_turned(part, angles) for part in (query, key))
    key, value = (np.repeat(part, heads // shared, axis=1) for part in (key, value))
    scores = query @ key.transpose(0, 1, 3, 2) / np.sqrt(size)
    mixed = _shares(np.where(mask[:, None, None, :] > 0, scores, -np.inf)) @ value
    return mixed.transpose(0, 2, 1, 3).reshape(rows, length, hidden) @ own[name + "o_proj.weight"].T


def _turned(x, angles):
    first, second = np.split(x, 2, axis=-1)
    cos, sin = np.cos(angles), np.sin(angles)
    return np.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1)


def _shares(scores):
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    return scores / scores.sum(-1, keepdims=True)


def _rms(weight, x, eps):
    return x / np.sqrt((x**2).mean(-1, keepdims=True) + eps) * weight


def _layer_norm(weights, name, x):
    centred = x - x.mean(-1, keepdims=True)
    root = np.sqrt((centred**2).mean(-1, keepdims=True) + EPSILON)
    return centred / root * weights[name + ".weight"] + weights[name + ".bias"]
