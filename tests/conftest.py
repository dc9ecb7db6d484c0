"""What all rooms' tests share."""

import os

from hypothesis import settings

# Shared and loaded machines are slow now and then; a deadline would only make tests flicker.
settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")
