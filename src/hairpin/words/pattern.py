"""The language of the patterns in the files of rows.  A pattern is a regular expression of Python, in which

    " "       matches any white space, and " ?" also none
    "…"       matches any text of the line
    a quote   matches any kind of quote, outside of ``[…]``
    "^"       is the beginning of a line, and "$" its end; spaces, and full stops at the end, may be there
    "{NAME}"  matches a place, an error, or words that have a name

A place (``{port}``) is a text of a certain form; in a pattern of a program's line it is extracted.  An error
(``{refused}``) is that of the C library in any of its languages (``errors.words``).  Named words (``{localhost}``) are
the rows of ``phrases.words``.  Upper and lower case do not matter, and the bounds of words are those of ASCII, because
Chinese texts have no spaces around a name.

The pattern of a program's line begins and ends at the bounds of words.  It has a trigger: a word that each matching
line contains.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import product

import msgspec

from hairpin.sought import Sought
from hairpin.words.errors import errors
from hairpin.words.rows import rows_of

_ADDRESS = r"(?:\d{1,3}(?:\.\d{1,3}){3}|\[?(?:[0-9a-f]{0,4}:){2,7}[0-9a-f.]{0,15}(?:%[\w.-]+)?\]?)"
PLACES = {
    "port": r"\d{1,5}",
    "number": r"\d{1,9}",
    "address": _ADDRESS,
    "host": rf"(?:{_ADDRESS}|[\w.-]+)",
    "container": r"[\w.-]+",
    "link": r"[\w.@-]+",
    "chain": r"[\w-]+",
    "table": r"\w+",
    "module": r"[\w-]+",
    "path": r"[^\s'\"`,;]+?",
    "word": r"[\w.-]+",
    "id": r"[0-9a-f]{12,64}",
    "quoted": r"[^\"]+",
    "file": r"[^\s'\":]+",
    "device": r"/dev/[^\s'\":]+",
    "user": r"[^\s:]+",
    "capability": r"[^\]]*",
    "runtime": r"(?:[^\s\"]*/)?(?:runc|crun|runsc|kata-runtime|[\w-]*container-runtime)[^\s\"/]*",
    "target": "MASQUERADE|DNAT|SNAT|REDIRECT|MARK|CONNMARK|CHECKSUM|LOG|REJECT|TCPMSS|CT",
}
"""The forms of places.  ``id``: the id of an engine's network or container, or its beginning.  ``quoted``: a text in
double quotes.  ``runtime``: the name of a program that starts containers.  ``target``: a target of iptables that is no
chain."""
_TOKEN = re.compile(
    r"""(?P<name>\{(?P<named>[A-Za-z]\w*)\})
    |(?P<escaped>\\.)
    |(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])
    |(?P<space>[ ]+(?P<more>[?+]?))
    |(?P<quote>['"`])
    |(?P<any>…)
    |(?P<begin>\^)
    |(?P<end>\$)
    |(?P<open>\((?:\?(?:P<\w+>|P=\w+|<?[=!]|[aiLmsux-]*:))?)
    |(?P<close>\))
    |(?P<repeat>[*+?]\??|\{\d*,?\d*\}\??)
    |(?P<letters>[^\\[\](){}|.^$*+? '"`…]+)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_WRITTEN = {"quote": r"(?:\\*['\"`´‘’“”„«»])", "any": r"[^\n]*?", "begin": r"^\s*", "end": r"[\s.!]*$"}
_OF_ONE_LENGTH = {"space": r"\s", "quote": r"['\"`´‘’“”„«»]"}
_WORD = re.compile(r"\w+")
_IN_WORD = re.compile("[0-9a-z]", re.IGNORECASE)
_VARYING = re.compile(r"…|\{\w+\}")
_IS_PLAIN = re.compile(r"(?:[^\\\[(|*+?.]|\\\W)*\Z")
"""Matches a line's pattern in which only places and "…" vary."""
_FLAGS = re.IGNORECASE | re.MULTILINE | re.DOTALL | re.ASCII


class Variant(msgspec.Struct, frozen=True):
    """The pattern of a line with one text for each of its errors.  ``words``: the whole ASCII words of the pattern,
    which are the candidates for its trigger.  ``script``: the trigger of a pattern without such words, in another
    script.  ``weight``: the number of literal characters; a pattern with more literal characters says more about a
    text."""

    text: str
    words: tuple[str, ...]
    script: str
    weight: int


@cache
def sought(pattern: str) -> Sought:
    """Return the pattern of words of a person, which may stand anywhere in a text."""
    return Sought("".join(_regexes(_TOKEN.finditer(pattern))), _FLAGS)


def _regexes(tokens: Iterable[re.Match[str]]) -> Iterator[str]:
    """Yield the tokens as Python's expressions write them.  What stands behind a place has to have one length there."""
    behind: list[bool] = []
    for token in tokens:
        if token.lastgroup == "open":
            behind.append(token[0].startswith("(?<") or (bool(behind) and behind[-1]))
        elif token.lastgroup == "close" and behind:
            behind.pop()
        is_fixed = bool(behind) and behind[-1]
        yield _OF_ONE_LENGTH.get(token.lastgroup or "", token[0]) if is_fixed else _regex(token)


@cache
def expression_of(text: str) -> re.Pattern[str]:
    """Return the regular expression for the text of a line's variant.

    The groups of the expression have the places' names, with a number added."""
    tokens = [*_TOKEN.finditer(text)]
    parts = [
        f"(?P<{token['named']}_{number}>{PLACES[token['named']]})" if token["named"] in PLACES else _regex(token)
        for number, token in enumerate(tokens)
    ]
    before = r"(?<![0-9a-z])" if _IN_WORD.match(text) else ""
    is_bounded = tokens[-1].lastgroup == "name" or (tokens[-1]["letters"] and _IN_WORD.match(text[-1]))
    return re.compile(before + "".join(parts) + (r"(?![0-9a-z])" if is_bounded else ""), _FLAGS)


def _regex(token: re.Match[str]) -> str:
    """Return the token as Python's expressions write it."""
    kind = token.lastgroup
    if kind == "name":
        return f"(?:{_words_of(token['named'])})"
    if kind == "space":
        return r"\s*" if token["more"] == "?" else r"\s+"
    if kind == "set":
        return token[0].replace(" ", r"\s")
    return _WRITTEN.get(kind or "", token[0])


@cache
def _words_of(name: str) -> str:
    if name in PLACES:
        return PLACES[name]
    if name in errors():
        return "|".join(re.escape(each).replace(r"\ ", r"\s+") for each in errors()[name].texts)
    return sought(_phrases()[name]).pattern


@cache
def _phrases() -> dict[str, str]:
    return {row.name: row.one("is") for row in rows_of("phrases.words") if row.kind == "phrase"}


def variants(pattern: str) -> tuple[Variant, ...]:
    """Return the variants of a line's pattern, one for each choice of the texts of its errors."""
    names = [each for each in re.findall(r"\{(\w+)\}", pattern) if each in errors()]
    found: list[Variant] = []
    for chosen in product(*(errors()[name].texts for name in names)):
        text = pattern
        for name, words in zip(names, chosen, strict=True):
            text = text.replace(f"{{{name}}}", words, 1)
        found.append(_variant(text))
    return tuple(found)


def _variant(text: str) -> Variant:
    literals = [*_literals(text.lower())]
    last = len(literals) - 1
    words: list[str] = []
    script = ""
    for number, literal in enumerate(literals):
        found = _WORD.findall(literal)
        if not found:
            continue
        begins = number == 0 or _WORD.match(literal[0]) is None
        ends = number == last or _WORD.match(literal[-1]) is None
        whole = found[0 if begins else 1 : None if ends else -1]
        if literal.isascii():
            words += whole
        else:
            script = max((script, *(each for each in found if not each.isascii())), key=len)
            words += filter(str.isascii, whole)
    # In a pattern an underscore is part of a word, and in a line it separates two words.
    parts = dict.fromkeys(part for word in words for part in word.split("_") if part)
    return Variant(text, tuple(parts), script, sum(map(len, literals)))


def _literals(text: str) -> Iterator[str]:
    """Yield the literal texts between the parts of a line's pattern that vary."""
    if _IS_PLAIN.match(text):
        yield from _VARYING.split(text.replace("\\", ""))
        return
    held, depth = "", 0
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        depth += (kind == "open") - (kind == "close")
        if depth or kind == "close":
            varies = True
        elif kind == "escaped":
            varies = token[0][1].isalnum()
        else:
            varies = kind in ("name", "set", "any", "repeat", "other") or bool(token["more"])
        if not varies:
            held += token[0].removeprefix("\\")
            continue
        if kind == "repeat":
            held = held[:-1]
        yield held
        held = ""
    yield held


def shown_text(pattern: str) -> str:
    """Return the fixed words of a line's pattern, with one ellipsis for each part that varies."""
    return re.sub("…+", "…", "…".join(each.strip("^$") for each in _literals(pattern)))
