"""Writes src/hairpin/causes/reasons.py from what the causes declare: python -m tools.cause_reasons."""

from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap
from typing import get_args

from hairpin.causes.cause import Cause
from hairpin.causes.registry import all_causes, folders
from hairpin.walk.state import Reason

FILE = Path(__file__).resolve().parent.parent / "src" / "hairpin" / "causes" / "reasons.py"
_REASONS: tuple[Reason, ...] = get_args(Reason)
_HEAD = '''"""At which stops each cause is asked: a check loads the files of these causes only.

``general``: at every stop; ``any``: for every reason; nothing: at none, but in the last round.  Written by
``python -m tools.cause_reasons`` from the causes' own declarations, which decide: a cause without a row is always
loaded, and tests/causes/test_registry.py holds that each row is what its cause declares.
"""

ASKED_AT: dict[str, str] = {
'''
_WIDTH = 120


def table() -> str:
    """Return the text of the file."""
    rows = (line for each in all_causes() if each.id in folders() for line in _row(each))
    return "".join((_HEAD, *(f"{line}\n" for line in rows), "}\n"))


def asked_at(cause: Cause) -> str:
    """Return the cause's row."""
    reasons = (
        ("any",) if cause.reasons.issuperset(_REASONS) else tuple(each for each in _REASONS if each in cause.reasons)
    )
    return " ".join(("general", *reasons) if cause.general else reasons)


def _row(cause: Cause) -> Iterator[str]:
    asked = asked_at(cause)
    line = f'    "{cause.id}": "{asked}",'
    if len(line) <= _WIDTH:
        yield line
        return
    yield f'    "{cause.id}": ('
    *most, last = wrap(asked, _WIDTH - 11, break_on_hyphens=False)
    yield from (f'        "{each} "' for each in most)
    yield f'        "{last}"'
    yield "    ),"


if __name__ == "__main__":
    FILE.write_text(table(), encoding="utf-8")
