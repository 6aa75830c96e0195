"""A host's own name in a file, where it stands for the host: as a name of an address, or as the value of a setting.

A host may be called ``a``, ``web`` or ``accept``.  Anywhere else such a word is a word of the text.
"""

import re

_NAMES_FILES = frozenset({"/etc/hosts"})
"""hosts(5): each word behind the first is a name."""
_WHOLE_FILES = frozenset({"/etc/hostname", "/etc/HOSTNAME"})
_SETTING = re.compile(
    r"(?P<key>(?<![A-Za-z0-9])[A-Za-z0-9_.-]*host-?name[\"']?[ \t]*[ \t=:][ \t]*[\"']?)"
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9.-]*)",
    re.IGNORECASE,
)
"""``DHCP_HOSTNAME=web1`` (ifcfg), ``Hostname=web1`` (networkd), ``hostname web1`` (interfaces, dhcpcd),
``dhcp-hostname=web1`` (NetworkManager), ``hostname: web1`` (netplan)."""
_WORD = re.compile(r"[^\s#]+")


def with_name_of(path: str, text: str, name: str, other: str) -> str:
    """Return the file's text with the other host's name in the places of the host's own."""
    if path in _WHOLE_FILES:
        return _WORD.sub(lambda found: _renamed(found[0], name, other), text, count=1)
    if path in _NAMES_FILES:
        return "\n".join(_names_line(line, name, other) for line in text.split("\n"))
    return _SETTING.sub(lambda found: f"{found['key']}{_renamed(found['name'], name, other)}", text)


def _names_line(line: str, name: str, other: str) -> str:
    body, mark, comment = line.partition("#")
    address = _WORD.search(body)
    if address is None:
        return line
    names = _WORD.sub(lambda found: _renamed(found[0], name, other), body[address.end() :])
    return f"{body[: address.end()]}{names}{mark}{comment}"


def _renamed(word: str, name: str, other: str) -> str:
    """Return the word with the other name, if it is the host's: whole, or as the first label of a longer name."""
    if word.lower() == name.lower():
        return other
    label, dot, domain = word.partition(".")
    if label.lower() != name.partition(".")[0].lower():
        return word
    return f"{other.partition('.')[0]}{dot}{domain}"
