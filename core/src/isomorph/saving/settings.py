"""``config_sentence_transformers.json`` of a saved folder: the settings that the model has now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.model.model import Model
from isomorph.model.settings import Settings
from isomorph.read.settings import FILE

_KEPT = ("requirements",)
"""Keys that say what the folder needs and that nothing here changes."""

_CHOSEN = ("similarity_fn_name", "truncate_dim", "max_active_dims", "activation_fn")
"""Settings that only some models have; absent where nothing is chosen."""


def settings_of(now: Settings, source: Model) -> Mapping[str, Any]:
    """The content of the file, keys sorted.

    Versions are those that the folder was made with, and ours; we do not claim to be another library.
    """
    from isomorph.version import __version__

    content = source.files.json(FILE) or {}
    found: dict[str, Any] = {name: content[name] for name in _KEPT if name in content}
    found |= {
        "model_type": now.model_type,
        "__version__": {**source.settings.versions, "isomorph": __version__},
        "prompts": dict(now.prompts),
        "default_prompt_name": now.default_prompt_name,
    }
    chosen = {name: getattr(now, name) for name in _CHOSEN}
    found |= {name: value for name, value in chosen.items() if value is not None}
    return dict(sorted(found.items()))
