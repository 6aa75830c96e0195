"""Configuration files in the output of ``cat`` or ``grep``.

The path in the command shows which file ``cat`` prints; ``grep`` prints files of the network.  A file has the wanted
settings, and not the present ones.  So the command line is the anchor: a file must not be read as a listing of rules or
of sysctls.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from hairpin.evidence.reading import HOST
from hairpin.pasted.form import Found, Fragment, OutputForm, Paste, joined_lines
from hairpin.sought import Sought

_CAT = Sought(r".*\b(?:cat|less|more|tail|head)\s+.*/etc/")
_SHOWS = frozenset({"cat", "less", "more"})
_COMMENT = r"\s*(?:[#;].*)?$"
_ASSIGNED = Sought(rf"\s*[\w./*-]+\s*=.*$|{_COMMENT}")
_SYSCTLS = Sought(rf"\s*-?(?:[a-z]\w*[./])[\w./*-]+\s*=.*$|{_COMMENT}")
_RESOLVER = Sought(rf"\s*(?:nameserver|search|domain|options|sortlist|lookup)\s.*$|{_COMMENT}")
_HOSTS = Sought(rf"\s*(?:[\d.x*]+|[0-9a-fA-F:]*:[0-9a-fA-F:%\w]+)\s+\S.*$|{_COMMENT}")
_RULES = Sought(rf"\s*(?:\*\w+|:[\w-]+ \S+.*|(?:\[\d+:\d+\] )?-[AIPN] .*|COMMIT|### .*)\s*$|{_COMMENT}")
_NFT = Sought(
    rf".*[{{}};]\s*$|\s*(?:#!|table |chain |flush |include |define |set |map |elements|type |policy |ip6? "
    rf"|tcp |udp |icmp|ct |meta |iif|oif|accept|drop|reject|jump |counter).*|{_COMMENT}"
)
_XML = Sought(r"\s*<.*>\s*$|\s*[\w ]+\s*$")


class _Kind(NamedTuple):
    path: Sought
    key: str
    belongs: Sought


def _kind(path: str, key: str, belongs: Sought) -> _Kind:
    return _Kind(Sought(path), key, belongs)


_KINDS = (
    _kind(r"/etc/ufw/ufw\.conf", "ufw-conf", _ASSIGNED),
    _kind(r"/etc/default/ufw", "ufw-default", _ASSIGNED),
    _kind(r"/etc/ufw/(?:before|after|user)6?\.rules", "ufw-rules", _RULES),
    _kind(r"/etc/ufw/sysctl\.conf", "ufw-sysctl", _SYSCTLS),
    _kind(r"/etc/firewalld/firewalld\.conf", "firewalld-conf", _ASSIGNED),
    _kind(r"/etc/firewalld/(?:zones/[\w.-]+|direct)\.xml", "firewalld-zones-permanent", _XML),
    _kind(r"/etc/sysctl\.conf|/(?:etc|run|usr/lib)/sysctl\.d/[\w.-]+\.conf", "file", _SYSCTLS),
    _kind(r"/etc/resolv\.conf|/run/systemd/resolve/resolv\.conf", "file", _RESOLVER),
    _kind(r"/etc/hosts", "file", _HOSTS),
    _kind(
        r"/etc/iptables/rules\.v[46]|/etc/sysconfig/ip6?tables|/etc/iptables\.(?:up\.)?rules"
        r"|/etc/iptables/iptables\.rules", "file", _RULES),
    _kind(r"/etc/nftables\.conf|/etc/sysconfig/nftables\.conf|/etc/nftables/[\w.-]+", "file", _NFT),
)  # fmt: skip


def _file(paste: Paste, start: int) -> Found | None:
    command = paste.commands.get(start)
    if command is None or command.words[0] not in _SHOWS or re.search(r"[|>;&]", command.text):
        return None
    named = [word for word in command.words[1:] if not word.startswith("-")]
    kind = next((each for each in _KINDS if len(named) == 1 and each.path.fullmatch(named[0])), None)
    if kind is None:
        return None
    first = start + 1
    end = paste.block(first, kind.belongs.match, blank=2)
    lines = [line for line in paste.lines[first:end] if line.strip()]
    if not lines:
        return None
    if command.netns != HOST:  # a file of a container is none of the host's
        return Found(end, f"cat {named[0]}", tuple(_of_container(command.netns, named[0], lines)))
    return Found(end, f"cat {named[0]}", tuple(_parts(kind, named[0], paste.lines[first:end])))


def _parts(kind: _Kind, path: str, lines: tuple[str, ...]) -> Iterator[Fragment]:
    yield Fragment(kind.key, joined_lines(lines), "", path)


def _of_container(netns: str, path: str, lines: list[str]) -> Iterator[Fragment]:
    """Yield the name servers of a container's resolv.conf, or the names of its /etc/hosts, in the form of the
    collector's readings, with the container's name in place of its id."""
    name, rows = netns.removeprefix("container:"), [line.split("#")[0].split() for line in lines]
    if path == "/etc/hosts":
        entries = [f"{name}\t{row[0]}\t{word}" for row in rows for word in row[1:]]
        yield Fragment("container-hosts", joined_lines([name, *entries]), "")
    elif path == "/etc/resolv.conf":
        servers = [f"{name}\t{row[1]}" for row in rows if row[:1] == ["nameserver"] and len(row) > 1]
        yield Fragment("container-resolvers", joined_lines([name, *servers]), "")


_OF_NETWORK = Sought(
    r"(?P<path>/etc/(?:network/interfaces(?:\.d/[\w.-]+)?|netplan/[\w.-]+\.yaml|systemd/network/[\w./-]+"
    r"|sysconfig/network-scripts/ifcfg-[\w.-]+|default/ufw|ufw/ufw\.conf)):(?P<line>.*)$"
)
_OWN_KEYS = {"/etc/default/ufw": "ufw-default", "/etc/ufw/ufw.conf": "ufw-conf"}


def _grep_lines(paste: Paste, start: int) -> Found | None:
    """Return the lines of the files of the network and of ufw that ``grep`` prints behind the paths."""
    end = paste.block(start, _OF_NETWORK.match)
    command = paste.command_above(start)
    if command.netns != HOST:
        return Found(end, "grep")
    files: dict[str, list[str]] = {}
    for line in paste.lines[start:end]:
        found = _OF_NETWORK.match(line)
        assert found is not None
        files.setdefault(found["path"], []).append(found["line"])
    parts = tuple(Fragment(_OWN_KEYS.get(path, "file"), joined_lines(lines), "", path) for path, lines in files.items())
    return Found(end, "grep", parts)


FORMS = (OutputForm(_CAT, _file, ("/etc/",)), OutputForm(_OF_NETWORK, _grep_lines))
