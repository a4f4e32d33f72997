"""GTE as its published code computes it, written anew in float64: the oracle of model type ``new``."""

import math

import numpy as np

DEFAULTS = {
    "layer_norm_type": "layer_norm",
    "layer_norm_eps": 1e-12,
    "rope_theta": 10_000.0,
    "rope_scaling": None,
    "pack_qkv": True,
    "type_vocab_size": 1,
}


def shapes(config):
    """Names and shapes of the tensors, without a prefix."""
    config = {**DEFAULTS, **config}
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    found = {"embeddings.word_embeddings.weight": (config["vocab_size"], hidden)}
    if config["type_vocab_size"]:
        found["embeddings.token_type_embeddings.weight"] = (config["type_vocab_size"], hidden)
    norms = {"embeddings.LayerNorm": True}
    for layer in range(config["num_hidden_layers"]):
        name = f"encoder.layer.{layer}."
        packed = {"qkv_proj": 3} if config["pack_qkv"] else dict.fromkeys(_separate(), 1)
        for part, times in {**packed, "o_proj": 1}.items():
            found[f"{name}attention.{part}.weight"] = (times * hidden, hidden)
            found[f"{name}attention.{part}.bias"] = (times * hidden,)
        found[name + "mlp.up_gate_proj.weight"] = (2 * inner, hidden)
        found[name + "mlp.down_proj.weight"] = (hidden, inner)
        found[name + "mlp.down_proj.bias"] = (hidden,)
        for norm in ("attn_ln", "mlp_ln"):
            norms[name + norm] = config["layer_norm_type"] == "layer_norm"
    for norm, bias in norms.items():
        found.update({f"{norm}.{part}": (hidden,) for part in ("weight", "bias")[: 1 + bias]})
    return found


def draw(config, seed=0):
    """Strong random weights of the encoder."""
    return drawn(shapes(config), seed)


def drawn(shapes, seed):
    """Strong random weights of these shapes."""
    generator = np.random.default_rng(seed)
    found = {}
    for name, shape in shapes.items():
        if "_embeddings" in name:
            value = generator.normal(0, 0.5, shape)
        elif len(shape) == 2:
            value = generator.normal(0, 1.3 / shape[1] ** 0.5, shape)
        elif name.endswith("bias"):
            value = generator.uniform(-0.1, 0.1, shape)
        else:
            value = generator.uniform(0.8, 1.2, shape)
        found[name] = value.astype(np.float32)
    return found


def states(config, tensors, feeds):
    """The hidden states of a padded batch."""
    config = {**DEFAULTS, **config}
    weights = {name: tensor.astype(np.float64) for name, tensor in tensors.items()}
    x = weights["embeddings.word_embeddings.weight"][feeds["input_ids"]]
    if config["type_vocab_size"]:
        x = x + weights["embeddings.token_type_embeddings.weight"][feeds["token_type_ids"]]
    x = _norm(weights, "embeddings.LayerNorm", x, config["layer_norm_eps"])
    for layer in range(config["num_hidden_layers"]):
        name = f"encoder.layer.{layer}."
        attended = _attend(config, weights, name + "attention.", x, feeds["attention_mask"])
        x = _norm(weights, name + "attn_ln", x + attended, config["layer_norm_eps"])
        up_gate = x @ weights[name + "mlp.up_gate_proj.weight"].T
        up, gate = np.split(up_gate, 2, axis=-1)
        gate = _gelu(gate) if config.get("hidden_act", "gelu") == "gelu" else np.maximum(gate, 0)
        down = (gate * up) @ weights[name + "mlp.down_proj.weight"].T
        down = down + weights[name + "mlp.down_proj.bias"]
        x = _norm(weights, name + "mlp_ln", x + down, config["layer_norm_eps"])
    return x


def _separate():
    return ("q_proj", "k_proj", "v_proj")


def _gelu(x):
    return x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2


def _norm(weights, name, x, eps):
    """Mean and bias only where the tensors hold a bias."""
    bias = weights.get(name + ".bias")
    if bias is not None:
        x = x - x.mean(-1, keepdims=True)
    x = x / np.sqrt((x**2).mean(-1, keepdims=True) + eps) * weights[name + ".weight"]
    return x if bias is None else x + bias


def _attend(config, weights, name, x, mask):
    def project(part):
        return x @ weights[name + part + ".weight"].T + weights[name + part + ".bias"]

    if config["pack_qkv"]:
        parts = np.split(project("qkv_proj"), 3, axis=-1)
    else:
        parts = [project(part) for part in _separate()]
    rows, length, hidden = x.shape
    heads = config["num_attention_heads"]
    query, key, value = (
        part.reshape(rows, length, heads, -1).transpose(0, 2, 1, 3) for part in parts
    )
    size = hidden // heads
    angles = np.arange(length)[:, None] * _frequencies(config, size)
    scores = _turn(query, angles) @ _turn(key, angles).transpose(0, 1, 3, 2) / math.sqrt(size)
    scores = np.where(mask[:, None, None, :] > 0, scores, -np.inf)
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    mixed = (scores / scores.sum(-1, keepdims=True)) @ value
    mixed = mixed.transpose(0, 2, 1, 3).reshape(rows, length, hidden)
    return mixed @ weights[name + "o_proj.weight"].T + weights[name + "o_proj.bias"]


def _turn(x, angles):
    """Pairs (i, i + size / 2) as complex numbers, turned."""
    first, second = np.split(x, 2, axis=-1)
    turned = (first + 1j * second) * np.exp(1j * angles)
    return np.concatenate([turned.real, turned.imag], axis=-1)


def _frequencies(config, size):
    scaling, base = config["rope_scaling"], config["rope_theta"]
    exponents = np.arange(0, size, 2) / size
    if not scaling:
        return base**-exponents
    factor, mixed = scaling["factor"], scaling.get("mixed_b")
    if mixed is None:
        return (base * factor) ** -exponents / factor ** (2 / size)
    slope = math.log(factor) / (size / 2) ** mixed
    return base**-exponents / np.exp(slope * np.arange(1, size // 2 + 1) ** mixed)


def head_shapes(config):
    """Names and shapes of the head of a masked language model, whose matrix is the word embeddings."""
    hidden = config["hidden_size"]
    return {
        "lm_head.dense.weight": (hidden, hidden),
        **dict.fromkeys(("lm_head.dense.bias", "lm_head.norm.weight"), (hidden,)),
        "lm_head.norm.bias": (hidden,),
        "lm_head.decoder.bias": (config["vocab_size"],),
    }


def words(config, tensors, head, feeds):
    """The scores of words; `head` holds the tensors of the head."""
    head = {name: tensor.astype(np.float64) for name, tensor in head.items()}
    x = states(config, tensors, feeds)
    x = x @ head["lm_head.dense.weight"].T + head["lm_head.dense.bias"]
    x = _gelu(x) if config.get("hidden_act", "gelu") == "gelu" else np.maximum(x, 0)
    x = _norm(head, "lm_head.norm", x, config.get("layer_norm_eps", 1e-12))
    return x @ tensors["embeddings.word_embeddings.weight"].T + head["lm_head.decoder.bias"]
