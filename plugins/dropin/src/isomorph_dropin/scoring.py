"""Scores of token vectors in groups: every query against the documents of every group.

MaxSim as in ColBERT (Khattab and Zaharia 2020, arXiv:2004.12832), and XTR, which scores only those tokens
that a search would have found (Lee et al. 2023, arXiv:2304.01982, equation 5).
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import torch

from isomorph.errors import InputError
from isomorph_dropin.bound import bound
from isomorph_dropin.util.similarity import maxsim, maxsim_pairwise

NO_TOKENS = -1e9
"""The score of a document without tokens, as of `maxsim`."""


def colbert_scores(
    queries_embeddings: Any,
    documents_embeddings: Any,
    queries_mask: Any = None,
    documents_mask: Any = None,
    chunk_elements: int | None = None,
    length_normalize: bool = False,
) -> Any:
    """Every query against every document of every group.

    Args:
        queries_embeddings: (queries, tokens, dim).
        documents_embeddings: (groups, documents of a group, tokens, dim).
        queries_mask: (queries, tokens), which tokens count; None leaves rows of zeros out.
        documents_mask: (groups, documents of a group, tokens), likewise.
        chunk_elements: see `maxsim`.
        length_normalize: divide by the number of tokens of the query.

    Returns:
        float32 (queries, groups times documents), group by group.
    """
    queries, documents = _numbers(queries_embeddings, 3), _numbers(documents_embeddings, 4)
    mask = None if documents_mask is None else torch.as_tensor(documents_mask).flatten(0, 1)
    return maxsim(
        queries,
        documents.flatten(0, 1),
        a_mask=queries_mask,
        b_mask=mask,
        chunk_elements=chunk_elements,
        length_normalize=length_normalize,
    )


def colbert_scores_pairwise(
    queries_embeddings: Any,
    documents_embeddings: Any,
    queries_mask: Any = None,
    documents_mask: Any = None,
    chunk_elements: int | None = None,
    length_normalize: bool = False,
) -> Any:
    """Query i against document i, (n,): `maxsim_pairwise` under other names."""
    return maxsim_pairwise(
        queries_embeddings,
        documents_embeddings,
        a_mask=queries_mask,
        b_mask=documents_mask,
        chunk_elements=chunk_elements,
        length_normalize=length_normalize,
    )


def colbert_kd_scores(
    queries_embeddings: Any,
    documents_embeddings: Any,
    queries_mask: Any = None,
    documents_mask: Any = None,
    chunk_elements: int | None = None,
    length_normalize: bool = False,
) -> Any:
    """Query i against each document of group i: (queries, documents of a group).

    The arguments are those of `colbert_scores`.
    """
    queries, documents = _numbers(queries_embeddings, 3), _numbers(documents_embeddings, 4)
    columns = [
        colbert_scores_pairwise(
            queries,
            documents[:, way],
            queries_mask,
            None if documents_mask is None else documents_mask[:, way],
            chunk_elements,
            length_normalize,
        )
        for way in range(documents.shape[1])
    ]
    return torch.stack(columns, dim=1)


mean_colbert_scores = bound("mean_colbert_scores", colbert_scores, length_normalize=True)
mean_colbert_scores_pairwise = bound(
    "mean_colbert_scores_pairwise", colbert_scores_pairwise, length_normalize=True
)
mean_colbert_kd_scores = bound("mean_colbert_kd_scores", colbert_kd_scores, length_normalize=True)
"""Each is what its name says, divided by the number of tokens of the query."""


def xtr_scores(
    queries_embeddings: Any,
    documents_embeddings: Any,
    queries_mask: Any = None,
    documents_mask: Any = None,
    top_k: int = 256,
    chunk_elements: int | None = None,
) -> Any:
    """Every query against every document, where each token of a query finds `top_k` tokens of all.

    A score is the sum over the tokens of the query of the best product with a token of the document that
    was found, divided by the number of tokens of the query that found one of it.

    Args:
        queries_embeddings: (queries, tokens, dim).
        documents_embeddings: (groups, documents of a group, tokens, dim).
        queries_mask: (queries, tokens), which tokens count; None leaves rows of zeros out.
        documents_mask: (groups, documents of a group, tokens), likewise.
        top_k: how many tokens of documents each token of a query finds.
        chunk_elements: no effect: all products are held at once, as the search over all of them needs.

    Returns:
        float32 (queries, groups times documents), group by group.

    Raises:
        InputError: `top_k` is no number above 0.
    """
    if isinstance(top_k, bool) or top_k < 1:
        raise InputError(f"top_k must be a number of tokens above 0, not {top_k!r}.")
    queries = _numbers(queries_embeddings, 3)
    documents = _numbers(documents_embeddings, 4).flatten(0, 1)
    asked = _counting(queries, queries_mask)
    there = _counting(documents, documents_mask)
    products = torch.einsum("qtd,nsd->qtns", queries, documents)
    products = products.masked_fill(~there, -torch.inf)
    flat = products.flatten(2)
    best = flat.topk(min(top_k, flat.shape[-1]), dim=-1, sorted=False).indices
    found = torch.zeros_like(flat, dtype=torch.bool).scatter_(-1, best, True).view(products.shape)
    found &= there & asked[:, :, None, None]
    largest = products.masked_fill(~found, -torch.inf).amax(dim=-1)
    hit = found.any(dim=-1)
    sums = torch.where(hit, largest, 0.0).float().sum(dim=1)
    scores = sums / hit.sum(dim=1).clamp(min=1)
    return scores.masked_fill(~there.any(dim=-1), NO_TOKENS)


def xtr_kd_scores(
    queries_embeddings: Any, documents_embeddings: Any, *args: Any, **kwargs: Any
) -> Any:
    """Query i against each document of group i, of all groups' tokens: (queries, documents of a group).

    The arguments are those of `xtr_scores`.
    """
    groups, ways = _numbers(documents_embeddings, 4).shape[:2]
    every = xtr_scores(queries_embeddings, documents_embeddings, *args, **kwargs)
    return every.gather(1, torch.arange(groups)[:, None] * ways + torch.arange(ways))


def xtr_scores_pairwise(
    queries_embeddings: Any,
    documents_embeddings: Any,
    queries_mask: Any = None,
    documents_mask: Any = None,
    top_k: int = 256,
    chunk_elements: int | None = None,
) -> Any:
    """Query i against document i, the tokens of all documents being searched: (n,).

    The arguments are those of `xtr_scores`; documents may have three axes.
    """
    documents = torch.as_tensor(documents_embeddings)
    documents = documents[:, None] if documents.ndim == 3 else documents
    if documents_mask is not None and documents_mask.ndim == 2:
        documents_mask = documents_mask[:, None]
    return xtr_kd_scores(queries_embeddings, documents, queries_mask, documents_mask, top_k)[:, 0]


class XTRScores:
    """`xtr_scores` with its numbers kept."""

    __module__ = "sentence_transformers.multi_vector_encoder.scoring.xtr"

    def __init__(self, top_k: int = 256, *, chunk_elements: int | None = None) -> None:
        self.top_k, self.chunk_elements = top_k, chunk_elements

    def get_config_dict(self) -> dict[str, Any]:
        """Its numbers by name."""
        return {"top_k": self.top_k, "chunk_elements": self.chunk_elements}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The scores."""
        return partial(xtr_scores, **self.get_config_dict())(*args, **kwargs)


class XTRKDScores(XTRScores):
    """`xtr_kd_scores` with its numbers kept."""

    __module__ = "sentence_transformers.multi_vector_encoder.scoring.xtr"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The scores."""
        return partial(xtr_kd_scores, **self.get_config_dict())(*args, **kwargs)


def _numbers(vectors: Any, axes: int) -> Any:
    """A tensor of floats.

    Raises:
        InputError: it has another number of axes.
    """
    whole = isinstance(vectors, torch.Tensor)
    found = vectors if whole else torch.as_tensor(np.asarray(vectors))
    if found.ndim != axes:
        raise InputError(f"Token vectors have {found.ndim} axes here, and {axes} are needed.")
    return found if found.is_floating_point() else found.float()


def _counting(vectors: Any, mask: Any) -> Any:
    """Which tokens count: those of a mask, or rows that are not all zeros."""
    if mask is None:
        return (vectors != 0).any(dim=-1)
    return torch.as_tensor(mask).reshape(vectors.shape[:-1]).bool()
