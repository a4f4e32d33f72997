"""Recorded folders rewritten into layouts in which models are published: the same files for both libraries.

Every rewrite is a function of its folder alone, so that only vectors need recording.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pickled_files
from safetensors.numpy import load_file, save_file

HERE = Path(__file__).parent
TEXTS = (
    "the river carries small stones, a sea.",
    "a",
    "New York is a small moon?",
    "old red birds ran",
)
CALLS = ("encode", "encode_query", "encode_document")
IDENTITY = "torch.nn.modules.linear.Identity"


@dataclass(frozen=True)
class Published:
    """A recorded folder, the class that reads it, and what is rewritten in a copy of it."""

    source: str
    class_name: str
    rewrite: Callable[[Path], None]

    def build(self, folder: Path) -> Path:
        """Writes the folder anew."""
        shutil.copytree(HERE / self.source, folder)
        self.rewrite(folder)
        return folder


def _pylate(
    denses: Sequence[tuple[int, int, Mapping[str, Any]]], without: Sequence[str] = (), **saved: Any
) -> Callable[[Path], None]:
    """PyLate's folder with so many projections: in and out features, and further settings of each."""

    def rewrite(folder: Path) -> None:
        for old in folder.glob("*_Dense"):
            shutil.rmtree(old)
        modules = [_entry(0, "", "sentence_transformers.models.Transformer")]
        drawn = np.random.default_rng(5)
        for place, (wide, narrow, more) in enumerate(denses, 1):
            home = folder / f"{place}_Dense"
            sizes = {"in_features": wide, "out_features": narrow, "bias": False}
            _dump(home / "config.json", {**sizes, "activation_function": IDENTITY, **more})
            names = ["linear.weight"]
            if more.get("use_residual") and wide != narrow:
                names.append("residual.weight")
            weights = {n: drawn.normal(0, 0.3, (narrow, wide)).astype(np.float32) for n in names}
            save_file(weights, home / "model.safetensors")
            modules.append(_entry(place, home.name, "pylate.models.Dense.Dense"))
        _dump(folder / "modules.json", modules)
        settings = {
            "model_type": "ColBERT",
            "similarity_fn_name": "MaxSim",
            "query_prefix": "[unused0]",
            "document_prefix": "[unused1]",
            "query_length": 12,
            "document_length": 40,
            "attend_to_expansion_tokens": False,
            "do_query_expansion": True,
            "skiplist_words": ["!", "?", ".", ","],
            **saved,
        }
        kept = {name: value for name, value in settings.items() if name not in without}
        _dump(folder / "config_sentence_transformers.json", kept)

    return rewrite


def _in_the_root(folder: Path) -> None:
    """A Router whose language model lies in the root, under the name "", as opensearch publishes."""
    file = folder / "router_config.json"
    content = json.loads(file.read_text("utf-8"))
    child = next(name for name in content["types"] if name.startswith("document_0"))
    for path in (folder / child).iterdir():
        path.rename(folder / path.name)
    (folder / child).rmdir()
    content["types"] = {"" if n == child else n: each for n, each in content["types"].items()}
    content["structure"] = {
        route: ["" if name == child else name for name in names]
        for route, names in content["structure"].items()
    }
    _dump(file, content)


def _words(folder: Path) -> None:
    """Word vectors in a folder of their own, pickled in the layout of before 2020."""
    home = folder / "0_WordEmbeddings"
    home.mkdir(exist_ok=True)
    names = ("wordembedding_config.json", "whitespacetokenizer_config.json", "model.safetensors")
    for name in names:
        if (folder / name).is_file():
            (folder / name).rename(home / name)
    entries = json.loads((folder / "modules.json").read_text("utf-8"))
    entries[0]["path"] = home.name
    entries[0]["type"] = "sentence_transformers.models.WordEmbeddings"
    _dump(folder / "modules.json", entries)
    weights = load_file(home / "model.safetensors")
    (home / "pytorch_model.bin").write_bytes(pickled_files.LAYOUTS["legacy"](weights))
    (home / "model.safetensors").unlink()


def _prompts(**prompts: str) -> Callable[[Path], None]:
    """The prompts of a published model, under the names that it gives them."""

    def rewrite(folder: Path) -> None:
        saved = {"model_type": "SentenceTransformer", "prompts": prompts}
        _dump(folder / "config_sentence_transformers.json", saved)

    return rewrite


def _entry(place: int, path: str, kind: str) -> dict[str, Any]:
    return {"idx": place, "name": str(place), "path": path, "type": kind}


def _dump(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1), "utf-8")


LATE, ONE = "multi_vector/models/pylate", ((32, 16, {}),)
MEAN = "models/bert-mean"
ARCTIC = "Represent this sentence for searching relevant passages: "
PUBLISHED = {
    "pylate": Published(LATE, "MultiVectorEncoder", _pylate(ONE)),
    "pylate-two-projections": Published(
        LATE, "MultiVectorEncoder", _pylate(((32, 48, {}), (48, 16, {"use_residual": False})))
    ),
    "pylate-residuals": Published(
        LATE,
        "MultiVectorEncoder",
        _pylate(((32, 48, {"use_residual": True}), (48, 48, {"use_residual": True}), (48, 16, {}))),
    ),
    "pylate-not-filled-up": Published(
        LATE, "MultiVectorEncoder", _pylate(ONE, do_query_expansion=False)
    ),
    "pylate-before-its-type": Published(
        LATE,
        "MultiVectorEncoder",
        _pylate(ONE, without=("model_type", "similarity_fn_name", "do_query_expansion")),
    ),
    "pylate-prompts": Published(
        LATE,
        "MultiVectorEncoder",
        _pylate(
            ONE,
            query_prefix="the ",
            document_prefix="a ",
            prompts={"query": "sea ", "document": ""},
        ),
    ),
    "inference-free-in-the-root": Published(
        "sparse/models/inference-free", "SparseEncoder", _in_the_root
    ),
    "word-vectors": Published("words/mean", "SentenceTransformer", _words),
    "arctic-embed": Published(MEAN, "SentenceTransformer", _prompts(query=ARCTIC)),
    "arctic-embed-2": Published(MEAN, "SentenceTransformer", _prompts(query="query: ")),
    "mxbai-embed": Published(MEAN, "SentenceTransformer", _prompts(query=ARCTIC, passage="")),
    "granite-embedding": Published(MEAN, "SentenceTransformer", _prompts(query="", passage="")),
    "embeddinggemma": Published(
        MEAN,
        "SentenceTransformer",
        _prompts(
            query="task: search result | query: ",
            document="title: none | text: ",
            STS="task: sentence similarity | query: ",
        ),
    ),
}
"""By the name under which their vectors are recorded."""
