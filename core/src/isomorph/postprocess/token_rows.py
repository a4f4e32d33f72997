"""Which of a text's token vectors a multi-vector model keeps, and what it makes of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError, Unsupported
from isomorph.kinds import Mask
from isomorph.messages.shown import shown
from isomorph.model.graph import Module
from isomorph.plugins.table import kind_named
from isomorph.postprocess.token_pooling import HierarchicalTokenPooling, TokenPooling
from isomorph.postprocess.vectors import normalize

if TYPE_CHECKING:
    from tokenizers import Tokenizer


@dataclass(frozen=True, slots=True)
class TokenRows:
    """Picks rows by token id, pools them as the model does, normalises, pools as the call says.

    Made once a call.
    """

    masks: tuple[Mask, ...] = ()
    normalized: bool = False
    poolings: tuple[TokenPooling, ...] = ()
    last: TokenPooling | None = None

    @classmethod
    def of(
        cls,
        modules: Iterable[Module],
        tokenizer: Tokenizer,
        task: str | None,
        normalized: bool = False,
        pooling: TokenPooling | None = None,
    ) -> TokenRows:
        """What the modules of a chain and the arguments of a call say for texts of this task.

        Raises:
            Unsupported: a module computes with token vectors after they were pooled.
            InputError: `pooling` is no pooling of tokens.
        """
        if pooling is not None and not isinstance(pooling, TokenPooling):
            raise InputError(
                f"token_pooling must be a HierarchicalTokenPooling or LambdaTokenPooling, not "
                f"{shown(pooling)}."
            )
        masks: list[Mask] = []
        poolings: list[TokenPooling] = []
        for module in modules:
            kind = kind_named(module.kind)
            if kind.pools is not None:
                poolings.append(HierarchicalTokenPooling(**kind.pools(module)))
            elif kind.keeps is not None:
                masks.append(kind.keeps(module, tokenizer, task))
            elif poolings:
                raise Unsupported(
                    f"Module {module.name!r} ({module.kind}) stands behind token pooling, which runs last."
                )
        applied = tuple(each for each in poolings if each.applies_to(task))
        last = pooling if pooling is not None and pooling.applies_to(task) else None
        return cls(tuple(masks), normalized, applied, last)

    def __call__(self, rows: NDArray[Any], ids: NDArray[np.int64]) -> NDArray[Any]:
        """The rows (tokens, dim) of one text with these token ids (tokens,) -> (kept, dim), a copy."""
        kept = np.ones(len(ids), bool)
        for mask in self.masks:
            kept &= mask(ids)
        picked: NDArray[Any] = rows[kept]
        for pooling in self.poolings:
            picked = pooling.pool_one(picked)
        if self.normalized:
            picked = normalize(picked)
        return picked if self.last is None else self.last.pool_one(picked)
