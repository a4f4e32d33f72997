"""Which text goes in front of the inputs."""

from __future__ import annotations

from collections.abc import Mapping

from isomorph.errors import BadModel, InputError
from isomorph.messages.outside import warn_outside
from isomorph.messages.shown import shown


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
            warn_outside("Both prompt and prompt_name were given; prompt_name is ignored.")
        return prompt
    name = prompt_name if prompt_name is not None else default
    if name is None:
        return ""
    if not isinstance(name, str) or name not in prompts:
        raise InputError(
            f"Prompt name {shown(name)} not found in the configured prompts dictionary with keys "
            f"{shown(list(prompts))}."
        )
    text = prompts[name]
    if not isinstance(text, str):
        raise InputError(f"The prompt {name!r} must be a text, not {shown(text)}.")
    return text


def merge_prompts(
    saved: Mapping[str, str | None], given: Mapping[str, str] | None, names: tuple[str, ...]
) -> dict[str, str]:
    """The prompts of a loaded model: the user's win over the saved ones, absent ones are "".

    Raises:
        InputError: the user's are not texts by name.
    """
    merged: dict[str, str | None] = dict.fromkeys(names)
    merged.update({} if given is None else checked_prompts(given))
    for name, text in saved.items():
        if merged.get(name) is None:
            merged[name] = text
    return {name: text or "" for name, text in merged.items()}


def named_among(prompts: Mapping[str, str], given: str | None, saved: str | None) -> str | None:
    """The name of the default prompt: the given one, else the saved one, else None.

    Raises:
        InputError, BadModel: there is no prompt of the given or the saved name.
    """
    name = saved if given is None else given
    if name is not None and name not in prompts:
        error = BadModel if given is None else InputError
        raise error(
            f"Default prompt name {shown(name)} not found in the configured prompts dictionary with keys "
            f"{shown(list(prompts))}."
        )
    return name


def first_useful(prompts: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    """The first of these names whose prompt is not empty, else None."""
    return next((name for name in names if prompts.get(name)), None)


def checked_prompts(given: object) -> Mapping[str, str | None]:
    """The texts by name that a caller passed.

    Raises:
        InputError: they are not.
    """
    if not isinstance(given, Mapping):
        raise InputError(
            f"prompts must be texts by name, such as {{'query': 'query: '}}, not {shown(given)}."
        )
    for name, text in given.items():
        if not isinstance(name, str) or not (text is None or isinstance(text, str)):
            raise InputError(
                f"prompts maps {shown(name)} to {shown(text)}; both the name and the prompt must be texts."
            )
    return given
