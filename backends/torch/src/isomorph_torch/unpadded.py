"""Forwards of transformers' models over real tokens alone.

All tokens of a batch become one row, in which every text is seen by itself only; on a CPU a few tokens
behind them fill it up to one of few lengths. transformers asks for attention by a name, and the one that
is registered here finds the bounds of the texts in `_PACKED`.
Outside of such a forward, in training for one, it is transformers' own "sdpa".
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from isomorph.program import counting_unpadded
from isomorph_torch.alone import ALONE
from isomorph_torch.varlen import EVERYTHING, Varlen, by_sequence

if TYPE_CHECKING:
    from isomorph_torch.modules.layer import Tensors

NAME = "isomorph_varlen"
"""Under which transformers knows the attention."""
LONG = 256
"""Beyond so many positions a row goes by its bounds where layers see windows alone, padded or not."""


@dataclass(frozen=True, slots=True)
class Packed:
    """Where the texts of a row end, and how attention over them is computed. See `Varlen`."""

    ends: torch.Tensor
    longest: int
    attention: Varlen


_PACKED: ContextVar[Packed | None] = ContextVar("packed", default=None)
"""Of the forward that this thread is in."""


def _from_zero(ids: torch.Tensor, config: Any) -> torch.Tensor:
    return torch.arange(ids.shape[1], device=ids.device).expand_as(ids)


def _after_padding(ids: torch.Tensor, config: Any) -> torch.Tensor:
    """RoBERTa's: tokens are counted from the number of the padding token, which itself has that number."""
    real = ids.ne(config.pad_token_id).long()
    return real.cumsum(dim=1) * real + int(config.pad_token_id)


_POSITIONS = {"columns": _from_zero, "real tokens": _after_padding}
"""Positions (B, T) as in a padded forward, by what they count."""


def fits(model: Any) -> bool:
    """Whether a model of transformers can be fed real tokens alone and asks for attention by name.

    A trusted class of a folder's may be of such a type, and what it computes at padding is its own.
    """
    config, home = model.config, type(model).__module__
    asks = hasattr(sys.modules[home], "ALL_ATTENTION_FUNCTIONS")
    return (
        counting_unpadded(config.model_type) is not None
        and home.startswith("transformers.")
        and asks
        and not getattr(config, "is_decoder", False)
        and getattr(config, "_attn_implementation", None) == "sdpa"
        and _register()
    )


class Unpadded:
    """Runs a model that `fits` over the real tokens of a padded batch."""

    def __init__(self, model: Any, attention: Varlen) -> None:
        """From now on the model asks for the attention here, packed or not."""
        self.name = "sdpa" if attention is by_sequence else "varlen"
        counted = counting_unpadded(model.config.model_type)
        assert counted is not None, "of a model that does not fit"
        self._positions = _POSITIONS[counted]
        self._attention = attention
        self._has_windows = "sliding_attention" in (
            getattr(model.config, "layer_types", None) or ()
        )
        model.config._attn_implementation = NAME

    def leave(self, model: Any) -> None:
        """Gives the model its own attention back."""
        model.config._attn_implementation = "sdpa"

    def __call__(self, model: Any, feeds: Tensors, settings: Mapping[str, Any]) -> Any:
        """What ``model(**feeds, **settings)`` returns, with zeros at padding in its (B, T, H) results.

        None where there is nothing to leave out and no window to compute by blocks, where a row has no token
        at all, and outside of inference: the padded forward is then the one to run.
        """
        if torch.compiler.is_compiling() or not torch.is_inference_mode_enabled():
            return None
        by_blocks = self._has_windows and feeds["attention_mask"].shape[1] > LONG
        alone = ALONE.get()
        if alone and not by_blocks:
            return None
        mask = feeds["attention_mask"].bool()
        lengths = mask.sum(dim=1).tolist()
        fills = mask.device.type == "cpu" and not alone
        filler = filled(sum(lengths)) - sum(lengths) if fills else 0
        is_whole = min(lengths) == mask.shape[1] and not filler and not by_blocks
        if min(lengths) == 0 or is_whole:
            return None
        positions = self._positions(feeds["input_ids"], model.config)
        packed = {
            name: _with_filler(x[mask], filler)
            for name, x in {**feeds, "position_ids": positions}.items()
            if name != "attention_mask"
        }
        texts = [0, *lengths, filler] if filler else [0, *lengths]
        ends = torch.tensor(texts).cumsum(0).to(mask.device, torch.int32)
        token = _PACKED.set(Packed(ends, max(texts), self._attention))
        try:
            result = model(**packed, **settings)
        finally:
            _PACKED.reset(token)
        result.last_hidden_state = _spread(result.last_hidden_state, mask)
        if settings.get("output_hidden_states"):
            result.hidden_states = tuple(_spread(x, mask) for x in result.hidden_states)
        return result


def _spread(x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """One row of tokens (1, N, H) at the True places of a mask (B, T) -> (B, T, H)."""
    padded = x.new_zeros(*mask.shape, x.shape[2])
    padded[mask] = x[0, : int(mask.sum())]
    return padded


def filled(tokens: int) -> int:
    """To how many tokens a row is filled up.

    oneDNN compiles its products for a number of rows and keeps up to a thousand of them: with every number
    of tokens the process would grow by hundreds of MB.
    """
    step = 8 if tokens <= 64 else 32
    return -(-tokens // step) * step


def _with_filler(x: torch.Tensor, filler: int) -> torch.Tensor:
    """(N,) -> (1, N + filler): a text of its own behind the others, whose results nobody reads."""
    return torch.cat([x, x[:1].expand(filler)]).unsqueeze(0)


def _attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    **kwargs: Any,
) -> tuple[torch.Tensor, None]:
    """Attention as transformers calls it: (1, heads, N, D) -> (1, N, heads, D)."""
    packed = _PACKED.get()
    if packed is None:
        from transformers.integrations.sdpa_attention import sdpa_attention_forward

        found: tuple[torch.Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, scaling=scaling, **kwargs
        )
        return found
    near = kwargs.get("sliding_window")  # transformers counts the token itself
    window = EVERYTHING if near is None else (near - 1, near - 1)
    query, key, value = (x[0].transpose(0, 1) for x in (query, key, value))
    mixed = packed.attention(query, key, value, packed.ends, packed.longest, scaling, window)
    return mixed.unsqueeze(0), None


def _mask(*args: Any, **kwargs: Any) -> torch.Tensor | None:
    """The mask as transformers asks for it; bounds of texts need none."""
    if _PACKED.get() is not None:
        return None
    from transformers.masking_utils import sdpa_mask

    found: torch.Tensor | None = sdpa_mask(*args, **kwargs)
    return found


def _register() -> bool:
    """Tells transformers the name; False for releases that have no such registers."""
    try:
        from transformers.masking_utils import AttentionMaskInterface
        from transformers.modeling_utils import AttentionInterface
    except ImportError:
        return False
    AttentionInterface.register(NAME, _attend)
    AttentionMaskInterface.register(NAME, _mask)
    return True
