"""Messages in the reader's language: English templates are the message ids of a gettext catalogue.  The texts of the
causes' pages have a separate catalogue, which is read only if a page is shown.

Commands, file names, addresses and ids are values of a message and are never translated.  Here are also the
command-line options or commands for facts that hairpin lacks, and the one format of a time.
"""

import gettext
import pkgutil
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from types import MappingProxyType
from typing import Literal, get_args

from hairpin.evidence.reading import utc_text
from hairpin.message import Message
from hairpin.wanted import Fact, Wanted

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
TAGS: Mapping[Language, str] = {"en": "en", "zh": "zh-Hans"}
"""The language tag of a page in this language."""
PROBES: Mapping[Language, str] = {"en": "", "zh": "网"}
"""Characters that an encoding must have to show this language.  If the encoding lacks these characters, hairpin writes
English."""
DOMAIN = "hairpin"
PAGES = "causes"
_NOBODY: Mapping[str, str] = MappingProxyType({})
_ALONE = r"(?:^|(?<=[\s:;,(（，。；：、]))\{(\w+)\}(?=[.:;,?)]?(?:\s(?!\()|$)|[，。；：、）])"
"""Matches a place of a template that is a word of its own, without a remark in brackets behind it."""
_COMMAND = r"`[^`]*`"


@cache
def catalogue(domain: str, language: Language) -> gettext.NullTranslations:
    """Return a catalogue of a language; the catalogue of English is empty.  The package's loader reads the catalogue
    from a folder or from a zip file."""
    if language == "en":
        return gettext.NullTranslations()
    compiled = pkgutil.get_data("hairpin.report", f"locale/{language}/LC_MESSAGES/{domain}.mo")
    assert compiled is not None
    return gettext.GNUTranslations(BytesIO(compiled))


class Words:
    """Writes messages in one language; a message that the catalogue lacks is written in English.

    ``names``: the container that has an address, by the address.  An address in a sentence bears this name."""

    def __init__(self, language: Language = "en", names: Mapping[str, str] = _NOBODY) -> None:
        self.language: Language = language
        self._catalogue = catalogue(DOMAIN, language)
        self._names = names

    def naming(self, names: Mapping[str, str]) -> "Words":
        """Return the same language with other ``names``."""
        return Words(self.language, names)

    def __call__(self, said: Message) -> str:
        """Return the message as text, with its values filled in."""
        template = self._catalogue.gettext(said.template)
        values = {name: self._worded(value) for name, value in said.values}
        return template.format_map(values | self._named(said, template) if self._names else values)

    def _named(self, said: Message, template: str) -> dict[str, str]:
        """Return the message's addresses with the names of their containers.  An address stays as it is in a command,
        and in a message that names the container itself."""
        names = self._names
        own = {key: value for key, value in said.values if isinstance(value, str) and value in names}
        if not own:
            return own
        told = [said.template, *_texts_of(said)]
        alone = frozenset(re.findall(_ALONE, re.sub(_COMMAND, "`", template)))
        return {
            key: f"{value} ({names[value]})"
            for key, value in own.items()
            if key in alone and not any(names[value].partition("@")[0] in each for each in told)
        }

    def of_page(self, text: str) -> str:
        """Return a text of a cause's page in this language, or in English if the pages' catalogue lacks it."""
        # a gettext catalogue stores its header as the translation of the empty text
        return text and catalogue(PAGES, self.language).gettext(text)

    def _worded(self, value: str | Message | Wanted) -> str:
        match value:
            case Message():
                return self(value)
            case str():
                return value
            case _:
                return option_of(value)


def _texts_of(said: Message) -> Iterator[str]:
    """Yield the untranslated texts of all values."""
    for _, value in said.values:
        if isinstance(value, Message):
            yield from (value.template, *_texts_of(value))
        elif isinstance(value, str):
            yield value


def language_of(locale: str) -> Language:
    """Return the language of a locale (``zh_CN.UTF-8``); English for a language without a catalogue."""
    for each in LANGUAGES:
        if locale.lower().startswith(each):
            return each
    return "en"


_FORMS: dict[Fact, str] = {
    "host-read": "--host {0}",
    "public-stated": "--public {0}{1}{2}",
    "return-route-stated": '--outside FILE, with [[return_route]] network = "{0}"',
    "port-asked": "hairpin check {0}/{1}",
    "container-asked": "hairpin check {0}:{1}",
    "client-asked": "--from {0}",
    "address-asked": "hairpin check {0}:{1} --from host",
    "neighbour-asked": "ping -c 1 -I {1} {0}; ip neigh show {0} dev {1}",
    "size-asked": "--size {0}",
    "long-answers-asked": "ping -c 3 -s {1} {0}",
    "download-asked": "{0}curl -m 20 -o /dev/null URL_OF_A_LARGE_FILE",
    "route-asked": "{1}ip -6 route get {0}",
    "forwarded-route-asked": "ip route get {0} from {1} iif {2}",
    "link-asked": "nsenter -t {0} -n ip -d link show {1}",
    "frames-watched": "tcpdump -eni {0} 'ether dst {1}'",
    "hardware-address-asked": "{0}",
    "log-read": "{0}",
    "packets-watched": "tcpdump -ni {0} '{1}'",
    "rule-watched": "{0}",
    "control-watched": "{1}tc -s qdisc show dev {0}; {1}tc -s filter show dev {0} ingress",
    "port-watched": "tcpdump -ni any '{0}'",
    "peer-stated": '--outside FILE, with [[peer]] network = "{0}", link = "{1}", accepts = ["{2}"]',
}


def option_of(wanted: Wanted) -> str:
    """Return the option, command or ``--outside`` table with which a user supplies the missing fact."""
    return _FORMS[wanted.fact].format(*_words(wanted))


def _words(wanted: Wanted) -> tuple[str, ...]:
    if wanted.fact == "public-stated":
        public, private, host = wanted.of
        return public, f"={private}" if private else "", f"@{host}" if host else ""
    if wanted.fact == "hardware-address-asked":
        address, link = wanted.of
        return (f"ndisc6 -1 {address} {link}" if ":" in address else f"arping -c 1 -I {link} {address}",)
    unknown = {"host-read": "NODE", "container-asked": "NAME"}.get(wanted.fact, "")
    return (wanted.of[0] or unknown, *wanted.of[1:])


def time_text(seconds: float) -> str:
    """Return a time in seconds since the epoch as text in the format of RFC 3339, in UTC, without fractions of a
    second."""
    return utc_text(datetime.fromtimestamp(seconds, UTC))
