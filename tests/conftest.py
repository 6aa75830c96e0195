"""What holds for every test."""

import os

from hypothesis import settings

# No test judges by the clock of a busy machine; where one run has to say the same as the next, examples are not random.
settings.register_profile("hairpin", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("hairpin")
