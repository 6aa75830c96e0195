"""Sentences for people, as data.  Errors, causes and walks make them; ``report/words.py`` puts them into a language.
Imports the standard library and ``wanted.py`` only, because every command loads this module at its start.
"""

from typing import NamedTuple

from hairpin.wanted import Wanted


class Message(NamedTuple):
    """A sentence for people: an English template, which the report translates, and the values of its ``{places}``.  A
    value is untranslated words (a name, an address, an error of the system), another message, or a wanted fact, which
    the report puts into words.
    """

    template: str
    values: "tuple[tuple[str, str | Message | Wanted], ...]" = ()

    def __str__(self) -> str:
        return self.template.format_map(dict(self.values))

    def filled(self, **values: object) -> "Message":
        """Return the message with those of the values for which its template has places."""
        named = ((key, _value(value)) for key, value in values.items() if f"{{{key}}}" in self.template)
        return Message(self.template, tuple(named))


def message(template: str, **values: object) -> Message:
    """Return the message."""
    return Message(template, tuple((key, _value(value)) for key, value in values.items()))


def verbatim(words: str) -> Message:
    """Return untranslated words (a rule's text, a tool's error) as a message."""
    return Message("{words}", (("words", words),))


def _value(value: object) -> str | Message | Wanted:
    """Return the value.  Bytes that are not UTF-8 (PEP 383), as in a file's name, are escaped, because JSON cannot
    carry them."""
    if isinstance(value, (Message, Wanted)):
        return value
    text = str(value)
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
