"""Property tests on a machine of any speed: no example has a deadline, and none is too slow to draw.

Examples are drawn by chance, so that each run on a developer's machine tries others. With HYPOTHESIS_PROFILE=ci they
are the same each time: whether a change may land depends on the change.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("HYPOTHESIS_PROFILE") == "ci" else "steady")
