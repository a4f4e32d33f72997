"""Parts of which the rows are made: encoders of a family, and changes to folders."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pickled_files
from safetensors.numpy import load_file, save_file

from isomorph.encoders.describe import families
from isomorph.encoders.family import Tiny
from isomorph.testing.recipes import LAST, NORMALIZE, Part, Recipe, pooling, splade
from isomorph.testing.tiny_encoders import TinyEncoder, of_family
from isomorph.testing.tiny_heads import classifier, masked_lm

from .row import edit

CLS, MEAN = pooling("cls"), pooling("mean")
SIZES = {"layer_norm_eps": 1e-5, "intermediate_size": 48}


def encoder(model_type: str, usual: bool = True, **options: Any) -> TinyEncoder:
    """A tiny encoder of a family, with options of published configurations."""
    return of_family(families()[model_type], Tiny(options, usual=usual))


def chain(first: TinyEncoder, *parts: Part, normalize: bool = True) -> Recipe:
    """An encoder, what pools it, and a norm."""
    return Recipe(first, (*parts, NORMALIZE) if normalize else parts)


def reranker(model_type: str, labels: int = 1, **options: Any) -> Recipe:
    """A classifier of pairs."""
    return Recipe(classifier(encoder(model_type, **options), labels), listed=False)


def masked(model_type: str, **options: Any) -> Recipe:
    """A masked language model behind SPLADE's pooling."""
    return Recipe(masked_lm(encoder(model_type, **options)), (splade(),))


def last(first: TinyEncoder) -> Recipe:
    """A language model that is pooled by its last token."""
    return Recipe(first, (LAST, NORMALIZE))


def pickled(folder: Path) -> None:
    """Weights as older folders have them: ``pytorch_model.bin`` alone."""
    pickled_files.convert(folder)


def prefixed(prefix: str) -> Callable[[Path], None]:
    """Tensors behind a prefix, as in files that were saved with a head."""

    def finish(folder: Path) -> None:
        tensors = load_file(folder / "model.safetensors")
        named = {prefix + name: tensor for name, tensor in tensors.items()}
        save_file(named, folder / "model.safetensors", {"format": "pt"})

    return finish


def config(*gone: str, **changes: Any) -> Callable[[Path], None]:
    """Another ``config.json``."""
    return lambda folder: edit(folder / "config.json", *gone, **changes)


def tokenizer(**changes: Any) -> Callable[[Path], None]:
    """Another ``tokenizer_config.json``."""
    return lambda folder: edit(folder / "tokenizer_config.json", **changes)


def prompts(**named: str) -> Callable[[Path], None]:
    """The prompts of the model."""
    return lambda folder: edit(folder / "config_sentence_transformers.json", prompts=named)


def both(*steps: Callable[[Path], None]) -> Callable[[Path], None]:
    """One change after the other."""

    def finish(folder: Path) -> None:
        for step in steps:
            step(folder)

    return finish


def own_module(file: str, name: str) -> Callable[[Path], None]:
    """One more module at the end, whose class is Python code of the folder's own."""

    def finish(folder: Path) -> None:
        listed = json.loads((folder / "modules.json").read_text("utf-8"))
        place = str(len(listed))
        listed.append({"idx": len(listed), "name": place, "path": "", "type": f"{file}.{name}"})
        (folder / "modules.json").write_text(json.dumps(listed), "utf-8")
        (folder / f"{file}.py").write_text(
            f"class {name}:\n    def forward(self, x): ...\n", "utf-8"
        )

    return finish


_SPARSE = "sentence_transformers.sparse_encoder.models"


def sparse(folder: Path) -> None:
    """The classes that folders of sparse models name."""
    file = folder / "modules.json"
    modules = json.loads(file.read_text("utf-8"))
    for module, name in zip(modules, ("MLMTransformer", "SpladePooling"), strict=True):
        module["type"] = f"{_SPARSE}.{name}"
    file.write_text(json.dumps(modules), "utf-8")
    edit(folder / "config_sentence_transformers.json", model_type="SparseEncoder")


def pylate(folder: Path) -> None:
    """PyLate's two modules, and its settings in one file."""
    file = folder / "modules.json"
    modules = json.loads(file.read_text("utf-8"))
    modules[1]["type"] = "pylate.models.Dense.Dense"
    file.write_text(json.dumps(modules), "utf-8")
    edit(
        folder / "config_sentence_transformers.json",
        "prompts",
        model_type="ColBERT",
        query_prefix="[CLS] ",
        document_prefix="[SEP] ",
        query_length=12,
        document_length=40,
        attend_to_expansion_tokens=False,
        skiplist_words=[".", ","],
        similarity_fn_name="MaxSim",
    )
