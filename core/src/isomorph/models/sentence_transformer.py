"""SentenceTransformer: texts to vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Unpack

from isomorph.arguments.names import renamed
from isomorph.arguments.rules import checked
from isomorph.card.data import BaseModelCardData, SentenceTransformerModelCardData
from isomorph.errors import InputError, Unsupported
from isomorph.messages.outside import warn_outside
from isomorph.model.settings import Settings
from isomorph.models.call import Call
from isomorph.models.constructor import ModelKeywords, under_known_names
from isomorph.models.features import features, with_ids
from isomorph.models.shared import documented
from isomorph.models.vector_model import OF_A_WHOLE_CALL, VectorModel, whole_call
from isomorph.models.windows import written
from isomorph.modules.pooling import KIND as POOLING
from isomorph.modules.pooling import including_prompt
from isomorph.pool.placement import Placement
from isomorph.postprocess.collect import collect
from isomorph.postprocess.vectors import check_precision
from isomorph.read.by_class import Vectors
from isomorph.resolve.published import exception_for, is_like_an_exception

if TYPE_CHECKING:
    from isomorph.runtime.pipeline import Pipeline

OUTPUTS = ("sentence_embedding", "token_embeddings")


class SentenceTransformer(VectorModel):
    """A model that turns a text into one vector, and compares vectors.

    Differs from sentence-transformers' class of this name where that one errs: `encode_document`
    finds saved "passage" and "corpus" prompts; ``precision="float32"`` gives float32; an empty batch
    gives float32 of shape (0, dim); a folder that does not say how to pool is warned of.
    """

    organization: ClassVar[str | None] = "sentence-transformers"
    model_card_data_class: ClassVar[type[BaseModelCardData]] = SentenceTransformerModelCardData

    @checked
    def __init__(
        self,
        model_name_or_path: str | Path | None = None,
        *,
        similarity_fn_name: Any = None,
        truncate_dim: int | None = None,
        pooling: str | None = None,
        **kwargs: Unpack[ModelKeywords],
    ) -> None:
        """As `BaseModel`, with three arguments more.

        Args:
            model_name_or_path: a folder, ``package:DISTRIBUTION``, or a Hub id.
            similarity_fn_name: cosine, dot, euclidean or manhattan; None takes the saved one.
            truncate_dim: keep only so many leading features of every vector.
            pooling: how token vectors become one: mean, cls, max, lasttoken, …, in place of what the folder
                says. Of a folder that does not say it None takes what sentence-transformers takes, the last
                token of a language model and the mean of any other, with the warning `PoolingGuessed`.
            **kwargs: `backend`, `device`, `strict` and all else that `BaseModel` takes.

        Raises:
            AmbiguousHead: nothing says how to pool, and with `strict`, or in a list of modules, nothing is
                guessed.
            InputError: an argument that cannot be used, and what else `BaseModel` raises.
        """
        self._pooling, self._strict = pooling, bool(kwargs.get("strict"))
        super().__init__(model_name_or_path, **under_known_names(type(self), kwargs))
        settings = self._loaded.model.settings
        self._choose_similarity(similarity_fn_name, settings.similarity_fn_name)
        self.truncate_dim = truncate_dim if truncate_dim is not None else settings.truncate_dim
        self._use_as_published(model_name_or_path)

    def _use_as_published(self, name: str | Path | None) -> None:
        """What the published model of this name needs and its files do not say."""
        pooled = any(m.kind == POOLING.name and m.config["include_prompt"] for m in self._chain)
        exception = exception_for(name)
        if exception is not None and pooled:
            self.set_pooling_include_prompt(False)
            self._notes = (f"{name}: {exception}.",)
        elif pooled and is_like_an_exception(name):
            warn_outside(
                f"{name} is called like an instructor model, whose pooling leaves the prompt out; its files "
                "say that the prompt counts. Call set_pooling_include_prompt(False) if it should not."
            )

    @property
    def truncate_dim(self) -> int | None:
        """How many leading features of every vector are kept; None keeps all. It can be set.

        Raises:
            InputError: on setting it to less than 1.
        """
        return self._truncate_dim

    @truncate_dim.setter
    @checked
    def truncate_dim(self, truncate_dim: int | None) -> None:
        self._truncate_dim = truncate_dim

    def _reader(self) -> Vectors:
        return Vectors(self._pooling, self._strict)

    def _settings(self) -> Settings:
        return replace(
            super()._settings(),
            similarity_fn_name=self.similarity_fn_name,
            truncate_dim=self.truncate_dim,
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
        output_value: str | None = "sentence_embedding",
        precision: str | None = "float32",
        convert_to_numpy: bool = True,
        convert_to_tensor: bool = False,
        device: str | Sequence[str] | None = None,
        normalize_embeddings: bool = False,
        truncate_dim: int | None = None,
        pool: Any = None,
        chunk_size: int | None = None,
        on_long: str = "truncate",
        return_report: bool = False,
        deterministic: bool = False,
        out: Any = None,
        on_bad_input: str = "error",
        **kwargs: Any,
    ) -> Any:
        """Vectors of texts.

        Args:
            output_value: ``"sentence_embedding"``; ``"token_embeddings"`` for a vector a token; None for a
                dictionary a text with its ``input_ids``, its ``attention_mask`` and both of these.
            precision: float32, int8, uint8, binary or ubinary.
            convert_to_numpy: False gives a list of one array a text.
            normalize_embeddings: vectors of length 1.
            truncate_dim: in place of the model's own.
            out: where rows go instead of into new memory, window after window in the order of the texts: a
                writable array or memmap of exactly the result's shape and type, or an object whose
                ``write(start, rows)`` is called. It is what is returned.
            **kwargs: ``task``, what the texts are to a model with routes, and ``processing_kwargs``, such as
                ``{"text": {"max_length": 256}, "image": {"max_pixels": 65536}}``: options of ``text``,
                ``image``, ``audio``, ``video``, ``chat_template`` and ``common``, each in place of the
                folder's. Unknown names are refused.

        Returns:
            float32 (texts, dim), or (dim,) for a single text; with token embeddings a list of
            (tokens, dim). Quantised types as `quantize_embeddings`.

        Raises:
            InputError: an argument or an input that cannot be used; nothing has run then.
        """
        if "task_metadata" in kwargs:  # a task of mteb asks
            return _for_mteb(self, inputs, batch_size, show_progress_bar, precision, **kwargs)
        if output_value != "sentence_embedding" or precision != "float32":
            _check_wanted(output_value, precision, on_bad_input)
        call = Call.of(
            self,
            inputs,
            kwargs,
            output=output_value or "sentence_embedding",
            prompt_name=prompt_name,
            prompt=prompt,
            batch_size=batch_size,
            show_progress_bar=show_progress_bar,
            place=Placement.of(device, pool, chunk_size),
            on_long=on_long,
            on_bad_input=on_bad_input,
            deterministic=deterministic,
            keep=with_ids if output_value is None else None,
        )
        return self._answered(
            call,
            out,
            output_value,
            return_report,
            truncate_dim=truncate_dim or self._truncate_dim,
            normalized=normalize_embeddings,
            precision=precision,
            to_numpy=convert_to_numpy or out is not None,
            to_tensor=convert_to_tensor or self._tensors,
        )

    def _answered(
        self,
        call: Call,
        out: Any,
        output_value: str | None,
        return_report: bool,
        *,
        truncate_dim: int | None,
        normalized: bool,
        precision: str | None,
        to_numpy: bool,
        to_tensor: bool,
    ) -> Any:
        """Runs a call and makes its result, or puts that into `out`."""
        finish: Callable[[Sequence[Any]], Any] = partial(
            collect,
            single=call.single,
            tokens=output_value == "token_embeddings",
            dim=self.get_embedding_dimension,
            truncate_dim=truncate_dim,
            normalized=normalized,
            precision=precision,
            to_numpy=to_numpy,
            to_tensor=to_tensor,
        )
        if output_value is None:
            finish = partial(features, call, truncate_dim=truncate_dim, to_tensor=to_tensor)
        if out is None:
            return call.answered(finish, return_report)
        _refuse_out(out, call, output_value, precision, to_tensor)
        report = written(call, finish, out)
        return (out, report) if return_report else out

    def encode_query(self, inputs: Any = None, **kwargs: Any) -> Any:
        """`encode` with the "query" prompt, else the default one, unless the call names one."""
        return self.encode(inputs, **self._for_task("query", kwargs))

    def encode_document(self, inputs: Any = None, **kwargs: Any) -> Any:
        """`encode` with the first non-empty prompt of "document", "passage" and "corpus"."""
        return self.encode(inputs, **self._for_task("document", kwargs))

    def encode_multi_process(self, inputs: Any, pool: Any, **kwargs: Any) -> Any:
        """The old name of `encode` with a pool."""
        renamed("encode_multi_process(inputs, pool)", "encode(inputs, pool=pool)")
        return self.encode(inputs, pool=pool, **kwargs)

    @property
    def mteb_model_meta(self) -> Any:
        """What mteb keeps about a model; with it, `encode` and `similarity` make its EncoderProtocol."""
        from isomorph.evaluation.mteb import MtebEncoder

        return MtebEncoder(self).mteb_model_meta

    def get_embedding_dimension(self) -> int | None:
        """Features of a sentence embedding after truncation; where no module says, a forward is run."""
        dim = self._loaded.pipeline.dimension
        if self.truncate_dim is None:
            return dim
        return min(dim, self.truncate_dim)

    @checked
    def set_pooling_include_prompt(self, include_prompt: bool) -> None:
        """Whether the first pooling counts the prompt's tokens.

        Args:
            include_prompt: False leaves them out of the means.

        Raises:
            Unsupported: the model has no pooling.
        """
        ops = [module.kind for module in self._chain]
        if POOLING.name not in ops:
            raise Unsupported(f"This model has no pooling: {', '.join(ops)}.")

        def changed(pipeline: Pipeline) -> Pipeline:
            modules = list(pipeline.model.graph.modules)
            place = next(
                (i for i, module in enumerate(modules) if module.kind == POOLING.name), None
            )
            if place is not None:
                modules[place] = including_prompt(modules[place], include_prompt)
            return pipeline.with_modules(tuple(modules))

        self._loaded.routing.change(changed)

    @contextmanager
    def truncate_embeddings(self, truncate_dim: int | None) -> Iterator[None]:
        """Another `truncate_dim` for the calls inside a ``with`` block.

        Args:
            truncate_dim: how many leading features; None takes all.

        Raises:
            InputError: it is less than 1.
        """
        before, self.truncate_dim = self.truncate_dim, truncate_dim
        try:
            yield
        finally:
            self.truncate_dim = before

    def truncate_sentence_embeddings(
        self, truncate_dim: int | None
    ) -> AbstractContextManager[None]:
        """The old name of `truncate_embeddings`, with its `truncate_dim`."""
        renamed("truncate_sentence_embeddings", "truncate_embeddings")
        return self.truncate_embeddings(truncate_dim)


def _check_wanted(output_value: str | None, precision: str | None, on_bad_input: str) -> None:
    whole = check_precision(precision) == "float32"
    if on_bad_input == "nan" and (output_value != OUTPUTS[0] or not whole):
        raise InputError(
            "on_bad_input='nan' is for rows of floats: output_value='sentence_embedding' with "
            "precision='float32'."
        )
    if output_value not in (None, *OUTPUTS):
        raise InputError(
            f"output_value {output_value!r} is not one of {', '.join(OUTPUTS)} or None."
        )
    if output_value is None and not whole:
        raise InputError(
            f"precision={precision!r} is for vectors; output_value=None gives all there is."
        )


def _for_mteb(
    model: SentenceTransformer,
    inputs: Any,
    batch_size: int | None,
    show_progress_bar: bool | None,
    precision: str | None,
    **kwargs: Any,
) -> Any:
    from isomorph.evaluation.mteb import MtebEncoder

    asked: dict[str, Any] = {"batch_size": batch_size, "show_progress_bar": show_progress_bar}
    return MtebEncoder(model).encode(inputs, **asked, precision=precision, **kwargs)


def _refuse_out(
    out: Any, call: Call, output_value: str | None, precision: str | None, to_tensor: bool
) -> None:
    """Refuses calls whose results are no rows of one array.

    Raises:
        InputError: says what stands beside ``out``.
    """
    if call.place.later:
        raise InputError("A call that is awaited gives its result; out is for calls that are not.")
    if call.single:
        raise InputError("out takes the rows of many texts; this is a single one.")
    if output_value != "sentence_embedding" or to_tensor:
        what = "convert_to_tensor=True" if to_tensor else f"output_value={output_value!r}"
        raise InputError(f"out takes one row of numbers a text; {what} gives something else.")
    if precision in OF_A_WHOLE_CALL:
        raise whole_call(str(precision))
