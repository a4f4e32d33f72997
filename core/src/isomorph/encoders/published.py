"""Families whose published files come with code outside of transformers, or name options as that code does.

transformers passes over options that it does not know, and takes its defaults: other numbers, without a
word.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.encoders.config import Config
from isomorph.encoders.describe import describe, family_of
from isomorph.encoders.towers import towers_of
from isomorph.errors import IsomorphError


def is_published(config: Config, reference: str) -> bool:
    """Whether a family was made after the code that a reference of ``auto_map`` names.

    Of code in the folder itself nobody knows what it computes, whatever its name.
    """
    towers = towers_of(config)
    if towers is not None:
        return reference.startswith(towers.published)
    family = family_of(config)
    return family is not None and reference.startswith(family.published)


def is_known(config: Config) -> bool:
    """Whether a family has all that a ``config.json`` asks for, whatever code that names."""
    towers = towers_of(config)
    if towers is not None:
        return bool(towers.published)
    if family_of(config) is None:
        return False
    try:
        describe(config)
    except IsomorphError:
        return False
    return True


def task_options(config: Config) -> tuple[str, ...]:
    """The tasks of which a model's weights hold an adapter each, as its family has them listed."""
    family = family_of(config)
    names = config.get(family.tasks) if family is not None and family.tasks else None
    return tuple(map(str, names)) if isinstance(names, list) else ()


def transformers_options(config: Config) -> Mapping[str, Any]:
    """The options of a ``config.json`` under the names that transformers reads, where those are not there."""
    family = family_of(config)
    return {} if family is None or family.renamed is None else family.renamed(config)


def sound_model(config: Config) -> str:
    """transformers' class of an encoder of sounds alone, ``file.Class`` below ``transformers.models``.

    Raises:
        Unsupported: no family has this ``model_type``.
    """
    from isomorph.encoders.hearing.describe import family_named  # models of texts need none of it

    return family_named(config).model_class


def transformers_misreads(config: Config) -> str:
    """Why transformers' class would compute something else than the file asks for, or ""."""
    towers = towers_of(config)
    if towers is not None and towers.published:
        return f"transformers has no class {towers.architecture}"
    family = family_of(config)
    if family is None:
        return ""
    for option, value in family.fixed.items():
        if config.get(option, value) != value:
            return (
                f"config.json sets {option}={config[option]!r}, and transformers computes a "
                f"{config['model_type']} with {value!r}"
            )
    return family.misread(config)
