"""Every test that asks for `backend` runs once for each installed one."""

from __future__ import annotations

import pytest

from .recorded import BACKENDS, EXPECTED


@pytest.fixture(params=sorted({*BACKENDS, *EXPECTED}))
def backend(request):
    return request.param
