"""MultiVectorEncoder, as programs for the real one call it."""

from __future__ import annotations

from typing import Any, ClassVar

import isomorph
from isomorph_dropin.faces.cards import MultiVectorEncoderModelCardData
from isomorph_dropin.faces.comparing import ComparingModel
from isomorph_dropin.faces.signatures import taking
from isomorph_dropin.faces.tensors import chunk_of, in_type, tensors
from isomorph_dropin.modules.pooled_tokens import BaseTokenPooling, OnArrays


class MultiVectorEncoder(ComparingModel, isomorph.MultiVectorEncoder):
    """Texts to one vector a token: tensors in a list, unless arrays are asked for."""

    __module__ = "sentence_transformers.multi_vector_encoder.model"
    default_huggingface_organization = None
    model_card_data_class = MultiVectorEncoderModelCardData
    SUPPORTED_SIMILARITY_FN_NAMES: ClassVar[tuple[str, ...]] = ("maxsim", "meanmaxsim")

    @taking("similarity_fn_name")
    def __init__(self, model_name_or_path: Any = None, **kwargs: Any) -> None:
        """As isomorph's class, with the arguments as the real library takes them."""
        super().__init__(model_name_or_path, **kwargs)

    def encode(
        self,
        inputs: Any = None,
        prompt_name: str | None = None,
        prompt: str | None = None,
        batch_size: int | None = 32,
        show_progress_bar: bool | None = None,
        output_value: str = "token_embeddings",
        convert_to_numpy: bool = False,
        device: Any = None,
        normalize_embeddings: bool = False,
        pool: Any = None,
        chunk_size: int | None = None,
        token_pooling: Any = None,
        task: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Token vectors of texts; the arguments are those of `isomorph.MultiVectorEncoder.encode`.

        Returns:
            A list of tensors (tokens, dim), with ``convert_to_numpy`` of arrays; of a single text the only
            one.

        Raises:
            ValueError: ``convert_to_tensor``, since texts have different numbers of tokens.
        """
        if kwargs.pop("convert_to_tensor", False):
            raise ValueError(
                "convert_to_tensor: texts have different numbers of tokens, so their vectors make no "
                "single tensor. Leave it out to get a list of tensors."
            )
        self._before_call()
        result = super().encode(
            inputs,
            prompt_name,
            prompt,
            batch_size,
            show_progress_bar,
            output_value,
            True,
            False,
            device,
            normalize_embeddings,
            pool,
            chunk_of(chunk_size, device, pool),
            OnArrays(token_pooling)
            if isinstance(token_pooling, BaseTokenPooling)
            else token_pooling,
            task,
            **kwargs,
        )
        return in_type(result if convert_to_numpy else tensors(result, self.device), self.dtype)
