"""systemd-networkd's files: which file configures a link, and its settings.

The files of all folders are sorted by name.  A file overrides files of the same name in later folders, and an empty
file disables the files of its name.  Drop-ins (``NAME.d/*.conf``) are read after their file.  The first matching file
configures a link.

Source: systemd.network(5), systemd.netdev(5), networkd.conf(5)
"""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

import msgspec

from hairpin.host.host import Host
from hairpin.host.link import Link
from hairpin.host.managers import ConfigFile
from hairpin.netfilter.rule_address import read_mac

FOLDERS = ("/etc/systemd/network", "/run/systemd/network", "/usr/local/lib/systemd/network", "/usr/lib/systemd/network",
           "/lib/systemd/network")  # fmt: skip
_CONF_FILE = "/etc/systemd/networkd.conf"
_CONF = ("/usr/lib/systemd/networkd.conf.d", "/run/systemd/networkd.conf.d", "/etc/systemd/networkd.conf.d")
_TYPES = {"": "ether", "veth": "ether", "dummy": "ether", "ifb": "ether", "tun": "none"}
"""The type that networkctl(1) shows for a kind of link, if it is not the kind itself."""


class Section(msgspec.Struct, frozen=True):
    """A section of a file: the section's name, and its assignments in their order."""

    name: str
    pairs: tuple[tuple[str, str], ...] = ()

    def values(self, *keys: str) -> tuple[str, ...]:
        """Return the values of the keys; an empty assignment discards earlier values."""
        found: list[str] = []
        for key, value in self.pairs:
            if key in keys:
                found = [*found, value] if value else []
        return tuple(found)

    def value(self, *keys: str) -> str | None:
        """Return the last value that the section has for one of the keys; None if the section has none of the keys."""
        return next(reversed(self.values(*keys)), None)


class UnitFile(msgspec.Struct, frozen=True):
    """A ``.network`` or ``.netdev`` file with its drop-ins."""

    path: str
    sections: tuple[Section, ...] = ()

    def sections_of(self, name: str) -> tuple[Section, ...]:
        """Return the sections with this name; for example, each section ``[Route]`` is a separate route."""
        return tuple(each for each in self.sections if each.name == name)

    def values(self, section: str, *keys: str) -> tuple[str, ...]:
        """Return the values of the keys in all sections with this name."""
        pairs = tuple(pair for each in self.sections_of(section) for pair in each.pairs)
        return Section(section, pairs).values(*keys)

    def value(self, section: str, *keys: str) -> str | None:
        """Return the last value of the keys in the sections with this name; None if these sections have none of the
        keys."""
        return next(reversed(self.values(section, *keys)), None)


def unit_files(host: Host, suffix: str) -> tuple[UnitFile, ...]:
    """Return the files with this suffix (``.network`` or ``.netdev``), in the order in which networkd compares them
    with a link."""
    texts = {each.path: each for each in host.files}
    names = sorted({path.rpartition("/")[2] for path in texts if _is_unit(path, suffix)})
    found = (_first(texts, name) for name in names)
    return tuple(
        UnitFile(file.path, (*sections(file.text), *_dropped_in(texts, file.path.rpartition("/")[2])))
        for file in found
        if file is not None and file.text.strip()
    )


def daemon_value(host: Host, section: str, key: str) -> str | None:
    """Return a setting of networkd itself, from networkd.conf and its drop-ins."""
    pairs = tuple(
        pair for file in _of_daemon(host) for each in sections(file.text) if each.name == section for pair in each.pairs
    )
    return Section(section, pairs).value(key)


def file_of_daemon_value(host: Host, section: str, key: str) -> str:
    """Return the path of the last file that sets a setting of networkd itself; networkd.conf if none does."""
    found = (
        file.path
        for file in reversed(_of_daemon(host))
        for each in sections(file.text)
        if each.name == section and each.values(key)
    )
    return next(found, _CONF_FILE)


def _of_daemon(host: Host) -> tuple[ConfigFile, ...]:
    """Return networkd.conf and its drop-ins, in the order of precedence: a later file wins."""
    main = (each for each in host.files if each.path == _CONF_FILE)
    return (*main, *sorted((each for each in host.files if each.path.rpartition("/")[0] in _CONF), key=_base))


def systemd_version(host: Host) -> int | None:
    """Return the major version of systemd; None if it was not read."""
    found = re.match(r"systemd (\d+)", host.version("systemd") or "")
    return int(found[1]) if found is not None else None


class Claim(msgspec.Struct, frozen=True):
    """The file that configures a link; None if no file does.  ``unsure``: the paths of earlier files of which hairpin
    cannot tell whether they match the link."""

    file: UnitFile | None
    unsure: tuple[str, ...] = ()


def claim(host: Host, link: Link, files: tuple[UnitFile, ...]) -> Claim:
    """Return the file that configures the link, by its name, kind and hardware address.  For other match conditions,
    the file that networkd chose last for the link counts as matching."""
    chosen = _chosen(host, link)
    unsure: list[str] = []
    for file in files:
        fits = matches(file, link)
        if fits or file.path == chosen:
            return Claim(file, tuple(unsure))
        if fits is None and chosen is None:
            unsure.append(file.path)
    return Claim(None, tuple(unsure))


def matches(file: UnitFile, link: Link) -> bool | None:
    """Return whether the file's ``[Match]`` fits the link; None if it has a condition that hairpin does not know."""
    pairs = tuple((key, value) for each in file.sections_of("Match") for key, value in each.pairs if value)
    if not pairs:
        return link.kind != "loopback" and bool(file.sections_of("Network"))
    answers = [_fits(key, " ".join(file.values("Match", key)).split(), link) for key in dict(pairs)]
    return False if False in answers else None if None in answers else True


def is_true(value: str | None) -> bool:
    """Return whether the value is one of systemd's words for yes."""
    return value is not None and value.lower() in ("1", "yes", "y", "true", "t", "on")


def sections(text: str) -> tuple[Section, ...]:
    """Return the sections of a text in the format of systemd.syntax(7)."""
    found: list[tuple[str, list[tuple[str, str]]]] = []
    for line in text.replace("\\\n", " ").splitlines():
        words = line.strip()
        if words.startswith("[") and words.endswith("]"):
            found.append((words[1:-1], []))
        elif words and words[0] not in "#;" and "=" in words and found:
            key, _, value = words.partition("=")
            found[-1][1].append((key.strip(), value.strip()))
    return tuple(Section(name, tuple(pairs)) for name, pairs in found)


def _is_unit(path: str, suffix: str) -> bool:
    return path.endswith(suffix) and path.rpartition("/")[0] in FOLDERS


def _first(texts: dict[str, ConfigFile], name: str) -> ConfigFile | None:
    return next((texts[f"{folder}/{name}"] for folder in FOLDERS if f"{folder}/{name}" in texts), None)


def _dropped_in(texts: dict[str, ConfigFile], name: str) -> Iterator[Section]:
    own: dict[str, ConfigFile] = {}
    for folder in reversed(FOLDERS):
        for path, file in texts.items():
            if path.rpartition("/")[0] == f"{folder}/{name}.d" and path.endswith(".conf"):
                own[_base(file)] = file
    for base in sorted(own):
        yield from sections(own[base].text)


def _base(file: ConfigFile) -> str:
    return file.path.rpartition("/")[2]


def _chosen(host: Host, link: Link) -> str | None:
    """Return the file that networkd's state names for the link."""
    path = f"/run/systemd/netif/links/{link.index}"
    text = next((each.text for each in host.files if each.path == path), "")
    pairs = (line.partition("=") for line in text.splitlines())
    return next((value for key, _, value in pairs if key == "NETWORK_FILE" and value), None)


def _fits(key: str, words: list[str], link: Link) -> bool | None:
    match key:
        case "Name" | "OriginalName":
            return _listed(words, link.name) if key == "Name" else None
        case "Type":
            kind = "loopback" if link.name == "lo" else _TYPES.get(link.kind, link.kind)
            return _listed(words, kind) if not link.name.startswith("wl") else None
        case "Kind":
            return _listed(words, link.kind or "*none*")
        case "MACAddress":
            return link.mac is not None and link.mac in [read_mac(word.replace("-", ":")) for word in words]
        case _:
            return None


def _listed(words: list[str], name: str) -> bool:
    """Return whether the pattern list matches the name.  A leading ``!`` inverts the list."""
    inverted = bool(words) and words[0].startswith("!")
    patterns = [word.removeprefix("!") for word in words]
    return any(fnmatchcase(name, each) for each in patterns) is not inverted
