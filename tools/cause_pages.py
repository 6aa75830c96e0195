"""Writes the pages of the causes, docs/causes/*.md, from the docstrings of their modules.

python tools/cause_pages.py [--check]: ``--check`` writes nothing, names each page that is not as it would be written,
and exits 1.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from hairpin.causes.registry import folders
from hairpin.report.pages import index_markdown, page, page_ids, page_markdown
from hairpin.report.words import Words

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "causes"


def pages() -> dict[str, str]:
    """Return the text of each file by its name."""
    shown = [(folders()[each], page(each, Words())) for each in page_ids()]
    texts = {f"{each.id}.md": page_markdown(each) for _, each in shown}
    return {"README.md": index_markdown(tuple(sorted(shown, key=lambda each: (each[0], each[1].id)))), **texts}


def stale(folder: Path) -> Iterator[str]:
    """Yield the name of each file that is missing, differs, or is of no cause."""
    wanted = pages()
    for name in sorted({*wanted, *(path.name for path in folder.glob("*.md"))}):
        path = folder / name
        if name not in wanted or not path.exists() or path.read_text("utf-8") != wanted[name]:
            yield name


if __name__ == "__main__":
    found = list(stale(FOLDER))
    if "--check" in sys.argv[1:]:
        for name in found:
            print(f"docs/causes/{name}: not as tools/cause_pages.py writes it")
        sys.exit(1 if found else 0)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in found:
        (FOLDER / name).unlink(missing_ok=True)
        if name in pages():
            (FOLDER / name).write_text(pages()[name], encoding="utf-8")
