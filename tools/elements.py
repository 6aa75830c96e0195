"""Writes docs/reference/elements.md from the table in the code, and from the figures of the hunts on several kernels.

python tools/elements.py
"""

from pathlib import Path

import msgspec

from tools.element_table import page

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "elements.md"
JUDGED = ROOT / "tests" / "fidelity" / "kernels" / "judged.json"


class _Hunt(msgspec.Struct, frozen=True):
    judged: tuple[str, ...]


class _Figures(msgspec.Struct, frozen=True):
    release: str
    hunt: _Hunt | None = None


def judged() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return each kernel (``6.1``) with ``TOOL ELEMENT`` of the rows that it has judged, older kernels first."""
    found = msgspec.json.decode(JUDGED.read_bytes(), type=tuple[_Figures, ...])
    kernels = [(each.release.split(".")[:2], each.hunt.judged) for each in found if each.hunt is not None]
    return tuple((".".join(version), rows) for version, rows in sorted(kernels, key=lambda each: _order(each[0])))


def _order(version: list[str]) -> tuple[int, ...]:
    return tuple(int(part) for part in version)


def write() -> None:
    """Write the page."""
    PAGE.write_text(page(judged()), "utf-8")


if __name__ == "__main__":
    write()
