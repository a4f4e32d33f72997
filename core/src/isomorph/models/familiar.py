"""What programs written for sentence-transformers ask of any model, beside encoding.

Everything here is a view of the pipeline; nothing is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from isomorph.arguments.rules import checked
from isomorph.errors import InputError, Unsupported
from isomorph.models.call import renamed
from isomorph.models.module_like import ModuleLike
from isomorph.modules import sparse_auto_encoder
from isomorph.plugins.table import kind_named
from isomorph.preprocess.inputs import as_list, as_pairs, as_texts, is_single
from isomorph.schedule.batches import Batch, feeds

Modality = str | tuple[str, ...]


class Familiar(ModuleLike):
    """Names of sentence-transformers' `BaseModel` that need no other state than the pipeline's."""

    max_seq_length: int | None

    @property
    def modalities(self) -> list[Modality]:
        """What may be passed to a call: texts."""
        return ["text"]

    def supports(self, modality: Modality) -> bool:
        """Whether inputs of a kind may be passed.

        Args:
            modality: ``"text"``, ``"image"``, …; a tuple asks for several kinds in one input.
        """
        return isinstance(modality, str) and modality in self.modalities

    def is_singular_input(self, inputs: Any) -> bool:
        """Whether this is one input rather than a batch.

        Args:
            inputs: anything. A list, tuple or array of texts is a batch, also an empty one.
        """
        return is_single(inputs)

    def get_model_kwargs(self) -> list[str]:
        """Keywords beyond the documented ones that a call hands on to the modules."""
        model = self._pipeline.model
        kinds = [kind_named(module.kind) for module in model.graph.modules]
        tasked = any(kind.keeps is not None or kind.pools is not None for kind in kinds)
        found = {
            "task": model.routes is not None or tasked,
            "max_active_dims": sparse_auto_encoder.KIND in kinds,
        }
        return [name for name, read in found.items() if read]

    @checked
    def preprocess(
        self, inputs: Sequence[Any], prompt: str | None = None, **kwargs: Any
    ) -> Mapping[str, NDArray[Any]]:
        """What the first module is fed for a batch, padded to its longest row.

        Args:
            inputs: a list of texts, or of pairs of texts.
            prompt: goes in front of each text, and of the first of each pair.
            **kwargs: unknown names are refused.

        Returns:
            int64 arrays by name: ``input_ids`` and ``attention_mask`` (rows, width), ``token_type_ids``
            where the model reads them; without padding ``input_ids`` (tokens,) and ``offsets`` (rows,).
            {} for an empty list.

        Raises:
            InputError: an element is neither a text nor a pair.
        """
        if kwargs:
            raise InputError(f"preprocess() does not take {', '.join(sorted(kwargs))}.")
        batch = as_list(inputs)
        if not batch:
            return {}
        pipeline = self._pipeline
        paired = isinstance(batch[0], list | tuple)
        encoder = pipeline.pair_encoder if paired else pipeline.encoder
        texts: Any = as_pairs(batch) if paired else as_texts(batch)
        encoded = encoder.encode(texts, self.max_seq_length, prompt or "")
        whole = Batch(tuple(range(len(texts))), max(1, int(encoded.lengths.max())))
        return feeds(whole, encoded, pipeline.model.text, pipeline.model.graph.inputs)

    def tokenize(self, texts: Sequence[Any], **kwargs: Any) -> Mapping[str, NDArray[Any]]:
        """The old name of `preprocess`.

        Args:
            texts: its inputs.
            **kwargs: its keywords.
        """
        renamed("tokenize", "preprocess")
        return self.preprocess(texts, **kwargs)

    def get_max_seq_length(self) -> int | None:
        """The old name of `max_seq_length`."""
        renamed("get_max_seq_length()", "max_seq_length")
        return self.max_seq_length

    @property
    def processor(self) -> Any:
        """What turns inputs into numbers: for texts the tokenizer."""
        return self._pipeline.encoder.tokenizer

    @property
    def transformers_model(self) -> Any:
        """The live model of transformers, in a backend that runs one; None in all others.

        Loads the model. What is changed in it is what the next call uses.
        """
        found = self._pipeline.native.get("transformers_model")
        self._handed_out = self._handed_out or found is not None
        return found

    def gradient_checkpointing_enable(
        self, gradient_checkpointing_kwargs: Mapping[str, Any] | None = None
    ) -> None:
        """Trades computing for memory in training.

        Args:
            gradient_checkpointing_kwargs: handed on to the live model's own method.

        Raises:
            Unsupported: the backend runs no model that can be trained.
        """
        enable = self._pipeline.native.get("gradient_checkpointing_enable")
        if not callable(enable):
            raise Unsupported(
                f"Backend {self._pipeline.plan.info.name!r} runs a graph, which cannot be trained; load "
                "the model in a backend that has a live one."
            )
        self._handed_out = True
        enable(gradient_checkpointing_kwargs)
