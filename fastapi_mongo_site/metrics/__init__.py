"""The service's figures for Prometheus, on the page /metrics of the management listener.

Workers count (`instruments`) and report to the supervising process with their beats (`reports`).
That adds up (`totals`), and shows the sums beside its own figures (`page`). Why it is not
prometheus-client's multi-process mode: docs/decisions/metrics-come-with-beats.md.
"""
