"""A module whose class is Python code in the model's folder: for a backend that runs such code, if trusted.

Core reads what stands in ``modules.json`` and never the code. What such a class reads and writes nobody
states, so it follows from its place: it may read all that was written before it, and writes what the
next module reads, or the sentence embedding where it is the last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from isomorph.errors import Unsupported
from isomorph.files.module_folder import ModuleFolder
from isomorph.kinds import ModuleKind
from isomorph.model.graph import Module
from isomorph.modules.own_code import CLASS
from isomorph.primitives.builder import Ref, Weights

OP = "custom"
_LIBRARIES = ("sentence_transformers.", "pylate.")


def code_file(source: ModuleFolder) -> str | None:
    """The folder, relative to the model's, whose file ``FILE.py`` holds the class ``FILE.CLASS``.

    None where there is no such file; nothing is imported to find out.
    """
    file, _, kind = source.type.partition(".")
    if not kind.isidentifier() or source.type.startswith(_LIBRARIES):
        return None
    places = (source.path, "")
    return next((p for p in places if source.folder.file(p, f"{file}.py") is not None), None)


def read(source: ModuleFolder) -> Module:
    """Keeps the class and where its code is; inputs and outputs are found by `placed`."""
    config = {CLASS: source.type, "code": code_file(source)}
    return Module(OP, source.name, folder=source.path, config=config, weights=tuple(source.tensors))


def placed(modules: Sequence[Module]) -> tuple[Module, ...]:
    """The chain with the inputs and outputs of its custom modules.

    Raises:
        Unsupported: one stands first, where it would tokenise.
    """
    found: list[Module] = []
    for index, module in enumerate(modules):
        if module.kind != OP:
            found.append(module)
            continue
        if not found:
            raise Unsupported(
                f"Module {module.name!r} is of the class {module.config[CLASS]!r} of this folder and "
                "stands first. Such a class tokenises by itself, and here texts are tokenised before the "
                "first module, so no backend runs it, trusted or not. Write a plugin with a hook "
                "isomorph_modules for it, or list a Transformer in its place if it computes what that does."
            )
        written = dict.fromkeys(name for each in found for name in each.outputs)
        outputs = _read_next(modules[index + 1 :])
        found.append(replace(module, inputs=(*written, "attention_mask"), outputs=outputs))
    return tuple(found)


def lower(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    """There is no program of somebody's code.

    Raises:
        Unsupported: always.
    """
    raise Unsupported(
        f"{module.config[CLASS]!r} is Python code in the model's folder, which only a backend with a "
        "live model runs"
    )


def _read_next(later: Sequence[Module]) -> tuple[str, ...]:
    """What the next module reads that no feed is."""
    read = next((module.inputs for module in later if module.kind != OP), ("sentence_embedding",))
    return tuple(name for name in read if name.endswith(("_embedding", "_embeddings")))


KIND = ModuleKind(name=OP, classes=(), read=read, lower=lower)
