"""How a model wants to be used: prompts, similarity, versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Settings:
    """``config_sentence_transformers.json``: how the model wants to be used."""

    model_type: str = "SentenceTransformer"
    prompts: Mapping[str, str | None] = field(default_factory=dict)
    default_prompt_name: str | None = None
    similarity_fn_name: str | None = None
    truncate_dim: int | None = None
    max_active_dims: int | None = None
    activation_fn: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
