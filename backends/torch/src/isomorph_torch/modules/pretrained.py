"""Loading one model of transformers from a folder: nothing from the network, nothing made up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
import transformers
from transformers.models.auto import auto_factory, modeling_auto

from isomorph.contract import Module
from isomorph.errors import Unsupported
from isomorph.program import is_known, transformers_misreads, transformers_options
from isomorph_torch import precision
from isomorph_torch.failures import loading
from isomorph_torch.modules.checkpoint import check_code, check_files
from isomorph_torch.modules.report import judged
from isomorph_torch.modules.source import Source
from isomorph_torch.quiet import quiet


@dataclass(frozen=True, slots=True)
class Task:
    """What a model is loaded for: its Auto class, the table behind that, the output that counts."""

    auto: str
    architectures: str
    result: str = "logits"


TASKS: Mapping[str, Task] = {
    "feature-extraction": Task("AutoModel", "MODEL_MAPPING_NAMES", "last_hidden_state"),
    "sequence-classification": Task(
        "AutoModelForSequenceClassification", "MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES"
    ),
    "fill-mask": Task("AutoModelForMaskedLM", "MODEL_FOR_MASKED_LM_MAPPING_NAMES"),
    "text-generation": Task("AutoModelForCausalLM", "MODEL_FOR_CAUSAL_LM_MAPPING_NAMES"),
    "any-to-any": Task("AutoModelForMultimodalLM", "MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES"),
    "retrieval": Task("AutoModel", "MODEL_MAPPING_NAMES", "embeddings"),
}
RETRIEVAL = "retrieval"
"""A task without an Auto class: ``config.json`` names the class itself."""


@dataclass(frozen=True, slots=True)
class ModelClass:
    """Which Auto class loads an architecture, or why none does (`reason`)."""

    auto: str = "AutoModel"
    own_code: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Pretrained:
    """A loaded model, and the names of weights that no file had and nobody reads."""

    model: Any
    invented: frozenset[str] = frozenset()


def task_of(module: Module) -> str:
    """The task of a transformer module."""
    return str(module.config.get("task", "feature-extraction"))


def model_class(config: Mapping[str, Any], task: str = "feature-extraction") -> ModelClass:
    """Decides by name alone, from a ``config.json`` and one of `TASKS`, or `RETRIEVAL`."""
    if task == RETRIEVAL:
        return _named(config)
    kind, asked = str(config.get("model_type")), TASKS[task]
    encoder_only = task == "feature-extraction"
    if encoder_only and kind in modeling_auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES:
        if kind in modeling_auto.MODEL_FOR_TEXT_ENCODING_MAPPING_NAMES:
            return ModelClass("AutoModelForTextEncoding")
        return ModelClass(reason=f"transformers has no encoder-only class for model_type {kind!r}")
    if kind in getattr(modeling_auto, asked.architectures) or _registered(kind, asked):
        return ModelClass(asked.auto, reason=transformers_misreads(config))
    if asked.auto in (config.get("auto_map") or {}):
        return ModelClass(asked.auto, own_code=True)
    version, what = transformers.__version__, "" if encoder_only else f" for {task}"
    return ModelClass(
        reason=f"transformers {version} has no architecture of model_type {kind!r}{what}"
    )


def class_obstacle(module: Module, config: Mapping[str, Any], task: str) -> str:
    """Why no class of transformers computes a module, or "".

    Code that nobody trusts is not asked for where the reference computes the same from data.
    """
    found = model_class(config, task)
    if found.own_code and is_known(config) and not module.config.get("trusted"):
        return (
            f"transformers has no architecture of model_type {config.get('model_type')!r}, and the code that "
            "config.json names runs only with trust_remote_code=True"
        )
    return found.reason


def _named(config: Mapping[str, Any]) -> ModelClass:
    """The class that ``architectures`` names, where it is one of transformers' for retrieval."""
    names = config.get("architectures") or ("",)
    name = str(names[0])
    if name.endswith(_PAGES) and hasattr(transformers, name):
        return ModelClass(name)
    return ModelClass(reason=f"transformers {transformers.__version__} has no class {name!r}")


_PAGES, _VISUAL = "ForRetrieval", "vlm.model.visual."
"""How classes that compare pages are called, and how names begin in older files of Qwen's."""
_OLDER = (
    ("vlm.model.visual.", "vlm.visual."),
    ("vlm.model.language_model.", "vlm.language_model."),
    ("vlm.model.", "vlm.language_model."),
)


def _registered(kind: str, asked: Task) -> bool:
    """Whether the user's own code has told transformers about this type, as ``AutoModel.register`` does."""
    known = transformers.CONFIG_MAPPING
    models = getattr(modeling_auto, asked.architectures.removesuffix("_NAMES"))
    return kind in known and known[kind] in models


def load_pretrained(source: Source) -> Pretrained:
    """The model in a module's folder, on the CPU unless ``model_kwargs`` place it.

    Attention is transformers' choice, ``sdpa`` where the architecture has it; ``model_kwargs`` win.

    Raises:
        Unsupported: the model has code of its own and ``trust_remote_code`` is not set.
        BadModel: files are damaged or have changed, or weights that the model needs are not there.
        InputError: ``model_kwargs`` or ``config_kwargs`` do not fit.
        BackendError: a package or memory is lacking.
    """
    options = source.options
    found = model_class(source.module.config["transformer"], task_of(source.module))
    code = _trusted_code(source, found)
    if code and source.module.config.get("adapted"):
        raise Unsupported(
            f"{source.folder} holds an adapter of a model with code of its own. Adapters are merged for "
            "transformers' own classes: merge this one where it was trained, and load what is saved."
        )
    check_files(source)
    check_code(source, code)
    common = {"local_files_only": True, "trust_remote_code": bool(code)}
    given = bool(options.model_kwargs or options.config_kwargs)
    hint = "" if code else _hint(source.module.config["transformer"], found)
    files = source.model.files
    files.check()
    with quiet() as said, loading(source.folder, arguments=given, report=said, hint=hint):
        told = {} if code else _told(source.module.config["transformer"])
        config = transformers.AutoConfig.from_pretrained(
            _home(source), **{**told, **_without_trust(options.config_kwargs), **common}
        )
        settings = {**_dtype(source), "ignore_mismatched_sizes": True, **common}
        settings |= {"config": config, "output_loading_info": True}
        auto = getattr(transformers, found.auto)
        if source.module.config.get("adapted"):
            model, report = _merged(source, auto, settings)
        elif found.auto.endswith(_PAGES) and any(
            name.startswith(_VISUAL) for name in source.module.weights
        ):
            weights = {_of_pages(name): tensor for name, tensor in source.tensors().items()}
            model, report = auto.from_pretrained(None, state_dict=weights, **settings)
        else:
            model, report = auto.from_pretrained(source.folder, **settings)
    files.check()
    return Pretrained(model, judged(source, type(model).__name__, report, hint))


def _merged(source: Source, auto: Any, settings: Mapping[str, Any]) -> tuple[Any, Any]:
    """A model with an adapter in its weights: they are handed over, since its files are those of two."""
    model_class = auto_factory._get_model_class(settings["config"], auto._model_mapping)
    weights = dict(source.tensors())
    return cast(
        "tuple[Any, Any]", model_class.from_pretrained(None, state_dict=weights, **settings)
    )


def _of_pages(name: str) -> str:
    """The present name of a weight of a class for retrieval, whose older names later releases misread."""
    for old, new in _OLDER:
        if name.startswith(old):
            return new + name.removeprefix(old)
    return name


def _home(source: Source) -> Path:
    """Where ``config.json`` lies: for an adapter alone, in the folder of its base model."""
    file = source.file("config.json")
    return source.folder if file is None else file.parent


def _told(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """What transformers is told of a ``config.json`` beside the file.

    A feed-forward in parts of so many positions has the same numbers, and fails where they do not divide.
    """
    whole = {"chunk_size_feed_forward": 0} if config.get("chunk_size_feed_forward") else {}
    return {**transformers_options(config), **whole}


def _hint(config: Mapping[str, Any], found: ModelClass) -> str:
    """What an error of transformers' own class should say where the folder names another one."""
    named = (config.get("auto_map") or {}).get(found.auto)
    if named is None:
        return ""
    return (
        f"Its config.json names code of its own, {named}, which runs with trust_remote_code=True in place "
        "of transformers' class. Read that code first."
    )


def _trusted_code(source: Source, found: ModelClass) -> Mapping[str, str]:
    """The classes of the folder's code that compute this model; none where transformers' own do.

    Raises:
        Unsupported: there are none of transformers, and the code is not trusted.
    """
    trusted: Mapping[str, str] = source.module.config.get("code", {})
    if trusted or not found.own_code:
        return trusted
    named = source.module.config["transformer"]["auto_map"]
    code = {name: str(named[name]) for name in ("AutoConfig", found.auto) if name in named}
    if not source.options.trust_remote_code:
        raise Unsupported(
            f"{source.folder} brings its own Python code, {', '.join(code.values())}, which runs only with "
            "trust_remote_code=True. Read that code first."
        )
    return code


def _dtype(source: Source) -> dict[str, Any]:
    """The user's ``model_kwargs`` with the type of the weights, under the name that is understood."""
    given = _without_trust(source.options.model_kwargs)
    wanted: Any = precision.to_torch(source.options.arithmetic)
    for name in ("torch_dtype", "dtype"):  # the older name first: the newer one wins
        wanted = given.pop(name, wanted)
    if isinstance(wanted, str) and wanted != "auto":
        wanted = getattr(torch, wanted.removeprefix("torch."), wanted)
    major, minor = (int(part) for part in transformers.__version__.split(".")[:2])
    return {**given, "dtype" if (major, minor) >= (4, 56) else "torch_dtype": wanted}


def _without_trust(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Trust is given in one place only, not in passing."""
    return {name: value for name, value in arguments.items() if name != "trust_remote_code"}
