"""Where an outcome differs from that of sentence-transformers on purpose: which calls, how, and why."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .calls import Call


@dataclass(frozen=True)
class Difference:
    """Calls whose name has `calls` in it may differ as `how` says, both as regular expressions."""

    calls: str
    how: str
    reason: str

    def covers(self, call: Call, difference: str) -> bool:
        """Whether this call may differ in this way."""
        found = re.search(self.calls, call.name), re.fullmatch(self.how, difference)
        return all(found)


ARRAYS = "(array|scalar) instead of tensor"

DIFFERENCES = (
    Difference(
        r"^SparseEncoder.*\.encode",
        r"csr instead of sparse|shape \(1, (\d+)\) instead of \(\1,\)",
        "Sparse vectors are scipy's CSR, which every backend has; of a single text that is one row. "
        "convert_to_tensor=True gives sparse tensors.",
    ),
    Difference(
        r"^SparseEncoder.*convert_to_sparse_tensor=False",
        ARRAYS,
        "Dense ones are numpy arrays, which every backend has; convert_to_tensor=True gives tensors.",
    ),
    Difference(
        r"output_value=None",
        r"keys \[.*\] instead of \[.*'modality'.*\]",
        "There is one modality, so it is not among the features; they are arrays, without padding, and of "
        "any number of texts, where sentence-transformers fails beyond four.",
    ),
    Difference(
        r"truncate_dim=0",
        "raises where sentence-transformers gives an array",
        "Vectors without features are a mistake; they are refused.",
    ),
    Difference(
        r"inference-free\)\.get_model_kwargs",
        "1 items instead of 2",
        "There is one modality, so no call says which.",
    ),
    Difference(
        r"convert_to_numpy=False|output_value='token_embeddings'",
        ARRAYS,
        "Results are numpy arrays, which every backend has; convert_to_tensor=True gives tensors.",
    ),
    Difference(
        r"\.similarity(_pairwise)?\(",
        ARRAYS,
        "Similarities are of the type of their inputs: arrays for arrays, tensors for tensors.",
    ),
    Difference(
        r"\.(encode|predict)\(\[\]",
        r"float32 instead of float64|shape \(0, \d+\) instead of \(0,\)",
        "An empty batch gives float32 with the axes that a batch has, so that results can be joined.",
    ),
    Difference(
        r"prompts-default\)\.encode_document",
        "values differ .*",
        "A saved prompt named passage or corpus is applied to documents; sentence-transformers does not.",
    ),
    Difference(
        r"output_value='no_such'",
        "raises ValueError instead of KeyError",
        "Refused before anything runs, with the names there are.",
    ),
    Difference(
        r"CrossEncoder\(bert-typed\)\.predict\(PAIRS, apply_softmax=True\)",
        "raises where sentence-transformers gives an array",
        "A softmax over one label is 1 for every pair; it is refused.",
    ),
    Difference(
        r"\.predict\(PAIRS, no_such_option=1\)",
        "raises where sentence-transformers gives an array",
        "A keyword that nothing reads is a mistake; it is refused.",
    ),
    Difference(
        r"\.rank\(.*no_such=1\)",
        "raises ValueError instead of TypeError",
        "The error is the one of all other calls with an unknown keyword.",
    ),
)


def reason_for(call: Call, difference: str) -> Difference | None:
    """The entry that allows this difference, None where it is not allowed."""
    return next((entry for entry in DIFFERENCES if entry.covers(call, difference)), None)
