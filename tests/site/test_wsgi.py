"""The WSGI application leaves out what Django does with connections around a request."""

import pytest
from django.core.cache import close_caches
from django.core.handlers.base import reset_urlconf
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection, connections, reset_queries

from fastapi_mongo_site import wsgi

CARE = [
    (request_started, reset_queries),
    (request_started, close_old_connections),
    (request_finished, close_old_connections),
    (request_finished, close_caches),
    (request_finished, reset_urlconf),
]


@pytest.fixture
def cared_for(monkeypatch):
    """Tell which parts of Django's care are left with these connections; begins with all of it."""
    before = [(signal, receiver) for signal, receiver in CARE if signal.disconnect(receiver)]

    def left(these):
        monkeypatch.setattr(wsgi.connections, "all", lambda: these)
        wsgi.spare_connections()
        return [(signal, receiver) for signal, receiver in CARE if signal.disconnect(receiver)]

    for signal, receiver in CARE:
        signal.connect(receiver)
    yield left
    for signal, receiver in CARE:
        signal.disconnect(receiver)
    for signal, receiver in before:
        signal.connect(receiver)


def test_connections_of_the_engine_need_no_care(cared_for):
    assert cared_for([connection]) == []


def test_a_database_of_another_kind_has_it_all(cared_for):
    assert cared_for([connection, connections["sqlite"]]) == CARE


def test_with_debug_the_queries_begin_anew_for_each_request(cared_for, settings):
    settings.DEBUG = True
    assert cared_for([connection]) == CARE
