"""EVA-02 as the code of Jina CLIP computes it, written anew in float64."""

import math

import numpy as np

EPS = 1e-6


def vectors(config, tensors, pixels):
    """Vectors of images, pixels (B, 3, H, W) -> (B, embed_dim); `config` are the options of vision_config."""
    w = {
        name.removeprefix("vision_model."): tensor.astype(np.float64)
        for name, tensor in tensors.items()
        if name.startswith("vision_model.")
    }
    x = _embedded(config, w, pixels.astype(np.float64))
    angles = _angles(config) if config.get("rope_embeddings") else None
    for layer in range(config["layers"]):
        name = f"blocks.{layer}."
        for part, made in (("1", _attend), ("2", _feed)):
            read = _norm(w, f"{name}norm{part}", x)
            found = made(config, w, name, read, angles)
            x = x + found * w.get(f"{name}gamma_{part}", 1.0)
    first = _norm(w, "norm", x)[:, 0]
    return first @ w["head.weight"].T + w["head.bias"] if "head.weight" in w else first


def _embedded(config, w, pixels):
    side, width = config["patch_size"], config["width"]
    kernel = w["patch_embed.proj.weight"].reshape(width, -1)
    rows = []
    for image in pixels:
        height, wide = image.shape[1:]
        made = [
            kernel @ image[:, y : y + side, x : x + side].reshape(-1) + w["patch_embed.proj.bias"]
            for y in range(0, height, side)
            for x in range(0, wide, side)
        ]
        rows.append(np.stack([w["cls_token"][0, 0], *made]))
    return np.stack(rows) + w["pos_embed"]


def _angles(config):
    """Of each patch and feature of a head: the first half by the row, the second by the column."""
    grid = config["image_size"] // config["patch_size"]
    half = config["head_width"] // 2
    frequencies = 10_000.0 ** -(np.arange(0, half, 2) / half)
    steps = config["pt_hw_seq_len"]
    places = np.arange(grid) / (grid if config.get("intp_freq") else steps) * steps
    turns = np.repeat(places[:, None] * frequencies, 2, axis=1)
    return np.array(
        [np.concatenate([turns[y], turns[x]]) for y in range(grid) for x in range(grid)]
    )


def _attend(config, w, name, x, angles):
    name += "attn."
    width = config["width"]
    if config.get("subln"):
        parts = [w[f"{name}{part}_proj.weight"] for part in "qkv"]
    else:
        parts = np.split(w[f"{name}qkv.weight"], 3)
    q, k, v = (x @ part.T for part in parts)
    if config.get("qkv_bias", True):
        q, v = q + w[name + "q_bias"], v + w[name + "v_bias"]
    heads = width // config["head_width"]
    q, k, v = (y.reshape(*y.shape[:2], heads, -1).transpose(0, 2, 1, 3).copy() for y in (q, k, v))
    if angles is not None:
        for each in (q, k):
            patches = each[:, :, 1:].copy()
            turned = np.stack([-patches[..., 1::2], patches[..., ::2]], axis=-1)
            each[:, :, 1:] = patches * np.cos(angles) + turned.reshape(patches.shape) * np.sin(
                angles
            )
    scores = q @ k.transpose(0, 1, 3, 2) / math.sqrt(config["head_width"])
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    mixed = (scores / scores.sum(-1, keepdims=True)) @ v
    mixed = mixed.transpose(0, 2, 1, 3).reshape(*x.shape[:2], width)
    if config.get("subln"):
        mixed = _norm(w, name + "inner_attn_ln", mixed)
    return mixed @ w[name + "proj.weight"].T + w[name + "proj.bias"]


def _feed(config, w, name, x, angles):
    name += "mlp."
    if config.get("naive_swiglu"):
        gate = _linear(w, name + "w1", x)
        inner, eps = gate / (1 + np.exp(-gate)) * _linear(w, name + "w2", x), EPS
    else:
        inner = _linear(w, name + "fc1", x)
        inner = inner * (1 + np.vectorize(math.erf)(inner / math.sqrt(2))) / 2
        eps = 1e-5  # the code leaves it to torch
    if config.get("subln"):
        inner = _norm(w, name + "ffn_ln", inner, eps)
    return _linear(w, name + ("w3" if config.get("naive_swiglu") else "fc2"), inner)


def _linear(w, name, x):
    return x @ w[name + ".weight"].T + w[name + ".bias"]


def _norm(w, name, x, eps=EPS):
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + eps)
    return scaled * w[name + ".weight"] + w[name + ".bias"]
