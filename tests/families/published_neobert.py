"""NeoBERT as its published code computes it, written anew in float64."""

import numpy as np


def inner(config):
    """The width of the gated layer."""
    return 8 * ((int(2 * config["intermediate_size"] / 3) + 7) // 8)


def shapes(config):
    """Names and shapes of the tensors, without a prefix."""
    hidden, wide = config["hidden_size"], inner(config)
    found = {"encoder.weight": (config["vocab_size"], hidden), "layer_norm.weight": (hidden,)}
    for layer in range(config["num_hidden_layers"]):
        name = f"transformer_encoder.{layer}."
        found[name + "qkv.weight"] = (3 * hidden, hidden)
        found[name + "wo.weight"] = (hidden, hidden)
        found[name + "ffn.w12.weight"] = (2 * wide, hidden)
        found[name + "ffn.w3.weight"] = (hidden, wide)
        found[name + "attention_norm.weight"] = found[name + "ffn_norm.weight"] = (hidden,)
    return found


def states(config, tensors, feeds):
    """The last hidden states of a padded batch."""
    weights = {name: tensor.astype(np.float64) for name, tensor in tensors.items()}
    x = weights["encoder.weight"][feeds["input_ids"]]
    for layer in range(config["num_hidden_layers"]):
        name = f"transformer_encoder.{layer}."
        normed = _norm(config, weights[name + "attention_norm.weight"], x)
        x = x + _attend(config, weights, name, normed, feeds["attention_mask"])
        normed = _norm(config, weights[name + "ffn_norm.weight"], x)
        gate, up = np.split(normed @ weights[name + "ffn.w12.weight"].T, 2, axis=-1)
        x = x + (gate / (1 + np.exp(-gate)) * up) @ weights[name + "ffn.w3.weight"].T
    return _norm(config, weights["layer_norm.weight"], x)


def _norm(config, weight, x):
    return x / np.sqrt((x**2).mean(-1, keepdims=True) + config["norm_eps"]) * weight


def _attend(config, weights, name, x, mask):
    rows, length, hidden = x.shape
    heads = config["num_attention_heads"]
    size = hidden // heads
    packed = (x @ weights[name + "qkv.weight"].T).reshape(rows, length, heads, 3 * size)
    query, key, value = np.split(packed.transpose(0, 2, 1, 3), 3, axis=-1)
    angles = np.arange(length)[:, None] / 10_000.0 ** (np.arange(0, size, 2) / size)
    query, key = (_turned(part, np.exp(1j * angles)) for part in (query, key))
    scores = query @ key.transpose(0, 1, 3, 2) / np.sqrt(size)
    scores = np.where(mask[:, None, None, :] > 0, scores, -np.inf)
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    mixed = (scores / scores.sum(-1, keepdims=True)) @ value
    mixed = mixed.transpose(0, 2, 1, 3).reshape(rows, length, hidden)
    return mixed @ weights[name + "wo.weight"].T


def _turned(x, turns):
    """Features 2 i and 2 i + 1 are a complex number."""
    turned = (x[..., 0::2] + 1j * x[..., 1::2]) * turns
    return np.stack([turned.real, turned.imag], axis=-1).reshape(x.shape)
