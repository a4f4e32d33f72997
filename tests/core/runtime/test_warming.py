"""Forwards that nobody asked for, of models whose inputs are never cut to the width of a short text."""

from __future__ import annotations

import pytest
from tests.parity.mingled_models import build

from isomorph import MultiVectorEncoder, SentenceTransformer, installed


@pytest.mark.parametrize("backend", [info.name for info in installed().infos])
@pytest.mark.parametrize(
    ("name", "kind"), [("qwen3_vl", SentenceTransformer), ("colqwen2", MultiVectorEncoder)]
)
def test_models_of_messages_and_of_pages_warm_up(name, kind, backend, tmp_path):
    model = kind(build(name, tmp_path), backend=backend, device="cpu")
    assert model.warm_up() >= 2
