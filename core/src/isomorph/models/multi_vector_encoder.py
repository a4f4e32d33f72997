"""MultiVectorEncoder: texts to one vector a token, compared by late interaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Unpack

import numpy as np

from isomorph.arguments.rules import checked
from isomorph.card.data import BaseModelCardData, MultiVectorEncoderModelCardData
from isomorph.contract import Model
from isomorph.errors import InputError
from isomorph.model.settings import Settings
from isomorph.models.call import Call
from isomorph.models.constructor import ModelKeywords, under_known_names
from isomorph.models.shared import documented
from isomorph.models.vector_model import VectorModel
from isomorph.pool.placement import Placement
from isomorph.postprocess.similarity import OF_TOKENS
from isomorph.postprocess.tensors import as_tensor
from isomorph.postprocess.token_pooling import TokenPooling
from isomorph.postprocess.token_rows import TokenRows
from isomorph.read.late_interaction import read


class MultiVectorEncoder(VectorModel):
    """A late-interaction model: every text is a matrix with one row a token.

    Differs from sentence-transformers' class of this name where that one errs: a folder without a
    projection is refused instead of given a random one; unknown keywords are refused, none is dropped;
    results are numpy arrays unless tensors are asked for.
    """

    similarity_names: ClassVar[tuple[str, ...]] = OF_TOKENS
    organization: ClassVar[str | None] = None
    model_card_data_class: ClassVar[type[BaseModelCardData]] = MultiVectorEncoderModelCardData
    model_type: ClassVar[str] = "MultiVectorEncoder"

    @checked
    def __init__(
        self,
        model_name_or_path: str | Path | None = None,
        *,
        similarity_fn_name: Any = None,
        **kwargs: Unpack[ModelKeywords],
    ) -> None:
        """As `BaseModel`, with one argument more.

        Args:
            model_name_or_path: a folder, ``package:DISTRIBUTION``, or a Hub id.
            similarity_fn_name: maxsim or meanmaxsim; None takes the saved one, without that maxsim.
            **kwargs: `backend`, `device`, `strict` and all else that `BaseModel` takes.
        """
        super().__init__(model_name_or_path, **under_known_names(type(self), kwargs))
        self._choose_similarity(similarity_fn_name, self._loaded.model.settings.similarity_fn_name)

    @checked
    @documented(items="texts", results="vectors")
    def encode(  # noqa: D417  # `documented` adds the shared ones
        self,
        inputs: Any = None,
        prompt_name: str | None = None,
        prompt: str | None = None,
        batch_size: int | None = None,
        show_progress_bar: bool | None = None,
        output_value: str = "token_embeddings",
        convert_to_numpy: bool = True,
        convert_to_tensor: bool = False,
        device: str | Sequence[str] | None = None,
        normalize_embeddings: bool = False,
        pool: Any = None,
        chunk_size: int | None = None,
        token_pooling: TokenPooling | None = None,
        task: str | None = None,
        on_long: str = "truncate",
        return_report: bool = False,
        deterministic: bool = False,
        on_bad_input: str = "error",
        **kwargs: Any,
    ) -> Any:
        """Token vectors of texts.

        Args:
            output_value: ``"token_embeddings"``, the only result that there is.
            convert_to_numpy: kept for older programs; arrays are what there is without it too.
            convert_to_tensor: torch tensors in place of numpy arrays.
            normalize_embeddings: rows of length 1, for models that do not normalise themselves.
            token_pooling: fewer vectors a text, after the pooling that the model has.
            task: ``"query"`` or ``"document"``: which tokens count, and how long texts may be.
            **kwargs: ``processing_kwargs``, such as
                ``{"text": {"max_length": 256}, "image": {"max_pixels": 65536}}``: options of ``text``,
                ``image``, ``audio``, ``video``, ``chat_template`` and ``common``, each in place of the
                folder's. Unknown names are refused.

        Returns:
            A list of float32 (tokens, dim), one a text; for a single text that array.

        Raises:
            InputError: an argument or an input that cannot be used; nothing has run then.
        """
        if output_value != "token_embeddings":
            raise InputError(
                f"output_value {output_value!r}: this model has token_embeddings only."
            )
        call = Call.of(
            self,
            inputs,
            kwargs,
            output="token_embeddings",
            prompt_name=prompt_name,
            prompt=prompt,
            batch_size=batch_size,
            show_progress_bar=show_progress_bar,
            place=Placement.of(device, pool, chunk_size),
            on_long=on_long,
            on_bad_input=on_bad_input,
            deterministic=deterministic,
            task=task,
        )
        modules, tokenizer = call.pipeline.model.graph.modules, call.pipeline.preparer.native
        task = call.job.task
        keep = TokenRows.of(modules, tokenizer, task, normalize_embeddings, token_pooling)
        to_tensor = convert_to_tensor or self._tensors

        def finish(rows: Sequence[Any]) -> Any:
            vectors = [as_tensor(np.ascontiguousarray(r)) for r in rows] if to_tensor else rows
            return vectors[0] if call.single else vectors

        return call.keeping(keep).answered(finish, return_report)

    def encode_query(self, inputs: Any = None, **kwargs: Any) -> Any:
        """`encode` as a query: its prompt, its length, filled up where the model says so."""
        return self.encode(inputs, **self._for_task("query", kwargs))

    def encode_document(self, inputs: Any = None, **kwargs: Any) -> Any:
        """`encode` as a document, with the first non-empty prompt of document, passage and corpus."""
        return self.encode(inputs, **self._for_task("document", kwargs))

    def get_embedding_dimension(self) -> int | None:
        """Features of a token vector; where no module says, a forward is run to see."""
        return self._loaded.pipeline.dimension

    def _reader(self) -> Callable[[Path], Model]:
        return read

    def _settings(self) -> Settings:
        return replace(super()._settings(), similarity_fn_name=self.similarity_fn_name)
