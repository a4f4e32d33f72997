"""The arguments that all calls share: documented once, and shown by `help` of every call."""

from __future__ import annotations

import inspect
import re

import pytest

from isomorph import CrossEncoder, MultiVectorEncoder, SentenceTransformer, SparseEncoder
from isomorph.models.shared import SHARED, documented

CALLS = [
    SentenceTransformer.encode,
    SparseEncoder.encode,
    MultiVectorEncoder.encode,
    CrossEncoder.predict,
]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__qualname__)
def test_help_describes_every_argument_in_the_order_of_the_signature(call):
    described = re.findall(r"^    \*{0,2}(\w+): ", inspect.getdoc(call), re.MULTILINE)
    wanted = [name for name in inspect.signature(call).parameters if name != "self"]
    assert described[: len(wanted)] == wanted


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__qualname__)
def test_shared_words_are_those_of_the_call(call):
    text = inspect.getdoc(call)
    assert not re.search(r"\{\w+\}", text)
    assert ("so many pairs" in text) == (call is CrossEncoder.predict)


def test_what_a_docstring_says_itself_stays():
    @documented(items="texts", results="vectors")
    def call(inputs=None, pool=None, mine=None):
        """Something.

        Args:
            mine: of this call alone,
                in two lines.
            inputs: other ones.

        Returns:
            Nothing.
        """

    text = inspect.getdoc(call)
    assert "    inputs: other ones.\n    pool: workers" in text
    assert "mine: of this call alone,\n        in two lines." in text
    assert SHARED["inputs"] not in text
    assert text.endswith("Returns:\n    Nothing.")
