"""The documentation of the arguments that all calls share, written once and put into each docstring."""

from __future__ import annotations

import re
from collections.abc import Callable
from inspect import signature
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

SHARED = {
    "inputs": "one text, or a list, tuple or array of texts. ``sentences=`` is an old name of it.",
    "prompt_name": "which of the model's prompts goes in front.",
    "prompt": "the text that goes in front, in place of a named one.",
    "batch_size": "at most so many {items} a forward; the token budget bounds it anyway.",
    "show_progress_bar": "a bar on stderr.",
    "convert_to_tensor": "a torch tensor in place of a numpy array.",
    "device": """another device for this call; the model is loaded there too and stays.
                A list of devices starts a worker on each for this call, and ends them.""",
    "pool": "workers of `start_multi_process_pool`, which run the call in place of this process.",
    "chunk_size": "{items} that a worker gets at once; None makes ten chunks a worker, none above 5,000.",
    "on_long": """``"truncate"`` cuts inputs that are too long, with a warning; ``"report"`` cuts them
                without one; ``"error"`` refuses them. ``"mean"`` is for vectors of sounds: those too
                long are heard in windows, whose mean by their time is the vector.""",
    "on_bad_input": """``"error"`` refuses a call with an input that cannot be used; ``"nan"`` makes its
                row NaN, with one warning for all, and their reasons in `CallReport.bad_inputs`.""",
    "return_report": "also what happened to the inputs, as a `CallReport` in a pair with the result.",
    "deterministic": """{results} equal to the last bit whatever the batch, its order and the number of
                threads, on one device with one version of its engine; slower, and `batch_size` is unused.""",
}
"""What an argument of this name is in every call that has one, unless its docstring says it."""

_ARGS = "        Args:\n"
_ENTRY = re.compile(r"^(?= {12}\*{0,2}\w+: )", re.MULTILINE)
"""Where the text of an argument begins."""


def documented(*, items: str, results: str) -> Callable[[F], F]:
    """Adds to a method's docstring what its shared arguments are, in the order of its signature.

    Args:
        items: what a call takes, such as "texts".
        results: what it gives, such as "vectors".
    """

    def fill(function: F) -> F:
        if function.__doc__:  # there is none with python -OO
            shared = {
                name: text.format(items=items, results=results) for name, text in SHARED.items()
            }
            function.__doc__ = _filled(
                function.__doc__, list(signature(function).parameters), shared
            )
        return function

    return fill


def _filled(text: str, parameters: list[str], shared: dict[str, str]) -> str:
    head, mark, rest = text.partition(_ARGS)
    own, blank, tail = rest.partition("\n\n")
    entries = {
        entry[: entry.index(":")].strip(" *"): entry.rstrip()
        for entry in _ENTRY.split(own)
        if entry
    }
    for name in parameters:
        if name not in entries and name in shared:
            entries[name] = f"{' ' * 12}{name}: {shared[name]}"
    listed = "\n".join(entries[name] for name in parameters if name in entries)
    return f"{head}{mark}{listed}{blank}{tail}"
