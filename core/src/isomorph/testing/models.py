"""Writes the tiny models of the catalogue into folders: seeded, and without any engine.

Their weights are strong. With the usual initialisation (0.02) attention is almost uniform and
positions hardly matter, so that a wrong mask would pass every comparison.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.encoders.tensors import Shapes
from isomorph.testing.recipes import CATALOGUE, Part, Recipe, SparseStatic, Static
from isomorph.testing.tiny_encoders import TinyEncoder
from isomorph.testing.tiny_towers import TinyTower
from isomorph.testing.tiny_words import Bag, Words
from isomorph.testing.tokenizer import vocabulary, write_tokenizer

Arrays = dict[str, NDArray[Any]]

_LONGEST_QUERY = 40
_TABLES = ("embed", "shared.weight", "relative_attention_bias")


def catalogue() -> tuple[str, ...]:
    """The names of the tiny models."""
    return tuple(CATALOGUE)


def write(name: str, folder: Path) -> Path:
    """Writes one model of the catalogue; the same bytes every time. Returns the folder."""
    return write_recipe(CATALOGUE[name], folder, seed=zlib.crc32(name.encode()))


def write_recipe(recipe: Recipe, folder: Path, seed: int = 0) -> Path:
    """Writes any recipe. Returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    if isinstance(recipe.first, Static):
        entries = [_write_static(recipe.first, folder, rng)]
    elif isinstance(recipe.first, SparseStatic):
        entries = [_write_sparse_static(recipe.first, folder, rng)]
    elif isinstance(recipe.first, Words | Bag):
        entries = [_write_words(recipe.first, folder, rng)]
    elif isinstance(recipe.first, TinyTower):
        entries = [_write_tower(recipe.first, folder, rng)]
    else:
        entries = [_write_encoder(recipe.first, folder, rng)]
    for index, part in enumerate(recipe.parts, 1):
        entries.append(_write_part(index, part, folder, rng))
    if recipe.listed:
        modules = [{"idx": i, "name": str(i), **entry} for i, entry in enumerate(entries)]
        _write_json(folder / "modules.json", modules)
        settings = {
            "model_type": "SentenceTransformer",
            "prompts": {"query": "query: ", "document": ""},
            "similarity_fn_name": "cosine",
        }
        _write_json(folder / "config_sentence_transformers.json", settings)
    return folder


def draw(shapes: Shapes, rng: np.random.Generator) -> Arrays:
    """Arrays of these shapes, scaled by what their names say they are."""
    arrays = {}
    for name, shape in shapes.items():
        if name == "layer_weights":
            values = rng.uniform(0.5, 1.5, shape)
        elif "bias" in name.rpartition(".")[2]:
            wide = 0.2 if "norm" in name.lower() else 0.1
            values = rng.uniform(-wide, wide, shape)
        elif len(shape) == 1:  # of a norm, which not every family calls one
            values = 1.0 + rng.uniform(-0.2, 0.2, shape)
        elif any(word in name for word in _TABLES):
            values = rng.normal(0, 0.5, shape)
        else:
            values = rng.normal(0, 1.3 / np.sqrt(np.prod(shape[1:])), shape)
        arrays[name] = values.astype(np.float32)
    return arrays


def _write_encoder(encoder: TinyEncoder, folder: Path, rng: np.random.Generator) -> dict[str, str]:
    _write_json(folder / "config.json", encoder.config)
    settings = {"max_seq_length": encoder.longest, "do_lower_case": False}
    _write_json(folder / "sentence_bert_config.json", settings | dict(encoder.settings))
    write_tokenizer(folder, encoder.pad_id, encoder.longest)
    arrays = {
        encoder.prefix + _stored_name(name, encoder.old_norms): _as(encoder.stored, array)
        for name, array in draw(encoder.shapes, rng).items()
    }
    _write_shards(arrays, folder, encoder.shards)
    return {"path": "", "type": "sentence_transformers.models.Transformer"}


def _write_tower(tower: TinyTower, folder: Path, rng: np.random.Generator) -> dict[str, str]:
    for name, content in tower.files.items():
        _write_json(folder / name, content)
    if tower.reads:
        write_tokenizer(folder, 0, tower.longest, tower.tokens)
    arrays = {n: _as(tower.stored, array) for n, array in draw(tower.shapes, rng).items()}
    _write_shards(arrays, folder, 1)
    return {"path": "", "type": "sentence_transformers.base.modules.transformer.Transformer"}


def _as(dtype: str, array: NDArray[np.float32]) -> NDArray[Any]:
    """In the type of the file; bfloat16, which numpy lacks, as its bits."""
    if dtype == "bfloat16":
        return (array.view(np.uint32) >> 16).astype(np.uint16)
    return array.astype(dtype)


_DTYPES = {
    "float64": "F64",
    "float32": "F32",
    "float16": "F16",
    "uint16": "BF16",
    "int8": "I8",
    "int32": "I32",
}


def _save(arrays: Arrays, file: Path, metadata: dict[str, str] | None = None) -> None:
    """A safetensors file, in which 16-bit integers are bfloat16: its numpy writer has no such type.

    Its length, a header of names, types, shapes and places in JSON, the arrays.
    """
    header: dict[str, Any] = {"__metadata__": metadata} if metadata else {}
    end = 0
    for name, array in arrays.items():
        begin, end = end, end + array.nbytes
        dtype = _DTYPES[array.dtype.name]
        header[name] = {"dtype": dtype, "shape": array.shape, "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # so that the arrays are aligned
    data = b"".join(array.tobytes() for array in arrays.values())
    file.write_bytes(struct.pack("<Q", len(text)) + text + data)


def _stored_name(name: str, old_norms: bool) -> str:
    if old_norms and "LayerNorm" in name:
        return name.replace(".weight", ".gamma").replace(".bias", ".beta")
    return name


def _write_shards(arrays: Arrays, folder: Path, count: int) -> None:
    metadata = {"format": "pt"}  # some readers insist on it
    if count == 1:
        _save(arrays, folder / "model.safetensors", metadata)
        return
    names = list(arrays)
    weight_map: dict[str, str] = {}
    for shard in range(count):
        file = f"model-{shard + 1:05}-of-{count:05}.safetensors"
        mine = names[shard::count]
        _save({name: arrays[name] for name in mine}, folder / file, metadata)
        weight_map |= dict.fromkeys(mine, file)
    size = sum(array.nbytes for array in arrays.values())
    index = {"metadata": {"total_size": size}, "weight_map": weight_map}
    _write_json(folder / "model.safetensors.index.json", index)


def _write_static(static: Static, folder: Path, rng: np.random.Generator) -> dict[str, str]:
    place = folder / static.path
    place.mkdir(exist_ok=True)
    tokens = len(vocabulary())
    arrays = draw({static.table: (static.clusters or tokens, static.width)}, rng)
    table = arrays[static.table]
    if static.stored == "int8":  # as model2vec makes them: no scale is kept
        table = np.rint(table / np.abs(table).max() * 127)
    arrays[static.table] = table.astype(static.stored)
    if static.clusters:
        arrays["mapping"] = rng.integers(0, static.clusters, tokens, np.int32)
        arrays["weights"] = rng.uniform(0.2, 2.0, tokens)
    _save(arrays, place / "model.safetensors")
    write_tokenizer(place)
    return {"path": static.path, "type": "sentence_transformers.models.StaticEmbedding"}


def _write_sparse_static(
    static: SparseStatic, folder: Path, rng: np.random.Generator
) -> dict[str, str]:
    place = folder / static.path
    place.mkdir(exist_ok=True)
    tokens = len(vocabulary()) // (1 if static.whole else 2)
    weights = rng.uniform(0.5, 8.0, tokens).astype(np.float32)
    _save({"weight": weights}, place / "model.safetensors", {"format": "pt"})
    write_tokenizer(place, max_length=_LONGEST_QUERY)
    kind = "sentence_transformers.sparse_encoder.models.SparseStaticEmbedding"
    return {"path": static.path, "type": kind}


def _write_words(words: Words | Bag, folder: Path, rng: np.random.Generator) -> dict[str, str]:
    place = folder / words.path
    place.mkdir(exist_ok=True)
    words.write(place)
    if words.shapes:
        _save(draw(words.shapes, rng), place / "model.safetensors", {"format": "pt"})
    return {"path": words.path, "type": words.type}


def _write_part(index: int, part: Part, folder: Path, rng: np.random.Generator) -> dict[str, str]:
    path = f"{index}_{part.kind}"
    place = folder / path
    place.mkdir(exist_ok=True)
    if part.config:
        _write_json(place / part.file, part.config)
    if part.shapes:
        _save(draw(part.shapes, rng), place / "model.safetensors", {"format": "pt"})
    return {"path": path, "type": part.type}


def _write_json(path: Path, content: Mapping[str, Any] | list[Any]) -> None:
    path.write_text(json.dumps(content, indent=2), "utf-8")
