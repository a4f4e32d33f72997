"""What `inspect.signature` says of faces: programs keep of their settings what a class or call takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import Parameter, Signature, signature
from typing import Any, TypeVar

Made = TypeVar("Made", bound=Callable[..., Any])

_SHARED = (
    "modules device prompts default_prompt_name cache_folder trust_remote_code revision local_files_only "
    "token model_kwargs processor_kwargs config_kwargs model_card_data backend"
)
_SWITCHES = ("trust_remote_code", "local_files_only")
_ANY = Parameter("kwargs", Parameter.VAR_KEYWORD)


def taking(more: str) -> Callable[[Made], Made]:
    """A decorator of a constructor, whose signature names the arguments of the real one.

    Args:
        more: those of this class alone, with spaces between.
    """

    def told(made: Made) -> Made:
        named = [
            Parameter(name, Parameter.KEYWORD_ONLY, default=False if name in _SWITCHES else None)
            for name in f"{_SHARED} {more}".split()
        ]
        own = list(signature(made).parameters.values())[:2]
        made.__signature__ = Signature([*own, *named, _ANY])  # type: ignore[attr-defined]
        return made

    return told


def places_of(encode: Callable[..., Any]) -> Sequence[str]:
    """The names of the arguments behind the inputs that may be given by place."""
    found = list(signature(encode).parameters.values())[2:]
    return [each.name for each in found if each.kind is Parameter.POSITIONAL_OR_KEYWORD]


def by_name(encode: Callable[..., Any], places: Sequence[Any], named: dict[str, Any]) -> None:
    """Adds arguments given by place to those given by name.

    Raises:
        TypeError: there are more than the call takes, or one is given twice.
    """
    names = places_of(encode)[: len(places)]
    twice = [name for name in names if name in named]
    if len(names) < len(places) or twice:
        raise TypeError(
            f"encode takes {len(places_of(encode))} arguments behind the inputs by place, not {len(places)}."
            if not twice
            else f"{twice[0]} is given by place and by name."
        )
    named.update(zip(names, places, strict=True))
