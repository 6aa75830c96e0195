"""Messages in the reader's language: English templates are the message ids of a gettext catalogue.

Commands, file names, addresses and ids are values, never translated.
"""

import gettext
from pathlib import Path
from typing import Literal, get_args

from hairpin.message import Message
from hairpin.report.wanted import option_of
from hairpin.wanted import Wanted

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
DOMAIN = "hairpin"
CATALOGUES = Path(__file__).parent / "locale"


class Words:
    """Says messages in one language; a message that the catalogue lacks is said in English."""

    def __init__(self, language: Language = "en") -> None:
        self.language = language
        self._catalogue = (
            gettext.NullTranslations()
            if language == "en"
            else gettext.translation(DOMAIN, localedir=str(CATALOGUES), languages=[language])
        )

    def __call__(self, said: Message) -> str:
        """Return the message with its values in place."""
        values = {name: self._worded(value) for name, value in said.values}
        return self._catalogue.gettext(said.template).format_map(values)

    def _worded(self, value: str | Message | Wanted) -> str:
        match value:
            case Message():
                return self(value)
            case str():
                return value
            case _:
                return option_of(value)


def language_of(locale: str) -> Language:
    """Return the language of a locale (``zh_CN.UTF-8``); English for a language that hairpin does not speak."""
    return "zh" if locale.lower().startswith("zh") else "en"
