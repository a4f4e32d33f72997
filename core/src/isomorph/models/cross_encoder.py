"""CrossEncoder: pairs of texts to scores, and documents in the order of their scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Unpack

import numpy as np
from numpy.typing import NDArray

from isomorph.arguments.names import under_one_name
from isomorph.arguments.rules import PLACE, checked, checking, or_none
from isomorph.card.data import BaseModelCardData, CrossEncoderModelCardData
from isomorph.contract import Model
from isomorph.errors import InputError, Unsupported
from isomorph.messages.outside import warn_outside
from isomorph.model.settings import Settings
from isomorph.models.awaited import AwaitedScores
from isomorph.models.base import BaseModel
from isomorph.models.call import Call
from isomorph.models.constructor import CrossEncoderKeywords, under_known_names
from isomorph.models.shared import documented
from isomorph.pool.placement import Placement
from isomorph.postprocess.activations import activation, class_path, saved_activation, softmax
from isomorph.postprocess.ranking import RankedLists
from isomorph.postprocess.tensors import as_tensor
from isomorph.preprocess.inputs import is_single_pair
from isomorph.program.width import labels_of
from isomorph.read.by_class import read_scorer


class CrossEncoder(AwaitedScores, BaseModel):
    """A model that reads two texts together and scores the pair; of models that see, images and videos too.

    Differs from sentence-transformers' class of this name where that one errs: unknown keywords are
    refused; a softmax over a single label, which would be 1 for every pair, is refused; an empty batch
    gives float32; a head that the folder does not hold is refused instead of made up.

    Attributes:
        num_labels: how many scores a pair gets. Not to be set.
    """

    num_labels: int
    default_prompts: ClassVar[tuple[str, ...]] = ()
    organization: ClassVar[str | None] = "cross-encoder"
    model_card_data_class: ClassVar[type[BaseModelCardData]] = CrossEncoderModelCardData
    model_type: ClassVar[str] = "CrossEncoder"

    @checking(model_name=or_none(PLACE))
    def __init__(
        self,
        model_name_or_path: str | Path | None = None,
        *,
        num_labels: int | None = None,
        max_length: int | None = None,
        activation_fn: Any = None,
        **kwargs: Unpack[CrossEncoderKeywords],
    ) -> None:
        """As `BaseModel`, with three arguments more.

        Args:
            model_name_or_path: a folder, ``package:DISTRIBUTION``, or a Hub id.
            num_labels: how many labels the model must have; None takes what it has.
            max_length: where pairs are cut, in tokens, special ones included.
            activation_fn: applied to the scores: a name, a class path, or a callable on the float32
                array (pairs, labels). None takes the saved one; without that a sigmoid for a single
                label and nothing for several.
            **kwargs: `backend`, `device`, `strict` and all else that `BaseModel` takes.

        Raises:
            InputError: `num_labels` is not what the model has.
        """
        named: dict[str, Any] = dict(kwargs)
        name = under_one_name("model_name_or_path", model_name_or_path, named, "model_name")
        activation_fn = under_one_name(
            "activation_fn", activation_fn, named, "default_activation_function"
        )
        named = under_known_names(type(self), named, CrossEncoderKeywords)
        if max_length is not None:
            given = named.get("processor_kwargs") or {}
            named["processor_kwargs"] = {**given, "model_max_length": max_length}
        super().__init__(name, **named)
        self.num_labels = _labels(self._loaded.model)
        if num_labels not in (None, self.num_labels):
            raise InputError(
                f"num_labels={num_labels}, but this model has {self.num_labels}; the weights of others "
                "would be random numbers."
            )
        self.activation_fn = activation_fn

    @property
    def activation_fn(self) -> Any:
        """What `predict` applies to the scores, a float32 array (pairs, labels).

        A call may say otherwise. It can be set, to what the constructor takes.

        Raises:
            InputError: on setting an unknown name, or what is not callable.
        """
        return self._activation_fn

    @activation_fn.setter
    @checked
    def activation_fn(self, activation_fn: Any) -> None:
        own = activation_fn is None
        self._activation_fn = self._saved_activation() if own else activation(activation_fn)

    @checked
    @documented(items="pairs", results="scores")
    def predict(  # noqa: D417  # `documented` adds the shared ones
        self,
        inputs: Any = None,
        prompt_name: str | None = None,
        prompt: str | None = None,
        batch_size: int | None = None,
        show_progress_bar: bool | None = None,
        activation_fn: Any = None,
        apply_softmax: bool | None = False,
        convert_to_numpy: bool = True,
        convert_to_tensor: bool = False,
        device: str | Sequence[str] | None = None,
        pool: Any = None,
        chunk_size: int | None = None,
        on_long: str = "truncate",
        return_report: bool = False,
        deterministic: bool = False,
        on_bad_input: str = "error",
        **kwargs: Any,
    ) -> Any:
        """Scores of pairs.

        Args:
            inputs: one pair of texts, or a list, tuple or array of pairs. ``sentences=`` is an old name.
                Of a model that takes messages, either part may be an image, a video, or a dictionary such
                as ``{"text": …, "image": …}``, and a conversation may stand for a pair.
            prompt_name: which of the model's prompts goes in front of the first text.
            prompt: the text that goes there, in place of a named one.
            activation_fn: in place of the model's own.
            apply_softmax: scores of several labels become probabilities.
            convert_to_numpy: False gives a list of one array a pair.
            **kwargs: ``processing_kwargs``, such as
                ``{"text": {"max_length": 256}, "image": {"max_pixels": 65536}}``: options of ``text``,
                ``image``, ``audio``, ``video``, ``chat_template`` and ``common``, each in place of the
                folder's. Unknown names are refused.

        Returns:
            float32 (pairs,) where the model has one label, else (pairs, labels); a single pair loses
            the first axis.

        Raises:
            InputError: an argument or an input that cannot be used; nothing has run then.
        """
        if "task_metadata" in kwargs:  # a task of mteb asks
            from isomorph.evaluation.mteb import MtebCrossEncoder

            asked = dict[str, Any](batch_size=batch_size, show_progress_bar=show_progress_bar)
            return MtebCrossEncoder(self).predict(**asked, **kwargs)
        activation_fn = under_one_name("activation_fn", activation_fn, kwargs, "activation_fct")
        kwargs.pop("num_workers", None)  # of older versions, without effect there too
        self._check_softmax(apply_softmax)
        function = self._activation_fn if activation_fn is None else activation(activation_fn)
        call = Call.of(
            self,
            inputs,
            kwargs,
            output="scores",
            prompt_name=prompt_name,
            prompt=prompt,
            batch_size=batch_size,
            show_progress_bar=show_progress_bar,
            place=Placement.of(device, pool, chunk_size),
            on_long=on_long,
            on_bad_input=on_bad_input,
            deterministic=deterministic,
            pairs=True,
        )
        to_tensor = convert_to_tensor or self._tensors

        def finish(rows: Sequence[Any]) -> Any:
            scores = np.stack(rows) if len(rows) else np.zeros((0, self.num_labels), np.float32)
            scores = function(scores)
            if apply_softmax:
                scores = softmax(scores)
            if self.num_labels == 1:
                scores = scores[:, 0]
            return _as_asked(scores, call.single, convert_to_numpy, to_tensor)

        return call.answered(finish, return_report)

    @property
    def mteb_model_meta(self) -> Any:
        """What mteb keeps about a model; with it, `predict` makes its CrossEncoderProtocol."""
        from isomorph.evaluation.mteb import MtebCrossEncoder

        return MtebCrossEncoder(self).mteb_model_meta

    @checked
    def rank(
        self,
        query: Any,
        documents: Sequence[Any],
        top_k: int | None = None,
        return_documents: bool = False,
        **kwargs: Any,
    ) -> list[dict[str, Any]]:
        """Documents by how well they answer one query, best first.

        Args:
            query: the first part of every pair: a text, or whatever else a pair of `predict` may hold.
            documents: the second parts.
            top_k: only so many of the best; None for all.
            return_documents: the documents too.
            **kwargs: those of `predict` that choose prompt, batch size, activation and device.

        Returns:
            ``{"corpus_id": index in documents, "score": float}`` each, with ``"text"`` on request. Equal
            scores keep the order of the documents.

        Raises:
            InputError: the model has several labels, `top_k` is negative, or as `predict`.
        """
        return self.rank_many([query], [documents], top_k, return_documents, **kwargs)[0]

    @checked
    def rank_many(
        self,
        queries: Sequence[Any],
        documents: Sequence[Sequence[Any]],
        top_k: int | None = None,
        return_documents: bool = False,
        **kwargs: Any,
    ) -> list[list[dict[str, Any]]]:
        """`rank` for many queries in one schedule: pairs of all queries share forwards.

        Args:
            queries: any number of them.
            documents: for each query its documents.
            top_k: only so many of the best of each query; None for all.
            return_documents: the documents too.
            **kwargs: as `rank`.

        Returns:
            For each query what `rank` returns.

        Raises:
            InputError: as `rank`, or there are not as many lists of documents as queries.
        """
        lists = self._lists(queries, documents, top_k, kwargs)
        scores = np.asarray(self.predict(lists.pairs, **kwargs))
        return lists.ranked(scores, return_documents)

    @checked
    async def arank(
        self,
        query: Any,
        documents: Sequence[Any],
        top_k: int | None = None,
        return_documents: bool = False,
        **kwargs: Any,
    ) -> list[dict[str, Any]]:
        """What `rank` returns, for a task of asyncio, as `apredict`.

        Args:
            query: the first part of every pair: a text, or whatever else a pair of `predict` may hold.
            documents: the second parts.
            top_k: only so many of the best; None for all.
            return_documents: the documents too.
            **kwargs: those of `apredict`.

        Raises:
            InputError: as `rank`.
            Overloaded: as `apredict`.
        """
        lists = self._lists([query], [documents], top_k, kwargs)
        scores = np.asarray(await self.apredict(lists.pairs, **kwargs))
        return lists.ranked(scores, return_documents)[0]

    def _lists(
        self,
        queries: Sequence[Any],
        documents: Sequence[Sequence[Any]],
        top_k: int | None,
        kwargs: dict[str, Any],
    ) -> RankedLists:
        """The pairs of a ranking; takes out of `kwargs` what does not concern scores.

        Raises:
            InputError: as `rank_many`.
        """
        if self.num_labels != 1:
            raise InputError(
                f"Ranking needs one score a pair, but this model has {self.num_labels} labels: call "
                "predict and choose a label."
            )
        for name in ("convert_to_numpy", "convert_to_tensor"):
            kwargs.pop(name, None)  # accepted by older programs; scores are Python floats anyway
        return RankedLists.of(queries, documents, top_k)

    @property
    def max_length(self) -> int | None:
        """Another name of `max_seq_length`; it can be set."""
        return self.max_seq_length

    @max_length.setter
    def max_length(self, length: int | None) -> None:
        self.max_seq_length = length

    def is_singular_input(self, inputs: Any) -> bool:
        """Whether this is one pair rather than a batch of pairs.

        Args:
            inputs: anything. A list or tuple of lists or tuples is a batch, also an empty one.
        """
        return is_single_pair(inputs)

    def _reader(self) -> Callable[[Path], Model]:
        return read_scorer

    def _settings(self) -> Settings:
        path = class_path(self._activation_fn)
        if path is None:
            warn_outside(
                "activation_fn of this model is code without a name in the format; it is not saved. Pass it "
                "again to whoever loads the folder."
            )
        return replace(super()._settings(), activation_fn=path)

    def _saved_activation(self) -> Any:
        """The first that is written down, newest place first; else the default."""
        config: Mapping[str, Any] = self._chain[0].config.get("transformer", {})
        newer = config.get("sentence_transformers") or {}
        path = (
            self._loaded.model.settings.activation_fn
            or newer.get("activation_fn")
            or config.get("sbert_ce_default_activation_function")
        )
        return saved_activation(path) or activation(
            "Sigmoid" if self.num_labels == 1 else "Identity"
        )

    def _check_softmax(self, asked: bool | None) -> None:
        if asked and self.num_labels == 1:
            raise InputError(
                "apply_softmax=True would make every score 1, since this model has one label; "
                "leave it out."
            )


def _labels(model: Model) -> int:
    """How many scores a chain gives to each pair.

    Raises:
        Unsupported: no module makes scores, or nobody says how many.
    """
    found = labels_of(model)
    if found is None:
        raise Unsupported("No module of this model makes scores.")
    return found


def _as_asked(scores: NDArray[Any], single: bool, to_numpy: bool, to_tensor: bool) -> Any:
    result = scores[0] if single else scores
    if to_tensor:
        return as_tensor(np.asarray(result))
    return result if to_numpy or single else list(result)
