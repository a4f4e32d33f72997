"""Records what sentence-transformers' MultiVectorEncoder answers for tiny models of every layout.

    python tests/parity/record_multi_vector.py

runs in the environment of `record.py` with scipy. Makes ``multi_vector/`` anew: a folder a model, and
``expected.npz``.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from sentence_transformers import MultiVectorEncoder
from sentence_transformers.base.modules import Dense, Normalize, Transformer
from sentence_transformers.multi_vector_encoder.modules import (
    HierarchicalTokenPooling,
    MultiVectorMask,
)
from texts import TINY
from tiny_models import LONGEST, strengthen
from tokenizers_tiny import TOKENIZERS
from transformers import BertConfig, BertModel, RobertaConfig, RobertaModel

HERE = Path(__file__).parent / "multi_vector"
TOKENS = {"module_input_name": "token_embeddings", "module_output_name": "token_embeddings"}
OURS = Path("config_sentence_transformers.json")


@dataclass(frozen=True)
class Recipe:
    """A model: its encoder, the transformer's settings, the mask's, a pooling, what is rewritten."""

    encoder: str = "bert"
    transformer: Mapping[str, Any] = field(default_factory=dict)
    mask: Mapping[str, Any] = field(default_factory=dict)
    pooling: Mapping[str, Any] | None = None
    saved: Mapping[str, Any] = field(default_factory=dict)
    rewrite: Callable[[Path], None] = lambda _: None


def _pylate(**settings: Any) -> Callable[[Path], None]:
    """The older layout: two modules, the rest in one file under other names."""

    def rewrite(folder: Path) -> None:
        modules = json.loads((folder / "modules.json").read_text("utf-8"))[:2]
        modules[1]["type"] = "pylate.models.Dense.Dense"
        (folder / "modules.json").write_text(json.dumps(modules, indent=2), "utf-8")
        for path in folder.iterdir():
            if path.is_dir() and path.name != modules[1]["path"]:
                shutil.rmtree(path)
        dense = folder / modules[1]["path"] / "config.json"
        content = json.loads(dense.read_text("utf-8"))
        kept = {k: v for k, v in content.items() if not k.startswith("module_")}
        dense.write_text(json.dumps(kept), "utf-8")
        saved = {"model_type": "ColBERT", "similarity_fn_name": "maxsim", **settings}
        (folder / OURS).write_text(json.dumps(saved), "utf-8")

    return rewrite


def _stanford(**settings: Any) -> Callable[[Path], None]:
    """One weight file with the projection in it, ``HF_ColBERT`` as architecture."""

    def rewrite(folder: Path) -> None:
        weights = {f"bert.{k}": v for k, v in load_file(folder / "model.safetensors").items()}
        (dense,) = folder.glob("*_Dense/model.safetensors")
        weights |= load_file(dense)
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
        config = json.loads((folder / "config.json").read_text("utf-8"))
        config["architectures"] = ["HF_ColBERT"]
        (folder / "config.json").write_text(json.dumps(config), "utf-8")
        (folder / "artifact.metadata").write_text(json.dumps(settings), "utf-8")
        for name in ("modules.json", OURS, "sentence_bert_config.json"):
            (folder / name).unlink()
        for path in folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)

    return rewrite


EXPANSION = {"strategy": "fixed", "length": 16, "attend": False}
MARKS = [".", ",", "!", "?", "'", "-"]
RECIPES = {
    "modern": Recipe(mask={"skiplist_words": MARKS}),
    "modern-prompts": Recipe(saved={"prompts": {"query": "the ", "document": "a sea "}}),
    "fixed": Recipe(transformer={"query_expansion": EXPANSION}),
    "fixed-attend": Recipe(transformer={"query_expansion": {**EXPANSION, "attend": True}}),
    "min": Recipe(transformer={"query_expansion": {**EXPANSION, "strategy": "min"}}),
    "lengths": Recipe(transformer={"query_length": 9, "document_length": 20}),
    "roberta-fixed": Recipe("roberta", transformer={"query_expansion": EXPANSION}),
    "skip-in-queries": Recipe(
        mask={"skiplist_words": MARKS, "skiplist_tasks": ["query", "document"]}
    ),
    "only": Recipe(mask={"keep_only_token_ids": [2, 3, 100, 105, 110, 114, 123]}),
    "pooled": Recipe(pooling={"pool_factor": 2}),
    "pooled-everywhere": Recipe(
        pooling={
            "pool_factor": 2.5,
            "num_protected_tokens": 2,
            "normalize_embeddings": False,
            "tasks": ["query", "document"],
        }
    ),
    "pylate": Recipe(
        rewrite=_pylate(
            query_prefix="the ",
            document_prefix="a ",
            query_length=12,
            document_length=30,
            attend_to_expansion_tokens=False,
            skiplist_words=MARKS,
        )
    ),
    "pylate-attend": Recipe(rewrite=_pylate(query_length=12, attend_to_expansion_tokens=True)),
    "pylate-no-expansion": Recipe(
        rewrite=_pylate(query_length=12, do_query_expansion=False, skiplist_words=[])
    ),
    "pylate-bare": Recipe(rewrite=_pylate()),
    "stanford": Recipe(
        rewrite=_stanford(
            query_token_id="[MASK]", doc_token_id="[UNK]", query_maxlen=14, doc_maxlen=30
        )
    ),
    "stanford-attend": Recipe(
        rewrite=_stanford(
            query_token_id="sea",
            doc_token_id="the",
            attend_to_mask_tokens=True,
            mask_punctuation=False,
        )
    ),
}


def main() -> None:
    """Makes the folders and records them."""
    torch.set_grad_enabled(False)
    shutil.rmtree(HERE, ignore_errors=True)
    arrays: dict[str, Any] = {}
    about: dict[str, Any] = {}
    for name, recipe in RECIPES.items():
        folder = HERE / "models" / name
        _build(name, recipe, folder)
        model = MultiVectorEncoder(str(folder), device="cpu", local_files_only=True)
        for (task, key), text in _calls():
            encode = {"query": model.encode_query, "document": model.encode_document}
            vectors = encode.get(task, model.encode)([text], convert_to_numpy=True)[0]
            arrays[f"{name}/{task}/{key}"] = vectors
        queries = model.encode_query(list(TINY.values())[:4], batch_size=1)
        documents = model.encode_document(list(TINY.values())[2:9], batch_size=1)
        arrays[f"{name}/similarity"] = model.similarity(queries, documents).numpy()
        about[name] = {"prompts": model.prompts, "similarity_fn_name": model.similarity_fn_name}
        print(name, flush=True)
    np.savez_compressed(HERE / "expected.npz", about=np.array(json.dumps(about)), **arrays)


def _calls() -> list[tuple[tuple[str, str], str]]:
    return [
        ((task, key), text) for task in ("query", "document", "none") for key, text in TINY.items()
    ]


def _build(name: str, recipe: Recipe, folder: Path) -> None:
    torch.manual_seed(zlib.crc32(name.encode()))
    chain = [
        _transformer(recipe),
        Dense(32, 16, bias=False, activation_function=torch.nn.Identity(), **TOKENS),
        MultiVectorMask(**recipe.mask),
        Normalize(module_input_name="token_embeddings"),
    ]
    if recipe.pooling is not None:
        chain.append(HierarchicalTokenPooling(**recipe.pooling))
    strengthen(chain[1])
    model = MultiVectorEncoder(modules=chain, device="cpu", **recipe.saved)
    model.save_pretrained(str(folder), create_model_card=False)
    recipe.rewrite(folder)


def _transformer(recipe: Recipe) -> Transformer:
    tokenizer = TOKENIZERS[recipe.encoder]()
    bert = recipe.encoder == "bert"
    kind, model = (BertConfig, BertModel) if bert else (RobertaConfig, RobertaModel)
    encoder = model(
        kind(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=32,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=LONGEST if bert else LONGEST + tokenizer.pad_token_id + 1,
            pad_token_id=tokenizer.pad_token_id,
        )
    ).eval()
    strengthen(encoder)
    with tempfile.TemporaryDirectory() as place:
        encoder.save_pretrained(place)
        tokenizer.save_pretrained(place)
        return Transformer(place, **recipe.transformer)


if __name__ == "__main__":
    main()
