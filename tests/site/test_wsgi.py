"""The WSGI application leaves out of Django's work around a request what it has no use for."""

import pytest
from django.core.cache import close_caches
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection, connections, reset_queries

from fastapi_mongo_site import wsgi

CARE = [
    (request_started, reset_queries),
    (request_started, close_old_connections),
    (request_finished, close_old_connections),
]


@pytest.fixture
def cared_for(monkeypatch):
    """Tell which parts of Django's care are left with these connections; begins with all of it."""
    receivers = [*CARE, (request_finished, close_caches)]
    before = [(signal, receiver) for signal, receiver in receivers if signal.disconnect(receiver)]

    def left(these):
        monkeypatch.setattr(wsgi.connections, "all", lambda: these)
        wsgi.spare_connections()
        return [(signal, receiver) for signal, receiver in CARE if signal.disconnect(receiver)]

    for signal, receiver in receivers:
        signal.connect(receiver)
    yield left
    for signal, receiver in receivers:
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


@pytest.mark.parametrize("backend", ["locmem.LocMemCache", "filebased.FileBasedCache"])
def test_a_cache_that_is_configured_is_closed(cared_for, settings, backend):
    configured = {"default": {"BACKEND": f"django.core.cache.backends.{backend}"}}
    is_default = configured == settings.CACHES
    settings.CACHES = configured
    cared_for([connection])
    assert request_finished.disconnect(close_caches) is not is_default
