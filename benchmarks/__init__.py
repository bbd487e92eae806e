"""What the project costs, measured; the figures are kept in docs/benchmarks/."""
