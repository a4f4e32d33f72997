"""SparseEncoder: texts to a weight for each of a few of many features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Unpack

from isomorph.arguments.rules import COUNT, checked, checking, or_none
from isomorph.card.data import BaseModelCardData, SparseEncoderModelCardData
from isomorph.errors import InputError, Unsupported
from isomorph.model.settings import Settings
from isomorph.models.call import Call
from isomorph.models.constructor import ModelKeywords, under_known_names
from isomorph.models.shared import documented
from isomorph.models.vector_model import VectorModel
from isomorph.pool.placement import Placement
from isomorph.postprocess import sparse, tensors
from isomorph.read.by_class import SparseVectors
from isomorph.read.sparse_chain import auto_encoder, kept_by


class SparseEncoder(VectorModel):
    """A model that gives a text weights for a few of many features, mostly words of its vocabulary.

    Differs from sentence-transformers' class of this name: results are scipy CSR arrays unless tensors
    are asked for, and a single text gives one row; a folder without a sparse head is refused, where
    that class adds one of random weights; encoding changes no buffer; `max_active_dims` above what an
    autoencoder keeps is refused by a call, and allowed on loading.

    Attributes:
        splade_pooling_chunk_size: kept, and changes nothing. Scores of a whole vocabulary are always
            reduced part by part.
    """

    splade_pooling_chunk_size: int | None
    similarity_names: ClassVar[tuple[str, ...]] = ("dot", "cosine", "euclidean", "manhattan")
    organization: ClassVar[str | None] = "sparse-encoder"
    model_card_data_class: ClassVar[type[BaseModelCardData]] = SparseEncoderModelCardData
    model_type: ClassVar[str] = "SparseEncoder"

    @checked
    def __init__(
        self,
        model_name_or_path: str | Path | None = None,
        *,
        similarity_fn_name: Any = None,
        max_active_dims: int | None = None,
        **kwargs: Unpack[ModelKeywords],
    ) -> None:
        """As `BaseModel`, with two arguments more.

        Args:
            model_name_or_path: a folder, ``package:DISTRIBUTION``, or a Hub id.
            similarity_fn_name: cosine, dot, euclidean or manhattan; None takes the saved one, else dot.
            max_active_dims: how many features of a text stay at most, the largest by magnitude. None
                takes what the folder was saved with, else what the model's autoencoder keeps, or all where
                it has none.
            **kwargs: `backend`, `device`, `strict` and all else that `BaseModel` takes.

        Raises:
            AmbiguousHead: the folder says of no head how its vectors become sparse.
            InputError: an argument that cannot be used.
        """
        self._asked = max_active_dims  # before loading: an autoencoder is read with it
        super().__init__(model_name_or_path, **under_known_names(type(self), kwargs))
        settings = self._loaded.model.settings
        self._choose_similarity(similarity_fn_name, settings.similarity_fn_name)
        self.splade_pooling_chunk_size = None
        encoder = auto_encoder(self._chain)
        kept = int(encoder.config["k"]) if encoder else None
        self.max_active_dims = max_active_dims or settings.max_active_dims or kept

    @property
    def max_active_dims(self) -> int | None:
        """How many features of a text stay at most; None keeps all. It can be set.

        Raises:
            InputError: on setting it to less than 1.
        """
        return self._max_active_dims

    @max_active_dims.setter
    @checked
    def max_active_dims(self, max_active_dims: int | None) -> None:
        self._max_active_dims = max_active_dims

    def _reader(self) -> SparseVectors:
        return SparseVectors(self._asked)

    def _settings(self) -> Settings:
        return replace(
            super()._settings(),
            similarity_fn_name=self.similarity_fn_name,
            max_active_dims=self.max_active_dims,
        )

    @checked
    @documented(items="texts", results="vectors")
    def encode(  # noqa: D417  # `documented` adds the shared ones
        self,
        inputs: Any = None,
        prompt_name: str | None = None,
        prompt: str | None = None,
        batch_size: int | None = None,
        show_progress_bar: bool | None = None,
        convert_to_tensor: bool = False,
        convert_to_sparse_tensor: bool = True,
        save_to_cpu: bool = False,
        device: str | Sequence[str] | None = None,
        max_active_dims: int | None = None,
        pool: Any = None,
        chunk_size: int | None = None,
        on_long: str = "truncate",
        return_report: bool = False,
        deterministic: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Sparse vectors of texts.

        Args:
            convert_to_tensor: a tensor in place of a CSR or numpy array, in COO form where sparse.
            convert_to_sparse_tensor: False gives dense vectors.
            save_to_cpu: no effect: results are always in the memory of the CPU.
            max_active_dims: in place of the model's own.
            **kwargs: ``task``, what the texts are to a model with routes, and ``processing_kwargs``, such as
                ``{"text": {"max_length": 256, "truncation_side": "left"}}``: options of ``text``,
                ``chat_template`` and ``common``, each in place of the folder's. Unknown names are refused.

        Returns:
            A CSR array (texts, V), float32 with sorted columns and no stored zeros; of a single text
            (1, V). Dense ones are (texts, V) or (V,), and so are tensors.

        Raises:
            InputError: an argument or an input that cannot be used; nothing has run then.
            Unsupported: a library that the result needs is not installed.
        """
        most = self._most(max_active_dims)
        convert_to_tensor = convert_to_tensor or self._tensors
        if convert_to_tensor:
            tensors.TENSORS.refuse_without()
        if convert_to_sparse_tensor:
            sparse.SPARSE.refuse_without()
        call = Call.of(
            self,
            inputs,
            kwargs,
            output="sentence_embedding",
            prompt_name=prompt_name,
            prompt=prompt,
            batch_size=batch_size,
            show_progress_bar=show_progress_bar,
            place=Placement.of(device, pool, chunk_size),
            on_long=on_long,
            deterministic=deterministic,
            keep=sparse.Largest(most),
        )
        as_asked = _sparse if convert_to_sparse_tensor else _dense
        width = self.get_embedding_dimension

        def finish(rows: Sequence[Any]) -> Any:
            return as_asked(rows, width() or 0, call.single, convert_to_tensor)

        return call.answered(finish, return_report)

    def encode_query(self, inputs: Any = None, **kwargs: Any) -> Any:
        """`encode` for the task "query", with its prompt unless the call names one."""
        return self.encode(inputs, **self._for_task("query", kwargs))

    def encode_document(self, inputs: Any = None, **kwargs: Any) -> Any:
        """`encode` for the task "document", with its prompt unless the call names one."""
        return self.encode(inputs, **self._for_task("document", kwargs))

    @checking(top_k=or_none(COUNT))
    def decode(self, embeddings: Any, top_k: int | None = None) -> list[Any]:
        """The words behind the weights: for each vector (token, weight), the heaviest first.

        Args:
            embeddings: a vector (V,) or vectors (n, V): CSR or any other form of scipy's, numpy, or a
                dense or sparse tensor.
            top_k: at most so many tokens a vector.

        Returns:
            A list for each vector; of one with a single axis its list alone.

        Raises:
            Unsupported: the features of this model are not words.
            InputError: `top_k` is less than 1, or these are no vectors of this model.
        """
        if auto_encoder(self._chain) is not None:
            raise Unsupported("The features of an autoencoder are no words; nothing names them.")
        matrix, size = sparse.as_csr(embeddings), self.get_embedding_dimension()
        if not matrix.shape[0] or matrix.shape == (1, 0):  # an empty tensor has one axis
            return []
        if size is not None and matrix.shape[1] != size:
            raise InputError(f"This model gives {size} features a text, not {matrix.shape[1]}.")
        ranked = sparse.ranked(matrix, top_k)
        names = self._loaded.pipeline.preparer.native.id_to_token
        words = [[(names(column), weight) for column, weight in row] for row in ranked]
        return words[0] if sparse.axes(embeddings) == 1 else words

    def intersection(self, embeddings_1: Any, embeddings_2: Any) -> Any:
        """What one vector has in common with one or many: products of their weights where above 0.

        Args:
            embeddings_1: one vector, (V,) or (1, V): CSR or any other form of scipy's, numpy, or a tensor.
            embeddings_2: vectors (n, V) or one (V,): CSR or any other form of scipy's, numpy, or a tensor.

        Returns:
            CSR (n, V); a tensor in COO form where both are tensors.

        Raises:
            InputError: the first is not a single vector, or the sizes differ.
        """
        found = sparse.intersection(embeddings_1, embeddings_2)
        if tensors.is_tensor(embeddings_1) and tensors.is_tensor(embeddings_2):
            return tensors.as_sparse_tensor(found, sparse.axes(embeddings_2) == 1)
        return found

    @staticmethod
    def sparsity(embeddings: Any) -> dict[str, float]:
        """``active_dims``, the mean number of weights, and ``sparsity_ratio``, the share of zeros.

        Args:
            embeddings: vectors (n, V) or one (V,): CSR or any other form of scipy's, numpy, or a tensor.
        """
        return sparse.sparsity(embeddings)

    def get_embedding_dimension(self) -> int | None:
        """How many features there are, zeros included; None where no module says."""
        return self._loaded.pipeline.dimension

    def _most(self, asked: int | None) -> int | None:
        """How many features stay, which cannot be more than an autoencoder lets through.

        Raises:
            InputError: it would be more.
        """
        most = asked or self.max_active_dims
        kept = kept_by(self._chain)
        if most is not None and kept is not None and most > kept:
            raise InputError(
                f"max_active_dims={most}, but the autoencoder of this model keeps {kept}. Load it with "
                f"max_active_dims={most} to have more."
            )
        return most


def _sparse(rows: Sequence[Any], size: int, single: bool, to_tensor: bool) -> Any:
    """Rows as CSR (rows, size), or as a tensor in COO form."""
    result = sparse.from_rows(rows, size)
    return tensors.as_sparse_tensor(result, single) if to_tensor else result


def _dense(rows: Sequence[Any], size: int, single: bool, to_tensor: bool) -> Any:
    """Rows as an array or a tensor (rows, size); of a single one (size,)."""
    result = sparse.dense(rows, size)
    result = result[0] if single else result
    return tensors.as_tensor(result) if to_tensor else result
