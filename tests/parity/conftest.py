"""Every test that asks for `backend` runs once for each installed one."""

from __future__ import annotations

import pytest

from isomorph.machine.cpu import THREADS_VARIABLE

from .recorded import BACKENDS, EXPECTED


@pytest.fixture(params=sorted({*BACKENDS, *EXPECTED}))
def backend(request):
    return request.param


@pytest.fixture
def one_session(monkeypatch):
    """With one thread a call of one input and a call of many take the same session, which is loaded once.

    What two sessions of a model give is compared in ``tests/core/runtime``, and here with the real model.
    """
    monkeypatch.setenv(THREADS_VARIABLE, "1")
