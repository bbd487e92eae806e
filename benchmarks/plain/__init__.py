"""The items as a plain DRF project has them, to compare with: `make bench-plain`."""
