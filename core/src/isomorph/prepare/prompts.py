"""Which text goes in front of the inputs."""

from __future__ import annotations

from collections.abc import Mapping
from warnings import warn

from isomorph.errors import InputError


def choose_prompt(
    prompts: Mapping[str, str],
    default: str | None,
    prompt: str | None = None,
    prompt_name: str | None = None,
) -> str:
    """The prompt text of a call: `prompt`, else the one of this name, else the default, else "".

    Raises:
        InputError: no prompt has this name; lists those there are.
    """
    if prompt is not None:
        if prompt_name is not None:
            warn("Both prompt and prompt_name were given; prompt_name is ignored.", stacklevel=4)
        return prompt
    name = prompt_name if prompt_name is not None else default
    if name is None:
        return ""
    if name not in prompts:
        raise InputError(f"There is no prompt {name!r}; this model has: {sorted(prompts)}.")
    return prompts[name]


def merge_prompts(
    saved: Mapping[str, str | None], given: Mapping[str, str] | None, names: tuple[str, ...]
) -> dict[str, str]:
    """The prompts of a loaded model: the user's win over the saved ones, absent ones are "".

    Raises:
        InputError: the user's are not texts by name.
    """
    merged: dict[str, str | None] = dict.fromkeys(names)
    merged.update(_checked(given or {}))
    for name, text in saved.items():
        if merged.get(name) is None:
            merged[name] = text
    return {name: text or "" for name, text in merged.items()}


def first_useful(prompts: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    """The first of these names whose prompt is not empty, else None."""
    return next((name for name in names if prompts.get(name)), None)


def _checked(given: object) -> Mapping[str, str | None]:
    if not isinstance(given, Mapping):
        raise InputError(
            f"prompts must be texts by name, such as {{'query': 'query: '}}, not {given!r}."
        )
    for name, text in given.items():
        if text is not None and not isinstance(text, str):
            raise InputError(f"The prompt {name!r} must be a text, not {text!r}.")
    return given
