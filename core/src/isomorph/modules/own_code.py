"""Python code that a folder names: which of it a model runs, once its user has said to trust it.

``auto_map`` names classes by transformers' Auto classes: ``FILE.CLASS`` in the folder, or
``REPOSITORY--FILE.CLASS`` in another one. Without trust they are not there, and transformers' own class
of that ``model_type`` computes. With trust they take its place, so a family of that type, which is
another computation, must not. What core knows of such code is its name alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from isomorph.encoders import family_of
from isomorph.encoders.towers import towers_of
from isomorph.errors import BadModel, Unsupported
from isomorph.model.graph import Module

CODE = "code"
"""The key of a transformer's configuration under which its trusted classes are named."""

TRUSTED = "trusted"
"""The key under which the user's trust stands where a family computes as the code that was trusted."""

CLASS = "class"
"""The key of a module's configuration under which its class is named, if that is one of the folder's own."""

AUTO = {
    "feature-extraction": "AutoModel",
    "sequence-classification": "AutoModelForSequenceClassification",
    "fill-mask": "AutoModelForMaskedLM",
    "text-generation": "AutoModelForCausalLM",
    "any-to-any": "AutoModelForMultimodalLM",
    "retrieval": "AutoModel",
}
"""The Auto class by which each task loads its model."""

_ENCODERS_ALONE = frozenset(
    """udop longt5 prophetnet switch_transformers blenderbot blenderbot-small pegasus_x
    moonshine whisper t5gemma t5gemma2""".split()
)
"""Types without a family for which `Family.encoder_alone` would hold."""


def named_code(config: Mapping[str, Any], task: str) -> dict[str, str]:
    """The classes of a ``config.json`` that trust would run for a task, by the Auto class they replace.

    Raises:
        BadModel: ``auto_map`` does not map names to references.
    """
    names = auto_map(config, "config.json")
    auto = ["AutoConfig", AUTO[task]]
    if task == "feature-extraction" and _encoder_alone(config):
        auto = auto[:1]
    found: dict[str, str] = {}
    for name in auto:
        if name in names:
            if not isinstance(names[name], str):
                raise BadModel(f"config.json: auto_map gives {names[name]!r} for {name}.")
            found[name] = names[name]
    return found


def _encoder_alone(config: Mapping[str, Any]) -> bool:
    family = family_of(config)
    return (
        str(config.get("model_type")) in _ENCODERS_ALONE if family is None else family.encoder_alone
    )


def refuse_marked(module: Module) -> None:
    """Of a transformer that is to be lowered.

    Raises:
        Unsupported: a class that was trusted computes it.
    """
    code: Mapping[str, str] = module.config.get(CODE, {})
    if code:
        raise Unsupported(
            f"trust_remote_code=True has {', '.join(code.values())} compute this model, Python code that "
            "its config.json names and that only a backend with a live model runs. Without "
            f"trust_remote_code its model_type {module.config['transformer'].get('model_type')!r} decides"
        )


@contextmanager
def telling_of_code(config: Mapping[str, Any], task: str) -> Iterator[None]:
    """Adds to a refusal of a configuration, or of the weights for it, that it names code of its own."""
    try:
        yield
    except (Unsupported, BadModel) as reason:
        code = named_code(config, task)
        if not code:
            raise
        raise type(reason)(
            f"{str(reason).rstrip('.')}. Its config.json names code of its own, {', '.join(code.values())}, "
            "which a backend with a live model runs with trust_remote_code=True. Read that code first."
        ) from reason


def auto_map(content: Mapping[str, Any], file: str) -> Mapping[str, Any]:
    """The classes that a file names, by transformers' Auto classes.

    Raises:
        BadModel: it does not map names to references.
    """
    names = content.get("auto_map", {})
    if file == "tokenizer_config.json" and isinstance(names, list):
        return {"AutoTokenizer": names}  # an old form
    if not isinstance(names, dict):
        raise BadModel(f"{file}: auto_map must map names to references, not be {names!r}.")
    return names


def told_of_data(module: Module) -> str | None:
    """That code which a folder names for a transformer does not run; None where it names none, or it runs."""
    config = module.config.get("transformer")
    if config is None or CODE in module.config:
        return None
    if family_of(config) is None and towers_of(config) is None:
        return None
    named = named_code(config, module.config.get("task", "feature-extraction")).values()
    names = [str(module.config[CLASS])] if CLASS in module.config else []
    names += dict.fromkeys(str(reference) for reference in named)
    if not names:
        return None
    return (
        f"Python code that the folder names ({', '.join(names)}) does not run: the architecture of "
        f"model_type {config['model_type']!r} is known as data."
    )
