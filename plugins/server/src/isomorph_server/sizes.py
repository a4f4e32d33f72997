"""Answers that are much larger than what was sent: bounds on tokens, asked before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

TOKENIZED = 1 << 18
"""Bytes of texts that one request may have cut into tokens; a token takes 60 bytes of an answer."""
DECODED = 1 << 16
"""Token ids that one request may have turned into texts; a token of many characters is sent as one digit."""
TOKEN_VECTORS = 1 << 15
"""Vectors of tokens in an answer at most; one takes some 10 kB."""
PIXELS = 1 << 25
"""Pixels of an image at most, each of which takes 30 bytes; cameras make 12 to 24 millions."""
FORMATS = ("JPEG", "MPO", "PNG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "PPM", "JPEG2000")
"""Formats whose heads are looked at, the ones that models read."""
ENDS = 8
"""Tokens that stand around a text, at most, beside its prompt."""
SURELY_LONG = 16
"""Bytes a token at most, in the mean of a long text."""


def size_of(text: str) -> int:
    """Bytes of a text in UTF-8, which are never fewer than its tokens."""
    return len(text) if text.isascii() else len(text.encode("utf-8"))


def has_at_most(model: Any, texts: Sequence[str], most: int) -> bool:
    """Whether texts have so many tokens at most, as far as a model reads them.

    Bytes bound them. Where these do not tell, the texts are cut into tokens; a very long one counts as full.
    """
    longest = model.max_seq_length
    bounds = [min(size_of(each) + ENDS, longest or size_of(each) + ENDS) for each in texts]
    if sum(bounds) <= most:
        return True
    tokenizer = model.tokenizer
    if not hasattr(tokenizer, "encode") or longest is None:
        return False
    left = most
    for text, bound in zip(texts, bounds, strict=True):
        is_sure = size_of(text) > SURELY_LONG * longest
        left -= bound if is_sure else min(bound, len(tokenizer.encode(text).ids) + ENDS)
        if left < 0:
            return False
    return True


def pixels_of(data: bytes) -> int:
    """Pixels of an image as its head says; 0 where no head can be read, of which the model tells more."""
    try:
        from PIL import Image

        Image.init()
        with Image.open(
            BytesIO(data), "r", [each for each in FORMATS if each in Image.OPEN]
        ) as image:
            return int(image.width) * int(image.height)
    except Exception:  # whatever a damaged head makes readers meet
        return 0
