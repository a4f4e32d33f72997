"""SparseEncoder, as programs for the real one call it."""

from __future__ import annotations

from typing import Any

import torch

import isomorph
from isomorph_dropin.faces.cards import SparseEncoderModelCardData
from isomorph_dropin.faces.comparing import ComparingModel
from isomorph_dropin.faces.signatures import taking
from isomorph_dropin.faces.tensors import chunk_of, in_type, rows, tensors


class SparseEncoder(ComparingModel, isomorph.SparseEncoder):
    """Texts to sparse vectors: tensors in COO form, for all texts together or one for each."""

    __module__ = "sentence_transformers.sparse_encoder.model"
    default_huggingface_organization = "sparse-encoder"
    model_card_data_class = SparseEncoderModelCardData

    @taking("similarity_fn_name max_active_dims")
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
        convert_to_tensor: bool = True,
        convert_to_sparse_tensor: bool = True,
        save_to_cpu: bool = False,
        device: Any = None,
        max_active_dims: int | None = None,
        pool: Any = None,
        chunk_size: int | None = None,
        **kwargs: Any,
    ) -> Any:
        """Sparse vectors of texts; the arguments are those of `isomorph.SparseEncoder.encode`.

        Returns:
            A tensor (texts, V), (V,) of a single text; without ``convert_to_tensor`` a list of tensors (V,).
            They are coalesced COO tensors unless ``convert_to_sparse_tensor`` is False. Of an empty list a
            tensor of shape (0,), or [].
        """
        self._before_call()
        whole = convert_to_tensor or self.is_singular_input(inputs)
        result = super().encode(
            inputs,
            prompt_name,
            prompt,
            batch_size,
            show_progress_bar,
            whole,
            convert_to_sparse_tensor,
            False,
            device,
            max_active_dims,
            pool,
            chunk_of(chunk_size, device, pool),
            **kwargs,
        )
        where = torch.device("cpu") if save_to_cpu else self.device
        if not result.shape[0]:
            empty = torch.empty(0, device=where)
            return [] if not whole else empty.to_sparse() if convert_to_sparse_tensor else empty
        if whole or not convert_to_sparse_tensor:
            found = in_type(tensors(result, where), self.dtype)
            return found if whole else list(found)
        return in_type(rows(result, where), self.dtype)

    def decode(self, embeddings: Any, top_k: int | None = None) -> Any:
        """As isomorph's, of tensors alone, as there.

        Raises:
            TypeError: it is no tensor.
        """
        if not isinstance(embeddings, torch.Tensor):
            raise TypeError(f"Expected torch.Tensor, got {type(embeddings)}")
        return super().decode(embeddings, top_k)
