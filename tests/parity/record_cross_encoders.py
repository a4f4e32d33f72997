"""Records what sentence-transformers' CrossEncoder answers for tiny models of every layout.

    python tests/parity/record_cross_encoders.py

runs in the environment of `record.py`. Makes ``cross_encoders/`` anew: a folder a model, and
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
import transformers
from pairs import DOCUMENTS, PAIRS, PROMPT, QUERY
from sentence_transformers import CrossEncoder
from sentence_transformers.base.modules import Transformer
from sentence_transformers.cross_encoder.modules import LogitScore
from tiny_models import LONGEST, strengthen
from tokenizers_tiny import TOKENIZERS, word_piece

HERE = Path(__file__).parent / "cross_encoders"
BERT_CLASS = {"tokenizer_class": "BertTokenizer"}
SIGMOID, IDENTITY = "torch.nn.modules.activation.Sigmoid", "torch.nn.modules.linear.Identity"


@dataclass(frozen=True)
class Recipe:
    """A classifier, what is changed in its files, and whether the library saves it in its own layout."""

    encoder: str = "bert"
    labels: int = 1
    config: Mapping[str, Any] = field(default_factory=dict)
    tokenizer: Mapping[str, Any] = field(default_factory=dict)
    modern: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)
    rewrite: Callable[[Path], None] = lambda _: None


def _without_prompts(folder: Path) -> None:
    """As older versions wrote it: an activation, and nothing else of use."""
    path = folder / "config_sentence_transformers.json"
    content = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({k: v for k, v in content.items() if k != "prompts"}), "utf-8")


RECIPES = {
    "bert-typed": Recipe(tokenizer=BERT_CLASS),
    "bert-untyped": Recipe(),
    "bert-listed-types": Recipe(
        tokenizer={"model_input_names": ["input_ids", "token_type_ids", "attention_mask"]}
    ),
    "bert-three-labels": Recipe(labels=3, tokenizer=BERT_CLASS),
    "bert-identity": Recipe(options={"activation_fn": torch.nn.Identity()}),
    "bert-old-nested": Recipe(
        modern=False, config={"sentence_transformers": {"activation_fn": IDENTITY}}
    ),
    "bert-old-flat": Recipe(
        modern=False, config={"sbert_ce_default_activation_function": IDENTITY}
    ),
    "bert-plain": Recipe(modern=False),
    "bert-plain-five-labels": Recipe(modern=False, labels=5),
    "bert-left": Recipe(tokenizer={"padding_side": "left", "truncation_side": "left"}),
    "bert-no-prompts": Recipe(rewrite=_without_prompts),
    "roberta": Recipe("roberta"),
    "xlm-roberta-plain": Recipe("xlm-roberta", modern=False),
    "distilbert": Recipe("distilbert", labels=2),
    "llama-logit": Recipe("llama"),
    "qwen2-logit-tied": Recipe("qwen2", config={"tie_word_embeddings": True}),
    "llama-one-word": Recipe("llama", options={"false_token_id": None}),
}


def main() -> None:
    """Makes the folders and records them."""
    torch.set_grad_enabled(False)
    shutil.rmtree(HERE, ignore_errors=True)
    arrays: dict[str, Any] = {}
    for name, recipe in RECIPES.items():
        folder = HERE / "models" / name
        _build(name, recipe, folder)
        model = CrossEncoder(str(folder), device="cpu", local_files_only=True)
        arrays |= {f"{name}/{key}": value for key, value in _answers(model).items()}
        print(name, flush=True)
    np.savez_compressed(HERE / "expected.npz", **arrays)


def _answers(model: CrossEncoder) -> dict[str, Any]:
    found = {
        "scores": model.predict(PAIRS, batch_size=1),
        "raw": model.predict(PAIRS, batch_size=1, activation_fn=torch.nn.Identity()),
        "tanh": model.predict(PAIRS, batch_size=1, activation_fn=torch.nn.Tanh()),
        "prompt": model.predict(PAIRS, batch_size=1, prompt=PROMPT),
        "single": np.asarray(model.predict(PAIRS[0])),
        "max_seq_length": np.array(model.max_seq_length),
        "num_labels": np.array(model.num_labels),
    }
    if model.num_labels > 1:
        found["softmax"] = model.predict(PAIRS, batch_size=1, apply_softmax=True)
    else:
        ranked = model.rank(QUERY, DOCUMENTS, batch_size=1)
        found["ranked"] = np.array([row["corpus_id"] for row in ranked])
        found["ranked_scores"] = np.array([row["score"] for row in ranked])
    return found


def _build(name: str, recipe: Recipe, folder: Path) -> None:
    torch.manual_seed(zlib.crc32(name.encode()))
    if recipe.encoder in GENERATORS:
        _build_generator(recipe, folder)
        return
    encoder = recipe.encoder
    tokenizer = TOKENIZERS[encoder]() if encoder in TOKENIZERS else word_piece()
    _classifier(recipe, tokenizer).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    for file, changes in (
        ("config.json", recipe.config),
        ("tokenizer_config.json", recipe.tokenizer),
    ):
        path = folder / file
        path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **changes}), "utf-8")
    if recipe.modern:
        options = {"device": "cpu", "local_files_only": True, **recipe.options}
        model = CrossEncoder(str(folder), **options)
        saved = folder.with_name(f"{name}.saved")
        model.save_pretrained(str(saved), create_model_card=False)
        shutil.rmtree(folder)
        saved.rename(folder)
    recipe.rewrite(folder)


def _build_generator(recipe: Recipe, folder: Path) -> None:
    tokenizer = word_piece()
    config, generator = GENERATORS[recipe.encoder]
    model = generator(
        config(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=48,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=LONGEST,
            pad_token_id=tokenizer.pad_token_id,
            **recipe.config,
        )
    ).eval()
    strengthen(model)
    with tempfile.TemporaryDirectory() as place:
        model.save_pretrained(place)
        tokenizer.save_pretrained(place)
        first = Transformer(place, transformer_task="text-generation")
    words = {"true_token_id": 77, "false_token_id": 99, **recipe.options}
    CrossEncoder(modules=[first, LogitScore(**words)], device="cpu").save_pretrained(
        str(folder), create_model_card=False
    )


GENERATORS = {
    "llama": (transformers.LlamaConfig, transformers.LlamaForCausalLM),
    "qwen2": (transformers.Qwen2Config, transformers.Qwen2ForCausalLM),
}


def _classifier(recipe: Recipe, tokenizer: Any) -> Any:
    kinds = {
        "bert": (transformers.BertConfig, transformers.BertForSequenceClassification),
        "roberta": (transformers.RobertaConfig, transformers.RobertaForSequenceClassification),
        "xlm-roberta": (
            transformers.XLMRobertaConfig,
            transformers.XLMRobertaForSequenceClassification,
        ),
        "distilbert": (
            transformers.DistilBertConfig,
            transformers.DistilBertForSequenceClassification,
        ),
    }
    config, classifier = kinds[recipe.encoder]
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2}
    if recipe.encoder == "distilbert":
        sizes = {"dim": 32, "hidden_dim": 48, "n_layers": 2}
    heads = "n_heads" if recipe.encoder == "distilbert" else "num_attention_heads"
    offset = 0 if recipe.encoder in ("bert", "distilbert") else tokenizer.pad_token_id + 1
    model = classifier(
        config(
            vocab_size=len(tokenizer),
            max_position_embeddings=LONGEST + offset,
            pad_token_id=tokenizer.pad_token_id,
            num_labels=recipe.labels,
            **{heads: 4},
            **sizes,
        )
    ).eval()
    strengthen(model)
    return model


if __name__ == "__main__":
    main()
