"""Whose an exception is that left a plugin: the plugin's fault, or the program's to see as it is."""

from __future__ import annotations

import signal


def is_of_the_program(cause: BaseException) -> bool:
    """Whether it is an interrupt, a warning that a filter made an error, or raised by a signal handler.

    All else is a fault of the plugin: ``SystemExit`` too, and what is no `Exception`, such as a panic of an
    engine in Rust.
    """
    passing = KeyboardInterrupt, GeneratorExit, Warning
    return isinstance(cause, passing) or _of_a_signal(cause)


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
