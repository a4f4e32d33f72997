"""How wide the vectors of a model are, as its modules say it."""

from __future__ import annotations

from isomorph.graph import Module


def embedding_dimension(modules: tuple[Module, ...]) -> int | None:
    """The width of the last module of a chain that states one."""
    for module in reversed(modules):
        config = module.config
        if module.op == "dense":
            return int(config["out_features"])
        if module.op == "pooling" and config.get("embedding_dimension"):
            return int(config["embedding_dimension"]) * len(config["modes"])
        if module.op == "splade_pooling" and config.get("embedding_dimension"):
            return int(config["embedding_dimension"])
        if module.op == "static_embedding":
            return int(config["shape"][-1])
        if module.op == "sparse_static_embedding":
            return int(config["tokens"])
        if module.op == "sparse_auto_encoder":
            return int(config["hidden_dim"])
        if module.op == "layer_norm":
            return int(config["dimension"])
        if module.op == "transformer":
            if config.get("task") == "fill-mask":
                return int(config["transformer"].get("vocab_size", 0)) or None
            hidden = config["transformer"].get("hidden_size", config["transformer"].get("dim"))
            return int(hidden) if hidden else None
    return None
