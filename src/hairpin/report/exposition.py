"""Metrics as text for Prometheus.  Source: prometheus.io, "Exposition formats", "Metric and label naming" """

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

_LONGEST = 128
"""The greatest number of characters in a label's value."""
Labels = tuple[tuple[str, str], ...]


class Gauge(NamedTuple):
    """A metric and its samples.  ``kind``: a counter only grows while the process lives."""

    name: str
    help: str
    samples: tuple[tuple[Labels, float], ...]
    kind: Literal["gauge", "counter"] = "gauge"


def exposition(gauges: Iterable[Gauge], common: Labels = ()) -> str:
    """Return the text.  If a metric has no samples, the text has neither the metric's HELP nor its TYPE.  ``common``:
    the labels of every sample."""
    lines: list[str] = []
    for gauge in gauges:
        if not gauge.samples:
            continue
        lines += (f"# HELP {gauge.name} {gauge.help}", f"# TYPE {gauge.name} {gauge.kind}")
        lines += (f"{gauge.name}{_labels((*common, *labels))} {_number(value)}" for labels, value in gauge.samples)
    return "".join(f"{each}\n" for each in lines)


def _labels(labels: Labels) -> str:
    return "{" + ",".join(f'{name}="{_label_value(value)}"' for name, value in labels) + "}" if labels else ""


_ESCAPES: Mapping[str, str] = {"\\": r"\\", '"': r"\"", "\n": r"\n"}


def _label_value(value: str) -> str:
    short = value if len(value) <= _LONGEST else f"{value[: _LONGEST - 1]}…"
    text = short.encode("utf-8", "backslashreplace").decode()
    return "".join(_ESCAPES.get(each, each) for each in text)


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:.3f}"
