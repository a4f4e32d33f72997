"""Whose an exception is that left a plugin: the plugin's fault, or the program's to see as it is."""

from __future__ import annotations

import signal
import warnings
from collections.abc import Callable

from isomorph.errors import IsomorphError


class telling:  # noqa: N801  # used in `with` as a function is
    """``with telling(tell):`` around a call into a plugin: `tell` makes the error for what leaves the call.

    What is the caller's to see leaves it as it is.
    """

    # No generator: `contextlib` takes an error whose cause is a StopIteration for that exception itself.

    def __init__(self, tell: Callable[[BaseException], BaseException]) -> None:
        self._tell = tell

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, cause: BaseException | None, trace: object
    ) -> None:
        if cause is not None and not is_the_callers(cause):
            raise self._tell(cause) from cause


def is_the_callers(cause: BaseException) -> bool:
    """Whether the caller of a plugin sees an exception as it is.

    Errors of isomorph, a memory that is full, and what is the program's are.
    """
    return isinstance(cause, IsomorphError | MemoryError) or is_of_the_program(cause)


def is_of_the_program(cause: BaseException) -> bool:
    """Whether it is an interrupt, a warning that a filter made an error, or raised by a signal handler.

    All else is a fault of the plugin: ``SystemExit`` too, and what is no `Exception`, such as a panic of an
    engine in Rust.
    """
    passing = isinstance(cause, KeyboardInterrupt | GeneratorExit) or _of_a_filter(cause)
    return passing or _of_a_signal(cause)


def _of_a_filter(cause: BaseException) -> bool:
    """Whether a filter of the program makes an error of such a warning; a plugin may raise one by itself."""
    if not isinstance(cause, Warning):
        return False
    for action, message, category, module, line in warnings.filters:
        if isinstance(cause, category):
            if action == "error":
                return True
            if message is None and module is None and not line:  # nothing behind it is asked
                return False
    return False


def _of_a_signal(cause: BaseException) -> bool:
    """Whether a signal handler of the program raised the exception while a plugin ran."""
    handlers = (signal.getsignal(number) for number in signal.valid_signals())
    codes = {getattr(handler, "__code__", None) for handler in handlers} - {None}
    trace = cause.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code in codes:
            return True
        trace = trace.tb_next
    return False
