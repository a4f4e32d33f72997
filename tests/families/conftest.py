"""Every test that asks for `backend_name` runs once for each backend, absent ones included."""

import pytest

from isomorph.plugins.discovery import installed

from .running import backend_names


@pytest.fixture(params=backend_names(installed()))
def backend_name(request):
    return request.param
