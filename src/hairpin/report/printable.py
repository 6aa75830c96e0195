r"""Spells out terminal control characters, because text from a host or a snapshot may contain escape sequences.

All output for people passes through this module, on paper (``paper.py``) and as an error (``cli/face/output.py``).
Control characters, direction marks and other characters without a glyph are spelt ``\x1b``, ``\u202e``.
"""

import re
import unicodedata

_LINE_ENDS = re.compile(r"\s*[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]\s*")


def printable(text: str) -> str:
    """Return the text without line ends and without terminal control characters."""
    if text.isprintable():
        return text
    one_line = _LINE_ENDS.sub(" ", text).replace("\t", " ")
    return "".join(each if _is_shown(each) else _spelt(each) for each in one_line)


def printable_command(text: str) -> str:
    r"""Return a shell command without control characters but with the same meaning: ``'a\x1b'`` becomes
    ``'a'$'\x1b'''``.

    A command of hairpin contains control characters only inside single quotes, where shlex.quote() puts them."""
    return text if text.isprintable() else "".join(each if _is_shown(each) else f"'$'{_spelt(each)}''" for each in text)


def printable_json(text: str) -> str:
    """Return the JSON text with escaped terminal control characters, including characters that JSON itself does not
    escape.  Terminal control characters occur only inside JSON strings."""
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(each if each == "\n" or _is_shown(each) else _json_escape(each) for each in text)


def _is_shown(character: str) -> bool:
    return character.isprintable() or unicodedata.category(character) == "Zs"


def _spelt(character: str) -> str:
    return character.encode("ascii", "backslashreplace").decode() if character > "\x7f" else f"\\x{ord(character):02x}"


def _json_escape(character: str) -> str:
    encoded = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{encoded[at : at + 2].hex()}" for at in range(0, len(encoded), 2))
