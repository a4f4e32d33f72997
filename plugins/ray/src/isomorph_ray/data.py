"""A column of vectors for a dataset of Ray Data: actors that each hold a model, and batches on their way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

import isomorph
from isomorph.errors import InputError
from isomorph_ray.holder import limit_threads

OF_A_WHOLE_CALL = ("int8", "uint8")
"""Precisions whose steps are taken from all vectors of a call."""
USUAL: Mapping[str, tuple[Any, ...]] = {
    "output_value": ("sentence_embedding", "token_embeddings"),
    "return_report": (False, None),
    "convert_to_tensor": (False, None),
    "convert_to_sparse_tensor": (True,),
    "out": (None,),
    "pool": (None,),
}
"""What arguments may say that change the form of a result; the first is the default."""


def embed(
    dataset: Any,
    model: Any,
    *,
    column: str | Sequence[str] = "text",
    output: str = "embedding",
    concurrency: int | tuple[int, int] = 1,
    num_cpus: float = 1,
    num_gpus: float = 0,
    threads: int | None = None,
    batch_size: int = 2048,
    in_order: bool = True,
    model_arguments: Mapping[str, Any] | None = None,
    encode_arguments: Mapping[str, Any] | None = None,
    **ray_arguments: Any,
) -> Any:
    """The dataset with one more column: what a model makes of another column, or the scores of pairs.

    Nothing is computed here: Ray Data runs the actors when the dataset is consumed, streams batches through
    them, restarts those that ended, and asks again for the batches that they had.

    Args:
        dataset: a `ray.data.Dataset`.
        model: a model of any class; a folder; or a name that every node resolves by itself.
        column: the column of inputs; of a `CrossEncoder` the two columns of pairs.
        output: the name of the new column. Vectors are lists of float32 of one size; those of tokens are
            lists of such lists; sparse ones are ``{"indices", "values"}``; scores are float32, or lists with
            one for each label.
        concurrency: how many actors, or the least and the most of them.
        num_cpus: CPUs of an actor.
        num_gpus: GPUs of an actor.
        threads: CPU threads of an actor; None for its CPUs.
        batch_size: rows that an actor gets at once; the model cuts them into forwards by itself. Ray gives an
            actor whole blocks of at least so many rows, and their rest by itself: with 1,024 rows of short
            texts a model runs 8 % more forwards than without Ray, with 2,048 rows 2 %.
        in_order: whether rows keep their order, for which Ray holds back what comes early.
        model_arguments: of `isomorph.load_model`, for a folder or a name, such as ``{"backend": "onnx"}``.
        encode_arguments: of `encode` or `predict`, such as ``{"prompt_name": "query"}``; none that ask for
            another form of result, and no precision int8 or uint8, whose steps are those of one call.
        **ray_arguments: of `map_batches`, such as ``resources`` and ``memory``.

    Returns:
        A `ray.data.Dataset`.

    Raises:
        InputError: an argument cannot be used. What goes wrong in an actor is raised by whoever consumes the
            dataset.
    """
    columns = _columns(column, output)
    threads = max(1, int(num_cpus)) if threads is None else threads
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
        raise InputError(f"threads must be a whole number of at least 1, not {threads!r}.")
    arguments = dict(encode_arguments or {})
    _refuse(arguments)
    named = isinstance(model, str) or hasattr(model, "__fspath__")
    if model_arguments and not named:
        raise InputError(
            "model_arguments are for a folder or a name; a model that is there has its own."
        )
    if not named and not hasattr(model, "__loaded__"):
        raise InputError(f"model must be a model, a folder or a name, not {type(model).__name__}.")
    found = dataset.map_batches(
        Embedder,
        fn_constructor_kwargs={
            "model": str(model) if named else model,
            "columns": columns,
            "output": output,
            "threads": threads,
            "model_arguments": dict(model_arguments or {}),
            "encode_arguments": arguments,
        },
        batch_format="pyarrow",
        batch_size=batch_size,
        concurrency=concurrency,
        num_cpus=num_cpus,
        num_gpus=num_gpus or None,
        **ray_arguments,
    )
    if in_order:
        found.context.execution_options.preserve_order = True
    return found


def _columns(column: Any, output: Any) -> tuple[str, ...]:
    """The columns of inputs.

    Raises:
        InputError: they, or the new column, are no names.
    """
    columns = (column,) if isinstance(column, str) else column
    if (
        not isinstance(columns, Sequence)
        or len(columns) not in (1, 2)
        or not all(isinstance(each, str) for each in columns)
    ):
        raise InputError(
            f"column must be one name, or two of the columns of pairs, not {column!r}."
        )
    if not isinstance(output, str) or not output:
        raise InputError(f"output must be the name of a column, not {output!r}.")
    if output in columns:
        raise InputError(f"output {output!r} is the column of the inputs; take another name.")
    return tuple(columns)


def _refuse(arguments: Mapping[str, Any]) -> None:
    """Refuses arguments of `encode` or `predict` under which rows would be no rows of one column.

    Raises:
        InputError: names the argument.
    """
    if (precision := arguments.get("precision")) in OF_A_WHOLE_CALL:
        raise InputError(
            f"precision={precision!r} takes the steps of its numbers from all vectors of a call, and here "
            "each batch is a call: vectors of different batches could not be compared. Write float32, and "
            "quantise the whole column later."
        )
    for name, usual in USUAL.items():
        if arguments.get(name, usual[0]) not in usual:
            raise InputError(
                f"encode_arguments has {name}={arguments[name]!r}, which gives something else than one value "
                "for each row of the column; leave it out."
            )


class Embedder:
    """What runs in an actor of Ray Data: a model, and the column that it adds to batches."""

    def __init__(
        self,
        model: Any,
        columns: tuple[str, ...],
        output: str,
        *,
        threads: int,
        model_arguments: Mapping[str, Any],
        encode_arguments: Mapping[str, Any],
    ) -> None:
        """Loads the model where it is a folder or a name.

        Raises:
            IsomorphError: it cannot be loaded, or is of another class than the columns are for.
        """
        limit_threads(threads)
        self._model = (
            isomorph.load_model(model, **model_arguments) if isinstance(model, str) else model
        )
        self._columns, self._output = columns, output
        self._arguments = {"show_progress_bar": False, **encode_arguments}
        pairs = isinstance(self._model, isomorph.CrossEncoder)
        if pairs != (len(columns) == 2):
            kind = type(self._model).__name__
            raise InputError(
                f"A {kind} takes {'two columns' if pairs else 'one column'}, not {columns}."
            )

    def __call__(self, batch: pa.Table) -> pa.Table:
        """The batch with the new column.

        Raises:
            InputError: a column is not there, or an input cannot be used.
        """
        lacking = [name for name in self._columns if name not in batch.column_names]
        if lacking or self._output in batch.column_names:
            what = f"no column {lacking[0]!r}" if lacking else f"a column {self._output!r} already"
            raise InputError(
                f"The dataset has {what}; its columns: {', '.join(batch.column_names)}."
            )
        inputs = [batch.column(name).to_pylist() for name in self._columns]
        return batch.append_column(self._output, self._made(inputs))

    def _made(self, inputs: Sequence[Sequence[Any]]) -> pa.Array:
        if len(inputs) == 2:
            pairs = list(zip(*inputs, strict=True))
            return _rows(np.asarray(self._model.predict(pairs, **self._arguments), np.float32))
        found = self._model.encode(list(inputs[0]), **self._arguments)
        if isinstance(self._model, isomorph.SparseEncoder):
            return _sparse(found)
        of_tokens = self._arguments.get("output_value") == "token_embeddings"
        if of_tokens or isinstance(self._model, isomorph.MultiVectorEncoder):
            return _matrices(found)
        return _rows(np.asarray(found))


def _rows(found: NDArray[Any]) -> pa.Array:
    """Numbers, or vectors of one size in their own number type."""
    flat = pa.array(np.ascontiguousarray(found).reshape(-1))
    return flat if found.ndim == 1 else pa.FixedSizeListArray.from_arrays(flat, found.shape[1])


def _matrices(found: Sequence[NDArray[Any]]) -> pa.Array:
    """A list of vectors for each text."""
    starts = np.concatenate([[0], np.cumsum([len(each) for each in found])]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(starts), _rows(np.concatenate(found)))


def _sparse(found: Any) -> pa.Array:
    """The features of each text that are not zero, and their weights."""
    matrix = found.tocsr()
    starts = pa.array(matrix.indptr.astype(np.int32))
    parts = (matrix.indices.astype(np.int32), matrix.data.astype(np.float32))
    arrays = [pa.ListArray.from_arrays(starts, pa.array(each)) for each in parts]
    return pa.StructArray.from_arrays(arrays, names=["indices", "values"])
