"""``config_sentence_transformers.json`` of a saved folder: the settings that the model has now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from isomorph.model.model import Model
from isomorph.postprocess.activations import class_path
from isomorph.read.settings import FILE

if TYPE_CHECKING:
    from isomorph.models.base import BaseModel

_KEPT = ("requirements",)
"""Keys that say what the folder needs and that nothing here changes."""


def settings_of(model: BaseModel, source: Model) -> Mapping[str, Any]:
    """The content of the file, keys sorted.

    Versions are those that the folder was made with, and ours; we do not claim to be another library.
    """
    from isomorph.version import __version__

    content = source.files.json(FILE) or {}
    found: dict[str, Any] = {name: content[name] for name in _KEPT if name in content}
    found |= {
        "model_type": model.model_type,
        "__version__": {**source.settings.versions, "isomorph": __version__},
        "prompts": dict(model.prompts),
        "default_prompt_name": model.default_prompt_name,
    }
    if hasattr(model, "similarity_fn_name"):
        found["similarity_fn_name"] = model.similarity_fn_name
    for name in ("truncate_dim", "max_active_dims"):
        if getattr(model, name, None) is not None:
            found[name] = getattr(model, name)
    if hasattr(model, "activation_fn"):
        path_of_class = class_path(model.activation_fn)
        if path_of_class is not None:
            found["activation_fn"] = path_of_class
    return dict(sorted(found.items()))
