"""What all errors of isomorph have in common."""

from __future__ import annotations

import pytest

from isomorph import errors
from isomorph.errors import BadModel, ModelNotFound


def test_a_long_message_keeps_its_beginning_and_its_end():
    said = str(BadModel(f"config.json says {'x' * 1_000_000}. Write it anew."))
    assert len(said) < 2_000
    assert said.startswith("config.json says xxx")
    assert said.endswith("xxx. Write it anew.")


@pytest.mark.parametrize("kind", [BadModel, ModelNotFound])
def test_a_short_message_is_as_it_was_given(kind):
    said = "y" * 2_000
    assert str(kind(said)) == said


def test_every_error_is_one_of_ours():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    raised = [
        kind for kind in kinds if issubclass(kind, Exception) and kind.__module__ == errors.__name__
    ]
    assert all(issubclass(kind, errors.IsomorphError | Warning) for kind in raised)
