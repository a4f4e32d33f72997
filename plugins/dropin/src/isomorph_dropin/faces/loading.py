"""Arguments of a constructor that say how torch shall load or compute, and change no number."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

from isomorph.errors import InputError
from isomorph.messages.outside import warn_outside

_WAYS = (
    "attn_implementation", "low_cpu_mem_usage", "use_safetensors", "add_pooling_layer", "trust_remote_code"
)  # fmt: skip
"""Keys of model_kwargs: which kernel computes the same attention, how files are read, an output that no
module of the chain reads."""
_ANYWHERE = {"device_map": ("auto", "cpu")}
"""Keys of model_kwargs by the values that leave to the library where weights are."""


def without_ways_of_torch(given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that change, of a program that means torch and runs on an engine with graphs of its own.

    Args:
        given: the arguments of the constructor.
    """
    asked = given.get("model_kwargs")
    if not isinstance(asked, Mapping):
        return {}
    kept = {
        name: value
        for name, value in asked.items()
        if name not in _WAYS and not (name in _ANYWHERE and value in _ANYWHERE[name])
    }
    return {"model_kwargs": kept or None}


def under_present_name(given: MutableMapping[str, Any]) -> None:
    """Puts `use_auth_token` under its name of today, with the warning that the real library gives.

    Args:
        given: the arguments of the constructor.

    Raises:
        InputError: it is given under both names.
    """
    if "use_auth_token" not in given:
        return
    if given.get("token") is not None:
        raise InputError(
            "Both `token` and `use_auth_token` are given; they are one argument, token."
        )
    warn_outside("use_auth_token is an old name; write token.", FutureWarning)
    given["token"] = given.pop("use_auth_token")
