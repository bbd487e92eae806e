"""How the stock page shows what is stored."""

from typing import Any

from django import template

register = template.Library()


@register.filter
def amount(value: Any) -> str:
    """Return an amount of money with two decimals, or as many as it has; a dash for no number."""
    if not isinstance(value, (int, float)):
        return "–"
    return f"{value:,.2f}" if round(value, 2) == value else f"{value:,}"


@register.filter
def value(values: Any, name: str) -> Any:
    """Return what a mapping has by a name; "" for nothing."""
    found = values.get(name)
    return "" if found is None else found
