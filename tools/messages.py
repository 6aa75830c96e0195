"""Keeps the catalogues of translated texts: which texts there are, which lack a translation, the compiled form.

    python tools/messages.py            bring every .po up to date with the source, compile every .mo
    python tools/messages.py --missing  list the texts without a translation; exit 1 when there are any
    python tools/messages.py --check    as --missing, and exit 1 for a .mo that is not its .po, or a raw sentence

Each language has two catalogues.  ``hairpin.po`` has the templates: a template is the first argument of
``message("…")``, wherever it stands below src/hairpin, or a sentence of a row in src/hairpin/words.  ``causes.po`` has
the texts of the causes' pages, as ``report/pages.py`` makes them of docstrings.

A sentence for people is typed ``Message``, so that the type checkers refuse a plain string.  This tool refuses what
types cannot see: a template that is no literal, and an English sentence as the value of a message, as ``verbatim``
words, as the text of an error that becomes one of hairpin's, as a renderer's reason, or written on paper.
"""

import ast
import io
import re
import string
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from hairpin.causes.registry import folders
from hairpin.report.pages import page_ids, page_texts
from hairpin.report.words import DOMAIN, PAGES
from hairpin.words.rows import SENTENCES, rows_in

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "hairpin"
CATALOGUES = SOURCE / "report" / "locale"


def templates() -> dict[str, list[tuple[str, int]]]:
    """Return every template that has words, with the places where it is said, in the order of files and lines."""
    found: dict[str, list[tuple[str, int]]] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        for template, line in _in_file(path):
            if translatable(template):
                found.setdefault(template, []).append((path.relative_to(SOURCE).as_posix(), line))
    for path in sorted(SOURCE.rglob("*.words")):
        for template, line in _in_rows(path):
            found.setdefault(template, []).append((path.relative_to(SOURCE).as_posix(), line))
    return found


def _in_rows(path: Path) -> Iterator[tuple[str, int]]:
    """Yield the sentences in a file of rows."""
    for row in rows_in(path.read_text(encoding="utf-8")):
        said = (each for each in row.fields if each.key in SENTENCES)
        yield from ((each.value, each.line) for each in said if translatable(each.value))


def _in_file(path: Path) -> Iterator[tuple[str, int]]:
    for node in calls(path):
        if isinstance(node.func, ast.Name) and node.func.id == "message" and node.args:
            yield from _texts(node.args[0])


@cache
def calls(path: Path) -> tuple[ast.Call, ...]:
    """Return the calls in a file; each file is parsed once."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return tuple(node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _texts(node: ast.expr) -> Iterator[tuple[str, int]]:
    """Yield the literal, or both of ``"a" if x else "b"``."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value, node.lineno
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)


WORDS = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")
"""Two words side by side: sentences have them; names, options and forms (``eth0``, ``dev {}``, ``-p 80``) do not."""
ON_PAPER = ("prose", "line", "cut")
"""Methods of report/paper.py."""
ERRORS = frozenset(
    node.name
    for node in ast.parse((SOURCE / "errors.py").read_text(encoding="utf-8")).body
    if isinstance(node, ast.ClassDef)
)
CAUGHT = frozenset({"ValueError", "KeyError", "IndexError"})
"""Errors of Python whose text becomes the reason of one of hairpin's errors: ``reason_of`` in errors.py."""
REFUSES = "refuse"
"""The function that makes a renderer's error about a rule that it cannot write."""
ACTS = ("Done",)
"""The result of an act of the bare runner: its complaint reaches users through the replica."""
MAKES_MESSAGES = ("message.py", "errors.py")


def raw() -> Iterator[str]:
    """Yield a line for each sentence that cannot be translated."""
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).as_posix()
        for node in calls(path):
            yield from (f"{name}:{node.lineno}: {found}" for found in raw_in(node, name))


def raw_in(call: ast.Call, file: str) -> Iterator[str]:
    """Yield the raw sentences in one call of a file below src/hairpin."""
    match call.func:
        case ast.Name(id="message"):
            if not any(_texts(call.args[0])):
                yield "the template of a message is no literal"
            yield from (f"a message's value is a raw sentence: {text}" for text in _sentences(call.keywords))
        case ast.Name(id="Message") if file not in MAKES_MESSAGES:
            yield "a message that message() or verbatim() has not made"
        case ast.Name(id="verbatim") | ast.Attribute(attr="verbatim"):
            yield from (f"verbatim words are a raw sentence: {text}" for text in _sentences(call.args))
        case ast.Name(id=name) if name in ERRORS | CAUGHT:
            if any(_is_made_text(argument) for argument in call.args[:1]):
                yield "an error's text is made with str(): hand on the message (said), or reason_of(error)"
            yield from (f"an error's text is a raw sentence: {text}" for text in _sentences(call.args))
        case ast.Name(id=name) if name in ACTS and file.startswith("carry/"):
            yield from (f"a complaint is a raw sentence: {text}" for text in _sentences((*call.args, *call.keywords)))
        case ast.Name(id=name) if name == REFUSES:
            yield from (f"what cannot be written is a raw sentence: {text}" for text in _sentences(call.args))
        case ast.Attribute(attr=name) if name in ON_PAPER and file.startswith("report/"):
            yield from (f"a raw sentence on paper: {text}" for text in _sentences((*call.args, *call.keywords)))
        case _:
            pass


def _is_made_text(argument: ast.expr) -> bool:
    """Return whether the argument is ``str(…)``: the English of another error, or Python's own words."""
    return isinstance(argument, ast.Call) and isinstance(argument.func, ast.Name) and argument.func.id == "str"


def _sentences(nodes: Iterable[ast.expr | ast.keyword]) -> Iterator[str]:
    """Yield the literals with words side by side among these expressions; arguments of calls in them are left out."""
    for node in nodes:
        value = node.value if isinstance(node, ast.keyword | ast.Starred) else node
        match value:
            case ast.Constant(value=str(text)):
                yield from (text,) if WORDS.search(text) else ()
            case ast.JoinedStr(values=values):
                text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in values)
                yield from (text,) if WORDS.search(text) else ()
            case ast.IfExp(body=body, orelse=orelse):
                yield from _sentences((body, orelse))
            case ast.Tuple(elts=elements):
                yield from _sentences(elements)
            case ast.BinOp(left=left, right=right) | ast.BoolOp(values=[left, right]):
                yield from _sentences((left, right))
            case _:
                pass


def places(template: str) -> frozenset[str]:
    """Return the names of the template's ``{places}``."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(template) if name)


def translatable(template: str) -> bool:
    """Return whether the template has words beside its places."""
    return any(character.isalpha() for text, *_ in string.Formatter().parse(template) for character in text)


def texts_of_pages() -> dict[str, list[tuple[str, int]]]:
    """Return every text of the causes' pages with the files of the causes: a docstring is on the first line."""
    found: dict[str, list[tuple[str, int]]] = {}
    for id_ in page_ids():
        for text in page_texts(id_):
            found.setdefault(text, []).append((f"causes/{folders()[id_]}/{id_.replace('-', '_')}.py", 1))
    return found


def quoted(text: str) -> frozenset[str]:
    """Return what stands in backticks: commands, files and the kernel's words, which no language translates."""
    return frozenset(re.findall(r"`[^`]*`", text))


class Domain(NamedTuple):
    """A kind of text with a catalogue of its own in each language, and what a translation keeps of each text."""

    header: str
    texts: Callable[[], dict[str, list[tuple[str, int]]]]
    kept: Callable[[str], frozenset[str]]
    kept_name: str


DOMAINS = {
    DOMAIN: Domain(
        "# Messages of hairpin.  Templates come from the source (tools/messages.py), translations from people.",
        templates,
        places,
        "places",
    ),
    PAGES: Domain(
        "# Pages of the causes.  Texts come from docstrings (tools/messages.py), translations from people.",
        texts_of_pages,
        quoted,
        "backticks",
    ),
}


def read(path: Path) -> dict[str, str]:
    """Return the translations in a .po file; none if it is not there yet."""
    if not path.exists():
        return {}
    with path.open("rb") as stream:
        catalogue = read_po(stream)
    return {str(each.id): str(each.string) for each in catalogue if each.id and each.string}


def updated(domain: Domain, language: str, translations: dict[str, str]) -> Catalog:
    """Return the catalogue of today's texts with the translations that are known."""
    catalogue = Catalog(locale=language, header_comment=domain.header, fuzzy=False, charset="utf-8")
    for text, said in domain.texts().items():
        files = sorted({(file, 0) for file, _ in said})
        catalogue.add(text, translations.get(text, ""), locations=files)
    return catalogue


def po_bytes(catalogue: Catalog) -> bytes:
    """Return the text form: without dates and line numbers, so that it changes only when texts do."""
    stream = io.BytesIO()
    write_po(stream, catalogue, width=110, omit_header=True, include_lineno=False)
    header = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Language: '
    return f'{catalogue.header_comment}\n{header}{catalogue.locale_identifier}\\n"\n\n'.encode() + stream.getvalue()


def mo_bytes(po: bytes) -> bytes:
    """Return the compiled form of a .po file's text."""
    catalogue = read_po(io.BytesIO(po))
    catalogue.creation_date = datetime(2026, 1, 1, tzinfo=UTC)  # the same text compiles to the same bytes, any day
    stream = io.BytesIO()
    write_mo(stream, catalogue)
    return stream.getvalue()


def missing(domain: Domain, language: str, translations: dict[str, str]) -> Iterator[str]:
    """Yield a line for each text without a translation, or with one that keeps something else than it has to."""
    for text, said in domain.texts().items():
        translation = translations.get(text, "")
        if not translation:
            yield f"{said[0][0]}:{said[0][1]}: {language}: not translated: {text}"
        elif domain.kept(translation) != domain.kept(text):
            yield f"{said[0][0]}:{said[0][1]}: {language}: other {domain.kept_name} than in: {text}"


def main(arguments: list[str]) -> int:
    """Do what the arguments say; return the exit status."""
    findings: list[str] = []
    for folder in sorted(CATALOGUES.glob("*/LC_MESSAGES")):
        for name, domain in DOMAINS.items():
            findings += _kept(folder / f"{name}.po", domain, arguments)
    if "--check" in arguments:
        findings += raw()
    for finding in findings:
        print(finding)
    return 1 if findings and arguments else 0


def _kept(po: Path, domain: Domain, arguments: list[str]) -> Iterator[str]:
    """Yield what is wrong with a catalogue; without arguments, write it and its compiled form."""
    language = po.parent.parent.name
    translations = read(po)
    yield from missing(domain, language, translations)
    mo = po.with_suffix(".mo")
    if "--check" in arguments:
        if not (po.exists() and mo.exists()) or mo.read_bytes() != mo_bytes(po.read_bytes()):
            yield f"{po.relative_to(ROOT)}: not up to date; run python tools/messages.py"
    elif "--missing" not in arguments:
        text = po_bytes(updated(domain, language, translations))
        po.write_bytes(text)
        mo.write_bytes(mo_bytes(text))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
