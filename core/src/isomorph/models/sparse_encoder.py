"""SparseEncoder: texts to a weight for each of a few of many features."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from isomorph.arguments.rules import COUNT, checked, checking, or_none
from isomorph.card.data import BaseModelCardData, SparseEncoderModelCardData
from isomorph.contract import Model
from isomorph.errors import InputError, Unsupported
from isomorph.models.base import BaseModel
from isomorph.models.call import refuse_unknown, under_one_name, under_present_names
from isomorph.models.comparing import Comparing
from isomorph.models.sparse_chain import auto_encoder, kept_by, sparse_chain, with_room_for
from isomorph.models.streaming import Streaming
from isomorph.pool.placement import Placement
from isomorph.postprocess import sparse, tensors
from isomorph.preprocess.prompts import choose_prompt
from isomorph.runtime.pipeline import Job


class SparseEncoder(Streaming, Comparing, BaseModel):
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
        **kwargs: Any,
    ) -> None:
        """As `BaseModel`, with two arguments more.

        Args:
            model_name_or_path: a folder, ``package:DISTRIBUTION``, or a Hub id.
            similarity_fn_name: cosine, dot, euclidean or manhattan; None takes the saved one, else dot.
            max_active_dims: how many features of a text stay at most, the largest by magnitude. None
                takes what the folder was saved with, else what the model's autoencoder keeps, or all where
                it has none.
            **kwargs: as `BaseModel`.

        Raises:
            AmbiguousHead: the folder says of no head how its vectors become sparse.
            InputError: an argument that cannot be used.
        """
        self._asked = max_active_dims  # before loading: an autoencoder is read with it
        super().__init__(model_name_or_path, **under_present_names(kwargs))
        self._choose_similarity(
            similarity_fn_name, self._pipeline.model.settings.similarity_fn_name
        )
        self.splade_pooling_chunk_size = None
        encoder = auto_encoder(tuple(self))
        kept = int(encoder.config["k"]) if encoder else None
        self.max_active_dims = self._wanted(self._pipeline.model) or kept

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

    def _complete(self, model: Model) -> Model:
        return with_room_for(sparse_chain(model), self._wanted(model))

    def _wanted(self, model: Model) -> int | None:
        """How many features the constructor was given, else how many the folder was saved with."""
        return self._asked or model.settings.max_active_dims

    @checked
    def encode(
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
            inputs: one text, or a list, tuple or array of texts. ``sentences=`` is an old name of it.
            prompt_name: which of the model's prompts goes in front.
            prompt: the text that goes in front, in place of a named one.
            batch_size: at most so many texts a forward; the token budget bounds it anyway.
            show_progress_bar: a bar on stderr.
            convert_to_tensor: a tensor in place of a CSR or numpy array, in COO form where sparse.
            convert_to_sparse_tensor: False gives dense vectors.
            save_to_cpu: no effect: results are always in the memory of the CPU.
            device: another device for this call; the model is loaded there too and stays.
                A list of devices starts a worker on each for this call, and ends them.
            max_active_dims: in place of the model's own.
            pool: workers of `start_multi_process_pool`, which run the call in place of this process.
            chunk_size: texts that a worker gets at once; None makes ten chunks a worker, none above 5,000.
            on_long: ``"truncate"`` cuts inputs that are too long, with a warning; ``"report"`` cuts them
                without one; ``"error"`` refuses them.
            return_report: also what happened to the inputs.
            deterministic: vectors equal to the last bit whatever the batch, its order and the number of
                threads, on one device with one version of its engine; slower, and `batch_size` is unused.
            **kwargs: ``task``, what the texts are to a model with routes; unknown names are refused.

        Returns:
            A CSR array (texts, V), float32 with sorted columns and no stored zeros; of a single text
            (1, V). Dense ones are (texts, V) or (V,), and so are tensors. With `return_report` a pair
            of that and a `CallReport`.

        Raises:
            InputError: an argument or an input that cannot be used; nothing has run then.
            Unsupported: a library that the result needs is not installed.
        """
        place = Placement.of(device, pool, chunk_size)
        inputs, task = _arguments(inputs, kwargs)
        most = self._most(max_active_dims)
        if convert_to_tensor:
            tensors.need_library()
        if convert_to_sparse_tensor:
            sparse.need_library()
        single, texts, task = self._texts(inputs, task)
        lengths = self._routing.lengths_of(task)
        job = Job(
            prompt=choose_prompt(self.prompts, self.default_prompt_name, prompt, prompt_name),
            max_length=lengths.length(task),
            max_rows=batch_size,
            device=place.device,
            progress=bool(show_progress_bar),
            deterministic=deterministic,
            task=task,
            expansion=lengths.filling(task),
            keep=sparse.Largest(most),
        )
        rows, call = self._run(texts, job, on_long, place)
        size = self.get_embedding_dimension() or 0
        result: Any
        if convert_to_sparse_tensor:
            result = sparse.from_rows(rows, size)
            if convert_to_tensor:
                result = tensors.as_sparse_tensor(result, single)
        else:
            result = sparse.dense(rows, size)
            result = result[0] if single else result
            if convert_to_tensor:
                result = tensors.as_tensor(result)
        return (result, call) if return_report else result

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
        if auto_encoder(tuple(self)) is not None:
            raise Unsupported("The features of an autoencoder are no words; nothing names them.")
        matrix, size = sparse.as_csr(embeddings), self.get_embedding_dimension()
        if size is not None and matrix.shape[1] != size:
            raise InputError(f"This model gives {size} features a text, not {matrix.shape[1]}.")
        ranked = sparse.ranked(matrix, top_k)
        names = self.tokenizer.id_to_token
        words = [[(names(column), weight) for column, weight in row] for row in ranked]
        return words[0] if sparse.axes(embeddings) == 1 else words

    def intersection(self, embeddings_1: Any, embeddings_2: Any) -> Any:
        """What one vector has in common with one or many: products of their weights where above 0.

        Args:
            embeddings_1: one vector, (V,) or (1, V): CSR or any other form of scipy's, numpy, or a tensor.
            embeddings_2: vectors (n, V) or one (V,), likewise.

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
        return self._pipeline.dimension

    def _most(self, asked: int | None) -> int | None:
        """How many features stay, which cannot be more than an autoencoder lets through.

        Raises:
            InputError: it would be more.
        """
        most = asked or self.max_active_dims
        kept = kept_by(tuple(self))
        if most is not None and kept is not None and most > kept:
            raise InputError(
                f"max_active_dims={most}, but the autoencoder of this model keeps {kept}. Load it with "
                f"max_active_dims={most} to have more."
            )
        return most


def _arguments(inputs: Any, kwargs: dict[str, Any]) -> tuple[Any, str | None]:
    """The inputs under either of their names, and the task; any other keyword is refused."""
    task = kwargs.pop("task", None)
    inputs = under_one_name("inputs", inputs, kwargs, "sentences")
    refuse_unknown("encode", kwargs)
    if inputs is None:
        raise InputError("Input 0 is None, but this model takes texts.")
    return inputs, task


__all__ = ["SparseEncoder"]
