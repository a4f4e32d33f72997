"""Nomic Embed Vision as its published code computes it, written anew in float64."""

import numpy as np
from families.published_nomic import GATES


def states(config, tensors, pixels):
    """What the model gives for each position: pixels (B, 3, H, W) -> (B, 1 + patches, hidden)."""
    w = {name: tensor.astype(np.float64) for name, tensor in tensors.items()}
    x = _embedded(config, w, pixels.astype(np.float64))
    turn = _turning(config, x.shape[1])
    for layer in range(config["n_layer"]):
        name = f"layers.{layer}."
        x = x + _attend(config, w, name + "attn.", _norm(w, name + "norm1", x, _eps(config)), turn)
        x = x + _feed(config, w, name + "mlp.", _norm(w, name + "norm2", x, _eps(config)), True)
    seen = _norm(w, "selector.norm1", _select(config, w, x), _eps(config))
    return x + _feed(config, w, "selector.mlp.", seen, False)


def _eps(config):
    return config.get("layer_norm_epsilon", 1e-6)


def _embedded(config, w, pixels):
    side = config["patch_size"]
    rows = []
    for image in pixels:
        _, height, width = image.shape
        patches = [
            image[:, y : y + side, x : x + side].reshape(-1)
            for y in range(0, height, side)
            for x in range(0, width, side)
        ]
        made = np.stack(patches) @ w["embeddings.proj.weight"].T + w["embeddings.proj.bias"]
        rows.append(np.concatenate([w["embeddings.cls_token"][0], made]))
    return np.stack(rows) + w["embeddings.pos_embed"]


def _turning(config, count):
    """cos and sin (patches, features of a head): the first half by rows, the second by columns."""
    size = config["n_embd"] // config["n_head"]
    grid = config["img_size"] // config["patch_size"]
    bands = 10000.0 ** -(np.arange(size // 4) / (size // 4))
    steps = config.get("ref_feat_shape") or [grid, grid]
    angles = [
        np.concatenate([row / grid * steps[0] * bands, column / grid * steps[1] * bands])
        for row in range(grid)
        for column in range(grid)
    ]
    assert len(angles) == count - 1
    return np.repeat(angles, 2, axis=1)


def _attend(config, w, name, x, angles):
    qkv = x @ w[name + "Wqkv.weight"].T + w[name + "Wqkv.bias"]
    q, k, v = (_heads(config, part) for part in np.split(qkv, 3, axis=-1))
    for each in (q, k):
        patches = each[:, :, 1:]
        pairs = np.stack([-patches[..., 1::2], patches[..., ::2]], axis=-1).reshape(patches.shape)
        each[:, :, 1:] = patches * np.cos(angles) + pairs * np.sin(angles)
    mixed = _mixed(q, k, v)
    return mixed @ w[name + "out_proj.weight"].T + w[name + "out_proj.bias"]


def _select(config, w, x):
    name = "selector.attn."
    q = w[name + "latent"] @ w[name + "Wq.weight"].T + w[name + "Wq.bias"]
    k, v = np.split(x @ w[name + "Wkv.weight"].T + w[name + "Wkv.bias"], 2, axis=-1)
    q = np.repeat(q, len(x), axis=0)
    mixed = _mixed(*(_heads(config, part) for part in (q, k, v)))
    return mixed @ w[name + "out_proj.weight"].T + w[name + "out_proj.bias"]


def _heads(config, x):
    return x.reshape(*x.shape[:2], config["n_head"], -1).transpose(0, 2, 1, 3).copy()


def _mixed(q, k, v):
    scores = q @ k.transpose(0, 1, 3, 2) / np.sqrt(q.shape[-1])
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares /= shares.sum(axis=-1, keepdims=True)
    mixed = (shares @ v).transpose(0, 2, 1, 3)
    return mixed.reshape(*mixed.shape[:2], -1)


def _feed(config, w, name, x, inside):
    gate = GATES[config.get("activation_function", "swiglu")]
    y = (x @ w[name + "fc11.weight"].T + w[name + "fc11.bias"]) * gate(
        x @ w[name + "fc12.weight"].T + w[name + "fc12.bias"]
    )
    if inside and config.get("norm_mlp"):
        y = _norm(w, name + "norm", y, 1e-5)
    return y @ w[name + "fc2.weight"].T + w[name + "fc2.bias"]


def _norm(w, name, x, eps):
    centred = x - x.mean(axis=-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + eps)
    return scaled * w[name + ".weight"] + w[name + ".bias"]
