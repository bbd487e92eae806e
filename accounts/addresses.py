"""Which client a request comes from, as far as failures are counted."""

from ipaddress import IPv6Address, ip_address, ip_network
from typing import cast
from urllib.parse import urlsplit

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

# What one subscriber has: RFC 6177, and every larger assignment holds many of them.
IPV6_PREFIX = 64


def client_address(request: HttpRequest | Request) -> str:
    """Return the address of the client; DRF's NUM_PROXIES says how far to trust proxies."""
    return counted_as(BaseThrottle().get_ident(cast(Request, request)) or "")


def counted_as(address: str) -> str:
    """Return what is counted for an address: itself, or the /64 network of an IPv6 address.

    Some proxies append the port, which would make a new client of each connection. A text that
    is no address, as a proxy may send, counts as it stands.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        try:
            parsed = ip_address(urlsplit(f"//{address}").hostname or "")
        except ValueError:
            return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ip_network((int(parsed), IPV6_PREFIX), strict=False))
    return str(parsed)
