"""Two number types of a session, as one: what it computes in, and what its weights are stored in."""

from __future__ import annotations

import re

from isomorph.contract import Claim, SessionInfo

_BITS = re.compile(r"[1-9][0-9]?$")


def coarsest(of: Claim | SessionInfo) -> str:
    """The number type that limits how exact results are: the one of fewer bits.

    The arithmetic decides where both have as many bits, as float16 and bfloat16 do, and where one of
    them has a name that does not end in its number of bits.
    """
    if of.weights is None or _bits(of.weights) >= _bits(of.arithmetic):
        return of.arithmetic
    return of.weights


def _bits(number_type: str) -> int:
    found = _BITS.search(number_type)
    return int(found[0]) if found else 32
