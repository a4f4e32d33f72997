"""StaticEmbedding: the mean of the vectors of a text's tokens, with no padding and no attention."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.errors import BadModel
from isomorph.files.module_folder import ModuleFolder
from isomorph.kinds import ModuleKind
from isomorph.model.graph import Module
from isomorph.modules.tokenizer import tokenizer_folder, truncated_at, truncation
from isomorph.modules.types import historical
from isomorph.preprocess.text import Text
from isomorph.primitives import ops
from isomorph.primitives.builder import FLOATS, INTEGERS, Ref, Weights

_NAMES = ("embedding.weight", "embeddings")  # sentence-transformers, model2vec
_MAPPING = "mapping"
_WEIGHTS = "weights"
_BYTES = ("I8", "U8")


def read(source: ModuleFolder) -> Module:
    """Finds the table under either of its two names; there is no configuration file.

    model2vec may store two tensors more, of one element a token id: ``mapping``, the row of the table
    that stands for the token, and ``weights``, by which that row is multiplied. Both are applied,
    which sentence-transformers leaves out: a table with a mapping cannot be read without it.

    Raises:
        BadModel: there is no table, or the three tensors do not fit each other.
    """
    table = next((name for name in _NAMES if name in source.tensors), None)
    if table is None:
        raise BadModel(f"{source.place} has no tensor {' or '.join(map(repr, _NAMES))}.")
    stored = source.tensors[table]
    if len(stored.shape) != 2 or not all(stored.shape):
        raise BadModel(
            f"{source.place}: tensor {table!r} has shape {stored.shape}, and is no table."
        )
    if stored.dtype not in (*FLOATS, *_BYTES):
        raise BadModel(
            f"{source.place}: tensor {table!r} is stored as {stored.dtype}; what is read there: "
            f"{', '.join((*FLOATS, *_BYTES))}."
        )
    config: dict[str, Any] = {
        "table": table,
        "shape": stored.shape,
        "tokens": stored.shape[0],
        "integers": stored.dtype in _BYTES,
        "mapping": _MAPPING in source.tensors,
        "weights": _WEIGHTS in source.tensors,
    }
    extra = tuple(name for name in (_MAPPING, _WEIGHTS) if name in source.tensors)
    if extra:
        shapes = {name: source.tensors[name].shape for name in extra}
        config["tokens"] = next(iter(shapes[extra[0]]), 0)
        if any(shape != (config["tokens"],) for shape in shapes.values()):
            raise BadModel(f"{source.place} has {shapes}, not one value a token.")
    if config["mapping"]:
        _check_rows(source, stored.shape[0])
    feeds = ("input_ids", "offsets")
    outputs = ("sentence_embedding",)
    return Module(
        "static_embedding",
        source.name,
        folder=source.path,
        config=config,
        weights=(table, *extra),
        inputs=feeds,
        outputs=outputs,
    )


def _check_rows(source: ModuleFolder, rows: int) -> None:
    """Reads the mapping, the only weights that are places and no numbers: each must be in the table.

    Raises:
        BadModel: one is not, or they are no whole numbers.
    """
    stored = source.tensors[_MAPPING]
    if stored.dtype not in INTEGERS:
        raise BadModel(
            f"{source.place}: tensor {_MAPPING!r} is stored as {stored.dtype}; what is read there: "
            f"{', '.join(INTEGERS)}."
        )
    places = stored.raw()
    if places.size and not 0 <= places.min() <= places.max() < rows:
        raise BadModel(
            f"{source.place}: tensor {_MAPPING!r} has places from {places.min()} to {places.max()}, and the "
            f"table has {rows} rows."
        )


def lower(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    """Gathers and averages; a text without tokens gives zeros.

    Tables of 8-bit integers hold no scale: their values count as they are.
    """
    config, ids = module.config, values["input_ids"]
    per_token = (config["tokens"],)
    index = ids
    if config["mapping"]:
        index = ops.cast(ops.embedding(weights(_MAPPING, per_token, integers=True), ids), "int64")
    rows = ops.embedding(weights(config["table"], config["shape"], integers=True), index)
    if config["integers"]:
        rows = ops.cast(rows, "float32")
    if config["weights"]:
        rows = rows * ops.unsqueeze(ops.embedding(weights(_WEIGHTS, per_token), ids), 1)
    return {"sentence_embedding": ops.segment_mean(rows, values["offsets"])}


def inputs(source: ModuleFolder, module: Module) -> Text:
    """What texts are to a static model: ``tokenizer.json`` alone says how texts are tokenised."""
    length, side = truncation(source)
    return Text(
        max_length=length,
        truncation_side=side,
        special_tokens=False,
        bare=True,
        folder=tokenizer_folder(source),
    )


KIND = ModuleKind(
    name="static_embedding",
    classes=historical("StaticEmbedding"),
    read=read,
    lower=lower,
    width=lambda module, width: int(module.config["shape"][-1]),
    inputs=inputs,
    ids=lambda module: int(module.config["tokens"]),
    truncated_at=truncated_at,
    needs=("weights", "tokenizer"),
)
