"""Splits an nft script into words, and reads them in order.  The tokens of an included file replace its ``include``,
and the value of a variable replaces the variable's name.

nft evaluates a variable's value at the definition, so the value is stored as tokens without variables.  A variable
exists until the end of the block that defines it.

Source: nft(8) LEXICAL CONVENTIONS, INCLUDE FILES, SYMBOLIC VARIABLES; nftables src/scanner.l scanner_include_file()
"""

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from ipaddress import AddressValueError, IPv6Address
from posixpath import basename, dirname, join, normpath
from typing import Literal, NamedTuple

from hairpin.errors import ParseError
from hairpin.message import Message, message
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


Files = Mapping[str, str]
"""The texts of files, by their absolute paths."""
_MOST_INCLUDES = 1024
_DIRECTORY = "/etc"
"""The directory in which nft looks for a relative path, unless nft was built with another directory.  ``./`` is nft's
working directory; systemd starts nft in the root directory."""
_MAGIC = "*?["


class MissingFileError(ParseError):
    """A script includes a file whose text is unknown.  ``path`` is the path or pattern in the script."""

    def __init__(self, path: str, token: Token) -> None:
        self.path = path
        super().__init__(
            message("the script includes the file {path}, but that file was not read", path=path),
            source=token.source,
            line=token.line,
        )


class UnreadError(ParseError):
    """A script has words that nft may accept and hairpin cannot parse."""


class Cursor:
    """The position of the reader in a script."""

    def __init__(self, text: str, source: str, files: Files) -> None:
        self._files = files
        self._tokens = list(reversed(list(tokens(text, source))))
        self._included = 0
        self._scopes: list[dict[str, list[Token]]] = [{}]
        self._last = Token("end", "", source, 0)

    def peek(self, ahead: int = 0) -> Token:
        """Return the next token, or the token ``ahead`` places after it, without taking it."""
        while True:
            self._expanded(ahead)
            at = len(self._tokens) - 1 - ahead
            return self._tokens[at] if at >= 0 else Token("end", "", self._last.source, self._last.line)

    def take(self) -> Token:
        """Return the next token, and move past it."""
        self._last = self.peek()
        if self._tokens:
            self._tokens.pop()
        return self._last

    def at(self, *texts: str) -> bool:
        """Return whether the next token is one of these signs or unquoted words."""
        return self.peek().means(*texts)

    def accept(self, *texts: str) -> bool:
        """Take the next token if it is one of these signs or words, and return whether it was taken."""
        if self.at(*texts):
            self.take()
            return True
        return False

    def expect(self, *texts: str) -> Token:
        """Take the next token, which must be one of these signs or words."""
        if not self.at(*texts):
            raise self.unread()
        return self.take()

    def name(self) -> str:
        """Take a name: a word, or a text in quotation marks."""
        if self.peek().kind not in ("word", "quoted"):
            raise self.unread()
        return self.take().text

    def number(self) -> int:
        """Take a number and return it."""
        if self.peek().kind != "number":
            raise self.unread()
        return int(self.take().text, 0)

    def skip_lines(self) -> None:
        """Skip line ends."""
        while self.at("\n"):
            self.take()

    def skip_ends(self) -> None:
        """Skip line ends and semicolons."""
        while self.at("\n", ";"):
            self.take()

    def at_end(self) -> bool:
        """Return whether a line, a command or a block ends at the next token."""
        return self.at("\n", ";", "}") or self.peek().kind == "end"

    def end_line(self) -> None:
        """Take the line end or semicolon that a block requires here, and all line ends and semicolons after it."""
        if not self.at("\n", ";"):
            raise self.unread()
        self.skip_ends()

    def open_block(self) -> None:
        """Take the beginning of a block, which gets its own variables."""
        self.expect("{")
        self._scopes.append({})

    def close_block(self) -> None:
        """Take the end of a block, with which the block's variables end."""
        self.expect("}")
        self._scopes.pop()

    def common(self) -> bool:
        """Take the definition of a variable if it comes next, and return whether a definition was taken."""
        kind = self.peek().text
        if not self.at("define", "redefine", "undefine") or self.peek(1).kind not in ("word", "quoted"):
            return False
        self.take()
        name = self.name()
        own = next((scope for scope in reversed(self._scopes) if name in scope), None)
        if kind == "undefine":
            if own is None:
                raise self.refused(message("nft knows no variable {name} here", name=name))
            del own[name]
            return True
        self.expect("=")
        value = self._value()
        if kind == "define" and name in self._scopes[-1]:
            raise self.refused(message("the variable {name} is defined twice", name=name))
        (own if kind == "redefine" and own is not None else self._scopes[-1])[name] = value
        return True

    def _value(self) -> list[Token]:
        found, depth = list[Token](), 0
        while self.peek().kind != "end" and (depth or not self.at("\n", ";")):
            depth += self.at("{") - self.at("}")
            found.append(self.take())
        return found

    def _expanded(self, ahead: int) -> None:
        """Replace variables by their values and each ``include`` by the file's tokens, in the next ``ahead`` + 1
        tokens."""
        for back in range(ahead + 1):
            at = len(self._tokens) - 1 - back
            while at >= 0 and (self._variable(at) or self._include(at)):
                at = len(self._tokens) - 1 - back

    def _variable(self, at: int) -> bool:
        token = self._tokens[at]
        if not token.means("$") or at == 0 or self._tokens[at - 1].kind != "word":
            return False
        name = self._tokens[at - 1]
        value = self._known(name.text)
        if value is None:
            raise self.refused(message("nft knows no variable {name} here", name=name.text), name)
        new = [each._replace(source=token.source, line=token.line) for each in value]
        self._tokens[at - 1 : at + 1] = list(reversed(new))
        return True

    def _known(self, name: str) -> list[Token] | None:
        return next((scope[name] for scope in reversed(self._scopes) if name in scope), None)

    def variable_text(self, name: str) -> str | None:
        """Return the value of a variable as text, for its use inside quotation marks."""
        value = self._known(name)
        return None if value is None else " ".join(each.text for each in value)

    def _include(self, at: int) -> bool:
        token = self._tokens[at]
        if not token.means("include") or at == 0 or self._tokens[at - 1].kind != "quoted":
            return False
        named = self._tokens[at - 1].text
        self._included += 1
        if self._included > _MOST_INCLUDES:
            raise self.refused(message("files include each other without an end"), token)
        included = [each for path in self._matching(named, token) for each in tokens(self._files[path], path)]
        self._tokens[at - 1 : at + 1] = list(reversed(included))
        return True

    def _matching(self, named: str, token: Token) -> list[str]:
        path = normpath(join("/" if named.startswith(".") else _DIRECTORY, named))
        if not any(each in named for each in _MAGIC):
            if path not in self._files:
                raise MissingFileError(path, token)
            return [path]
        return sorted(
            each
            for each in self._files
            if each.count("/") == path.count("/")
            and fnmatchcase(dirname(each), dirname(path))
            and fnmatchcase(basename(each), basename(path))
            and not basename(each).startswith(".")
        )

    def unread(self) -> UnreadError:
        """Return the error for a token that hairpin cannot parse here."""
        token = self.peek()
        words = "the end" if token.kind == "end" else token.text if token.text != "\n" else "the end of the line"
        return UnreadError(
            message("{words!r} is not understood here", words=words), source=token.source, line=token.line
        )

    def refused(self, why: Message, token: Token | None = None) -> ParseError:
        """Return the error for a script that nft itself refuses."""
        token = token or self._last
        return ParseError(why, source=token.source, line=token.line)
