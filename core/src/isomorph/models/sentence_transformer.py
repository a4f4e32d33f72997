"""SentenceTransformer: texts to vectors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from isomorph.contract import Device, Model
from isomorph.errors import InputError, Unsupported
from isomorph.finish import similarity as similarities
from isomorph.finish.collect import collect
from isomorph.finish.vectors import check_precision
from isomorph.models.base import BaseModel
from isomorph.models.call import at_least_one, refuse_unknown, under_one_name, under_present_names
from isomorph.models.dimension import embedding_dimension
from isomorph.models.familiar import renamed
from isomorph.models.streaming import Streaming, refuse_out
from isomorph.modules.pooling import including_prompt
from isomorph.pipeline import Job, Pipeline
from isomorph.prepare.prompts import choose_prompt
from isomorph.read.plain import refuse_to_guess, with_pooling

OUTPUTS = ("sentence_embedding", "token_embeddings")


class SentenceTransformer(Streaming, BaseModel):
    """A model that turns a text into one vector, and compares vectors.

    Differs from sentence-transformers' class of this name where that one errs: `encode_document`
    finds saved "passage" and "corpus" prompts; ``precision="float32"`` gives float32; an empty batch
    gives float32 of shape (0, dim); a folder that does not say how to pool is refused.
    """

    organization: ClassVar[str | None] = "sentence-transformers"

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
            pooling: how a plain transformers folder pools: mean, cls, max, lasttoken, ….
            **kwargs: the arguments of `BaseModel`.
        """
        self._pooling = pooling
        super().__init__(model_name_or_path, **under_present_names(kwargs))
        settings = self._pipeline.model.settings
        name = similarity_fn_name or settings.similarity_fn_name or "cosine"
        self.similarity_fn_name = similarities.check_name(name)
        self.truncate_dim = truncate_dim if truncate_dim is not None else settings.truncate_dim

    def _complete(self, model: Model) -> Model:
        if "sentence_embedding" in model.graph.outputs:
            return model
        if self._pooling is None:
            raise refuse_to_guess(model.folder)
        return with_pooling(model, self._pooling)

    def encode(
        self,
        inputs: Any = None,
        prompt_name: str | None = None,
        prompt: str | None = None,
        batch_size: int | None = None,
        show_progress_bar: bool | None = None,
        output_value: str = "sentence_embedding",
        precision: str | None = "float32",
        convert_to_numpy: bool = True,
        convert_to_tensor: bool = False,
        device: str | None = None,
        normalize_embeddings: bool = False,
        truncate_dim: int | None = None,
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
            output_value: ``"sentence_embedding"``, or ``"token_embeddings"`` for a vector a token.
            precision: float32, int8, uint8, binary or ubinary.
            convert_to_numpy: False gives a list of one array a text.
            convert_to_tensor: a torch tensor in place of a numpy array.
            device: another device for this call; the model is loaded there too and stays.
            normalize_embeddings: vectors of length 1.
            truncate_dim: in place of the model's own.
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
            return self._for_mteb(inputs, batch_size, show_progress_bar, precision, kwargs)
        task = kwargs.pop("task", None)
        inputs = _inputs(inputs, kwargs)
        check_precision(precision)
        if output_value not in OUTPUTS:
            raise InputError(f"output_value {output_value!r} is not one of {', '.join(OUTPUTS)}.")
        at_least_one(batch_size=batch_size, truncate_dim=truncate_dim)
        single, texts, task = self._texts(inputs, task)
        refuse_out(out, single, output_value, precision, convert_to_tensor)
        job = Job(
            output_value,
            choose_prompt(self.prompts, self.default_prompt_name, prompt, prompt_name),
            self.max_seq_length,
            batch_size,
            Device.parse(device) if device else None,
            bool(show_progress_bar),
            deterministic=deterministic,
            task=task,
        )
        finish = partial(
            collect,
            single=single,
            tokens=output_value == "token_embeddings",
            dim=self.get_embedding_dimension(),
            truncate_dim=truncate_dim or self.truncate_dim,
            normalized=normalize_embeddings,
            precision=precision,
            to_numpy=convert_to_numpy or out is not None,
            to_tensor=convert_to_tensor,
        )
        result, call = self._finished(texts, job, on_long, finish, out)
        return (result, call) if return_report else result

    def encode_query(self, inputs: Any = None, **kwargs: Any) -> Any:
        """`encode` with the "query" prompt, else the default one, unless the call names one."""
        return self.encode(inputs, **self._for_task("query", kwargs))

    def encode_document(self, inputs: Any = None, **kwargs: Any) -> Any:
        """`encode` with the first non-empty prompt of "document", "passage" and "corpus"."""
        return self.encode(inputs, **self._for_task("document", kwargs))

    def similarity(self, embeddings1: Any, embeddings2: Any) -> Any:
        """Every vector of one set against every vector of the other: (m, dim), (n, dim) -> (m, n).

        A float32 array, or a tensor where one of the sets is one.
        """
        return similarities.similarity(self.similarity_fn_name, embeddings1, embeddings2)

    def similarity_pairwise(self, embeddings1: Any, embeddings2: Any) -> Any:
        """Vector i of one set against vector i of the other: (n, dim), (n, dim) -> (n,).

        A float32 array, or a tensor where one of the sets is one.
        """
        return similarities.similarity_pairwise(self.similarity_fn_name, embeddings1, embeddings2)

    @property
    def mteb_model_meta(self) -> Any:
        """What mteb keeps about a model; with it, `encode` and `similarity` make its EncoderProtocol."""
        from isomorph.evaluation.mteb import MtebEncoder

        return MtebEncoder(self).mteb_model_meta

    def get_embedding_dimension(self) -> int | None:
        """Features of a sentence embedding after truncation; None where no module says."""
        dim = embedding_dimension(tuple(self))
        if dim is None or self.truncate_dim is None:
            return dim
        return min(dim, self.truncate_dim)

    def get_sentence_embedding_dimension(self) -> int | None:
        """The old name of `get_embedding_dimension`."""
        renamed("get_sentence_embedding_dimension()", "get_embedding_dimension()")
        return self.get_embedding_dimension()

    def _for_mteb(
        self,
        inputs: Any,
        batch_size: int | None,
        shown: bool | None,
        precision: str | None,
        kwargs: dict[str, Any],
    ) -> Any:
        from isomorph.evaluation.mteb import MtebEncoder

        asked: dict[str, Any] = {"batch_size": batch_size, "show_progress_bar": shown}
        return MtebEncoder(self).encode(inputs, **asked, precision=precision, **kwargs)

    def set_pooling_include_prompt(self, include_prompt: bool) -> None:
        """Whether the first pooling counts the prompt's tokens.

        Raises:
            Unsupported: the model has no pooling.
        """
        ops = [module.op for module in self]
        if "pooling" not in ops:
            raise Unsupported(f"This model has no pooling: {', '.join(ops)}.")

        def changed(pipeline: Pipeline) -> Pipeline:
            modules = list(pipeline.model.graph.modules)
            place = next((i for i, module in enumerate(modules) if module.op == "pooling"), None)
            if place is not None:
                modules[place] = including_prompt(modules[place], include_prompt)
            return pipeline.with_modules(tuple(modules))

        self._routing.change(changed)

    @contextmanager
    def truncate_embeddings(self, truncate_dim: int | None) -> Iterator[None]:
        """Another `truncate_dim` for the calls inside a ``with`` block."""
        before, self.truncate_dim = self.truncate_dim, truncate_dim
        try:
            yield
        finally:
            self.truncate_dim = before

    def truncate_sentence_embeddings(
        self, truncate_dim: int | None
    ) -> AbstractContextManager[None]:
        """The old name of `truncate_embeddings`."""
        renamed("truncate_sentence_embeddings", "truncate_embeddings")
        return self.truncate_embeddings(truncate_dim)


def _inputs(inputs: Any, kwargs: dict[str, Any]) -> Any:
    """The inputs under their present or their old name; any other keyword is refused."""
    inputs = under_one_name("inputs", inputs, kwargs, "sentences")
    for name in ("pool", "chunk_size"):
        if kwargs.pop(name, None) is not None:
            raise Unsupported(f"{name}= is not supported yet: one process uses every core already.")
    refuse_unknown("encode", kwargs)
    if inputs is None:
        raise InputError("Input 0 is None, but this model takes texts.")
    return inputs
