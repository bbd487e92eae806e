"""The limits that a client of the items API meets."""

from decimal import Decimal

ID_VERSIONS = (4, 7)
"""Of the UUIDs that a client may give a new item; those made here are version 4."""
MAX_NAME_CHARACTERS = 100
MAX_COUNT = 2**31 - 1
PRICE_LIMIT_EURO = 10**9
"""A price is below this."""
PRICE_STEP_EURO = Decimal("0.0001")

DEFAULT_PAGE_ITEMS = 100
MAX_PAGE_ITEMS = 1000
MAX_SELECTION_ITEMS = 10_000
MAX_BULK_ROWS = 1000

MAX_KEY_CHARACTERS = 255
MAX_KEYS_PER_ITEM = 1000
KEY_LIFETIME_MS = 24 * 60 * 60 * 1000
CROWDED_KEY_LIFETIME_MS = 60 * 60 * 1000
"""Of the keys of an item that keeps MAX_KEYS_PER_ITEM, and is to keep another."""
