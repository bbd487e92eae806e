"""A read in one command gives what pymongo's cursor gives, and is retried once."""

from urllib.parse import urlsplit

import pymongo
import pytest
from bson.codec_options import CodecOptions
from pymongo import ReadPreference, monitoring
from pymongo.errors import AutoReconnect, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern

from djongo_engine.reads import count, find_documents
from tests.support.proxy import proxy_before


class Sent(monitoring.CommandListener):
    """Keeps the commands that were sent."""

    def __init__(self):
        self.commands = []

    def started(self, event):
        self.commands.append(event.command)

    def succeeded(self, event): ...

    def failed(self, event): ...


@pytest.fixture
def proxy(mongodb):
    with proxy_before(urlsplit(mongodb.url).port) as proxy:
        yield proxy


@pytest.fixture
def sent():
    return Sent()


@pytest.fixture
def connect(proxy, sent):
    """Return a collection of three documents behind the proxy, by a client with these options."""
    clients = []

    def connect(**options):
        url = f"mongodb://127.0.0.1:{proxy.port}/?directConnection=true&heartbeatFrequencyMS=500"
        clients.append(pymongo.MongoClient(url, event_listeners=[sent], **options))
        collection = clients[-1]["test_reads"]["reads"]
        collection.insert_many([{"_id": number, "x": "y" * 2**10} for number in range(3)])
        sent.commands.clear()
        return collection

    yield connect
    proxy.heal()
    clients[-1].drop_database("test_reads")
    [client.close() for client in clients]


def error(code):
    return {"ok": 0, "code": code, "errmsg": "not now"}


def ids(documents):
    return [document["_id"] for document in documents]


def test_it_gives_what_a_cursor_gives(connect):
    collection = connect()
    documents = find_documents(collection, {"_id": {"$gt": 0}}, {"x": 1}, 5, sort={"_id": -1})
    assert documents == list(collection.find({"_id": {"$gt": 0}}, {"x": 1}, sort=[("_id", -1)]))


def test_a_batch_is_larger_than_the_limit(connect, sent):
    """MongoDB leaves a cursor open whose batch ends at the limit: it would have to be closed."""
    find_documents(connect(), {}, {}, 1)
    (command,) = sent.commands
    assert (command["limit"], command["batchSize"]) == (1, 2)


def test_what_one_reply_does_not_hold_is_read_on(connect):
    collection = connect()
    assert ids(find_documents(collection, {}, {"_id": 1}, 3, batchSize=1)) == [0, 1, 2]


@pytest.mark.parametrize("cuts", [0, 1])
def test_a_connection_that_is_cut_once_is_no_error(connect, proxy, cuts):
    collection = connect()
    proxy.fail("cut", cuts)
    assert ids(find_documents(collection, {}, {"_id": 1}, 3)) == [0, 1, 2]
    assert [name for name, _ in proxy.asked] == ["find"] * (cuts + 1)


READS = {
    "find_documents": lambda collection: find_documents(collection, {}, {}, 1),
    "count": lambda collection: count(collection, {}),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
@pytest.mark.parametrize("fault", ["cut", error(89), error(91)], ids=str)
def test_it_is_sent_twice_at_most_within_a_time_limit_too(connect, proxy, read, fault):
    collection = connect()
    proxy.fail(fault)
    with pytest.raises(PyMongoError), pymongo.timeout(20):
        read(collection)
    assert len(proxy.asked) == 2


def test_retry_reads_off_is_kept(connect, proxy):
    collection = connect(retryReads=False)
    proxy.fail("cut", 1)
    with pytest.raises(AutoReconnect):
        find_documents(collection, {}, {}, 1)


@pytest.mark.parametrize("code", [2, 11000])
def test_other_errors_are_not_retried(connect, proxy, code):
    collection = connect()
    proxy.fail(error(code))
    with pytest.raises(OperationFailure):
        find_documents(collection, {}, {}, 1)
    assert len(proxy.asked) == 1


def test_count_of_nothing_is_0(connect):
    collection = connect()
    assert (count(collection, {}), count(collection, {"_id": 9})) == (3, 0)


def test_the_options_of_the_collection_are_kept(connect, sent):
    collection = connect().with_options(
        CodecOptions(document_class=dict, tz_aware=True),
        ReadPreference.SECONDARY_PREFERRED,
        read_concern=ReadConcern("local"),
    )
    find_documents(collection, {}, {}, 1)
    collection.find_one({}, {})
    ours, cursors = sent.commands
    keep = ("readConcern", "$readPreference")
    assert [ours.get(name) for name in keep] == [cursors.get(name) for name in keep]
