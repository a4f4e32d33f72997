"""SentenceTransformer, as programs for the real one call it."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

import isomorph
from isomorph.arguments.names import renamed
from isomorph.preprocess.prompts import choose_prompt
from isomorph_dropin.faces.cards import SentenceTransformerModelCardData
from isomorph_dropin.faces.comparing import ComparingModel
from isomorph_dropin.faces.signatures import taking
from isomorph_dropin.faces.tensors import chunk_of, in_type, tensors
from isomorph_dropin.modules import MODULES as _MODULES  # noqa: F401 - the chain is shown with them
from isomorph_dropin.texts import of_each


class SentenceTransformer(ComparingModel, isomorph.SentenceTransformer):
    """Texts to vectors: numpy arrays, tensors, or lists of tensors, as the real library gives them."""

    __module__ = "sentence_transformers.sentence_transformer.model"
    default_huggingface_organization = "sentence-transformers"
    model_card_data_class = SentenceTransformerModelCardData

    @taking("similarity_fn_name truncate_dim")
    def __init__(self, model_name_or_path: Any = None, **kwargs: Any) -> None:
        """As isomorph's class, with the arguments as the real library takes them."""
        super().__init__(model_name_or_path, **kwargs)

    @staticmethod
    def load(input_path: Any) -> SentenceTransformer:
        """The old name of the constructor."""
        renamed("SentenceTransformer.load(...)", "SentenceTransformer(...)")
        return SentenceTransformer(input_path)

    def encode(
        self,
        inputs: Any = None,
        prompt_name: str | None = None,
        prompt: str | None = None,
        batch_size: int | None = 32,
        show_progress_bar: bool | None = None,
        output_value: str | None = "sentence_embedding",
        precision: str | None = "float32",
        convert_to_numpy: bool = True,
        convert_to_tensor: bool = False,
        device: Any = None,
        normalize_embeddings: bool = False,
        truncate_dim: int | None = None,
        pool: Any = None,
        chunk_size: int | None = None,
        **kwargs: Any,
    ) -> Any:
        """Vectors of texts; the arguments are those of `isomorph.SentenceTransformer.encode`.

        Returns:
            An array; with ``convert_to_tensor`` a tensor; with neither, and for token embeddings, tensors in
            a list. Of an empty list float64 of shape (0,), an empty tensor, or [].
        """
        self._before_call()
        listed = output_value in (None, "token_embeddings") or not (
            convert_to_numpy or convert_to_tensor
        )
        whole = precision in (None, "float32")
        # Bytes of tokens stay arrays, as in the real library.
        as_tensors = (convert_to_tensor or listed) and (whole or output_value != "token_embeddings")
        result = super().encode(
            inputs,
            prompt_name,
            prompt,
            batch_size,
            show_progress_bar,
            output_value,
            precision,
            not listed,
            False,
            device,
            normalize_embeddings,
            truncate_dim,
            pool,
            chunk_of(chunk_size, device, pool),
            **kwargs,
        )
        if isinstance(result, np.ndarray | list) and not len(result):
            return [] if listed else torch.empty(0) if as_tensors else np.asarray([])
        if output_value is None:
            asked = kwargs.get("sentences", inputs)
            named = prompt_name if prompt is None else None  # super().encode has warned of both
            ahead = choose_prompt(self.prompts, self.default_prompt_name, prompt, named)
            result = of_each(self, result, asked, ahead)
        found = tensors(result, self.device) if as_tensors else result
        return in_type(found, self.dtype) if whole else found
