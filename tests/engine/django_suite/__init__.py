"""A slice of Django's own tests, run on the engine: `make test-long`."""
