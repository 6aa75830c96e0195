"""Writes docs/reference/facts.md, the catalogue of dated facts about versions, from its rows.

python -m tools.fact_page [--check]: ``--check`` writes nothing, and exits 1 if the page is not as it would be written.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from hairpin.facts.catalogue import FACTS, REVIEWED
from hairpin.facts.fact import PRODUCTS, Fact, Span

FILE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "facts.md"
_HEAD = (
    "# Known faults of versions\n\n"
    "What some versions of engines, tools, firewalls and kernels do to published ports and to the networks of "
    f"containers:\n{len(FACTS)} facts, last looked through on {REVIEWED}. `hairpin explain PRODUCT VERSION` prints "
    "those of one version. A version\nalone proves nothing: the test of a row shows whether the behaviour is there "
    "([ADR 0056](../adr/0056-a-version-alone-is-likely.md)). The day\nis that of the first source.\n\n"
    "This page is made from the rows in [src/hairpin/facts](../../src/hairpin/facts/__init__.py) by `python -m "
    "tools.fact_page`."
)
_TABLE = ("| versions | what they do | mended by | test | sources |", "| --- | --- | --- | --- | --- |")


def page() -> str:
    """Return the page's text."""
    return "\n\n".join((_HEAD, *_sections())) + "\n"


def _sections() -> Iterator[str]:
    for product in (each.product for each in PRODUCTS):
        rows = [_row(each) for each in FACTS if each.product == product]
        if rows:
            table = [
                "| versions | what they do | mended by | test | sources |",
                "| --- | --- | --- | --- | --- |",
                *rows,
            ]
            yield f"## {product}\n\n" + "\n".join(table)


def _row(fact: Fact) -> str:
    beside = f", beside {fact.beside.product} {_versions(fact.beside)}" if fact.beside is not None else ""
    builds = f", builds with `{'`, `'.join(fact.builds)}`" if fact.builds else ""
    sources = ", ".join(f"[{number}]({each})" for number, each in enumerate(fact.sources, 1))
    cells = (
        f"{_versions(fact.of)}{builds}{beside}",
        str(fact.does),
        str(fact.advice) if fact.way is not None or fact.fixed else "no version that is known",
        f"`{fact.typed_test}`: {fact.shows}".replace("\n", " "),
        f"{fact.day}: {sources}",
    )
    return f"| {' | '.join(each.replace('|', chr(92) + '|') for each in cells)} |"


def _versions(span: Span) -> str:
    if span.first and span.before:
        return f"{span.first} or later, before {span.before}"
    if span.first:
        return f"{span.first} or later"
    return f"before {span.before}" if span.before else "all"


if __name__ == "__main__":
    same = FILE.exists() and FILE.read_text("utf-8") == page()
    if "--check" in sys.argv[1:]:
        if not same:
            print("docs/reference/facts.md: not as tools/fact_page.py writes it")
        sys.exit(0 if same else 1)
    FILE.write_text(page(), encoding="utf-8")
