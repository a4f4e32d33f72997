"""Which chains give sparse vectors, and what becomes of a folder whose chain does not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from isomorph.errors import AmbiguousHead, ModelError
from isomorph.model.graph import Graph, Module
from isomorph.model.model import Model
from isomorph.model.settings import Settings
from isomorph.modules import sparse_auto_encoder
from isomorph.plugins.table import kind_named
from isomorph.read.flag_embedding import sparse_model
from isomorph.read.inference_free import inference_free
from isomorph.read.plain import read_splade

_DENSE_OR_SPARSE = ("SentenceTransformer", "SparseEncoder")


def sparse_chain(model: Model) -> Model:
    """The model itself if each of its chains has a sparse head, else one with a head beside its chain.

    That is FlagEmbedding's, in a file of its own, or the masked language model's.

    As in sentence-transformers the listed modules of another kind of model are left aside, and its
    prompts with them. Where that library would add an autoencoder of random weights, the folder is refused.

    Raises:
        AmbiguousHead: nothing in the folder makes its vectors sparse.
    """
    if (found := inference_free(model)) is not None:
        return found
    chains = model.chains.values()
    if all(any(kind_named(m.kind).sparse for m in each.graph.modules) for each in chains):
        return model
    if (found := sparse_model(model)) is not None:
        return found
    listed = (model.folder / "modules.json").is_file()
    if listed and model.settings.model_type in _DENSE_OR_SPARSE:
        raise _no_head(model.folder)
    try:
        found = read_splade(model.folder)
    except ModelError as cause:
        raise _no_head(model.folder) from cause
    return replace(found, settings=Settings()) if listed else found


def auto_encoder(modules: Iterable[Module]) -> Module | None:
    """The first autoencoder of a chain, None where there is none."""
    return next(
        (module for module in modules if module.kind == sparse_auto_encoder.KIND.name), None
    )


def kept_by(modules: Iterable[Module]) -> int | None:
    """How many features a chain's autoencoder keeps; None where there is none, or it keeps all."""
    found = auto_encoder(modules)
    if found is None or found.config["k"] == found.config["hidden_dim"]:
        return None
    return int(found.config["k"])


def with_room_for(model: Model, most: int | None) -> Model:
    """The model with autoencoders that keep at least so many features, if they have as many."""
    if most is None:
        return model
    return model.changed(lambda each: replace(each, graph=_wider(each.graph, most)))


def _wider(graph: Graph, most: int) -> Graph:
    modules = []
    for module in graph.modules:
        if module.kind == sparse_auto_encoder.KIND.name and module.config["k"] < most:
            k = min(most, module.config["hidden_dim"])
            modules.append(replace(module, config={**module.config, "k": k}))
        else:
            modules.append(module)
    return replace(graph, modules=tuple(modules))


def _no_head(folder: Path) -> AmbiguousHead:
    return AmbiguousHead(
        f"{folder} holds no head that makes vectors sparse: no SpladePooling, SparseAutoEncoder or "
        "SparseStaticEmbedding in modules.json, no sparse_linear.pt beside it, and no …ForMaskedLM in "
        "config.json. One of random weights would give random vectors. Train a head and load that "
        "folder, or load this one as a SentenceTransformer."
    )
