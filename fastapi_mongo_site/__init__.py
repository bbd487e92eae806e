"""The Django project: settings, URLs, API documentation and the service's commands."""

__version__ = "1.0.0"
