"""Tiny random models of every shape that is compared. Needs the environment of sentence-transformers."""

from __future__ import annotations

import math
import tempfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Transformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers_tiny import TOKENIZERS, word_piece
from transformers import (
    BertConfig,
    BertModel,
    DistilBertConfig,
    DistilBertModel,
    PreTrainedModel,
    RobertaConfig,
    RobertaModel,
    XLMRobertaConfig,
    XLMRobertaModel,
)

LONGEST = 64
STATIC = "static"

Heads = Callable[[int], Sequence[torch.nn.Module]]
"""The modules behind an encoder of this width."""


@dataclass(frozen=True)
class Recipe:
    """How a model is made: an encoder, what stands behind it, what is saved with it."""

    heads: Heads = lambda _: ()
    encoder: str = "bert"
    hidden: int = 32
    layers: int = 2
    config: Mapping[str, Any] = field(default_factory=dict)
    tokenizer: Mapping[str, Any] = field(default_factory=dict)
    lowercase: bool = True
    saved: Mapping[str, Any] = field(default_factory=dict)
    rewrite: Callable[[Path], None] = lambda _: None
    prompts: tuple[str, ...] = ()


def build(name: str, recipe: Recipe, folder: Path) -> None:
    """Makes the model of this name and saves it through the library, then rewrites it by hand."""
    torch.manual_seed(zlib.crc32(name.encode()))
    if recipe.encoder == STATIC:
        tokenizer = word_piece(recipe.lowercase)
        weights = torch.randn(len(tokenizer), recipe.hidden) * 0.5
        first: torch.nn.Module = StaticEmbedding(tokenizer, embedding_weights=weights)
    else:
        first = _transformer(recipe)
    chain = [first, *recipe.heads(recipe.hidden)]
    for module in chain[1:]:
        strengthen(module)
    model = SentenceTransformer(modules=chain, device="cpu", **recipe.saved)
    model.save_pretrained(str(folder), create_model_card=False)
    recipe.rewrite(folder)


def _transformer(recipe: Recipe) -> Transformer:
    tokenizer = TOKENIZERS[recipe.encoder]() if recipe.lowercase else word_piece(recipe.lowercase)
    for key, value in recipe.tokenizer.items():
        setattr(tokenizer, key, value)
    encoder = _encoder(recipe, len(tokenizer), tokenizer.pad_token_id).eval()
    strengthen(encoder)
    with tempfile.TemporaryDirectory() as folder:
        encoder.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return Transformer(folder)


def _encoder(recipe: Recipe, vocabulary: int, padding: int) -> PreTrainedModel:
    if recipe.encoder == "distilbert":
        return DistilBertModel(
            DistilBertConfig(
                vocab_size=vocabulary,
                dim=recipe.hidden,
                hidden_dim=2 * recipe.hidden,
                n_layers=recipe.layers,
                n_heads=4,
                max_position_embeddings=LONGEST,
                pad_token_id=padding,
                **recipe.config,
            )
        )
    kinds = {
        "bert": (BertConfig, BertModel),
        "roberta": (RobertaConfig, RobertaModel),
        "xlm-roberta": (XLMRobertaConfig, XLMRobertaModel),
    }
    config, model = kinds[recipe.encoder]
    bert = recipe.encoder == "bert"
    return model(
        config(
            vocab_size=vocabulary,
            hidden_size=recipe.hidden,
            intermediate_size=recipe.hidden,
            num_hidden_layers=recipe.layers,
            num_attention_heads=4,
            max_position_embeddings=LONGEST if bert else LONGEST + padding + 1,
            type_vocab_size=2 if bert else 1,
            pad_token_id=padding,
            **recipe.config,
        ),
    )


def strengthen(module: torch.nn.Module) -> None:
    """Weights so strong that an error anywhere shows in the result, unlike those of a fresh model."""
    for name, weight in module.named_parameters():
        with torch.no_grad():
            if "norm" in name.lower():
                shift = 1.0 if name.endswith("weight") else 0.0
                weight.copy_(shift + 0.2 * torch.randn_like(weight))
            elif "embeddings" in name:
                weight.copy_(0.5 * torch.randn_like(weight))
            elif weight.ndim == 2:
                weight.copy_(1.3 / math.sqrt(weight.shape[1]) * torch.randn_like(weight))
            elif name == "layer_weights":
                weight.copy_(0.5 + torch.rand_like(weight))
            else:
                weight.copy_(0.1 * torch.randn_like(weight))
