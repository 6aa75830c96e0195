"""Keeps the catalogues of translated messages: which templates there are, which lack a translation, the compiled form.

    python tools/messages.py            bring every .po up to date with the source, compile every .mo
    python tools/messages.py --missing  list the templates without a translation; exit 1 when there are any
    python tools/messages.py --check    as --missing, and exit 1 when a .mo is not its .po compiled

A template is the first argument of ``message("…")``, wherever it stands below src/hairpin.
"""

import ast
import io
import string
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "hairpin"
CATALOGUES = SOURCE / "report" / "locale"
HEADER = "# Messages of hairpin.  Templates come from the source (tools/messages.py), translations from people."


def templates() -> dict[str, list[tuple[str, int]]]:
    """Return every template with the places where it is said, in the order of files and lines."""
    found: dict[str, list[tuple[str, int]]] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        for template, line in _in_file(path):
            found.setdefault(template, []).append((path.relative_to(SOURCE).as_posix(), line))
    return found


def _in_file(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "message" and node.args:
            yield from _texts(node.args[0])


def _texts(node: ast.expr) -> Iterator[tuple[str, int]]:
    """Yield the literal, or both of ``"a" if x else "b"``."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value, node.lineno
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)


def places(template: str) -> frozenset[str]:
    """Return the names of the template's ``{places}``."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(template) if name)


def translatable(template: str) -> bool:
    """Return whether there are words in it at all, beside its places."""
    return any(character.isalpha() for text, *_ in string.Formatter().parse(template) for character in text)


def read(path: Path) -> dict[str, str]:
    """Return the translations in a .po file."""
    with path.open("rb") as stream:
        catalogue = read_po(stream)
    return {str(each.id): str(each.string) for each in catalogue if each.id and each.string}


def updated(language: str, translations: dict[str, str]) -> Catalog:
    """Return the catalogue of today's templates with the translations that are known."""
    catalogue = Catalog(locale=language, header_comment=HEADER, fuzzy=False, charset="utf-8")
    for template, said in templates().items():
        if translatable(template):
            files = sorted({(file, 0) for file, _ in said})
            catalogue.add(template, translations.get(template, ""), locations=files)
    return catalogue


def po_bytes(catalogue: Catalog) -> bytes:
    """Return the text form: without dates and line numbers, so that it changes only when messages do."""
    stream = io.BytesIO()
    write_po(stream, catalogue, width=110, omit_header=True, include_lineno=False)
    header = f'{HEADER}\nmsgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Language: '
    return f'{header}{catalogue.locale_identifier}\\n"\n\n'.encode() + stream.getvalue()


def mo_bytes(po: bytes) -> bytes:
    """Return the compiled form of a .po file's text."""
    catalogue = read_po(io.BytesIO(po))
    catalogue.creation_date = datetime(2026, 1, 1, tzinfo=UTC)  # the same text compiles to the same bytes, any day
    stream = io.BytesIO()
    write_mo(stream, catalogue)
    return stream.getvalue()


def missing(language: str, translations: dict[str, str]) -> Iterator[str]:
    """Yield a line for each template without a translation, or with one whose places differ."""
    for template, said in templates().items():
        translation = translations.get(template, "")
        if translatable(template) and not translation:
            yield f"{said[0][0]}:{said[0][1]}: {language}: not translated: {template}"
        elif translation and places(translation) != places(template):
            yield f"{said[0][0]}:{said[0][1]}: {language}: other places than in: {template}"


def main(arguments: list[str]) -> int:
    """Do what the arguments say; return the exit status."""
    findings: list[str] = []
    for po in sorted(CATALOGUES.glob("*/LC_MESSAGES/hairpin.po")):
        language = po.parent.parent.name
        translations = read(po)
        findings += missing(language, translations)
        text = po_bytes(updated(language, translations))
        compiled = mo_bytes(text)
        mo = po.with_suffix(".mo")
        if "--check" in arguments:
            if not mo.exists() or mo.read_bytes() != mo_bytes(po.read_bytes()):
                findings.append(f"{po.relative_to(ROOT)}: not up to date; run python tools/messages.py")
        elif "--missing" not in arguments:
            po.write_bytes(text)
            mo.write_bytes(compiled)
    for finding in findings:
        print(finding)
    return 1 if findings and arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
