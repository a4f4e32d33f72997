"""Parts that look their words up in a table: vectors of whole words, and weights of tokens."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isomorph.errors import InputError
from isomorph.modules import sparse_static_embedding, word_embeddings
from isomorph.parts.part import OfKind
from isomorph.postprocess.arrays import as_array
from isomorph.resolve import Request

_TOKENIZERS = "sentence_transformers.sentence_transformer.modules.tokenizer"
_PADDING = "PADDING_TOKEN"
"""The word of the first row of a table that is read from a file of texts; no text has it."""


@dataclass(frozen=True)
class WhitespaceTokenizer:
    """Words between blanks, without the punctuation around them.

    Attributes:
        vocab: the words by id.
        stop_words: words that are left out; sentence-transformers has a list that it takes by itself.
        do_lower_case: whether texts become lower case first.
    """

    vocab: Sequence[str] = ()
    stop_words: Sequence[str] | None = None
    do_lower_case: bool = False

    def write(self, folder: Path) -> str:
        """Writes its settings, and gives the reference to its class.

        Raises:
            InputError: nothing says which words are left out.
        """
        return self._written(folder, "whitespace", {})

    def _written(self, folder: Path, file: str, more: dict[str, Any]) -> str:
        from isomorph.saving.layout import write_json

        if self.stop_words is None:
            raise InputError(
                f"{type(self).__name__} needs stop_words, the words that are left out; () leaves out none."
            )
        content = {
            "vocab": list(self.vocab),
            "stop_words": list(self.stop_words),
            "do_lower_case": self.do_lower_case,
            **more,
        }
        write_json(folder / f"{file}tokenizer_config.json", content)
        return f"{_TOKENIZERS}.{file}.{type(self).__name__}"


@dataclass(frozen=True)
class PhraseTokenizer(WhitespaceTokenizer):
    """Words and phrases of several words, which the vocabulary holds with a separator.

    Attributes:
        ngram_separator: stands between the words of a phrase.
        max_ngram_length: the longest phrase in words.
    """

    ngram_separator: str = "_"
    max_ngram_length: int = 5

    def write(self, folder: Path) -> str:
        """Writes its settings, and gives the reference to its class."""
        more = {
            "ngram_separator": self.ngram_separator,
            "max_ngram_length": self.max_ngram_length,
        }
        return self._written(folder, "phrase", more)


@dataclass(frozen=True, eq=False)
class WordEmbeddings(OfKind):
    """A table of vectors for whole words, as in GloVe and word2vec.

    Attributes:
        tokenizer: a `WhitespaceTokenizer` or `PhraseTokenizer`, or a tokenizer of tokenizers or
            transformers.
        embedding_weights: the vectors by word id, (words, dim), array or tensor.
        update_embeddings: kept for whoever trains it.
        max_seq_length: where texts are cut, in words.

    Raises:
        InputError: vectors of another shape.
    """

    _kind = word_embeddings.KIND
    tokenizer: Any
    embedding_weights: ArrayLike
    update_embeddings: bool = False
    max_seq_length: int = 1_000_000

    def __post_init__(self) -> None:
        table_of(self.embedding_weights, 2, "embedding_weights")

    @classmethod
    def from_text_file(
        cls,
        embeddings_file_path: str | Path,
        update_embeddings: bool = False,
        item_separator: str = " ",
        tokenizer: WhitespaceTokenizer | None = None,
        max_vocab_size: int | None = None,
    ) -> Self:
        """The table of a file with a word and its numbers on each line, as it is or packed with gzip.

        Args:
            embeddings_file_path: the file. A first line of two items, as word2vec writes it, is left out.
            update_embeddings: as in the class.
            item_separator: stands between a word and its numbers.
            tokenizer: how texts become words; its vocabulary is that of the file.
            max_vocab_size: how many words are read at most; None reads all.

        Raises:
            InputError: there is no tokenizer, or lines have different numbers of items.
        """
        if tokenizer is None:
            raise InputError(
                "from_text_file needs tokenizer=WhitespaceTokenizer(stop_words=…), whose words are left out."
            )
        words, rows = [_PADDING], []
        for word, vector in _vectors(Path(embeddings_file_path), item_separator):
            words.append(word)
            rows.append(vector)
            if max_vocab_size and len(rows) >= max_vocab_size:
                break
        if len({len(row) for row in rows}) != 1:
            raise InputError(
                f"{embeddings_file_path} has no lines of a word and equally many numbers."
            )
        table = np.concatenate([np.zeros((1, len(rows[0])), np.float32), np.stack(rows)])
        return cls(replace(tokenizer, vocab=words), table, update_embeddings)

    def write(self, folder: Path, request: Request) -> None:
        """Writes the tokenizer, the settings and the vectors."""
        from safetensors.numpy import save_file

        from isomorph.files.weights import SINGLE
        from isomorph.saving.layout import write_json

        if isinstance(self.tokenizer, WhitespaceTokenizer):
            reference = self.tokenizer.write(folder)
        else:
            save_tokenizer(self.tokenizer, folder)
            reference = f"{_TOKENIZERS}.word.TransformersTokenizerWrapper"
        settings = {
            "tokenizer_class": reference,
            "update_embeddings": self.update_embeddings,
            "max_seq_length": self.max_seq_length,
        }
        write_json(folder / word_embeddings.SETTINGS, settings)
        table = table_of(self.embedding_weights, 2, "embedding_weights")
        save_file({word_embeddings.TABLE: table}, folder / SINGLE, {"format": "pt"})


@dataclass(frozen=True, eq=False)
class SparseStaticEmbedding(OfKind):
    """Every token of a text with its weight, and no encoder at all.

    Attributes:
        tokenizer: one of tokenizers or transformers.
        weight: by token id, (tokens,), array or tensor; None for ones.
        frozen: kept for whoever trains it.

    Raises:
        InputError: weights of another shape.
    """

    _kind = sparse_static_embedding.KIND
    tokenizer: Any
    weight: ArrayLike | None = None
    frozen: bool = False

    def __post_init__(self) -> None:
        if self.weight is not None:
            table_of(self.weight, 1, "weight")

    @classmethod
    def from_json(cls, json_path: str | Path, tokenizer: Any, **config: Any) -> Self:
        """The weights of a file of weights by token; tokens that it leaves out weigh 0.

        Args:
            json_path: the file.
            tokenizer: as in the class.
            **config: `frozen`.

        Raises:
            InputError: a token is none of the tokenizer's.
        """
        weights = json.loads(Path(json_path).read_text("utf-8"))
        ids = backend_of(tokenizer).get_vocab()
        unknown = sorted(set(weights) - set(ids))
        if unknown:
            raise InputError(
                f"{json_path} weighs {unknown[:5]}, which the tokenizer does not have."
            )
        found = np.zeros(max(ids.values()) + 1, np.float32)
        for token, weight in weights.items():
            found[ids[token]] = weight
        return cls(tokenizer, found, **config)

    def write(self, folder: Path, request: Request) -> None:
        """Writes the tokenizer, the settings and the weights."""
        from safetensors.numpy import save_file

        from isomorph.files.weights import SINGLE
        from isomorph.saving.layout import write_json

        save_tokenizer(self.tokenizer, folder)
        count = max(backend_of(self.tokenizer).get_vocab().values()) + 1
        given = np.ones(count, np.float32) if self.weight is None else self.weight
        write_json(folder / "config.json", {"frozen": self.frozen})
        save_file({"weight": table_of(given, 1, "weight")}, folder / SINGLE, {"format": "pt"})


def backend_of(tokenizer: Any) -> Any:
    """The tokenizer of tokenizers behind one of transformers; itself where it is one.

    Raises:
        InputError: it is neither.
    """
    own = getattr(tokenizer, "backend_tokenizer", tokenizer)
    if not hasattr(own, "get_vocab") or not hasattr(own, "save"):
        raise InputError(
            f"tokenizer is {type(tokenizer).__name__}, and none of tokenizers or transformers."
        )
    return own


def save_tokenizer(tokenizer: Any, folder: Path) -> None:
    """Writes a tokenizer, with all that transformers says of it where it is one of those.

    Raises:
        InputError: it is none of tokenizers or transformers.
    """
    own = backend_of(tokenizer)
    if own is tokenizer:
        own.save(str(folder / "tokenizer.json"))
    else:
        tokenizer.save_pretrained(folder)


def table_of(values: ArrayLike, axes: int, name: str) -> NDArray[np.float32]:
    """Values as float32 with so many axes.

    Raises:
        InputError: they have others, or there is none.
    """
    table = np.ascontiguousarray(as_array(values), np.float32)
    if table.ndim != axes or not table.size:
        raise InputError(
            f"{name} has the shape {table.shape}, not {axes} axes with something on each."
        )
    return table


def _vectors(file: Path, separator: str) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """The words and vectors of a file of texts, line by line."""
    packed = file.suffix == ".gz"
    with (
        gzip.open(file, "rt", encoding="utf-8") if packed else file.open(encoding="utf-8") as lines
    ):
        for place, line in enumerate(lines):
            word, *numbers = line.rstrip().split(separator)
            if place or len(numbers) != 1:
                yield word, np.array(numbers, np.float32)
