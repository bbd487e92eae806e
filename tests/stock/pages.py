"""Reading the stock page as a browser does."""

import html
import re
import uuid

from items.models import Item
from tests.examples import SENT, STORED
from tests.support.database import store

HTMX = {"HX-Request": "true"}


def fill(number, **fields):
    """Store items whose names tell their order."""
    documents = [
        {**SENT, "name": f"n{n:03}", **fields, "_id": str(uuid.uuid4())} for n in range(number)
    ]
    store(documents)
    return documents


def hammer(**fields):
    """Store one item as the original does; return its id."""
    document = {**STORED, **fields}
    Item.objects.mongo_insert_one(document)
    return document["_id"]


def field(response, name):
    """The value of the first field of a name."""
    return html.unescape(re.search(rf'name="{name}" value="([^"]*)"', response.content.decode())[1])


def text(response):
    return html.unescape(response.content.decode())


def names(response):
    """The names in the table, in their order."""
    return re.findall(r'<td class="name"><a [^>]*>([^<]*)</a>', text(response))


def link(response, rel):
    """Where a link of the page leads; None without it."""
    found = re.search(rf'rel="{rel}" href="([^"]*)"', text(response))
    return f"/stock{found[1]}" if found else None


def form(auth_client, path, **fields):
    """Send a form as a browser does without scripts."""
    return auth_client.post(path, fields, format="multipart")


def click(auth_client, path, fields, **headers):
    """Send a form as htmx does."""
    return auth_client.post(path, fields, format="multipart", headers={**HTMX, **headers})
