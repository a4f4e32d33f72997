"""Token ids in place of texts, where the operator says that clients use the model's own tokenizer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from isomorph_server.refusals import Refused


class Ids(tuple[int, ...]):
    """The token ids of one text."""


HINT = (
    "Token ids are those of another tokenizer than this model's, unless the operator says otherwise with "
    "--token-ids: send texts. (LangChain: OpenAIEmbeddings(check_embedding_ctx_length=False).)"
)


_IDS = 1 << 32
"""Ids of tokenizers are below that."""


def refuse_strange(tokenizer: Any, ids: Iterable[int], field: str) -> None:
    """Looks whether a tokenizer has all of these ids, between which there may be some that it lacks.

    Raises:
        Refused: 422; names one that it has not.
    """
    token_of = getattr(tokenizer, "id_to_token", None)
    if token_of is None:  # of whole words
        token_of = {index: word for word, index in tokenizer.get_vocab().items()}.get
    for each in set(ids):
        if not 0 <= each < _IDS or token_of(each) is None:
            size = tokenizer.get_vocab_size()
            said = f"{str(each)[:40]} is none of the {size:,} token ids of this model."
            raise Refused(422, said, field)


def text_of(tokenizer: Any, ids: Ids, field: str) -> str:
    """The text that a tokenizer cuts into exactly these ids, with or without its special ones at the ends.

    Raises:
        Refused: 422; there is none, as where the ids are of another tokenizer.
    """
    if not ids:
        raise Refused(422, "A text has at least one token id.", field)
    refuse_strange(tokenizer, ids, field)
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
