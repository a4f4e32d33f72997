"""Python code that a folder names: which of it a model runs, once its user has said to trust it.

``auto_map`` names classes by transformers' Auto classes: ``FILE.CLASS`` in the folder, or
``REPOSITORY--FILE.CLASS`` in another one. Without trust they are not there, and transformers' own class
of that ``model_type`` computes. With trust they take its place, so a family of that type, which is
another computation, must not. What core knows of such code is its name alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from isomorph.encoders import describe, is_published
from isomorph.errors import BadModel, Unsupported
from isomorph.files.module_folder import ModuleFolder
from isomorph.model.graph import Graph, Module
from isomorph.model.model import Model
from isomorph.modules.custom import OP as CUSTOM

CODE = "code"
"""The key of a transformer's configuration under which its trusted classes are named."""

AUTO = {
    "feature-extraction": "AutoModel",
    "sequence-classification": "AutoModelForSequenceClassification",
    "fill-mask": "AutoModelForMaskedLM",
    "text-generation": "AutoModelForCausalLM",
}
"""The Auto class by which each task loads its model."""

_ENCODERS_ALONE = (
    *("t5", "mt5", "umt5", "udop", "longt5", "prophetnet", "switch_transformers", "blenderbot"),
    *("blenderbot-small", "m2m_100", "pegasus", "pegasus_x", "moonshine", "whisper", "marian"),
    *("t5gemma", "t5gemma2"),
)
"""Of these types the encoder's own class is loaded for vectors, whatever the folder names."""

_TOKENISING = (
    ("tokenizer_config.json", "AutoTokenizer"),
    ("tokenizer_config.json", "AutoProcessor"),
    ("processor_config.json", "AutoProcessor"),
    ("preprocessor_config.json", "AutoProcessor"),
    ("config.json", "AutoProcessor"),
)
"""Where trusted code that makes token ids is named, and by which Auto class."""


def named_code(config: Mapping[str, Any], task: str) -> dict[str, str]:
    """The classes of a ``config.json`` that trust would run for a task, by the Auto class they replace.

    Raises:
        BadModel: ``auto_map`` does not map names to references.
    """
    names = _auto_map(config, "config.json")
    auto = ["AutoConfig", AUTO[task]]
    if task == "feature-extraction" and config.get("model_type") in _ENCODERS_ALONE:
        auto = auto[:1]
    found: dict[str, str] = {}
    for name in auto:
        if name in names:
            if not isinstance(names[name], str):
                raise BadModel(f"config.json: auto_map gives {names[name]!r} for {name}.")
            found[name] = names[name]
    return found


def trusting(model: Model, trusted: bool) -> Model:
    """The model with its transformers marked with the code that runs, where it is trusted.

    Raises:
        Unsupported: a module is code of the folder, and it is not trusted; or it is trusted, and the
            tokenizer is such code, which nothing here runs.
        BadModel: ``auto_map`` does not map names to references.
    """
    if not trusted:
        _refuse_untrusted(model)
        return model
    routes = model.routes
    if routes is not None:
        graphs = {key: _marked(model, graph) for key, graph in routes.graphs.items()}
        routes = replace(routes, graphs=graphs)
    return replace(model, graph=_marked(model, model.graph), routes=routes)


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


def _marked(model: Model, graph: Graph) -> Graph:
    return replace(graph, modules=tuple(_with_code(model, module) for module in graph.modules))


def _with_code(model: Model, module: Module) -> Module:
    if module.kind != "transformer":
        return module
    config = module.config["transformer"]
    _refuse_tokenizer(model, module, config)
    code = named_code(config, module.config.get("task", "feature-extraction"))
    if not code or _is_family(config, code):
        return module
    return replace(module, config={**module.config, CODE: code})


def _is_family(config: Mapping[str, Any], code: Mapping[str, str]) -> bool:
    """Whether a family was made after this code, and has what this configuration asks for."""
    if not all(is_published(config, reference) for reference in code.values()):
        return False
    try:
        describe(config)
    except Unsupported:
        return False
    return True


def _refuse_tokenizer(model: Model, module: Module, config: Mapping[str, Any]) -> None:
    source = ModuleFolder(module.name, "", module.folder, model.files, {})
    for file, auto in _TOKENISING:
        content = config if file == "config.json" else source.config(file)
        found = _auto_map(content, file).get(auto)
        listed = found if isinstance(found, list) else [found]
        named = [str(reference) for reference in listed if reference]
        if named:
            raise Unsupported(
                f"trust_remote_code=True has {named[-1]} tokenise for this model, Python code that {file} "
                "names. Texts are tokenised by this library, which runs no such code. Without "
                "trust_remote_code the tokenizer's files decide."
            )


def _auto_map(content: Mapping[str, Any], file: str) -> Mapping[str, Any]:
    names = content.get("auto_map", {})
    if file == "tokenizer_config.json" and isinstance(names, list):
        return {"AutoTokenizer": names}  # an old form
    if not isinstance(names, dict):
        raise BadModel(f"{file}: auto_map must map names to references, not be {names!r}.")
    return names


def _refuse_untrusted(model: Model) -> None:
    """Nothing of a folder's code runs unless the user says so."""
    named = dict.fromkeys(m.config["class"] for m in _modules(model) if m.kind == CUSTOM)
    if named:
        raise Unsupported(
            f"This model brings Python code of its own, {', '.join(named)}, which runs only with "
            "trust_remote_code=True. Read that code first."
        )


def _modules(model: Model) -> Iterator[Module]:
    graphs = (model.graph, *(model.routes.graphs.values() if model.routes is not None else ()))
    return (module for graph in graphs for module in graph.modules)
