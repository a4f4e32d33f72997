"""``config_sentence_transformers.json``: prompts, similarity, versions."""

from __future__ import annotations

from typing import Any

from isomorph.errors import BadModel
from isomorph.model import Settings
from isomorph.read.folder import Folder

FILE = "config_sentence_transformers.json"


def read_settings(folder: Folder) -> Settings:
    """The settings of the model; defaults where the file or a key is absent.

    Raises:
        BadModel: the file is not a JSON object, or its prompts are not texts by name.
    """
    path = folder.file(FILE)
    if path is None:
        return Settings()
    content: Any = folder.json(FILE)
    if not isinstance(content, dict):
        raise BadModel(f"{path} must hold an object.")
    prompts = content.get("prompts") or {}
    if not isinstance(prompts, dict) or not all(
        isinstance(text, str) or text is None for text in prompts.values()
    ):
        raise BadModel(f"{path}: prompts must map names to texts, not {prompts!r}.")
    return Settings(
        model_type=content.get("model_type") or "SentenceTransformer",
        prompts=prompts,
        default_prompt_name=content.get("default_prompt_name"),
        similarity_fn_name=content.get("similarity_fn_name"),
        truncate_dim=content.get("truncate_dim"),
        activation_fn=content.get("activation_fn"),
        versions=content.get("__version__") or {},
    )
