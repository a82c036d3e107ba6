"""One look for every chart. Pure: series in, a figure's dict out (for `json_script`).

Colours are not set here: each trace names its tones in `meta`, and static/js/charts.js
paints them from the tokens of the theme in force. Names come from users and plotly reads
a little HTML in them, so they are escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from html import escape
from typing import Any

import plotly.graph_objects as go

from core.ui.tones import Segment

HEIGHT = 240
PALE = 0.55
MANY_SPOTS = 40  # more of them at full size would hide one another
BAR_SHARE = 0.84  # of a bucket's width; the rest is gap
DAY_MS = 86_400_000
#: The hour with its day below it, or the day alone.
TICKS = [
    {"dtickrange": [None, DAY_MS - 1], "value": "%H:%M\n%-d %b"},
    {"dtickrange": [DAY_MS, None], "value": "%-d %b"},
]
Figure = dict[str, Any]


@dataclass(frozen=True)
class Series:
    """One value a bucket; None is a gap.

    hover: what hovering over each says in place of the value. pale: those that say little.
    """

    name: str
    tone: str
    values: Sequence[float | None]
    hover: Sequence[str] = ()
    pale: Sequence[bool] = ()


@dataclass(frozen=True)
class Mark:
    """A moment worth a thin line: a new version, a firing. text: "" for the line alone.

    tone: "" for the colour of words.
    """

    at: datetime
    text: str
    tone: str = ""


@dataclass(frozen=True)
class Spots:
    """Single moments, each at a value, with a shape of their own (a symbol of plotly)."""

    name: str
    tone: str
    symbol: str
    at: Sequence[tuple[datetime, float | None]]


def stacked_bars(
    series: Sequence[Series],
    buckets: Sequence[datetime],
    filling: Sequence[bool],
    zone: tzinfo,
    marks: Sequence[Mark] = (),
    value: str = "%{y:,}",
) -> Figure:
    """Return bars over time in the viewer's zone; buckets that are not over yet are hatched.

    `value` is how plotly writes one on hover.
    """
    figure = go.Figure(layout=_layout(barmode="stack"))
    step_ms = (buckets[1] - buckets[0]) / timedelta(milliseconds=1) if len(buckets) > 1 else None
    x = [_local(bucket, zone) for bucket in buckets]
    for each in series:
        figure.add_bar(
            x=x,
            y=list(each.values),
            width=step_ms and step_ms * BAR_SHARE,
            offset=step_ms
            and step_ms * (1 - BAR_SHARE) / 2,  # from the bucket's start, not around it
            name=escape(each.name),
            meta={"tone": each.tone},
            marker=_marker(each, filling),
            customdata=list(each.hover) or None,
            hovertemplate=f"{_hover(each, value)} %{{fullData.name}}<extra></extra>",
        )
    for mark in marks:
        _draw(figure, mark, zone, is_late=mark.at > buckets[len(buckets) // 2])
    return _plain(figure)


def _marker(series: Series, filling: Sequence[bool]) -> Figure:
    marker: Figure = {"pattern": {"shape": ["/" if open_ else "" for open_ in filling]}}
    if series.pale:
        marker["opacity"] = [PALE if pale else 1 for pale in series.pale]
    return marker


def _hover(series: Series, value: str) -> str:
    return "%{customdata}" if series.hover else value


def lines(
    series: Sequence[Series], buckets: Sequence[datetime], zone: tzinfo, unit: str = ""
) -> Figure:
    """Return lines over time, in which gaps stay gaps; `unit` stands behind values on hover."""
    figure = go.Figure(layout=_layout())
    x = [_local(bucket, zone) for bucket in buckets]
    if len(buckets) > 1:  # as wide as bars over the same buckets, whatever the gaps
        end = _local(buckets[-1] + (buckets[1] - buckets[0]), zone)
        figure.update_layout(xaxis_range=[x[0], end])
    for each in series:
        figure.add_scatter(
            x=x,
            y=list(each.values),
            mode="lines+markers",  # a value between two gaps has no line
            marker={"size": 4},
            connectgaps=False,
            name=escape(each.name),
            meta={"tone": each.tone},
            line={"width": 1.75},
            hovertemplate=f"%{{y:,.4~g}}{escape(unit)} %{{fullData.name}}<extra></extra>",
        )
    return _plain(figure)


def line_with_limit(
    line: Series,
    limit: Series,
    times: Sequence[datetime],
    blank: Sequence[bool],
    spots: Sequence[Spots],
    zone: tzinfo,
    unit: str = "",
) -> Figure:
    """Return a value over time against a limit that may move; `blank` times are shaded.

    `line`, `limit` and `blank` have one entry for each of the `times`. Gaps stay gaps.
    """
    figure = go.Figure(layout=_layout(yaxis2=_SHADE_AXIS))
    seen = [value for value, is_blank in zip(line.values, blank, strict=True) if not is_blank]
    marked = [value for several in spots for _at, value in several.at]
    top = _top([*seen, *marked], limit.values)
    axis = {"overlaying": "y2", "showgrid": True, "tickmode": "auto", "range": [0, top]}
    figure.update_layout(yaxis=axis | {"ticksuffix": unit})  # drawn above the shades
    x = [_local(at, zone) for at in times]
    if any(blank):
        _shade(figure, x, blank)
    for each, dash in ((limit, "dash"), (line, "solid")):
        figure.add_scatter(
            x=x,
            y=list(each.values),
            mode="lines",
            connectgaps=False,
            name=escape(each.name),
            meta={"tone": each.tone},
            line={"width": 1.5 if dash == "dash" else 1.75, "dash": dash},
            hovertemplate=f"%{{y:,.4~g}}{escape(unit)} %{{fullData.name}}<extra></extra>",
        )
    for several in spots:
        figure.add_scatter(
            x=[_local(at, zone) for at, _value in several.at],
            y=[value for _at, value in several.at],
            mode="markers",
            marker={
                "size": 10 if len(several.at) <= MANY_SPOTS else 6,
                "symbol": several.symbol,
                "line": {"width": 1.75},
            },
            name=escape(several.name),
            meta={"tone": several.tone},
            hovertemplate="%{fullData.name}<extra></extra>",
        )
    return _plain(figure)


def _top(values: Sequence[float | None], limits: Sequence[float | None]) -> float:
    """Return the height of the axis: above all values, and all but the few highest limits."""
    low_to_high = sorted(value for value in limits if value is not None)
    usual = low_to_high[int(len(low_to_high) * 0.9)] if low_to_high else 0.0
    return 1.15 * max([usual, *(value for value in values if value is not None)]) or 1.0


#: Shades reach from the bottom to the top, whatever the values are.
_SHADE_AXIS = {"range": [0, 1], "visible": False, "fixedrange": True}


def _shade(figure: go.Figure, x: list[str], blank: Sequence[bool]) -> None:
    figure.add_scatter(
        x=x,
        y=[int(is_blank) for is_blank in blank],
        yaxis="y2",
        mode="lines",
        line={"width": 0, "shape": "hv"},
        fill="tozeroy",
        hoverinfo="skip",
        meta={"tone": "line", "fill": True},
    )


def donut(segments: Sequence[Segment]) -> Figure:
    """Return shares as a ring; their total stands in the middle as the page's own text."""
    kept = [segment for segment in segments if segment.n]
    figure = go.Figure(
        layout=_layout(hovermode="closest", height=160, margin={"t": 4, "b": 4, "l": 4, "r": 4})
    )
    figure.add_pie(
        labels=[escape(segment.name) for segment in kept],
        values=[segment.size for segment in kept],
        customdata=[f"{segment.n:,}" for segment in kept],
        meta={"tones": [segment.tone for segment in kept]},
        hole=0.68,
        sort=False,
        direction="clockwise",
        textinfo="none",
        hovertemplate="%{label}: %{customdata}, %{percent}<extra></extra>",
    )
    return _plain(figure)


def _layout(**more: Any) -> Figure:
    look = {
        "template": "none",
        "height": HEIGHT,
        "margin": {"t": 8, "b": 40, "l": 40, "r": 8},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "hovermode": "x unified",
        "dragmode": False,
        "font": {"size": 12},
        "xaxis": {
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
            "nticks": 8,
            "tickformatstops": TICKS,
            "hoverformat": "%-d %b, %H:%M",
        },
        "yaxis": {
            "rangemode": "tozero",
            "automargin": True,  # else long numbers lose their first digits
            "zeroline": False,
            "fixedrange": True,
            "nticks": 5,
            "separatethousands": True,
        },
    }
    return {**look, **more}


def _draw(figure: go.Figure, mark: Mark, zone: tzinfo, is_late: bool) -> None:
    """Draw a mark; the text of a late one stands before its line, where there is room."""
    at = _local(mark.at, zone)
    figure.add_shape(
        type="line",
        xref="x",
        yref="paper",
        x0=at,
        x1=at,
        y0=0,
        y1=1,
        line={"width": 1, "dash": "dot"},
        name=mark.tone or None,
    )
    if not mark.text:
        return
    figure.add_annotation(
        x=at,
        y=1,
        yref="paper",
        text=escape(mark.text),
        showarrow=False,
        xanchor="right" if is_late else "left",
        yanchor="top",
    )


def _local(moment: datetime, zone: tzinfo) -> str:
    """Return the viewer's wall clock, since plotly's time axes know no zones."""
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def _plain(figure: go.Figure) -> Figure:
    plain: Figure = figure.to_dict()
    plain["layout"].pop("template", None)
    return plain
