"""Origins whose web pages may ask from a browser."""

from __future__ import annotations

import re
from collections.abc import Sequence

from isomorph.errors import InputError

_ORIGIN = re.compile(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:[0-9]{1,5})?")
"""What browsers send in the header ``Origin`` (RFC 6454, section 6.2): lower case, without a path."""


def checked_origins(origins: Sequence[str]) -> list[str]:
    """The origins of a server's clients.

    Raises:
        InputError: no browser would send one of them, so that its pages would be refused.
    """
    if isinstance(origins, str):
        raise InputError(
            "origins must be a list of texts, not one text: its letters would be origins."
        )
    for origin in origins:
        if origin != "*" and not (isinstance(origin, str) and _ORIGIN.fullmatch(origin)):
            raise InputError(
                f"{origin!r} is no origin. Write scheme, host and port as browsers send them, without a "
                "slash behind: https://example.org or http://localhost:3000, or * for all."
            )
    return list(origins)
