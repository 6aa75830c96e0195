"""Sentences for people, as data.  Errors, causes and walks make them, and ``report/words.py`` translates them.  This
module imports only the standard library and ``wanted.py``, because every command loads it at its start.
"""

from collections.abc import Sequence
from typing import NamedTuple

from hairpin.wanted import Wanted


class Message(NamedTuple):
    """A sentence for people: an English template, which the report translates, and the values for its ``{places}``.  A
    value is an untranslated text (a name, an address, an error of the system), another message, or a wanted fact, which
    the report writes as a sentence.
    """

    template: str
    values: "tuple[tuple[str, str | Message | Wanted], ...]" = ()

    def __str__(self) -> str:
        return self.template.format_map(dict(self.values))

    def filled(self, **values: object) -> "Message":
        """Return the message with the given values.  Values for which its template has no place are left out."""
        named = ((key, _value(value)) for key, value in values.items() if f"{{{key}}}" in self.template)
        return Message(self.template, tuple(named))


def message(template: str, **values: object) -> Message:
    """Return the message with the template and the values."""
    return Message(template, tuple((key, _value(value)) for key, value in values.items()))


def sentence(template: str) -> Message:
    """Return the sentence of a row of data as a message.  ``tools/messages.py`` collects the sentences of rows."""
    return Message(template)


def verbatim(words: str) -> Message:
    """Return untranslated words (a rule's text, a tool's error) as a message."""
    return Message("{words}", (("words", words),))


def few_of(texts: Sequence[str], most: int = 3) -> str:
    """Return the first texts, and how many more there are: ``a, b, c (+2)``."""
    more = len(texts) - most
    return ", ".join(texts[:most]) + (f" (+{more})" if more > 0 else "")


def _value(value: object) -> str | Message | Wanted:
    """Return the value as a message can have it.  Bytes that are not UTF-8 (PEP 383), for example in a file's name, are
    escaped, because JSON cannot contain them."""
    if isinstance(value, (Message, Wanted)):
        return value
    text = str(value)
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
