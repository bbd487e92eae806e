"""The examples of docs/clients.md run against the service."""

import re

from django.conf import settings

from tests.support.accounts import SECRET
from tests.support.service import PROJECT

PAGE = (PROJECT / "docs" / "clients.md").read_text()


def test_examples_run_one_after_the_other(service):
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 6
    code = "\n".join(blocks).replace("service_user", settings.SERVICE_USER)
    names = {"URL": service.url, "PASSWORD": SECRET}
    exec(code, names)
    names["api"].close()
    assert "Hammer" in names["names"]
