"""Nomic BERT of the second generation as its published code computes it, written anew in float64."""

import math

import numpy as np


def _gelu(x):
    return x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2


GATES = {
    "swiglu": lambda x: x / (1 + np.exp(-x)),
    "geglu": _gelu,
    "glu": lambda x: 1 / (1 + np.exp(-x)),
}


def shapes(config):
    """Names and shapes of the tensors, without a prefix."""
    hidden, inner = config["n_embd"], config["n_inner"]
    found = {"embeddings.word_embeddings.weight": (config["vocab_size"], hidden)}
    found["embeddings.token_type_embeddings.weight"] = (config["type_vocab_size"], hidden)
    norms = ["emb_ln"]
    for layer in range(config["n_layer"]):
        name = f"encoder.layers.{layer}."
        linear = {"attn.Wqkv": (3 * hidden, hidden), "attn.out_proj": (hidden, hidden)}
        if _has_experts(config, layer):
            count = config["num_experts"]
            found[name + "mlp.router.layer.weight"] = (count, hidden)
            found[name + "mlp.experts.mlp.w1"] = (count * inner, hidden)
            found[name + "mlp.experts.mlp.w2"] = (count * inner, hidden)
            found[name + "mlp.experts.bias"] = (hidden,)
        else:
            parts = ("fc11", "fc12") if config["activation_function"] in GATES else ("fc1",)
            linear |= {"mlp." + part: (inner, hidden) for part in parts}
            linear["mlp.fc2"] = (hidden, inner)
        for part, shape in linear.items():
            found[name + part + ".weight"] = shape
            found[name + part + ".bias"] = shape[:1]
        norms += [name + "norm1", name + "norm2"]
    for norm in norms:
        found[norm + ".weight"] = found[norm + ".bias"] = (hidden,)
    return found


def states(config, tensors, feeds):
    """The hidden states of a padded batch."""
    weights = {name: tensor.astype(np.float64) for name, tensor in tensors.items()}
    eps = config["layer_norm_epsilon"]
    x = weights["embeddings.word_embeddings.weight"][feeds["input_ids"]]
    x = x + weights["embeddings.token_type_embeddings.weight"][feeds["token_type_ids"]]
    x = _norm(weights, "emb_ln", x, eps)
    for layer in range(config["n_layer"]):
        name = f"encoder.layers.{layer}."
        attended = _attend(config, weights, name, x, feeds["attention_mask"])
        x = _norm(weights, name + "norm1", x + attended, eps)
        feed = _experts if _has_experts(config, layer) else _feed
        x = _norm(weights, name + "norm2", x + feed(config, weights, name + "mlp.", x), eps)
    return x


def _has_experts(config, layer):
    every = config["moe_every_n_layers"]
    return every > 0 and layer % every == 1


def _feed(config, weights, name, x):
    kind = config["activation_function"]
    if kind in GATES:
        gate = GATES[kind](_linear(weights, name + "fc12", x))
        return _linear(weights, name + "fc2", _linear(weights, name + "fc11", x) * gate)
    return _linear(weights, name + "fc2", _gelu(_linear(weights, name + "fc1", x)))


def _experts(config, weights, name, x):
    """Each position in a loop of its own."""
    inner = config["n_inner"]
    first, last = (weights[f"{name}experts.mlp.w{part}"] for part in (1, 2))
    result = np.zeros_like(x)
    for at in np.ndindex(x.shape[:2]):
        logits = weights[name + "router.layer.weight"] @ x[at]
        shares = np.exp(logits - logits.max())
        shares /= shares.sum()
        for expert in np.argsort(-shares)[: config["moe_top_k"]]:
            rows = slice(expert * inner, (expert + 1) * inner)
            result[at] += shares[expert] * (_gelu(first[rows] @ x[at]) @ last[rows])
    return result + weights[name + "experts.bias"]


def _linear(weights, name, x):
    return x @ weights[name + ".weight"].T + weights[name + ".bias"]


def _norm(weights, name, x, eps):
    x = x - x.mean(-1, keepdims=True)
    x = x / np.sqrt((x**2).mean(-1, keepdims=True) + eps)
    return x * weights[name + ".weight"] + weights[name + ".bias"]


def _attend(config, weights, name, x, mask):
    rows, length, hidden = x.shape
    heads = config["n_head"]
    qkv = _linear(weights, name + "attn.Wqkv", x).reshape(rows, length, 3, heads, -1)
    query, key, value = (qkv[:, :, part].transpose(0, 2, 1, 3) for part in range(3))
    query, key = (_turned(part, config["rotary_emb_base"]) for part in (query, key))
    scores = query @ key.transpose(0, 1, 3, 2) / math.sqrt(hidden // heads)
    scores = np.where(mask[:, None, None, :] > 0, scores, -np.inf)
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    mixed = (scores / scores.sum(-1, keepdims=True)) @ value
    mixed = mixed.transpose(0, 2, 1, 3).reshape(rows, length, hidden)
    return _linear(weights, name + "attn.out_proj", mixed)


def _turned(x, base):
    half = x.shape[-1] // 2
    angles = np.arange(x.shape[2])[:, None] * base ** (-np.arange(half) / half)
    first, second = x[..., :half], x[..., half:]
    cos, sin = np.cos(angles), np.sin(angles)
    return np.concatenate([first * cos - second * sin, second * cos + first * sin], -1)
