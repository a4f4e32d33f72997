"""How wide the vectors of a model are, as its modules say it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from isomorph.model.graph import Module

Config = Mapping[str, Any]


def embedding_dimension(modules: tuple[Module, ...]) -> int | None:
    """The width of the last module of a chain that states one."""
    for module in reversed(modules):
        states = _WIDTHS.get(module.kind)
        width = states(module.config) if states is not None else None
        if width or module.kind == "transformer":
            return width
    return None


def _of_table(config: Config) -> int | None:
    return int(config["shape"][-1]) if config["shape"] else None


def _of_pooling(config: Config) -> int | None:
    width = config.get("embedding_dimension")
    return int(width) * len(config["modes"]) if width else None


def _of_transformer(config: Config) -> int | None:
    own = config["transformer"]
    if config.get("task") == "fill-mask":
        return int(own.get("vocab_size", 0)) or None
    hidden = own.get("hidden_size", own.get("dim"))
    return int(hidden) if hidden else None


_WIDTHS: Mapping[str, Callable[[Config], int | None]] = {
    "dense": lambda config: int(config["out_features"]),
    "pooling": _of_pooling,
    "splade_pooling": lambda config: int(config.get("embedding_dimension") or 0) or None,
    "static_embedding": _of_table,
    "word_embeddings": _of_table,
    "bow": lambda config: len(config["weights"]),
    "cnn": lambda config: int(config["out_channels"]) * len(config["kernel_sizes"]),
    "lstm": lambda config: int(config["hidden_dim"]) * (2 if config["bidirectional"] else 1),
    "sparse_static_embedding": lambda config: int(config["tokens"]),
    "sparse_auto_encoder": lambda config: int(config["hidden_dim"]),
    "layer_norm": lambda config: int(config["dimension"]),
    "transformer": _of_transformer,
}
