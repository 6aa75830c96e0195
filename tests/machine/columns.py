"""The cells of a machine's table."""

from collections.abc import Iterable


def share(part: int, whole: int) -> str:
    """Return how many of all, as ``3/4``; nothing of none."""
    return f"{part}/{whole}" if whole else ""


def percent(part: int, whole: int) -> str:
    """Return the share in per cent; nothing of none."""
    return f"{100 * part / whole:.1f} %" if whole else ""


def row(name: str, cells: Iterable[str | int], *, first: int = 28, width: int = 10) -> str:
    """Return a row; a count of 0 is left blank."""
    return f"{name:{first}}" + "".join(f"{each or '':>{width}}" for each in cells)
