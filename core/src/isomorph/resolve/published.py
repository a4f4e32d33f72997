"""Published models that are used otherwise than their files say, by their names on the Hub.

sentence-transformers knows the same names. Whoever loads a copy of their files under another name gets
what the files say.
"""

from __future__ import annotations

from collections.abc import Mapping

_WITHOUT_INSTRUCTION = "its pooling leaves the prompt out, as its authors do and no file of it says"

EXCEPTIONS: Mapping[str, str] = dict.fromkeys(
    ("hkunlp/instructor-base", "hkunlp/instructor-large", "hkunlp/instructor-xl"),
    _WITHOUT_INSTRUCTION,
)
"""What is done with a model, in words; so far there is one thing to do."""


def exception_for(name: object) -> str | None:
    """What is done with the model of this name beyond its files, None where that is nothing."""
    return EXCEPTIONS.get(str(name)) if name is not None else None


def is_like_an_exception(name: object) -> bool:
    """Whether a name on the Hub is like one of those, so that the same may be missing there."""
    owner, slash, own = str(name).partition("/")
    return bool(owner and slash) and "/" not in own and "instructor" in own.lower()
