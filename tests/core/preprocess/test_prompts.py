from __future__ import annotations

import pytest

from isomorph.errors import InputError
from isomorph.preprocess.prompts import choose_prompt, first_useful, merge_prompts

PROMPTS = {"query": "q: ", "document": "", "passage": "p: "}


@pytest.mark.parametrize(
    ("arguments", "chosen"),
    [
        ({}, ""),
        ({"prompt_name": "query"}, "q: "),
        ({"default": "passage"}, "p: "),
        ({"default": "passage", "prompt_name": "query"}, "q: "),
        ({"default": "passage", "prompt": "own: "}, "own: "),
        ({"default": "passage", "prompt": ""}, ""),
        ({"default": "passage", "prompt_name": "document"}, ""),
    ],
)
def test_what_stands_in_front(arguments, chosen):
    assert choose_prompt(PROMPTS, arguments.pop("default", None), **arguments) == chosen


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(
        InputError, match=r"Prompt name 'q' not found in .*'query', 'document', 'passage'"
    ):
        choose_prompt(PROMPTS, None, prompt_name="q")


def test_prompt_and_name_together_warn():
    with pytest.warns(UserWarning, match="prompt_name is ignored"):
        assert choose_prompt(PROMPTS, None, "own: ", "query") == "own: "


def test_given_prompts_win_over_saved_ones():
    merged = merge_prompts({"query": "saved", "x": None}, {"query": ""}, ("query", "document"))
    assert merged == {"query": "", "document": "", "x": ""}


def test_saved_prompts_fill_what_was_not_given():
    merged = merge_prompts({"query": "saved", "passage": "p"}, {"own": "o"}, ("query", "document"))
    assert merged == {"query": "saved", "document": "", "own": "o", "passage": "p"}


def test_an_empty_prompt_is_passed_over():
    assert first_useful(PROMPTS, ("document", "passage")) == "passage"
    assert first_useful(PROMPTS, ("document",)) is None
