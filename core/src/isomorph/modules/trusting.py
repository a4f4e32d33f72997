"""Whether code of a folder runs: what the user's word on trust does to a model that was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from isomorph.encoders.published import is_known, is_published
from isomorph.errors import Unsupported
from isomorph.files.module_folder import ModuleFolder
from isomorph.model.graph import Graph, Module
from isomorph.model.model import Model
from isomorph.modules import custom, tower, transformer
from isomorph.modules.own_code import CODE, TRUSTED, auto_map, named_code

_TOKENISING = (
    ("tokenizer_config.json", "AutoTokenizer"),
    ("tokenizer_config.json", "AutoProcessor"),
    ("processor_config.json", "AutoProcessor"),
    ("preprocessor_config.json", "AutoProcessor"),
    ("config.json", "AutoProcessor"),
)
"""Where trusted code that makes token ids is named, and by which Auto class."""


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
    return model.changed(lambda chain: replace(chain, graph=_marked(model, chain.graph)))


def _marked(model: Model, graph: Graph) -> Graph:
    return replace(graph, modules=tuple(_with_code(model, module) for module in graph.modules))


def _with_code(model: Model, module: Module) -> Module:
    if module.kind == tower.KIND.name:
        _refuse_code_of_towers(module)
    if module.kind != transformer.KIND.name:
        return module
    config = module.config["transformer"]
    _refuse_tokenizer(model, module, config)
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
            f"trust_remote_code=True has {', '.join(code.values())} compute this model of images, code "
            "that its config.json names and that nothing here runs. Without trust_remote_code its model_type "
            f"{module.config['transformer'].get('model_type')!r} decides."
        )


def _is_family(config: Mapping[str, Any], code: Mapping[str, str]) -> bool:
    """Whether a family was made after this code, and has what this configuration asks for."""
    return all(is_published(config, each) for each in code.values()) and is_known(config)


def _refuse_tokenizer(model: Model, module: Module, config: Mapping[str, Any]) -> None:
    source = ModuleFolder(module.name, "", module.folder, model.files, {})
    for file, auto in _TOKENISING:
        content = config if file == "config.json" else source.config(file)
        found = auto_map(content, file).get(auto)
        listed = found if isinstance(found, list) else [found]
        named = [str(reference) for reference in listed if reference]
        if named:
            raise Unsupported(
                f"trust_remote_code=True has {named[-1]} tokenise for this model, Python code that {file} "
                "names. Texts are tokenised by this library, which runs no such code. Without "
                "trust_remote_code the tokenizer's files decide."
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
