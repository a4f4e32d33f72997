"""Token vectors of several texts as features hold them: padded, or one text behind the other."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import torch
from torch.nn.utils.rnn import pad_sequence

TOKENS, MASK, PROMPT = "token_embeddings", "attention_mask", "prompt_length"
"""What modules of token vectors read; the real ones go without the last two."""
_STARTS = "cu_seq_lens_q"
"""Where each text begins, and behind the last one where that ends, as transformers' collators say it."""
_FIRST = "cls_token_embeddings"


def padded(features: Mapping[str, Any]) -> Mapping[str, Any]:
    """Features with a row (texts, tokens, dim) for each text, where they hold all in one (1, tokens, dim)."""
    if _STARTS not in features or TOKENS not in features:
        return features
    starts = features[_STARTS].tolist()
    tokens = features[TOKENS][0]
    rows = [tokens[start:end] for start, end in pairwise(starts)]
    masks = [torch.ones(len(row), dtype=torch.int64) for row in rows]
    return {
        **features,
        TOKENS: pad_sequence(rows, batch_first=True),
        MASK: pad_sequence(masks, batch_first=True),
    }


def completed(features: Mapping[str, Any]) -> Mapping[str, Any]:
    """The features, with a mask of ones and no prompt where they say neither."""
    tokens = features.get(TOKENS)
    if tokens is None:
        return features
    given = dict(features)
    mask = given.get(MASK)
    if mask is None or mask.shape[-1] != tokens.shape[1]:
        given[MASK] = torch.ones(tokens.shape[:2], dtype=torch.int64)
    prompt = torch.as_tensor(given.get(PROMPT, 0)).reshape(-1)[:1]
    given[PROMPT] = prompt.expand(len(tokens))
    return given


def with_first(vectors: Any, modes: tuple[str, ...], features: Mapping[str, Any]) -> Any:
    """Vectors (texts, modes x dim) whose part of the first token is the one that features bring.

    Args:
        vectors: what a pooling makes of token vectors.
        modes: its modes, in the order of their parts.
        features: those that it reads.
    """
    first = features.get(_FIRST)
    if first is None or "cls" not in modes:
        return vectors
    parts = list(vectors.chunk(len(modes), dim=-1))
    parts[modes.index("cls")] = first.to(vectors)
    return torch.cat(parts, dim=-1)
