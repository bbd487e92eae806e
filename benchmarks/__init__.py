"""Measurements at full size; each has a target in the Makefile, and figures in docs/benchmarks."""
