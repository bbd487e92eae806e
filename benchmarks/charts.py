"""Charts of figures, drawn by pygal into docs/benchmarks/."""

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

import pygal
from pygal.style import Style

from benchmarks.results import RESULTS

STYLE = Style(
    background="white",
    plot_background="white",
    colors=(
        *("#1f6f54", "#e08e2b", "#3b6fb6", "#b0413e", "#7a5195", "#5c6b73"),
        *("#8c8c2b", "#d45087", "#00a3a3", "#a0522d", "#222222"),
    ),
    font_family="sans-serif",
    guide_stroke_color="#dddddd",
    major_guide_stroke_color="#dddddd",
    guide_stroke_dasharray="none",
    major_guide_stroke_dasharray="none",
    value_font_size=11,
    label_font_size=12,
    legend_font_size=12,
    title_font_size=15,
)
LOOK = {"style": STYLE, "js": (), "explicit_size": True, "legend_at_bottom": True, "width": 800}
DECADES = [10.0**power for power in range(-1, 4)]


def bars(file: str, title: str, series: Mapping[str, Mapping[str, float]]) -> None:
    """Draw a bar for each figure, in groups."""
    chart = pygal.HorizontalBar(**LOOK, height=680, title=title, print_values=True, spacing=8)
    chart.formatter = "{:.2f} ×".format
    names = list(next(iter(series.values())))
    # The first from above.
    chart.x_labels = names[::-1]
    for label, figures in series.items():
        chart.add(label, [figures[name] for name in names[::-1]])
    _draw(chart, file)


def lines(
    file: str, title: str, sizes: list[int], series: Mapping[str, list[float | None]]
) -> None:
    """Draw a line for each row of milliseconds, on a logarithmic scale; None is a gap."""
    chart = pygal.Line(**LOOK, height=560, title=title, logarithmic=True, y_labels=DECADES)
    chart.formatter = "{:g} ms".format
    chart.x_labels = [f"{size:,}" for size in sizes]
    for label, figures in series.items():
        chart.add(label, figures)
    _draw(chart, file)


def _draw(chart: Any, file: str) -> None:
    """Write a chart as a still picture, without the script that shows a value under the pointer."""

    def still(svg: Element) -> Element:
        for parent in svg.iter():
            for script in parent.findall("script"):
                parent.remove(script)
        return svg

    chart.add_xml_filter(still)
    chart.render_to_file(str(RESULTS / file))
