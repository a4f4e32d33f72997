"""How a model was loaded, as data: enough to read it again in another process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isomorph.contract import Module, Options
from isomorph.models.arguments import options_from
from isomorph.runtime.routing import Chain

_OF_FILES = ("file_name", "output_name")


@dataclass(frozen=True, slots=True)
class Loading:
    """A resolved folder and the arguments of the constructor that say how to read and run it.

    A name of the Hub is its folder by now, so that loading again needs neither network nor token.
    """

    folder: Path
    files: Mapping[str, Any]
    processor_kwargs: Mapping[str, Any]
    options: Options
    strict: bool

    @classmethod
    def of(
        cls,
        folder: Path,
        model_kwargs: Mapping[str, Any] | None,
        processor_kwargs: Mapping[str, Any] | None,
        config_kwargs: Mapping[str, Any] | None,
        trust_remote_code: bool,
        strict: bool,
    ) -> Loading:
        """Sorts what the user passed.

        Raises:
            InputError: a ``dtype`` that is none.
        """
        files = {name: value for name, value in (model_kwargs or {}).items() if name in _OF_FILES}
        options = options_from(model_kwargs, config_kwargs, trust_remote_code)
        return cls(folder, files, dict(processor_kwargs or {}), options, strict)


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What a model computes, and in which backend; how calls use it is not part of it.

    ``changed`` are the chains of modules that are not as the folder says.
    """

    loading: Loading
    backend: str
    changed: Mapping[Chain, tuple[Module, ...]]
