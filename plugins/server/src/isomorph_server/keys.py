"""Keys of clients: which may be, and whether a request brings one."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from isomorph.errors import InputError

VARIABLE = "ISOMORPH_API_KEY"
"""Environment variable: keys, with spaces between."""


def known(keys: Sequence[str]) -> tuple[bytes, ...]:
    """Keys as they are compared.

    Raises:
        InputError: one is empty, so that everybody would have it, or they are a single text, whose letters
            would be keys.
    """
    if isinstance(keys, str):
        raise InputError("keys must be a list of texts, not one text: its letters would be keys.")
    for key in keys:
        if not isinstance(key, str) or not key.strip():
            raise InputError("A key of clients is empty, and everybody would have it.")
    return tuple(key.encode("utf-8") for key in keys)


def is_one_of(keys: Sequence[bytes], header: bytes) -> bool:
    """Whether the header ``Authorization`` holds one of these keys, in the scheme Bearer.

    Args:
        keys: as `known` gives them.
        header: its bytes, as they came.
    """
    scheme, _, rest = header.partition(b" ")
    given = rest.strip() if scheme.lower() == b"bearer" else b""
    return bool(sum(hmac.compare_digest(given, key) for key in keys))  # each takes its time
