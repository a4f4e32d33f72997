"""SentenceTransformer: texts to vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from isomorph.arguments.rules import checked
from isomorph.card.data import BaseModelCardData, SentenceTransformerModelCardData
from isomorph.contract import Model
from isomorph.errors import InputError, PoolingGuessed, Unsupported
from isomorph.messages.outside import warn_outside
from isomorph.models.base import BaseModel
from isomorph.models.call import (
    refuse_unknown,
    renamed,
    under_one_name,
    under_present_names,
)
from isomorph.models.comparing import Comparing
from isomorph.models.features import features, with_ids
from isomorph.models.published import exception_for, is_like_an_exception
from isomorph.models.streaming import Streaming, refuse_out
from isomorph.modules.pooling import KIND as POOLING
from isomorph.modules.pooling import including_prompt
from isomorph.pool.placement import Placement
from isomorph.postprocess.collect import collect
from isomorph.postprocess.vectors import check_precision
from isomorph.preprocess.prompts import choose_prompt
from isomorph.read.plain import guessed_pooling, refuse_to_guess, with_pooling
from isomorph.runtime.pipeline import Job, Pipeline

OUTPUTS = ("sentence_embedding", "token_embeddings")


class SentenceTransformer(Streaming, Comparing, BaseModel):
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
        **kwargs: Any,
    ) -> None:
        """As `BaseModel`, with three arguments more.

        Args:
            model_name_or_path: a folder, ``package:DISTRIBUTION``, or a Hub id.
            similarity_fn_name: cosine, dot, euclidean or manhattan; None takes the saved one.
            truncate_dim: keep only so many leading features of every vector.
            pooling: how token vectors become one: mean, cls, max, lasttoken, …, in place of what the folder
                says. Of a folder that does not say it None takes what sentence-transformers takes, the last
                token of a language model and the mean of any other, with the warning `PoolingGuessed`.
            **kwargs: the arguments of `BaseModel`.

        Raises:
            AmbiguousHead: nothing says how to pool, and with `strict`, or in a list of modules, nothing is
                guessed.
            InputError: an argument that cannot be used, and what else `BaseModel` raises.
        """
        self._pooling, self._strict = pooling, bool(kwargs.get("strict"))
        super().__init__(model_name_or_path, **under_present_names(kwargs))
        settings = self._pipeline.model.settings
        self._choose_similarity(similarity_fn_name, settings.similarity_fn_name)
        self.truncate_dim = truncate_dim if truncate_dim is not None else settings.truncate_dim
        self._use_as_published(model_name_or_path)

    def _use_as_published(self, name: str | Path | None) -> None:
        """What the published model of this name needs and its files do not say."""
        pooled = any(m.kind == POOLING.name and m.config["include_prompt"] for m in self)
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

    def _complete(self, model: Model) -> Model:
        if self._pooling is None and "sentence_embedding" not in model.graph.outputs:
            self._pooling = self._guessed(model)  # kept: a copy of this model need not guess
        return model if self._pooling is None else with_pooling(model, self._pooling)

    def _guessed(self, model: Model) -> str:
        mode = None if self._strict else guessed_pooling(model)
        if mode is None:
            raise refuse_to_guess(model)
        warn_outside(
            f"{model.folder} does not say how token vectors become one vector; pooling={mode!r} is taken, "
            "as sentence-transformers does. A model that was trained with another one gives plausible and "
            f"wrong vectors. Say it with pooling={mode!r}, 'cls', …; strict=True refuses to guess.",
            PoolingGuessed,
        )
        return mode

    @checked
    def encode(
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
        **kwargs: Any,
    ) -> Any:
        """Vectors of texts.

        Args:
            inputs: one text, or a list, tuple or array of texts. ``sentences=`` is an old name of it.
            prompt_name: which of the model's prompts goes in front.
            prompt: the text that goes in front, in place of a named one.
            batch_size: at most so many texts a forward; the token budget bounds it anyway.
            show_progress_bar: a bar on stderr.
            output_value: ``"sentence_embedding"``; ``"token_embeddings"`` for a vector a token; None for a
                dictionary a text with its ``input_ids``, its ``attention_mask`` and both of these.
            precision: float32, int8, uint8, binary or ubinary.
            convert_to_numpy: False gives a list of one array a text.
            convert_to_tensor: a torch tensor in place of a numpy array.
            device: another device for this call; the model is loaded there too and stays.
                A list of devices starts a worker on each for this call, and ends them.
            normalize_embeddings: vectors of length 1.
            truncate_dim: in place of the model's own.
            pool: workers of `start_multi_process_pool`, which run the call in place of this process.
            chunk_size: texts that a worker gets at once; None makes ten chunks a worker, none above 5,000.
            on_long: ``"truncate"`` cuts inputs that are too long, with a warning; ``"report"`` cuts them
                without one; ``"error"`` refuses them.
            return_report: also what happened to the inputs.
            deterministic: vectors equal to the last bit whatever the batch, its order and the number of
                threads, on one device with one version of its engine; slower, and `batch_size` is unused.
            out: where rows go instead of into new memory, window after window in the order of the texts: a
                writable array or memmap of exactly the result's shape and type, or an object whose
                ``write(start, rows)`` is called. It is what is returned.
            **kwargs: ``task``, what the texts are to a model with routes; unknown names are refused.

        Returns:
            float32 (texts, dim), or (dim,) for a single text; with token embeddings a list of
            (tokens, dim). Quantised types as `quantize_embeddings`.

        With `return_report` a pair of that and a `CallReport`.

        Raises:
            InputError: an argument or an input that cannot be used; nothing has run then.
        """
        if "task_metadata" in kwargs:  # a task of mteb asks
            return _for_mteb(self, inputs, batch_size, show_progress_bar, precision, **kwargs)
        inputs, task = _inputs(inputs, kwargs)
        _check_wanted(output_value, precision)
        place = Placement.of(device, pool, chunk_size)
        single, texts, task = self._texts(inputs, task)
        refuse_out(out, single, output_value, precision, convert_to_tensor)
        prompt = choose_prompt(self.prompts, self.default_prompt_name, prompt, prompt_name)
        lengths = self._routing.lengths_of(task)
        job = Job(
            output_value or "sentence_embedding",
            prompt,
            lengths.length(task),
            batch_size,
            place.device,
            bool(show_progress_bar),
            deterministic=deterministic,
            task=task,
            expansion=lengths.filling(task),
            keep=with_ids if output_value is None else None,
        )
        finish = partial(
            self._finish(texts, job, single, truncate_dim or self.truncate_dim, output_value),
            normalized=normalize_embeddings,
            precision=precision,
            to_numpy=convert_to_numpy or out is not None,
            to_tensor=convert_to_tensor,
        )
        result, call = self._finished(texts, job, on_long, finish, out, place)
        return (result, call) if return_report else result

    def _finish(
        self, texts: list[str], job: Job, single: bool, dim: int | None, output_value: str | None
    ) -> Callable[..., Any]:
        """What makes the result of the rows that `job` keeps."""
        if output_value is None:
            return partial(features, self._routing, texts, job, single, dim)
        tokens, whole = output_value == "token_embeddings", self.get_embedding_dimension()
        return partial(collect, single=single, tokens=tokens, dim=whole, truncate_dim=dim)

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
        """Features of a sentence embedding after truncation; None where no module says."""
        dim = self._pipeline.dimension
        if dim is None or self.truncate_dim is None:
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
        ops = [module.kind for module in self]
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

        self._routing.change(changed)

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


def _check_wanted(output_value: str | None, precision: str | None) -> None:
    whole = check_precision(precision) == "float32"
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


def _inputs(inputs: Any, kwargs: dict[str, Any]) -> tuple[Any, str | None]:
    """The inputs under their present or their old name, and the task; other keywords are refused."""
    task = kwargs.pop("task", None)
    inputs = under_one_name("inputs", inputs, kwargs, "sentences")
    refuse_unknown("encode", kwargs)
    if inputs is None:
        raise InputError("Input 0 is None, but this model takes texts.")
    return inputs, task
