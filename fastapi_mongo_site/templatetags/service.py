"""`{% load service %}`: what every page says of the service."""

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def service_name() -> str:
    """Return the service's name. A page of an error has it too, where no view gives a context."""
    name: str = settings.NAME
    return name
