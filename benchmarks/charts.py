"""Charts of figures, drawn by pygal into docs/benchmarks/."""

from collections.abc import Mapping

import pygal
from pygal.style import Style

from benchmarks.results import RESULTS

STYLE = Style(
    background="white",
    plot_background="white",
    colors=("#1f6f54", "#e08e2b", "#3b6fb6", "#b0413e", "#7a5195", "#5c6b73", "#8c8c2b"),
    font_family="sans-serif",
    value_font_size=11,
    label_font_size=12,
    legend_font_size=12,
    title_font_size=15,
)
# Still pictures: no script, no reference to another host.
STILL = {"style": STYLE, "js": (), "explicit_size": True, "legend_at_bottom": True}


def bars(file: str, title: str, series: Mapping[str, Mapping[str, float]]) -> None:
    """Draw a bar for each figure, in groups."""
    chart = pygal.HorizontalBar(
        **STILL, width=800, height=620, title=title, print_values=True, x_title="", spacing=8
    )
    chart.formatter = "{:.2f} ×".format
    names = list(next(iter(series.values())))
    # The first from above.
    chart.x_labels = names[::-1]
    for label, figures in series.items():
        chart.add(label, [figures[name] for name in names[::-1]])
    chart.render_to_file(str(RESULTS / file))


def lines(
    file: str, title: str, sizes: list[int], series: Mapping[str, list[float | None]]
) -> None:
    """Draw a line for each row of milliseconds, on a logarithmic scale; None is a gap."""
    chart = pygal.Line(**STILL, width=800, height=480, title=title, logarithmic=True)
    chart.x_labels = [f"{size:,}" for size in sizes]
    for label, figures in series.items():
        chart.add(label, figures)
    chart.render_to_file(str(RESULTS / file))
