"""Whether code of a folder runs: what the user's word on trust does to a model that was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from isomorph.encoders.published import is_known, is_published
from isomorph.errors import Unsupported
from isomorph.files.module_folder import ModuleFolder
from isomorph.model.graph import Graph, Module
from isomorph.model.model import Model
from isomorph.modules import custom, hearing, transformer
from isomorph.modules.own_code import CODE, TRUSTED, auto_map, named_code

_TOKENISING = (
    ("tokenizer_config.json", "AutoTokenizer"),
    ("tokenizer_config.json", "AutoProcessor"),
    ("processor_config.json", "AutoProcessor"),
    ("preprocessor_config.json", "AutoProcessor"),
    ("config.json", "AutoProcessor"),
)
"""Where trusted code that makes token ids is named, and by which Auto class."""

_PREPARING = (
    *_TOKENISING,
    *(
        (file, auto)
        for file in ("processor_config.json", "preprocessor_config.json", "config.json")
        for auto in ("AutoImageProcessor", "AutoFeatureExtractor")
    ),
)
"""The same of code that makes the numbers of images and sounds."""
_PARTS = ("image_processor", "feature_extractor")
"""Keys of ``processor_config.json`` under which a part of it names code of its own."""


def trusting(model: Model, trusted: bool) -> Model:
    """The model with its transformers marked with the code that runs, where it is trusted.

    Raises:
        Unsupported: a module is code of the folder, and it is not trusted; or it is trusted, and what
            prepares inputs is such code, or what computes images or sounds, which nothing here runs.
        BadModel: ``auto_map`` does not map names to references.
    """
    if not trusted:
        _refuse_untrusted(model)
        return model
    return model.changed(lambda chain: replace(chain, graph=_marked(model, chain.graph)))


def _marked(model: Model, graph: Graph) -> Graph:
    return replace(graph, modules=tuple(_with_code(model, module) for module in graph.modules))


def _with_code(model: Model, module: Module) -> Module:
    from isomorph.modules import tower  # few models are trusted

    if module.kind in (tower.KIND.name, hearing.KIND.name):
        _refuse_code_of_towers(module)
        _refuse_preparing(model, module, _PREPARING)
    if module.kind != transformer.KIND.name:
        return module
    config = module.config["transformer"]
    _refuse_preparing(model, module, _TOKENISING)
    code = named_code(config, module.config.get("task", "feature-extraction"))
    if not code:
        return module
    if _is_family(config, code):
        return replace(module, config={**module.config, TRUSTED: True})
    return replace(module, config={**module.config, CODE: code})


def _refuse_code_of_towers(module: Module) -> None:
    """Towers are computed as their family says: code that would take its place is not run."""
    code = named_code(module.config["transformer"], "feature-extraction")
    if code:
        raise Unsupported(
            f"trust_remote_code=True has {', '.join(code.values())} compute this model, code "
            "that its config.json names and that nothing here runs. Without trust_remote_code its model_type "
            f"{module.config['transformer'].get('model_type')!r} decides."
        )


def _is_family(config: Mapping[str, Any], code: Mapping[str, str]) -> bool:
    """Whether a family was made after this code, and has what this configuration asks for."""
    return all(is_published(config, each) for each in code.values()) and is_known(config)


def _refuse_preparing(model: Model, module: Module, places: Iterable[tuple[str, str]]) -> None:
    """What feeds a model is made by this library: code that would take its place is not run."""
    source = ModuleFolder(module.name, "", module.folder, model.files, {})
    for file, auto in places:
        content = module.config["transformer"] if file == "config.json" else source.config(file)
        parts = [content, *(content[key] for key in _PARTS if isinstance(content.get(key), dict))]
        for part in parts:
            found = auto_map(part, file).get(auto)
            listed = found if isinstance(found, list) else [found]
            named = [str(reference) for reference in listed if reference]
            if named:
                raise Unsupported(
                    f"trust_remote_code=True has {named[-1]} prepare the inputs of this model, Python code "
                    f"that {file} names. Inputs are prepared by this library, which runs no such code. "
                    "Without trust_remote_code the files of the folder decide."
                )


def _refuse_untrusted(model: Model) -> None:
    """Nothing of a folder's code runs unless the user says so."""
    modules = model.modules.values()
    named = dict.fromkeys(m.config["class"] for m in modules if m.kind == custom.KIND.name)
    if named:
        raise Unsupported(
            f"This model brings Python code of its own, {', '.join(named)}, which runs only with "
            "trust_remote_code=True. Read that code first."
        )
