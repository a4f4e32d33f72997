"""The keywords that the constructors of all four classes take, for type checkers and editors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict


class ModelKeywords(TypedDict, total=False):
    """The keywords of `BaseModel`, and the older names of some: ``**kwargs`` of the classes that inherit."""

    modules: Any
    device: str | None
    prompts: Mapping[str, str] | None
    default_prompt_name: str | None
    cache_folder: str | None
    trust_remote_code: bool
    revision: str | None
    local_files_only: bool
    token: bool | str | None
    model_kwargs: Mapping[str, Any] | None
    processor_kwargs: Mapping[str, Any] | None
    config_kwargs: Mapping[str, Any] | None
    model_card_data: Any
    backend: str | None
    strict: bool
    verify: bool
    preload: bool
    results: str
    weights: str | None
    automodel_args: Mapping[str, Any] | None
    tokenizer_kwargs: Mapping[str, Any] | None
    tokenizer_args: Mapping[str, Any] | None
    config_args: Mapping[str, Any] | None
    cache_dir: str | None
    use_auth_token: bool | str | None


class CrossEncoderKeywords(ModelKeywords, total=False):
    """Those of a `CrossEncoder`, with the older names of its own arguments."""

    model_name: str
    default_activation_function: Any
