"""What all tests share."""

from hypothesis import HealthCheck, settings

# A shared machine may stand still for a second: that is no property of the code under test.
settings.register_profile(
    "shared-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("shared-machine")
