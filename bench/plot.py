"""A plot of curves as SVG.  Both axes are logarithmic, since the values span five orders of magnitude."""

from collections.abc import Iterator
from html import escape
from math import ceil, floor, log10

import msgspec

_WIDTH, _HEIGHT = 420, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 12, 30, 44
_COLOURS = ("#1f6fb4", "#c4501b", "#2c8a3d", "#7d4aa8")


class Curve(msgspec.Struct, frozen=True):
    """One line: its name, and its points (both coordinates above zero)."""

    name: str
    points: tuple[tuple[float, float], ...]


class Panel(msgspec.Struct, frozen=True):
    """One pair of axes with its curves."""

    title: str
    across: str
    up: str
    curves: tuple[Curve, ...]


def svg(panels: tuple[Panel, ...]) -> str:
    """Return the panels side by side as one document."""
    size = f'width="{_WIDTH * len(panels)}" height="{_HEIGHT}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="11">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for number, panel in enumerate(panels):
        parts += [f'<g transform="translate({_WIDTH * number} 0)">', *_panel(panel), "</g>"]
    return "\n".join((*parts, "</svg>", ""))


class _Axis(msgspec.Struct, frozen=True):
    """Powers of ten from ``first`` to ``last`` on the pixels from ``start`` to ``end``."""

    first: int
    last: int
    start: float
    end: float

    def at(self, value: float) -> float:
        """Return the pixel of a value."""
        return self.start + (log10(value) - self.first) / (self.last - self.first) * (self.end - self.start)


def _axis(values: list[float], start: float, end: float) -> _Axis:
    first = floor(log10(min(values)))
    return _Axis(first, max(ceil(log10(max(values))), first + 1), start, end)


def _panel(panel: Panel) -> Iterator[str]:
    across = _axis([x for curve in panel.curves for x, _ in curve.points], _LEFT, _WIDTH - _RIGHT)
    up = _axis([y for curve in panel.curves for _, y in curve.points], _HEIGHT - _BOTTOM, _TOP)
    yield f'<text x="{_LEFT}" y="16" font-weight="bold">{escape(panel.title)}</text>'
    for power in range(across.first, across.last + 1):
        x = across.at(10.0**power)
        yield f'<line x1="{x:.1f}" y1="{up.start}" x2="{x:.1f}" y2="{up.end}" stroke="#ddd"/>'
        yield f'<text x="{x:.1f}" y="{up.start + 14:.1f}" text-anchor="middle">{_number(power)}</text>'
    for power in range(up.first, up.last + 1):
        y = up.at(10.0**power)
        yield f'<line x1="{across.start}" y1="{y:.1f}" x2="{across.end}" y2="{y:.1f}" stroke="#ddd"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{_number(power)}</text>'
    x, middle = (across.start + across.end) / 2, (up.start + up.end) / 2
    yield f'<text x="{x}" y="{_HEIGHT - 12}" text-anchor="middle">{escape(panel.across)}</text>'
    yield f'<text transform="translate(13 {middle}) rotate(-90)" text-anchor="middle">{escape(panel.up)}</text>'
    for number, curve in enumerate(panel.curves):
        yield from _curve(curve, across, up, _COLOURS[number % len(_COLOURS)], number)


def _curve(curve: Curve, across: _Axis, up: _Axis, colour: str, number: int) -> Iterator[str]:
    places = [(across.at(x), up.at(y)) for x, y in curve.points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    yield f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.8"/>'
    yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>' for x, y in places)
    y = _TOP + 14 + 14 * number
    yield f'<text x="{_LEFT + 8}" y="{y}" fill="{colour}">{escape(curve.name)}</text>'


def _number(power: int) -> str:
    """Return ``10``, ``1,000``, ``0.01``."""
    return f"{10**power:,}" if power >= 0 else f"{10.0**power:.{-power}f}"
