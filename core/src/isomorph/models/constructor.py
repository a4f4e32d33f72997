"""The keywords that the constructors of all four classes take, for type checkers and editors."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from typing import Any, TypedDict

from isomorph.arguments.names import under_present_names


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


def under_known_names(
    model: type, given: Mapping[str, Any], keywords: type = ModelKeywords
) -> dict[str, Any]:
    """What the constructor of a model's class was given beside its own arguments, under today's names.

    Raises:
        TypeError: a keyword that the constructor does not take; names those like it, else all.
        InputError: one is given under two names.
    """
    unknown = [name for name in given if name not in keywords.__annotations__]
    if not unknown:
        return under_present_names(given)
    from difflib import get_close_matches  # of no use to a program without a mistake

    own = [name for name in signature(model).parameters if name != "kwargs"]
    known = [*own, *keywords.__annotations__]
    like = get_close_matches(unknown[0], known, n=1)
    hint = f"did you mean {like[0]}?" if like else f"it takes {', '.join(known)}."
    raise TypeError(f"{model.__name__}() does not take {', '.join(unknown)}; {hint}")
