"""Deleting on the stock page, and having it back."""

from items.models import Item
from stock import undo
from tests.examples import ID
from tests.stock.pages import click, field, form, hammer, text

DELETE = f"/stock/{ID}/delete"


def deleted(auth_client):
    """Delete the item; return the text that restores it."""
    return field(form(auth_client, DELETE), "text")


def test_a_deletion_asks_first(auth_client):
    hammer()
    assert "Delete Hammer?" in text(auth_client.get(DELETE))
    assert Item.objects.read(ID)


def test_an_item_comes_back_with_all_that_it_had(auth_client):
    hammer(colour="red")
    Item.objects.adjust_once(ID, 1, "key")
    before = Item.objects.collection.find_one({"_id": ID})
    restoring = deleted(auth_client)
    assert Item.objects.collection.find_one({"_id": ID}) is None
    assert form(auth_client, "/stock/undo", text=restoring).status_code == 303
    assert Item.objects.collection.find_one({"_id": ID}) == before


def test_htmx_gets_the_row_back(auth_client):
    hammer()
    restoring = field(click(auth_client, DELETE, {}), "text")
    answer = click(auth_client, "/stock/undo", {"text": restoring})
    assert f'<tr id="item-{ID}">' in text(answer)


def test_nothing_comes_back_twice(auth_client):
    hammer()
    restoring = deleted(auth_client)
    form(auth_client, "/stock/undo", text=restoring)
    answer = form(auth_client, "/stock/undo", text=restoring)
    assert answer.status_code == 409
    assert "there already" in text(answer)


def test_it_is_too_late_after_the_time_and_for_a_made_up_text(auth_client, monkeypatch):
    hammer()
    restoring = deleted(auth_client)
    assert form(auth_client, "/stock/undo", text=restoring + "x").status_code == 409
    monkeypatch.setattr(undo, "GRACE_SECONDS", -undo.SECONDS)
    assert "too late" in text(form(auth_client, "/stock/undo", text=restoring))


def test_what_is_gone_cannot_be_deleted(auth_client):
    assert form(auth_client, DELETE).status_code == 404
