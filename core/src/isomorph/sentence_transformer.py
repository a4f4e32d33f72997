"""SentenceTransformer: texts to vectors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from numpy.typing import NDArray

from isomorph.contract import Device, Model, Module
from isomorph.errors import InputError, Unsupported
from isomorph.finish import similarity as similarities
from isomorph.finish.collect import collect
from isomorph.finish.vectors import check_precision
from isomorph.models.base import BaseModel
from isomorph.pipeline import Job
from isomorph.prepare.inputs import as_texts, is_single
from isomorph.prepare.prompts import choose_prompt, first_useful
from isomorph.read.plain import refuse_to_guess, with_pooling

OUTPUTS = ("sentence_embedding", "token_embeddings")


class SentenceTransformer(BaseModel):
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
        super().__init__(model_name_or_path, **kwargs)
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
            **kwargs: unknown names are refused.

        Returns:
            float32 (texts, dim), or (dim,) for a single text; with token embeddings a list of
            (tokens, dim). Quantised types as `quantize_embeddings`.

        Raises:
            InputError: an argument or an input that cannot be used; nothing has run then.
        """
        inputs = _inputs(inputs, kwargs)
        check_precision(precision)
        if output_value not in OUTPUTS:
            raise InputError(f"output_value {output_value!r} is not one of {', '.join(OUTPUTS)}.")
        if batch_size is not None and batch_size < 1:
            raise InputError(f"batch_size must be at least 1, not {batch_size}.")
        if truncate_dim is not None and truncate_dim < 1:
            raise InputError(f"truncate_dim must be at least 1, not {truncate_dim}.")
        single = is_single(inputs)
        texts = as_texts([inputs] if single else inputs)
        job = Job(
            output_value,
            choose_prompt(self.prompts, self.default_prompt_name, prompt, prompt_name),
            self.max_seq_length,
            batch_size,
            Device.parse(device) if device else None,
            bool(show_progress_bar),
        )
        rows, encoded = self._pipeline.run(texts, job)
        self._last_call = (len(texts), tuple(int(i) for i in encoded.truncated))
        return collect(
            rows,
            single=single,
            tokens=output_value == "token_embeddings",
            dim=self.get_embedding_dimension(),
            truncate_dim=truncate_dim or self.truncate_dim,
            normalized=normalize_embeddings,
            precision=precision,
            to_numpy=convert_to_numpy,
            to_tensor=convert_to_tensor,
        )

    def encode_query(self, inputs: Any = None, **kwargs: Any) -> Any:
        """`encode` with the "query" prompt, else the default one, unless the call names one."""
        return self.encode(inputs, **self._with_prompt(kwargs, ("query",)))

    def encode_document(self, inputs: Any = None, **kwargs: Any) -> Any:
        """`encode` with the first non-empty prompt of "document", "passage" and "corpus"."""
        return self.encode(inputs, **self._with_prompt(kwargs, ("document", "passage", "corpus")))

    def similarity(self, embeddings1: Any, embeddings2: Any) -> NDArray[Any]:
        """Every vector of one set against every vector of the other: (m, dim), (n, dim) -> (m, n)."""
        return similarities.similarity(self.similarity_fn_name, embeddings1, embeddings2)

    def similarity_pairwise(self, embeddings1: Any, embeddings2: Any) -> NDArray[Any]:
        """Vector i of one set against vector i of the other: (n, dim), (n, dim) -> (n,)."""
        return similarities.similarity_pairwise(self.similarity_fn_name, embeddings1, embeddings2)

    def get_embedding_dimension(self) -> int | None:
        """Features of a sentence embedding after truncation; None where no module says."""
        dim = embedding_dimension(tuple(self))
        if dim is None or self.truncate_dim is None:
            return dim
        return min(dim, self.truncate_dim)

    @contextmanager
    def truncate_embeddings(self, truncate_dim: int | None) -> Iterator[None]:
        """Another `truncate_dim` for the calls inside a ``with`` block."""
        before, self.truncate_dim = self.truncate_dim, truncate_dim
        try:
            yield
        finally:
            self.truncate_dim = before

    def _with_prompt(self, kwargs: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
        if kwargs.get("prompt") is not None or kwargs.get("prompt_name") is not None:
            return dict(kwargs)
        return {**kwargs, "prompt_name": first_useful(self.prompts, names)}


def embedding_dimension(modules: tuple[Module, ...]) -> int | None:
    """The width of the last module of a chain that states one."""
    for module in reversed(modules):
        config = module.config
        if module.op == "dense":
            return int(config["out_features"])
        if module.op == "pooling" and config.get("embedding_dimension"):
            return int(config["embedding_dimension"]) * len(config["modes"])
        if module.op == "splade_pooling" and config.get("embedding_dimension"):
            return int(config["embedding_dimension"])
        if module.op in ("static_embedding", "word_embeddings") and config["shape"]:
            return int(config["shape"][-1])
        if module.op == "bow":
            return len(config["weights"])
        if module.op == "cnn":
            return int(config["out_channels"]) * len(config["kernel_sizes"])
        if module.op == "lstm":
            return int(config["hidden_dim"]) * (2 if config["bidirectional"] else 1)
        if module.op == "layer_norm":
            return int(config["dimension"])
        if module.op == "transformer":
            if config.get("task") == "fill-mask":
                return int(config["transformer"].get("vocab_size", 0)) or None
            hidden = config["transformer"].get("hidden_size", config["transformer"].get("dim"))
            return int(hidden) if hidden else None
    return None


def _inputs(inputs: Any, kwargs: dict[str, Any]) -> Any:
    """The inputs under their present or their old name; any other keyword is refused."""
    if "sentences" in kwargs:
        if inputs is not None:
            raise InputError("inputs and sentences are two names of one argument; give one.")
        inputs = kwargs.pop("sentences")
    for name in ("pool", "chunk_size"):
        if kwargs.pop(name, None) is not None:
            raise Unsupported(f"{name}= is not supported yet: one process uses every core already.")
    if kwargs:
        raise InputError(f"encode() does not take {', '.join(sorted(kwargs))}.")
    if inputs is None:
        raise InputError("Input 0 is None, but this model takes texts.")
    return inputs


__all__ = ["SentenceTransformer", "embedding_dimension"]
