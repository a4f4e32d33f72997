"""BERT with ALiBi and gates as Jina's published code computes it, written anew in float64."""

import math

import numpy as np

ACTIVATIONS = {
    "geglu": lambda x: x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2,
    "reglu": lambda x: np.maximum(x, 0),
}
OUTPUT = "attention.output."


def shapes(config):
    """Names and shapes of the tensors, without a prefix."""
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    found = {
        "embeddings.word_embeddings.weight": (config["vocab_size"], hidden),
        "embeddings.token_type_embeddings.weight": (config["type_vocab_size"], hidden),
    }
    norms = ["embeddings.LayerNorm"]
    for layer in range(config["num_hidden_layers"]):
        name = f"encoder.layer.{layer}."
        square = [f"attention.self.{part}" for part in ("query", "key", "value")]
        for part in (*square, OUTPUT + "dense"):
            found[f"{name}{part}.weight"] = (hidden, hidden)
            found[f"{name}{part}.bias"] = (hidden,)
        found[name + "mlp.gated_layers.weight"] = (2 * inner, hidden)
        found[name + "mlp.wo.weight"], found[name + "mlp.wo.bias"] = (hidden, inner), (hidden,)
        norms += [f"{name}{OUTPUT}LayerNorm", name + "mlp.layernorm"]
    for norm in norms:
        found[norm + ".weight"] = found[norm + ".bias"] = (hidden,)
    return found


def states(config, tensors, feeds):
    """The hidden states of a padded batch."""
    weights = {name: tensor.astype(np.float64) for name, tensor in tensors.items()}
    eps, inner = config["layer_norm_eps"], config["intermediate_size"]
    x = weights["embeddings.word_embeddings.weight"][feeds["input_ids"]]
    x = x + weights["embeddings.token_type_embeddings.weight"][feeds["token_type_ids"]]
    x = _norm(weights, "embeddings.LayerNorm", x, eps)
    for layer in range(config["num_hidden_layers"]):
        name = f"encoder.layer.{layer}."
        attended = _attend(config, weights, name, x, feeds["attention_mask"])
        x = _norm(weights, f"{name}{OUTPUT}LayerNorm", x + attended, eps)
        both = x @ weights[name + "mlp.gated_layers.weight"].T
        gate = ACTIVATIONS[config["feed_forward_type"]](both[..., :inner])
        x = _norm(
            weights,
            name + "mlp.layernorm",
            x + _linear(weights, name + "mlp.wo", gate * both[..., inner:]),
            eps,
        )
    return x


def later_shapes(config):
    """Names and shapes of the tensors of the later code, which normalises queries and keys."""
    hidden, found = config["hidden_size"], {}
    for name, shape in shapes(config).items():
        own = name.replace("mlp.gated_layers", "mlp.up_gated_layer").replace(
            "mlp.wo", "mlp.down_layer"
        )
        found[own.replace("mlp.layernorm", "layer_norm_2")] = shape
    for layer in range(config["num_hidden_layers"]):
        name = f"encoder.layer.{layer}."
        for norm in ("attention.self.layer_norm_q", "attention.self.layer_norm_k", "layer_norm_1"):
            found[f"{name}{norm}.weight"] = found[f"{name}{norm}.bias"] = (hidden,)
    return found


def later_states(config, tensors, feeds):
    """The hidden states of a padded batch, as the later code computes them."""
    weights = {name: tensor.astype(np.float64) for name, tensor in tensors.items()}
    eps, inner = config["layer_norm_eps"], config["intermediate_size"]
    x = weights["embeddings.word_embeddings.weight"][feeds["input_ids"]]
    x = x + weights["embeddings.token_type_embeddings.weight"][feeds["token_type_ids"]]
    x = _norm(weights, "embeddings.LayerNorm", x, eps)
    for layer in range(config["num_hidden_layers"]):
        name = f"encoder.layer.{layer}."
        attended = _attend(config, weights, name, x, feeds["attention_mask"], normed=True)
        attended = _norm(weights, f"{name}{OUTPUT}LayerNorm", x + attended, eps)
        x = _norm(weights, name + "layer_norm_1", x + attended, eps)
        both = x @ weights[name + "mlp.up_gated_layer.weight"].T
        gate = ACTIVATIONS[config["feed_forward_type"]](both[..., inner:])
        down = _linear(weights, name + "mlp.down_layer", both[..., :inner] * gate)
        x = _norm(weights, name + "layer_norm_2", x + down, eps)
    return x


def slopes(heads):
    """As the first implementation of ALiBi has them."""
    if math.log2(heads).is_integer():
        start = 2 ** (-(2 ** -(math.log2(heads) - 3)))
        return [start * start**i for i in range(heads)]
    near = 2 ** math.floor(math.log2(heads))
    return slopes(near) + slopes(2 * near)[0::2][: heads - near]


def _linear(weights, name, x):
    return x @ weights[name + ".weight"].T + weights[name + ".bias"]


def _norm(weights, name, x, eps):
    x = x - x.mean(-1, keepdims=True)
    x = x / np.sqrt((x**2).mean(-1, keepdims=True) + eps)
    return x * weights[name + ".weight"] + weights[name + ".bias"]


def _attend(config, weights, name, x, mask, normed=False):
    rows, length, hidden = x.shape
    heads = config["num_attention_heads"]
    own = f"{name}attention.self."
    query, key, value = (_linear(weights, own + part, x) for part in ("query", "key", "value"))
    if normed:
        query = _norm(weights, own + "layer_norm_q", query, config["layer_norm_eps"])
        key = _norm(weights, own + "layer_norm_k", key, config["layer_norm_eps"])
    query, key, value = (
        part.reshape(rows, length, heads, -1).transpose(0, 2, 1, 3) for part in (query, key, value)
    )
    columns = np.arange(length)
    distances = np.abs(columns[None, :] - columns[:, None])
    scores = query @ key.transpose(0, 1, 3, 2) / math.sqrt(hidden // heads)
    scores = scores - np.array(slopes(heads))[:, None, None] * distances
    scores = np.where(mask[:, None, None, :] > 0, scores, -np.inf)
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    mixed = (scores / scores.sum(-1, keepdims=True)) @ value
    mixed = mixed.transpose(0, 2, 1, 3).reshape(rows, length, hidden)
    return _linear(weights, f"{name}{OUTPUT}dense", mixed)
