"""The metrics of a service that runs, as a monitor gets them."""

import urllib.request
from collections import Counter

from prometheus_client.parser import text_string_to_metric_families

from tests.support.accounts import AUTHORIZATION
from tests.support.service import Service

Key = tuple[str, frozenset[tuple[str, str]]]


def scrape(service: Service) -> Counter[Key]:
    """Return each sample's value by its name and labels, 0 without one; fail if one comes twice."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{service.management_port}/metrics", headers=AUTHORIZATION
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        text = answer.read().decode()
    samples = [
        ((sample.name, frozenset(sample.labels.items())), sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    ]
    assert len(dict(samples)) == len(samples)
    return Counter(dict(samples))


def key(name: str, **labels: str) -> Key:
    """Return the key of a sample."""
    return name, frozenset(labels.items())
