"""What all tests share: hypothesis draws the same cases on every run, and slow machines do not fail them."""

from hypothesis import settings

settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")
