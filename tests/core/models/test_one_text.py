"""The way of one warm text through core is short."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

from isomorph import SentenceTransformer

MODEL = Path(__file__).parents[2] / "parity" / "models" / "bert-mean"
MOST = 60
"""Python calls of core and of the backend between `encode` and the session's forward."""


def test_there_are_few_calls_between_encode_and_the_forward(backend):
    model = SentenceTransformer(MODEL, backend=backend)
    for _ in range(2):
        model.encode("a river")
    session = model.__loaded__().open().session
    if session is None:
        return  # the reference runs all of it
    forward, encode = (
        type(session).forward.__code__,
        SentenceTransformer.encode.__wrapped__.__code__,
    )
    calls = []

    def note(frame, event, argument):
        if event == "call":
            calls.append((frame.f_code, frame.f_globals.get("__name__", "")))

    before = sys.getprofile()
    gc.disable()  # what other tests left is closed by calls too
    sys.setprofile(note)
    try:
        model.encode("What is it?")
    finally:
        sys.setprofile(before)
        gc.enable()
    codes = [code for code, _ in calls]
    between = calls[codes.index(encode) + 1 : codes.index(forward)]
    written = [each for each in between if each[0].co_filename != "<string>"]  # not dataclasses'
    ours = [code for code, module in written if module.startswith("isomorph")]
    assert 10 < len(ours) <= MOST, " ".join(code.co_qualname for code in ours)
