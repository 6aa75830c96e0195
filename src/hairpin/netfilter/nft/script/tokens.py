"""Splits an nft script into words.

Source: nft(8) LEXICAL CONVENTIONS; nftables src/scanner.l
"""

import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv6Address
from typing import Literal, NamedTuple

from hairpin.errors import ParseError
from hairpin.message import message
from hairpin.netfilter.nft.misprints import with_numbers

Kind = Literal["word", "quoted", "number", "address", "sign", "end"]

_SIGNS = ("==", "!=", "<=", ">=", "<<", ">>", *"{}()[],;:.&|^!<>=/-+@$*")
_ETHERTYPES = re.compile(r"8021(?:q|ad)\b")
"""The names of EtherTypes that begin with a digit: 8021q and 8021ad."""
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|\d+")
_TIME = re.compile(r"(?=\d)(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?(?:\d+ms)?(?![\w.])")
_WORD = re.compile(r"[A-Za-z_][\w./\\-]*\*?|\.?[A-Za-z_][\w./\\-]*\*?")
_MAC = re.compile(r"(?:[0-9a-fA-F]{1,2}:){5}[0-9a-fA-F]{1,2}(?![0-9a-fA-F:])")
_IPV6 = re.compile(r"[0-9a-fA-F:]*:(?:\d+\.\d+\.\d+\.\d+|[0-9a-fA-F:]*)")
_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}(?![\w.])")
_BLANK = re.compile(r"[ \t\r\f]+|\\\r?\n")
_COMMENT = re.compile(r"#[^\n]*")


class Token(NamedTuple):
    """A word of a script, with its kind and its place.  A line end is a sign ``\\n``."""

    kind: Kind
    text: str
    source: str
    line: int

    def means(self, *texts: str) -> bool:
        """Return whether the token is one of these signs or unquoted words."""
        return self.kind in ("word", "sign") and self.text in texts


def tokens(text: str, source: str) -> Iterator[Token]:
    """Yield the tokens of a text; raises ParseError at a character that no script may contain."""
    text = with_numbers(text)  # of a listing
    at, line = 0, 1
    while at < len(text):
        blank = _BLANK.match(text, at) or _COMMENT.match(text, at)
        if blank is not None:
            line += blank[0].count("\n")
            at = blank.end()
            continue
        kind, word = _token(text, at)
        if not word:
            raise ParseError(message("{character!r} cannot begin a word", character=text[at]), source=source, line=line)
        yield Token(kind, word[1:-1] if kind == "quoted" else word, source, line)
        line += word.count("\n")
        at += len(word)


def _token(text: str, at: int) -> tuple[Kind, str]:
    if text[at] == "\n":
        return "sign", "\n"
    if text[at] == '"':
        end = text.find('"', at + 1)
        return "quoted", text[at : end + 1] if end > 0 else ""
    address = _address(text, at)
    if address:
        return "address", address
    time = _ETHERTYPES.match(text, at) or _TIME.match(text, at)
    number = _NUMBER.match(text, at)
    if time is not None and number is not None and len(time[0]) > len(number[0]):
        return "word", time[0]
    if number is not None:
        return "number", number[0]
    word = _WORD.match(text, at)
    if word is not None:
        return "word", word[0]
    return "sign", next((each for each in _SIGNS if text.startswith(each, at)), "")


def _address(text: str, at: int) -> str:
    for pattern in (_MAC, _IPV4):
        found = pattern.match(text, at)
        if found is not None:
            return found[0]
    found = _IPV6.match(text, at)
    if found is None or found[0].count(":") < 2:
        return ""
    return found[0] if _is_ipv6(found[0]) else ""


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True
