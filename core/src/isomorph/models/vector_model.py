"""Models of vectors: calls on streams of inputs, and comparing what calls give."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, ClassVar

from isomorph.arguments.names import renamed
from isomorph.arguments.rules import checked
from isomorph.errors import InputError
from isomorph.models.awaited import AwaitedVectors
from isomorph.models.base import BaseModel
from isomorph.models.call import ToldLater, warn_of
from isomorph.models.windows import in_order, windows_of
from isomorph.postprocess import similarity as similarities
from isomorph.postprocess.arrays import is_sparse
from isomorph.postprocess.tensors import tensor_of
from isomorph.progress.progress import progress
from isomorph.runtime.report import CallReport
from isomorph.schedule.windows import INPUTS

OF_A_WHOLE_CALL = ("int8", "uint8")
"""Precisions whose steps are taken from all vectors of a call."""


class VectorModel(AwaitedVectors, BaseModel):
    """What the model classes share whose `encode` gives something to compare."""

    similarity_names: ClassVar[tuple[str, ...]] = similarities.DENSE
    """The functions to choose from, the default of the class first."""

    _similarity: str

    @abstractmethod
    def encode(self, inputs: Any = None, **kwargs: Any) -> Any:
        """What the model makes of texts."""

    @checked
    def encode_iter(
        self, inputs: Iterable[Any], *, window_size: int = INPUTS, **kwargs: Any
    ) -> Iterator[Any]:
        """What `encode` returns of each input, in their order, in memory that does not grow.

        The inputs are read as they are needed, by the thread that asks for results: `window_size` of
        them are sorted and run together, and two such windows are at work at once, the one whose
        results come next and the one after it. Closing the iterator ends the work.

        When it is exhausted there is one warning for all inputs that were cut, and `report()` speaks
        of all. With ``on_long="error"`` an input that is too long ends the stream when its window is
        reached.

        Args:
            inputs: texts, from anything that can be iterated.
            window_size: how many inputs are sorted and run together; few make more padding.
            **kwargs: those of `encode`.

        Raises:
            InputError: at once for an argument, on the way for an input that cannot be used.
        """
        if self.is_singular_input(inputs):
            raise InputError("encode_iter takes many inputs; for a single one there is encode.")
        for name in ("out", "return_report"):
            value = kwargs.pop(name, None)
            if value is not None and value is not False:
                raise InputError(
                    f"encode_iter() does not take {name}; ask report() when it is done."
                )
        if kwargs.get("precision") in OF_A_WHOLE_CALL:
            raise whole_call(kwargs["precision"])
        on_long = kwargs.pop("on_long", "truncate")
        show = bool(kwargs.pop("show_progress_bar", False))
        self.encode([], **kwargs, on_long=on_long)  # refuses what it does not take
        later = ToldLater(on_long)
        work = partial(self.encode, **kwargs, on_long=later, return_report=True)
        return _rows(self, work, windows_of(inputs, window_size), on_long, show)

    @property
    def similarity_fn_name(self) -> str:
        """The function that `similarity` and `similarity_pairwise` use; it can be set, by text or enum.

        None sets the default of the class.

        Raises:
            InputError: on setting a name that is not one of `similarity_names`.
        """
        return self._similarity

    @similarity_fn_name.setter
    def similarity_fn_name(self, name: Any) -> None:
        names = self.similarity_names
        self._similarity = similarities.check_name(names[0] if name is None else name, names)

    def _choose_similarity(self, asked: Any, saved: Any) -> None:
        """Takes what the constructor was given, else what the folder names, else the default."""
        names = self.similarity_names
        self.similarity_fn_name = similarities.saved_name(saved, names) if asked is None else asked

    @checked
    def similarity(
        self, embeddings1: Any, embeddings2: Any, convert_to_tensor: bool = False
    ) -> Any:
        """Every item of one set against every item of the other: m and n of them -> (m, n).

        Args:
            embeddings1: what `encode` gives for many texts, or for one: arrays, tensors, lists of them.
            embeddings2: what `encode` gives for many texts, or for one: arrays, tensors, lists of them.
            convert_to_tensor: a torch tensor, whatever is compared.

        Returns:
            A float32 array, float64 where a side is, or a tensor where a side is one. Distances come
            negated, so that larger is always more alike.

        Raises:
            InputError: the dimensions differ.
        """
        found = similarities.similarity(self._similarity, embeddings1, embeddings2)
        return tensor_of(found) if convert_to_tensor or self._tensors else found

    @checked
    def similarity_pairwise(
        self, embeddings1: Any, embeddings2: Any, convert_to_tensor: bool = False
    ) -> Any:
        """Item i of one set against item i of the other: n of each -> (n,).

        Args:
            embeddings1: what `encode` gives for many texts: arrays, tensors, lists of them.
            embeddings2: what `encode` gives for as many texts: arrays, tensors, lists of them.
            convert_to_tensor: a torch tensor, whatever is compared.

        Returns:
            As `similarity`.

        Raises:
            InputError: the dimensions or the numbers differ.
        """
        found = similarities.similarity_pairwise(self._similarity, embeddings1, embeddings2)
        return tensor_of(found) if convert_to_tensor or self._tensors else found

    @abstractmethod
    def get_embedding_dimension(self) -> int | None:
        """Features of a vector; where no module says, a forward is run to see."""

    def get_sentence_embedding_dimension(self) -> int | None:
        """The old name of `get_embedding_dimension`."""
        renamed("get_sentence_embedding_dimension()", "get_embedding_dimension()")
        return self.get_embedding_dimension()


def _rows(
    model: VectorModel,
    work: Callable[[Any], tuple[Any, CallReport]],
    windows: Iterable[Any],
    on_long: str,
    show: bool,
) -> Iterator[Any]:
    total = CallReport()
    with progress(None, show) as advance:
        for results, call in in_order(work, windows):
            total = total.followed_by(call)
            for index in range(call.texts):
                yield results[[index]] if is_sparse(results) else results[index]
            advance(0, range(call.texts))
    model.__loaded__().last_call = total
    warn_of(total, on_long)


def whole_call(precision: str) -> InputError:
    """The error for a precision that needs all vectors of a call, where they are never there at once."""
    return InputError(
        f"The steps of {precision} are taken from all vectors of a call, which are never there at once "
        "here. Take float32, then quantize_embeddings with ranges=…."
    )
