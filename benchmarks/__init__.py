"""Measurements of the service as it is deployed; `make bench-…` runs them."""
