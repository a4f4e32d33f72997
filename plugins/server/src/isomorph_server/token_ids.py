"""Token ids in place of texts, where the operator says that clients use the model's own tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from isomorph_server.refusals import Refused


class Ids(tuple[int, ...]):
    """The token ids of one text."""


HINT = (
    "Token ids are those of another tokenizer than this model's, unless the operator says otherwise with "
    "--token-ids: send texts. (LangChain: OpenAIEmbeddings(check_embedding_ctx_length=False).)"
)


def text_of(tokenizer: Any, ids: Ids, field: str) -> str:
    """The text that a tokenizer cuts into exactly these ids, with or without its special ones at the ends.

    Raises:
        Refused: 422; there is none, as where the ids are of another tokenizer.
    """
    size = tokenizer.get_vocab_size()
    if not ids or min(ids) < 0 or max(ids) >= size:
        raise Refused(
            422, f"Token ids of this model are from 0 to {size - 1:,}, and at least one.", field
        )
    inner = _inner(tokenizer, list(ids))
    text: str = tokenizer.decode(inner, skip_special_tokens=False)
    if tokenizer.encode(text, add_special_tokens=False).ids != inner:
        raise Refused(422, "No text is cut into these token ids by this model's tokenizer.", field)
    return text


def _inner(tokenizer: Any, ids: Sequence[int]) -> list[int]:
    """The ids without those that the tokenizer itself puts at both ends of every text."""
    whole = tokenizer.encode("a")
    real = [place for place, special in enumerate(whole.special_tokens_mask) if not special]
    if not real:
        return list(ids)
    before, behind = whole.ids[: real[0]], whole.ids[real[-1] + 1 :]
    middle = ids[len(before) : len(ids) - len(behind)]
    return list(middle if [*before, *middle, *behind] == ids else ids)
