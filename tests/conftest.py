"""Property tests are not timed: a busy machine may be slow."""

from hypothesis import HealthCheck, settings

settings.register_profile("sambung", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("sambung")
