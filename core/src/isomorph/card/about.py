"""What a model says about itself, read from its data: nothing is loaded, run or asked of the Hub."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from typing import Any

from isomorph.card.data import BaseModelCardData
from isomorph.card.origin import origin
from isomorph.contract import BackendInfo, Module

LIBRARIES = ("isomorph-core", "numpy", "tokenizers", "safetensors", "huggingface_hub")


@dataclass(frozen=True, slots=True)
class About:
    """The facts of a card.

    ``base_model`` and ``base_revision`` are set where the folder is a snapshot in a Hub cache.
    ``unit`` is what the maximum length counts.
    ``saved_by`` are the versions of libraries that the folder itself states, ``versions`` those here.
    """

    kind: type[BaseModelCardData]
    modules: tuple[Module, ...]
    routes: tuple[str, ...]
    modalities: tuple[str, ...]
    dimension: int | None
    labels: int | None
    max_length: int | None
    unit: str
    similarity: str | None
    prompts: dict[str, str]
    base_model: str | None
    base_revision: str | None
    saved_by: dict[str, str]
    versions: dict[str, str]

    @property
    def asymmetric(self) -> bool:
        """Whether queries and documents are treated differently."""
        roles = {"query", "document", "passage", "corpus"}
        return bool(self.routes) or any(self.prompts.get(role) for role in roles)


def about(model: Any) -> About:
    """Reads the facts off a model."""
    loaded = model.__loaded__()
    read = loaded.whole
    modules = {**read.modules, **{m.name: m for m in loaded.model.graph.modules}}
    names = [name for router in read.routers for name in router.branches]
    dimension = getattr(model, "get_embedding_dimension", None)
    if loaded.pipeline.stated_dimension is None:
        dimension = None  # a forward would tell, and nothing runs for a card
    base, revision = origin(read.folder)
    return About(
        kind=type(model).model_card_data_class,
        modules=tuple(modules.values()),
        routes=tuple(dict.fromkeys(names)),
        modalities=read.takes,
        dimension=None if dimension is None else dimension(),
        labels=getattr(model, "num_labels", None),
        max_length=model.max_seq_length,
        unit=loaded.pipeline.inputs.unit,
        similarity=getattr(model, "similarity_fn_name", None),
        prompts={name: text for name, text in model.prompts.items() if text},
        base_model=base,
        base_revision=revision,
        saved_by={str(name): str(text) for name, text in read.settings.versions.items() if text},
        versions=_versions(loaded.backend),
    )


def _versions(backend: BackendInfo) -> dict[str, str]:
    """Of what is installed here, from its metadata: nothing is imported for it."""
    plugin = backend.distribution.partition(" ")[0]
    found = {}
    for name in dict.fromkeys((*LIBRARIES, plugin, *backend.requires)):
        try:
            found[name] = metadata.version(name)
        except (metadata.PackageNotFoundError, ValueError):
            continue  # an import name that is not its distribution's, or no distribution at all
    return found
