"""Writes the table of docs/without-root.md: who may read what each cause rests on.

python -m tools.without_root [--check]: ``--check`` writes nothing, and exits 1 if the table is not as it would be
written.
"""

import sys
from pathlib import Path

from hairpin.causes.cause import Reader
from hairpin.causes.registry import all_causes, folders

PAGE = Path(__file__).resolve().parent.parent / "docs" / "without-root.md"
FOLDERS = ("container", "engine", "service")
"""The folders whose causes the table lists, all of them.  Of the other folders it lists those that need no root."""
BEGIN, END = "<!-- table: python -m tools.without_root -->\n", "<!-- end of the table -->\n"
_SAID: dict[Reader, str] = {"everybody": "everybody", "engine": "group `docker`", "root": "root alone"}


def table() -> str:
    """Return the table in Markdown, by folder and then by the cause's id."""
    rows = [
        (folders()[each.id], each.id, _SAID[each.shown_to])
        for each in all_causes()
        if each.id in folders() and (folders()[each.id] in FOLDERS or each.shown_to != "root")
    ]
    lines = (f"| {folder} | [{id_}](causes/{id_}.md) | {reader} |" for folder, id_, reader in sorted(rows))
    return "\n".join(("| folder | cause | named for |", "| --- | --- | --- |", *lines, ""))


def written(page: str) -> str:
    """Return the page with the present table."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    now = PAGE.read_text("utf-8")
    if written(now) == now:
        sys.exit(0)
    if "--check" in sys.argv[1:]:
        sys.exit("docs/without-root.md: its table is not as `python -m tools.without_root` writes it")
    PAGE.write_text(written(now), encoding="utf-8")
