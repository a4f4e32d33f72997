"""What a pool must send to its workers."""

from __future__ import annotations

import pytest
from tests.core.pool.conftest import LOADERS

from isomorph import CrossEncoder
from isomorph.errors import InputError


def test_an_argument_that_cannot_be_sent_starts_no_worker():
    kwargs = {"model_kwargs": {"mine": lambda x: x}}
    model = CrossEncoder(LOADERS[CrossEncoder], backend="torch", **kwargs)
    with pytest.raises(InputError, match="model_kwargs or config_kwargs must be one that can be"):
        model.start_multi_process_pool(["cpu"])
