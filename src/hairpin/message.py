"""Sentences for people, as data.  Errors, causes and walks make them; ``report/words.py`` puts them into a language.
Imports the standard library and ``wanted.py`` only, because every command loads this module at its start.
"""

from typing import NamedTuple

from hairpin.wanted import Wanted


class Message(NamedTuple):
    """A sentence for people: an English template, translated by the report, and what stands in its ``{places}``.

    A value is words that nobody translates (a name, an address, what the system said), a message of its own, or a fact
    that is wanted, which the report words for the face.
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
    """Return words that nobody translates (a rule's own text, what a tool said) as a message."""
    return Message("{words}", (("words", words),))


def _value(value: object) -> str | Message | Wanted:
    """Return the value.  Bytes that are no text (PEP 383), as in a file's name, are spelt: they have no JSON."""
    if isinstance(value, (Message, Wanted)):
        return value
    text = str(value)
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
