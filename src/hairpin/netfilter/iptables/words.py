"""Splits a line of ``iptables-save`` into words, and groups words into options.

    words  := word*           separated by blanks
    word   := text | '"' (text | '\\' any)* '"'
    group  := ("-m" | "-j") NAME option*
    option := "!"? "--NAME" value*

Words stay *raw*, that is with their quotes: a quoted word is never an option, even if it begins with ``--``.

Source: iptables/xshared.c add_param_to_argv(), libxtables/xtables.c xtables_save_string()
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from hairpin.errors import ChangeError, MalformedError
from hairpin.message import Message, message
from hairpin.netfilter.rule_address import IpFamily

_WORD = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^\s"])+')
_ESCAPED = re.compile(r"\\(.)")
_QUOTED_PART = re.compile(r'"((?:[^"\\]|\\.)*)"')
_NEEDS_QUOTES = re.compile(r"[\s\"'\\]")

FREE_TEXT = frozenset({
    "--comment", "--log-prefix", "--nflog-prefix", "--ulog-prefix", "--string", "--hex-string", "--name",
    "--hashlimit-name", "--helper", "--label", "--u32", "--bytecode", "--object-pinned", "--path",
    "--selctx", "--led-trigger-id", "--genre", "--rateest-name", "--nfacct-name",
})  # fmt: skip
"""Options with exactly one value.  The value may be any text, even ``-j`` or ``!`` without quotes."""

LONG = {
    "--source": "-s", "--src": "-s", "--destination": "-d", "--dst": "-d", "--in-interface": "-i",
    "--out-interface": "-o", "--protocol": "-p", "--fragment": "-f", "--fragments": "-f", "--match": "-m",
    "--jump": "-j", "--goto": "-g",
}  # fmt: skip
CORE = {**{short: short for short in ("-s", "-d", "-i", "-o", "-p", "-f", "-m", "-j", "-g")}, **LONG}
"""The core options, which are options of iptables itself: the short name, by each name of the option."""
_SINGLE = ("-s", "-d", "-i", "-o")
"""Core options after which only one value may follow."""

_LONG_NAMES = "|".join(name.removeprefix("--") for name in LONG)
_CORE_WORD = rf"-(?:[sdiopfmjg]|-(?:{_LONG_NAMES}))(?!\S)"
_ANY_WORD = r'(?:"(?:[^"\\]|\\.)*"|[^\s"])+'
_FREE_WORD = rf"(?:{'|'.join(sorted(FREE_TEXT))}) +{_ANY_WORD}"
_GROUP = re.compile(rf"(?:! +)?{_CORE_WORD}(?: +(?:{_FREE_WORD}|(?!(?:! +)?{_CORE_WORD}){_ANY_WORD}))*")
_BETWEEN_PLAIN_GROUPS = re.compile(r" (?=-[sdiopfmjg](?!\S)|! -[sdiopfmjg](?!\S))(?<! ! )(?<!^! )")
"""Matches the blank between two groups.  A separate ``!`` belongs to the next group, but a ``!`` at the end of a word,
as in a comment, does not."""


class Option(NamedTuple):
    """One option, such as ``! --dport 80:90``.  ``values`` are without quotes; ``text`` has the option as the rule has
    it."""

    name: str
    negated: bool
    values: tuple[str, ...]
    text: str

    @property
    def value(self) -> str:
        """The option's only value; raises ValueError if the option has several values or none."""
        (value,) = self.values
        return value


class Group(NamedTuple):
    """A match module or a target with its options.  ``text`` has all its words, such as ``-m limit --limit 3/min``."""

    name: str
    text: str
    options: tuple[Option, ...]
    family: IpFamily

    @property
    def arguments(self) -> str:
        """The options as the rule has them, without ``-m NAME`` or ``-j NAME``."""
        return " ".join(option.text for option in self.options)

    def single_words(self) -> dict[str, str]:
        """Return the value of each option; raise ValueError for an option that repeats, is negated or has several
        values."""
        words: dict[str, str] = {}
        for option in self.options:
            if option.negated or option.name in words or len(option.values) > 1:
                raise ValueError(option.text)
            words[option.name] = option.values[0] if option.values else ""
        return words


split_plain_groups = _BETWEEN_PLAIN_GROUPS.split
"""Splits words without ``\\`` as split_groups() does, in half the time; is_plain() tests whether a group is right."""


def is_plain(group: str) -> bool:
    """Return whether split_plain_groups() has split a group correctly.  The group's quotes must be complete, it must
    begin with its only core option (by its short name), and no module's option may follow an address or an interface.
    """
    if group.count('"') % 2:
        return False
    raw = split_words(group)
    first = raw[1:2] if raw[:1] == ["!"] else raw[:1]
    return not (
        not first
        or first[0] not in CORE
        or _displaced_at(raw)
        or raw[-1] in FREE_TEXT
        or raw[-1] == "!"
        or not LONG.keys().isdisjoint(raw)
    )


def _displaced_at(raw: list[str]) -> int:
    """Return the index at which a module's options begin in the group of an address or an interface; 0 if the group has
    no such options."""
    if CORE.get(raw[raw[0] == "!"]) not in _SINGLE:
        return 0
    found = next((number for number, word in enumerate(raw) if word.startswith("--") and word not in CORE), 0)
    return found - (found > 0 and raw[found - 1] == "!")


def gather_options(groups: list[list[str]]) -> list[list[str]]:
    """Return the groups with each option of the protocol's module moved to the group of ``-p``.  A person may write
    ``-p udp -d 224.0.0.251 --dport 5353``."""
    own = next((raw for raw in groups if CORE.get(raw[0]) == "-p"), None)
    if own is None:
        return groups
    cuts = [(raw, _displaced_at(raw)) for raw in groups]
    displaced = [word for raw, at in cuts if at for word in raw[at:]]
    kept = [(raw, raw[:at] if at else raw) for raw, at in cuts]
    return [[*words, *displaced] if raw is own else words for raw, words in kept]


def split_groups(words: str) -> list[str]:
    """Return a rule's words as groups.  A group is a core option (with its ``!``) and all words up to the next core
    option.

    Raises ValueError for words that belong to no option.
    """
    groups = _GROUP.findall(words)
    if " ".join(words.split()) != " ".join(" ".join(groups).split()):
        raise MalformedError(message("the rule's words are damaged"))
    return groups


def split_words(line: str) -> list[str]:
    """Return the line's raw words; raise ValueError if a quote is not closed."""
    if '"' not in line:
        return line.split()
    if _WORD.sub("", line).strip():
        raise MalformedError(message("a quote is not closed"))
    return _WORD.findall(line)


def unquoted(word: str) -> str:
    """Return a raw word's text, without quotes and escapes."""
    if '"' not in word:
        return word
    return _QUOTED_PART.sub(lambda part: _ESCAPED.sub(r"\1", part[1]), word)


def quoted(text: str) -> str:
    """Return the text as a raw word, with quotes only if iptables-restore needs them."""
    if text and not _NEEDS_QUOTES.search(text):
        return text
    escaped = re.sub(r"([\"'\\])", r"\\\1", text)
    return f'"{escaped}"'


def line_of_words(words: Iterable[str]) -> str:
    """Return the words as one line, with quotes where iptables-restore needs them."""
    return " ".join(map(quoted, words))


def read_group(raw: list[str], name: str, family: IpFamily) -> Group:
    """Read the words of one ``-m NAME …`` or ``-j NAME …``.  If the module is implied, ``raw`` starts with an
    option."""
    options: list[Option] = []
    index = 2 if raw[0] in ("-m", "-j", "--match", "--jump") else 0
    while index < len(raw):
        start = index
        negated = raw[index] == "!"
        index += negated
        option = raw[index] if index < len(raw) else ""
        index += 1
        if option in FREE_TEXT and index < len(raw):
            index += 1
        else:
            while index < len(raw) and raw[index] != "!" and not _is_option(raw[index]):
                index += 1
        values = raw[start + negated + 1 : index]
        options.append(Option(option, negated, tuple(map(unquoted, values)), " ".join(raw[start:index])))
    return Group(name, " ".join(raw), tuple(options), family)


def _is_option(word: str) -> bool:
    return word.startswith("-") and len(word) > 1 and not word[1].isdigit()


def refuse(what: object, why: Message | None = None) -> ChangeError:
    """Return the error for something that iptables cannot express."""
    return ChangeError(
        message(
            "cannot write {what} as an iptables rule: {why}; write it for nftables instead",
            what=what,
            why=why or message("iptables has no syntax for this"),
        )
    )
