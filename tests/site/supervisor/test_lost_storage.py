"""A MongoDB whose storage is gone answers `ping`, and is no use."""

import shutil

import pytest

from fastapi_mongo_site.local.embedded_mongo import EmbeddedMongo, answers
from tests.support.ports import free_port
from tests.support.service import Service, wait_for


@pytest.mark.long
def test_health_and_readiness_say_that_the_database_is_gone(tmp_path):
    mongodb = EmbeddedMongo(tmp_path)
    mongodb.start()
    options = {"MONGO_URL": mongodb.client_url, "MANAGEMENT_PORT": str(free_port())}
    try:
        with Service("serve", **options, WORKERS="1") as service:
            service.wait_until_up()
            shutil.rmtree(mongodb.directory / "data")
            wait_for(lambda: not service.is_healthy(), 90)
            assert service.probe("/readyz")[2]["reason"] == "database"
            assert service.probe("/livez")[0] == 200
            assert answers(mongodb.url)
    finally:
        mongodb.stop()
