"""How many examples hypothesis draws.

The suite draws few, and the same ones in every run. `make test-long` draws many, others each time,
and prints how to repeat one that fails.
"""

import hypothesis

OPTIONS = {
    "deadline": None,
    "database": None,
    "suppress_health_check": list(hypothesis.HealthCheck),
}
hypothesis.settings.register_profile("suite", derandomize=True, max_examples=25, **OPTIONS)
hypothesis.settings.register_profile("long", max_examples=1000, print_blob=True, **OPTIONS)
hypothesis.settings.load_profile("suite")
