"""The Rust side of the tokenizers library: its errors are bare `Exception`, and its panics not even that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from isomorph.errors import BadModel, IsomorphError


@contextmanager
def as_bad_model(what: str) -> Iterator[None]:
    """Makes a `BadModel` of whatever the tokenizers library raises because of its files.

    Our own errors stay as they are, and so does what is no error of a file: an interrupt, an exit, a
    want of memory.
    """
    try:
        yield
    except (IsomorphError, MemoryError):
        raise
    except BaseException as cause:
        if not isinstance(cause, Exception) and not is_of_the_tokenizer(cause):
            raise
        raise BadModel(f"{what}: {str(cause)[:300]}") from cause


def is_of_the_tokenizer(error: BaseException) -> bool:
    """Whether the Rust side raised this: a bare `Exception`, or a panic, whose class is nowhere to import."""
    return type(error) is Exception or type(error).__name__ == "PanicException"
