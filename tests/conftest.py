"""What all tests share."""

import gc

import drawn
import pytest
from hypothesis import HealthCheck, settings

# A shared machine may stand still for a second: that is no property of the code under test.
# The same examples on every run: others come with ISOMORPH_TEST_SEED, and with `make fuzz`.
settings.register_profile(
    "shared-machine",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=not drawn.SEED,
)
settings.load_profile("shared-machine")


@pytest.fixture(autouse=True)
def _same_numbers(request):
    drawn.start_again(request.node.nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Thousands of tests live until the end: the collector of garbage looks at none of them."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
