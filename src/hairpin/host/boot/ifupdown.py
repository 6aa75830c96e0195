"""The configuration in ifupdown's files: /etc/network/interfaces and the files that it sources.

    file   := (auto | "allow-hotplug" LINK* | "source" GLOB | "source-directory" FOLDER | iface)*
    auto   := ("auto" | "allow-auto") LINK*
    iface  := "iface" LINK FAMILY METHOD ["inherits" LINK] NL option*
    option := KEY VALUE NL

A backslash at the end of a line continues the line.  A LINK of ``auto`` may be a pattern: ``/eth*``.

Source: interfaces(5), ifup(8)
"""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

import msgspec

from hairpin.host.host import Host
from hairpin.host.link import Address
from hairpin.host.managers import ConfigFile
from hairpin.netfilter.address import Version, parse_address, width

INTERFACES = "/etc/network/interfaces"
STATE = "/run/network/ifstate"
_READ = ("/etc/network/interfaces.d/", "/run/network/interfaces.d/")
_PHASES = {
    "pre-up": "pre-up",
    "up": "up",
    "post-up": "up",
    "down": "down",
    "pre-down": "down",
    "post-down": "post-down",
}
_STARTERS = (
    "auto",
    "iface",
    "mapping",
    "template",
    "rename",
    "source",
    "source-directory",
    "no-auto-down",
    "no-scripts",
)


class StanzaOption(msgspec.Struct, frozen=True):
    """A line of a stanza: its key, its value, and the line's number in the file, from 1."""

    key: str
    value: str
    line: int


class Stanza(msgspec.Struct, frozen=True):
    """An ``iface`` stanza: the configuration of a link for one family (``inet``, ``inet6``)."""

    link: str
    family: str
    method: str
    file: str
    options: tuple[StanzaOption, ...] = ()

    @property
    def version(self) -> Version:
        """The IP version of the stanza's family."""
        return 6 if self.family == "inet6" else 4

    def value(self, *keys: str) -> str | None:
        """Return the value of the first option that has one of these names; None if the stanza has no such option."""
        return next((each.value for each in self.options if each.key in keys), None)

    def commands(self, phase: str) -> tuple[StanzaOption, ...]:
        """Return the commands of one phase (``pre-up``, ``up``, ``down`` or ``post-down``), in their order."""
        return tuple(each for each in self.options if _PHASES.get(each.key) == phase)

    @property
    def address(self) -> Address | None:
        """The address of a static stanza; None if the stanza has no address, or if its address is malformed."""
        text = self.value("address")
        if self.method != "static" or text is None:
            return None
        try:
            return _address(self, text)
        except ValueError:
            return None

    @property
    def gateway(self) -> int | None:
        """The router of a static stanza; None if the stanza names no router."""
        text = self.value("gateway")
        try:
            return parse_address(text)[1] if text is not None and self.method == "static" else None
        except ValueError:
            return None

    def number(self, key: str) -> int | None:
        """Return the option's value as a number; None if the option is missing or its value is no number."""
        text = self.value(key)
        return int(text) if text is not None and text.isdigit() else None


class IfupdownFiles(msgspec.Struct, frozen=True):
    """The content of all files.  ``unread``: the files that another file sources, but that were not read."""

    auto: tuple[str, ...] = ()
    hotplug: tuple[str, ...] = ()
    stanzas: tuple[Stanza, ...] = ()
    unread: tuple[str, ...] = ()

    def of_link(self, link: str) -> tuple[Stanza, ...]:
        """Return the link's stanzas, in the order in which ifupdown applies them."""
        return tuple(each for each in self.stanzas if each.link == link)

    def named(self, patterns: Iterable[str]) -> tuple[str, ...]:
        """Return the links that have a stanza and match these patterns of ``auto`` or ``allow-hotplug``."""
        links = dict.fromkeys(each.link for each in self.stanzas)
        found = (link for word in patterns for link in links if link == word or _fits(link, word))
        return tuple(dict.fromkeys(found))


def interfaces(host: Host) -> IfupdownFiles:
    """Return the content of ifupdown's files on the host; empty if the host has no such files."""
    main = next((each for each in host.files if each.path == INTERFACES), None)
    return _read(main, host.files) if main is not None else IfupdownFiles()


def configured_by_ifupdown(host: Host, known: IfupdownFiles) -> tuple[str, ...]:
    """Return the links that ifupdown has brought up, as its state file says.  Without a state file, return the links
    that ifupdown brings up at boot."""
    state = next((each.text for each in host.files if each.path == STATE), None)
    if state is None:
        return tuple(dict.fromkeys((*known.named(known.auto), *known.named(known.hotplug))))
    return tuple(line.partition("=")[0] for line in state.split() if "=" in line)


def _read(file: ConfigFile, files: tuple[ConfigFile, ...]) -> IfupdownFiles:
    found = IfupdownFiles()
    for number, words in _lines(file.text):
        key, _, rest = words.partition(" ")
        rest = rest.strip()
        if key in ("source", "source-directory"):
            found = _joined(found, _sourced(rest if key == "source" else f"{rest.rstrip('/')}/*", files))
        elif key == "iface" and len(rest.split()) >= 3:
            stanza = _stanza(rest.split(), file.path, found.stanzas)
            found = msgspec.structs.replace(found, stanzas=(*found.stanzas, stanza))
        elif key in ("auto", "allow-auto"):
            found = msgspec.structs.replace(found, auto=(*found.auto, *rest.split()))
        elif key == "allow-hotplug":
            found = msgspec.structs.replace(found, hotplug=(*found.hotplug, *rest.split()))
        elif found.stanzas and key not in _STARTERS and not key.startswith("allow-"):
            last = found.stanzas[-1]
            option = StanzaOption(key, rest, number)
            grown = msgspec.structs.replace(last, options=(*last.options, option))
            found = msgspec.structs.replace(found, stanzas=(*found.stanzas[:-1], grown))
    return found


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield each line that is not a comment, with its number."""
    held, first = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        first = first or number
        if line.endswith("\\"):
            held += f"{line[:-1]} "
            continue
        whole = " ".join(f"{held}{line}".split())
        if whole and not whole.startswith("#"):
            yield first, whole
        held, first = "", 0


def _sourced(pattern: str, files: tuple[ConfigFile, ...]) -> IfupdownFiles:
    """Return the content of the files that the pattern names.  A relative pattern starts at the main file's folder."""
    if not pattern.startswith("/"):
        pattern = f"/etc/network/{pattern}"
    found = [each for each in files if fnmatchcase(each.path, pattern) and each.path.count("/") == pattern.count("/")]
    if not found and not pattern.startswith(_READ):
        return IfupdownFiles(unread=(pattern,))
    whole = IfupdownFiles()
    for each in found:
        whole = _joined(whole, _read(each, files))
    return whole


def _joined(first: IfupdownFiles, then: IfupdownFiles) -> IfupdownFiles:
    return IfupdownFiles(
        (*first.auto, *then.auto), (*first.hotplug, *then.hotplug), (*first.stanzas, *then.stanzas),
        (*first.unread, *then.unread),
    )  # fmt: skip


def _stanza(words: list[str], file: str, known: tuple[Stanza, ...]) -> Stanza:
    link, family, method, *rest = words
    inherited = rest[1] if rest[:1] == ["inherits"] and len(rest) > 1 else None
    options = next((each.options for each in known if inherited and each.link == inherited), ())
    return Stanza(link, family, method, file, options)


def _fits(link: str, word: str) -> bool:
    return word.startswith("/") and fnmatchcase(link, word.removeprefix("/").partition("/")[0])


def _address(stanza: Stanza, text: str) -> Address | None:
    host, slash, length_text = text.partition("/")
    version, value = parse_address(host)
    if version != stanza.version:
        return None
    mask = stanza.value("netmask")
    length = _length(length_text if slash else mask, version, value)
    broadcast = _broadcast(stanza.value("broadcast"), value, length) if version == 4 else None
    peer = stanza.value("pointopoint") if version == 4 else None
    return Address(
        link=stanza.link, version=version, value=value, prefix_length=length, broadcast=broadcast,
        peer=parse_address(peer)[1] if peer else None, scope=stanza.value("scope") or "global",
    )  # fmt: skip


def _length(text: str | None, version: Version, value: int) -> int:
    """Return the prefix length.  If the file gives no prefix length, an IPv4 address has the prefix length of its
    class, and an IPv6 address has 64."""
    if text is None:
        first = value >> 24
        return 64 if version == 6 else 8 if first < 128 else 16 if first < 192 else 24
    return parse_address(text)[1].bit_count() if "." in text else min(int(text), width(version))


def _broadcast(text: str | None, value: int, length: int) -> int | None:
    if text == "-":
        return None
    if text not in (None, "+"):
        return parse_address(text or "")[1]
    return value | 0xFFFFFFFF >> length if length != 31 else 0xFFFFFFFF
