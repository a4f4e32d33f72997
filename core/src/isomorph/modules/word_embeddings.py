"""WordEmbeddings: a table of vectors for whole words, as in GloVe and word2vec."""

from __future__ import annotations

from collections.abc import Mapping

from isomorph.errors import BadModel, UnknownFormat, Unsupported
from isomorph.files.module_folder import ModuleFolder
from isomorph.files.schema import FLAG, POSITIONS, TEXT, Schema
from isomorph.kinds import ModuleKind
from isomorph.model.graph import Module
from isomorph.modules.tokenizer import tokenizer_folder
from isomorph.modules.types import historical
from isomorph.preprocess.text import Text
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref, Weights

SCHEMA: Schema = {"tokenizer_class": TEXT, "max_seq_length": POSITIONS, "update_embeddings": FLAG}

SETTINGS = "wordembedding_config.json"
TABLE = "emb_layer.weight"
_PLACES = (
    "sentence_transformers.models.tokenizer",
    "sentence_transformers.sentence_transformer.modules.tokenizer",
)
_TOKENIZERS = {  # class -> how `Text.words` calls it, and the files in which the class has lived
    "WhitespaceTokenizer": ("whitespace", ("WhitespaceTokenizer", "whitespace")),
    "PhraseTokenizer": ("phrase", ("PhraseTokenizer", "phrase")),
    "TransformersTokenizerWrapper": ("", ("WordTokenizer", "word")),
}
TOKENIZERS = {
    f"{place}.{reference}": words
    for place in _PLACES
    for name, (words, files) in _TOKENIZERS.items()
    for reference in (name, *(f"{file}.{name}" for file in files))
}
"""What a ``tokenizer_class`` of a file means, in the words of `isomorph.preprocess.text.Text`."""


def read(source: ModuleFolder) -> Module:
    """Reads ``wordembedding_config.json`` and finds the table.

    Raises:
        BadModel: no tokenizer class is named, or the maximum length is no number.
        UnknownFormat: the tokenizer class is none of the format's; nothing is imported to find out.
    """
    config = source.settings(SCHEMA, SETTINGS, needed=("tokenizer_class",))
    reference = config["tokenizer_class"]
    if reference not in TOKENIZERS:
        raise UnknownFormat(
            f"Tokenizer class {reference!r} of {source.place} is not known. "
            f"Known classes: {', '.join(_TOKENIZERS)}, all of sentence_transformers."
        )
    table = source.tensors.get(TABLE)
    if table is not None and (len(table.shape) != 2 or not all(table.shape)):
        raise BadModel(
            f"{source.place}: tensor {TABLE!r} has shape {table.shape}, and is no table."
        )
    return Module(
        "word_embeddings",
        source.name,
        folder=source.path,
        config={
            "shape": table.shape if table is not None else None,
            "words": TOKENIZERS[reference],
            "max_seq_length": config.get("max_seq_length", 1_000_000),
            "update_embeddings": config.get("update_embeddings", False),
        },
        weights=tuple(source.tensors),
        inputs=("input_ids",),
        outputs=("token_embeddings",),
    )


def lower(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    """Rows of the table. The first of its rows stands at padding as well, where nobody reads it."""
    shape = module.config["shape"]
    if shape is None:
        weights.check(TABLE, ())  # raises, saying what there is
        raise Unsupported(f"module {module.name!r} has no table {TABLE!r}")
    return {"token_embeddings": ops.embedding(weights(TABLE, shape), values["input_ids"])}


def inputs(source: ModuleFolder, module: Module) -> Text:
    """Its own tokenizer of words, or one of transformers."""
    words = module.config["words"]
    return Text(
        max_length=module.config["max_seq_length"],
        special_tokens=not words,
        words=words,
        folder=tokenizer_folder(source),
    )


def _of_table(module: Module, axis: int) -> int | None:
    shape = module.config["shape"]
    return int(shape[axis]) if shape else None


KIND = ModuleKind(
    name="word_embeddings",
    classes=historical("WordEmbeddings"),
    read=read,
    lower=lower,
    width=lambda module, width: _of_table(module, 1),
    inputs=inputs,
    ids=lambda module: _of_table(module, 0) or 0,
    truncated_at=lambda length, text: {SETTINGS: {"max_seq_length": length}},
    needs=("settings", "weights"),
)
