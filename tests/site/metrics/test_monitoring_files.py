"""The dashboard, the alerts and their page use metrics and labels that exist."""

import asyncio
import json
import re

import promql_parser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from pymongo.errors import AutoReconnect

from fastapi_mongo_site.metrics import instruments
from tests.support.metrics import Asked
from tests.support.service import PROJECT

DASHBOARD = json.loads((PROJECT / "deploy" / "grafana.json").read_text())
ALERTS = [
    rule
    for group in yaml.safe_load((PROJECT / "deploy" / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
OPERATING = (PROJECT / "docs" / "operating.md").read_text()
# What Prometheus adds to each sample.
ADDED = {"instance", "job"}


def expressions():
    """Each expression of the dashboard and the alerts, with its name."""
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"].replace("$__rate_interval", "5m")
    for alert in ALERTS:
        yield alert["alert"], alert["expr"]


EXPRESSIONS = list(expressions())


def parts(expression, kind):
    """The nodes of a kind within an expression."""
    found = []
    promql_parser.walk(expression, lambda node: found.append(node) and None)
    return [node for node in found if isinstance(node, kind)]


@pytest.fixture(scope="module")
def labels():
    """The labels of each sample of the page, by its name."""
    instruments.requests["/", "GET", 200].observe(0.001)
    instruments.observe_operation(0.001, AutoReconnect())
    instruments.observe_write("created", 1)
    with asyncio.Runner() as loop:
        asked = Asked(loop)
        asked.report()
        text = asked.text()
    shown = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            shown.setdefault(sample.name, set()).update(sample.labels)
    return shown


@pytest.mark.parametrize(
    ("name", "text"),
    EXPRESSIONS,
    ids=[f"{number} {name}" for number, (name, _) in enumerate(EXPRESSIONS)],
)
def test_expression_asks_for_metrics_and_labels_that_exist(labels, name, text):
    expression = promql_parser.parse(text)
    selectors = parts(expression, promql_parser.VectorSelector)
    assert selectors
    for selector in selectors:
        assert selector.name in labels
        asked = {matcher.name for matcher in selector.matchers.matchers}
        assert asked <= labels[selector.name] | ADDED
    for aggregate in parts(expression, promql_parser.AggregateExpr):
        within = parts(aggregate.expr, promql_parser.VectorSelector)
        known = set.intersection(*(labels[selector.name] for selector in within))
        if aggregate.modifier:
            assert set(aggregate.modifier.labels) <= known | ADDED


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_alert_has_a_paragraph_that_says_what_to_do(alert):
    (paragraph,) = re.findall(rf"^\*\*{alert['alert']}\*\*(.+?)\n\n", OPERATING, re.M | re.S)
    assert len(paragraph) > 80


def test_every_alert_of_the_page_exists():
    section = OPERATING.partition("\n## Alerts\n")[2].partition("\n## ")[0]
    names = re.findall(r"^\*\*(\w+)\*\*", section, re.M)
    assert names == [alert["alert"] for alert in ALERTS]


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_alert_shows_labels_that_its_expression_has(alert, labels):
    shown = set(re.findall(r"\$labels\.(\w+)", alert["annotations"]["summary"]))
    (*_, outermost), *_ = [parts(promql_parser.parse(alert["expr"]), promql_parser.VectorSelector)]
    assert shown <= labels[outermost.name] | ADDED


def test_every_metric_is_in_the_table_of_the_page(labels):
    section = OPERATING.partition("\n## Metrics\n")[2].partition("\n## ")[0]
    named = set(re.findall(r"^\| `([\w…]+)` ", section, re.M))
    families = {re.sub("_(bucket|count|sum)$", "", name) for name in labels}
    assert named == {name for name in families if not name.startswith("process_")} | {"process_…"}


def test_panels_of_the_dashboard_have_a_title_and_a_place_each():
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in DASHBOARD["panels"])
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    titles = [panel["title"] for panel in DASHBOARD["panels"]]
    assert len(set(titles)) == len(titles)
