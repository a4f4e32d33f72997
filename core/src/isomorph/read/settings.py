"""``config_sentence_transformers.json``: prompts, similarity, versions."""

from __future__ import annotations

from isomorph.errors import BadModel
from isomorph.files.folder import Folder
from isomorph.files.schema import OBJECT, TEXT, WIDTH, MapOf, OneOf, Schema, judge, maybe
from isomorph.model.settings import Settings

FILE = "config_sentence_transformers.json"
MODEL_TYPES = (
    "SentenceTransformer",
    "SparseEncoder",
    "CrossEncoder",
    "MultiVectorEncoder",
    "ColBERT",
)
"""The classes that such folders are saved by; of another one nobody here knows what the chain means."""

SCHEMA: Schema = {
    "model_type": maybe(OneOf(MODEL_TYPES)),
    "prompts": maybe(MapOf(maybe(TEXT))),
    "default_prompt_name": maybe(TEXT),
    "similarity_fn_name": maybe(TEXT),
    "truncate_dim": maybe(WIDTH),
    "max_active_dims": maybe(WIDTH),
    "activation_fn": maybe(TEXT),
    "__version__": maybe(OBJECT),
}


def read_settings(folder: Folder) -> Settings:
    """The settings of the model; defaults where the file or a key is absent.

    Raises:
        BadModel: the file is not a JSON object, or a value is not of the kind that its key has.
    """
    path = folder.file(FILE)
    if path is None:
        return Settings()
    content = folder.json(FILE)
    if not isinstance(content, dict):
        raise BadModel(f"{path} must hold an object.")
    judge(content, SCHEMA, str(path))
    return Settings(
        model_type=content.get("model_type") or "SentenceTransformer",
        prompts=content.get("prompts") or {},
        default_prompt_name=content.get("default_prompt_name"),
        similarity_fn_name=content.get("similarity_fn_name"),
        truncate_dim=content.get("truncate_dim"),
        max_active_dims=content.get("max_active_dims"),
        activation_fn=content.get("activation_fn"),
        versions=content.get("__version__") or {},
    )
