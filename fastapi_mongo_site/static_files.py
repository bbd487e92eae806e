"""Which static files the service has."""

from collections.abc import Iterable
from typing import Any

from django.contrib.staticfiles.finders import AppDirectoriesFinder


class Finder(AppDirectoriesFinder):
    """Finds the static files of the apps, without the source maps, which only debuggers ask for.

    They are the largest by far, and an answer is in memory until its client has read it.
    """

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[Any]:
        """Yield each path with its storage."""
        return super().list([*(ignore_patterns or ()), "*.map"])
