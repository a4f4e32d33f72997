"""Records what sentence-transformers answers for sparse models and for models with routes.

    python tests/parity/record_sparse.py

runs in the environment of ``record.py``. Makes ``sparse/`` and ``routed/`` anew: a folder each of
models, and of what the library answers for them.
"""

from __future__ import annotations

import json
import os
import shutil
import zlib
from importlib import metadata
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import torch
from sentence_transformers import SentenceTransformer, SparseEncoder
from sentence_transformers.base.modules import Router
from sparse_models import ROUTED, SPARSE
from texts import TINY

HERE = Path(__file__).parent
TEXTS = list(TINY.values())
FEW = 8
NAMES = ("cosine", "dot", "euclidean", "manhattan")
OPTIONS = {"device": "cpu", "local_files_only": True, "model_kwargs": {"dtype": torch.float32}}
Arrays = dict[str, Any]


def main() -> None:
    """Records every model."""
    torch.set_grad_enabled(False)
    for place in ("sparse", "routed"):
        shutil.rmtree(HERE / place, ignore_errors=True)
        (HERE / place / "expected").mkdir(parents=True)
    for name, build in SPARSE.items():
        torch.manual_seed(zlib.crc32(name.encode()))
        folder = HERE / "sparse" / "models" / name
        folder.mkdir(parents=True)
        build(folder)
        _write("sparse", name, *_sparse(SparseEncoder(str(folder), **OPTIONS)))
    for name, (build, tasks) in ROUTED.items():
        torch.manual_seed(zlib.crc32(name.encode()))
        folder = HERE / "routed" / "models" / name
        folder.mkdir(parents=True)
        build(folder)
        _write("routed", name, *_routed(SentenceTransformer(str(folder), **OPTIONS), tasks))


def _sparse(model: SparseEncoder) -> tuple[Arrays, dict[str, Any]]:
    """One text at a time, so that no padding enters the recorded values."""
    alone = {"batch_size": 1}
    vectors = model.encode(TEXTS, **alone)
    few = vectors.to_dense()[:FEW].to_sparse()
    arrays: Arrays = {
        "default": vectors.to_dense(),
        "query": model.encode_query(TEXTS, **alone).to_dense(),
        "document": model.encode_document(TEXTS, **alone).to_dense(),
        "active": model.encode(TEXTS, max_active_dims=5, **alone).to_dense(),
        "prompted": model.encode(TEXTS, prompt="river and stones: ", **alone).to_dense(),
        "intersection": model.intersection(vectors[3], vectors).to_dense(),
        "intersection_one": model.intersection(vectors[3], vectors[4]).to_dense(),
    }
    before = model.similarity_fn_name
    for name in NAMES:
        model.similarity_fn_name = name
        arrays[f"similarity/{name}"] = model.similarity(few, few)
        other = few.to_dense().flip(0).to_sparse()
        arrays[f"similarity_pairwise/{name}"] = model.similarity_pairwise(few, other)
    about = {
        "similarity_fn_name": before,
        "max_active_dims": model.max_active_dims,
        "dimension": model.get_embedding_dimension(),
        "max_seq_length": model.max_seq_length,
        "prompts": model.prompts,
        "sparsity": model.sparsity(vectors),
        "sparsity_one": model.sparsity(vectors[3]),
        "decoded": model.decode(vectors[3], top_k=6),
        "decoded_all": model.decode(few, top_k=3),
    }
    return {name: np.asarray(array) for name, array in arrays.items()}, about


def _routed(
    model: SentenceTransformer, tasks: tuple[str | None, ...]
) -> tuple[Arrays, dict[str, Any]]:
    arrays: Arrays = {}
    for task in tasks:
        arrays[f"task/{task}"] = model.encode(TEXTS, batch_size=1, task=task)
        if task is not None and isinstance(model[0], Router):  # elsewhere it takes no such inputs
            named = [{task: text} for text in TEXTS]
            arrays[f"named/{task}"] = model.encode(named, batch_size=1)
    if "query" in tasks:
        arrays["encode_query"] = model.encode_query(TEXTS, batch_size=1)
        arrays["encode_document"] = model.encode_document(TEXTS, batch_size=1)
    about = {"tasks": tasks, "dimension": model.get_embedding_dimension()}
    return arrays, about


def _write(place: str, name: str, arrays: Arrays, about: dict[str, Any]) -> None:
    about["versions"] = {p: metadata.version(p) for p in ("sentence-transformers", "transformers")}
    path = HERE / place / "expected" / f"{name}.npz"
    np.savez_compressed(path, about=np.array(json.dumps(about, sort_keys=True)), **arrays)
    print(f"{place}/{name}: {path.stat().st_size // 1024} KiB", flush=True)


if __name__ == "__main__":
    main()
