"""MultiVectorEncoder: texts to one vector a token, compared by late interaction."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from isomorph.arguments.rules import checked
from isomorph.card.data import BaseModelCardData, MultiVectorEncoderModelCardData
from isomorph.contract import Model
from isomorph.errors import InputError
from isomorph.models.base import BaseModel
from isomorph.models.call import refuse_unknown, under_one_name, under_present_names
from isomorph.models.comparing import Comparing
from isomorph.models.streaming import Streaming
from isomorph.pool.placement import Placement
from isomorph.postprocess.tensors import as_tensor
from isomorph.postprocess.token_pooling import TokenPooling
from isomorph.postprocess.token_rows import TokenRows
from isomorph.preprocess.prompts import choose_prompt
from isomorph.read.late_interaction import read
from isomorph.runtime.pipeline import Job


class MultiVectorEncoder(Streaming, Comparing, BaseModel):
    """A late-interaction model: every text is a matrix with one row a token.

    Differs from sentence-transformers' class of this name where that one errs: a folder without a
    projection is refused instead of given a random one; unknown keywords are refused, none is dropped;
    results are numpy arrays unless tensors are asked for.
    """

    similarity_names: ClassVar[tuple[str, ...]] = ("maxsim", "meanmaxsim")
    organization: ClassVar[str | None] = None
    model_card_data_class: ClassVar[type[BaseModelCardData]] = MultiVectorEncoderModelCardData
    model_type: ClassVar[str] = "MultiVectorEncoder"

    @checked
    def __init__(
        self,
        model_name_or_path: str | Path | None = None,
        *,
        similarity_fn_name: Any = None,
        **kwargs: Any,
    ) -> None:
        """As `BaseModel`, with one argument more.

        Args:
            model_name_or_path: a folder, ``package:DISTRIBUTION``, or a Hub id.
            similarity_fn_name: maxsim or meanmaxsim; None takes the saved one, without that maxsim.
            **kwargs: the arguments of `BaseModel`.
        """
        super().__init__(model_name_or_path, **under_present_names(kwargs))
        self._choose_similarity(
            similarity_fn_name, self._pipeline.model.settings.similarity_fn_name
        )

    @checked
    def encode(
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
        **kwargs: Any,
    ) -> Any:
        """Token vectors of texts.

        Args:
            inputs: one text, or a list, tuple or array of texts. ``sentences=`` is an old name of it.
            prompt_name: which of the model's prompts goes in front.
            prompt: the text that goes in front, in place of a named one.
            batch_size: at most so many texts a forward; the token budget bounds it anyway.
            show_progress_bar: a bar on stderr.
            output_value: ``"token_embeddings"``, the only result that there is.
            convert_to_numpy: kept for older programs; arrays are what there is without it too.
            convert_to_tensor: torch tensors in place of numpy arrays.
            device: another device for this call; the model is loaded there too and stays.
                A list of devices starts a worker on each for this call, and ends them.
            normalize_embeddings: rows of length 1, for models that do not normalise themselves.
            pool: workers of `start_multi_process_pool`, which run the call in place of this process.
            chunk_size: texts that a worker gets at once; None makes ten chunks a worker, none above 5,000.
            token_pooling: fewer vectors a text, after the pooling that the model has.
            task: ``"query"`` or ``"document"``: which tokens count, and how long texts may be.
            on_long: ``"truncate"`` cuts inputs that are too long, with a warning; ``"report"`` cuts them
                without one; ``"error"`` refuses them.
            return_report: also what happened to the inputs.
            deterministic: vectors equal to the last bit whatever the batch, its order and the number of
                threads, on one device with one version of its engine; slower, and `batch_size` is unused.
            **kwargs: unknown names are refused.

        Returns:
            A list of float32 (tokens, dim), one a text; for a single text that array.

        With `return_report` a pair of that and a `CallReport`.

        Raises:
            InputError: an argument or an input that cannot be used; nothing has run then.
        """
        inputs = under_one_name("inputs", inputs, kwargs, "sentences")
        refuse_unknown("encode", kwargs)
        place = Placement.of(device, pool, chunk_size)
        if output_value != "token_embeddings":
            raise InputError(
                f"output_value {output_value!r}: this model has token_embeddings only."
            )
        if inputs is None:
            raise InputError("Input 0 is None, but this model takes texts.")
        single, texts, task = self._texts(inputs, task)
        route, lengths = self._routing.pick(task), self._routing.lengths_of(task)
        modules, tokenizer = route.model.graph.modules, route.encoder.tokenizer
        keep = TokenRows.of(modules, tokenizer, task, normalize_embeddings, token_pooling)
        job = Job(
            "token_embeddings",
            choose_prompt(self.prompts, self.default_prompt_name, prompt, prompt_name),
            lengths.length(task),
            batch_size,
            place.device,
            bool(show_progress_bar),
            deterministic=deterministic,
            task=task,
            expansion=lengths.filling(task),
            keep=keep,
        )
        rows, call = self._run(texts, job, on_long, place)
        vectors: list[Any] = list(rows)
        if convert_to_tensor:
            vectors = [as_tensor(np.ascontiguousarray(each)) for each in vectors]
        result = vectors[0] if single else vectors
        return (result, call) if return_report else result

    def encode_query(self, inputs: Any = None, **kwargs: Any) -> Any:
        """`encode` as a query: its prompt, its length, filled up where the model says so."""
        return self.encode(inputs, **self._for_task("query", kwargs))

    def encode_document(self, inputs: Any = None, **kwargs: Any) -> Any:
        """`encode` as a document, with the first non-empty prompt of document, passage and corpus."""
        return self.encode(inputs, **self._for_task("document", kwargs))

    def get_embedding_dimension(self) -> int | None:
        """Features of a token vector; None where no module says."""
        return self._pipeline.dimension

    def _read(self, folder: Path) -> Model:
        return read(folder)
