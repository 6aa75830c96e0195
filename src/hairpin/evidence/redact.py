"""Renames everything that identifies a host and its owner.  A user can then show the evidence to other people, and the
diagnosis stays the same.

The following is renamed, in the same way in all readings: IPv4 and IPv6 addresses (prefixes are preserved:
``address_map``), hardware addresses, names of the host, of containers, networks, images, users and their home
directories (``name_map``), engine ids and the bridge names made of them, the machine id and the boot id, and units,
scripts and packages that the owner has named (``redact_own``).  The following is kept: names of interfaces, chains,
sets, processes and services, units of distributions, ports, marks, comments in rules.  Each call uses a random key and
does not keep the key.  Therefore the renaming cannot be undone.

In traces, users are renamed in the places where the log in question names users.
"""

import re
import secrets
from collections.abc import Iterable, Iterator

import msgspec

from hairpin.evidence.address_map import Address, AddressMap
from hairpin.evidence.name_map import NameMap
from hairpin.evidence.reading import CONTAINER_LOG, Evidence, Reading, is_trace
from hairpin.evidence.redact_documents import Documents
from hairpin.evidence.redact_own import OwnNames
from hairpin.evidence.redact_text import Text, hex_ids, ranges_in

_ENGINES = ("docker", "podman", "swarm", "rootless", "quadlets", "containers-conf", "compose-files")
_WITHOUT_ADDRESSES = frozenset({"versions", "packages", "os-release", "docker-version", "podman-version"})
"""The keys of readings with four-part version numbers, which look like addresses and must not be renamed."""
_NO_OWN_NAMES = frozenset({"sysctl", "packages", "versions", "os-release", "modules", "module-files"})
_OF_NAMES = ("/etc/hosts", "/etc/resolv.conf", "/run/systemd/resolve/resolv.conf")
_FREE_TEXT = frozenset({
    "klog", "boot-scripts", "boot-units", "containers-conf", "dockerd-log", "unrecognised", "outcome", "pasted",
    "differences",
})  # fmt: skip
"""The keys of readings with prose, in which known names are renamed wherever they stand as words.  In rules and
configuration known names are not renamed in this way, because a container may be called ``accept``."""

_PUBLIC_ASSET_TAGS = (
    "7783-7084-3265-9085", "amazon", "google", "huaweicloud", "ibmcloud", "openstack", "oraclecloud", "no asset",
    "none", "not specified", "default",
)  # fmt: skip
"""The beginnings, in lower case, of the asset tags that a cloud or a vendor gives to all its machines."""
_USER = r"(?P<user>[A-Za-z_][A-Za-z0-9_.-]*\$?)"
_USERS: tuple[re.Pattern[str], ...] = tuple(
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        rf"(?<![\w.-]){_USER}(?= : (?:TTY=|PWD=|HOST=|command not allowed|\d+ incorrect))",  # sudo
        rf"(?<=; USER=){_USER}",
        rf"(?:Accepted \S+ for |auth succeeded for '|for user |[Ss]uccessful su for )(?:invalid user )?{_USER}",
        rf"\bby {_USER}(?=\(uid=)",
        rf"(?<![\w.-]){_USER}(?= ran command )",  # doas
        rf"(?<![\w.-]){_USER}(?=: Executing command )",  # pkexec
        rf"\({_USER}(?=\) CMD )",  # cron
        rf"^Requested-By: {_USER}",  # apt
        rf"^\d+ \d+ \d+ {_USER}(?= /)",  # stat
        rf'\b(?:AUID|UID|acct)="{_USER}(?=")',  # auditd
        rf"(?<=\(to root\) ){_USER}",  # su
    )
)
"""The patterns that find a user's name, which is their group ``user``.  Each match ends with the name."""
_KEPT = frozenset({"root", "docker", "podman", "systemd", "iptables", "nft", "firewalld"})
"""The user names that stay, because programs have the same names.

If these names were renamed, hairpin would not recognize the programs' commands."""
_MADE = re.compile(r"cni-|lb_|\d{1,2}-|ingress_sbox$")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_OUTSIDE = re.compile(r"(?<=://)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
"""The name of a machine of the outside in a URL.  People's own words in a pasted text have them."""
_LOOKED_UP = re.compile(
    r"(?:lookup |bad address '|upstream \"|EAI_AGAIN |ENOTFOUND |UnknownHostException: |resolve host(?:name)?:? [\"']?"
    r"|host name \"|getaddrinfo for )(?P<name>[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*)(?=[\"'\s:,]|$)",
    re.MULTILINE,
)
"""A name that a program has looked up, in the words of its log."""
_DOTTED = re.compile(r"(?<![\w./-])[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+\.[A-Za-z]{2,}(?![\w(])")
"""A name with several dots in a container's log: that of a machine."""
_GUEST = re.compile(
    r'("(?:hostname|domain|Hostname)": *"|^NAME=|/lxc\.payload[./]|/lxc/|/systemd-nspawn@|/machine-'
    r"|^\d+ [0-9a-f:]+ [0-9a-f.:]+ )([A-Za-z0-9_-]+)",
    re.MULTILINE,
)
"""The name of a guest: in a lease, in machined's file, in a control group."""
_GUEST_NETWORK = re.compile(r"((?:/libvirt/qemu/networks/|<name>))(?!default\b)([\w-]+)")
"""The name of a network of libvirt, in its file and as its file's name.  Links keep their names."""
_BOOT = re.compile(r'(?:(?<="_BOOT_ID":")|^(?P<before>\s*-?\d+ ))(?P<id>[0-9a-f]{32})(?![0-9a-f])', re.MULTILINE)
_PROSE = frozenset({
    "trace-logins", "trace-cron", "trace-syslog", "trace-engines", "trace-firewalls", "trace-audit", "trace-scripts",
    "trace-own-units", "trace-package-scripts", "trace-guard",
})  # fmt: skip
"""The keys of traces with prose of people and programs, in which known names are renamed wherever they stand as
words."""
_VERSIONS = frozenset({"trace-packages", "trace-rpm"})
"""The keys of traces with version numbers of four parts, which look like addresses.  In these readings, only command
lines contain addresses."""
_COMMAND = re.compile(r"^Commandline: .*$", re.MULTILINE)


def redact(evidence: Evidence, key: bytes | None = None) -> Evidence:
    """Return the same evidence with other names.

    ``key``: the key of the renaming.  Tests give a key to get the same result each time."""
    (redacted,) = redact_together((evidence,), key)
    return redacted


def redact_together(hosts: tuple[Evidence, ...], key: bytes | None = None) -> tuple[Evidence, ...]:
    """Return the evidence of several hosts with other names.  Equal names and addresses of two hosts stay equal.
    Therefore the hosts still form one network."""
    key = secrets.token_bytes(32) if key is None else key
    readings = [reading for evidence in hosts for reading in evidence.readings]
    addresses = AddressMap(key, _pins(readings))
    short_ids = frozenset(number[:12] for reading in readings for number in hex_ids(reading.text))
    names = NameMap(key, short_ids)
    text = Text(addresses, names, short_ids)
    documents = Documents(names, text)
    own = OwnNames(names, readings)
    # The documents of engines come first, because they show which words are names.  The words that are names are then
    # renamed in free text.
    engines = tuple(
        {reading.id: documents.redact(reading) for reading in evidence.readings if _is_document(reading)}
        for evidence in hosts
    )
    hostnames = tuple(names.name(evidence.hostname) for evidence in hosts)
    return tuple(
        _redacted(evidence, hostname, _Redactor(names, text, own, documents_of_host))
        for evidence, hostname, documents_of_host in zip(hosts, hostnames, engines, strict=True)
    )


def _redacted(evidence: Evidence, hostname: str, redactor: "_Redactor") -> Evidence:
    readings = tuple(redactor.reading(reading) for reading in evidence.readings)
    return msgspec.structs.replace(evidence, hostname=hostname, readings=readings, label="")


def _is_document(reading: Reading) -> bool:
    engine, what = reading.key.partition("-")[0], reading.key.rpartition("-")[2]
    documents = {"containers", "networks", "info", "services", "tasks", "events", "pods"}
    told = reading.key in ("quadlets", "compose-files") or (engine in (*_ENGINES, "trace") and what in documents)
    return told and reading.outcome == "text"


def _pins(readings: Iterable[Reading]) -> Iterator[tuple[Address, Address]]:
    """Yield the subnets of interfaces and engine networks, and every ``A-B`` range in rules and sets."""
    for reading in readings:
        subnets = reading.key.startswith("ip-addr") or reading.key.endswith("-networks")
        yield from ranges_in(reading.text, subnets=subnets)


class _Redactor:
    """Renames the readings of one host, with a method for each kind of text."""

    def __init__(self, names: NameMap, text: Text, own: OwnNames, engines: dict[str, str]) -> None:
        self._names = names
        self._own = own
        self._text = text
        self._engines = engines
        self._traces = RedactedTraces(names, text)

    def reading(self, reading: Reading) -> Reading:
        origin = self._text.plain(reading.origin)
        if reading.key.startswith(_ENGINES):
            origin = self._text.words(origin)
        body = self._body(reading)
        if reading.key not in _NO_OWN_NAMES:
            body, origin = self._own.redact(reading, body), self._own.redact(reading, origin)
        return msgspec.structs.replace(reading, netns=self._netns(reading.netns), origin=origin, text=body)

    def _netns(self, netns: str) -> str:
        kind, colon, name = netns.partition(":")
        # These words say who made a namespace (host/netns.py).
        made = _MADE.match(name) if kind == "netns" else None
        kept = made[0] if made is not None else ""
        rest = name.removeprefix(kept)
        return f"{kind}{colon}{kept}{self._text.plain(self._names.name(rest)) if rest else ''}" if colon else netns

    def _body(self, reading: Reading) -> str:
        """Return the new text of one reading."""
        if reading.id in self._engines:
            return self._engines[reading.id]
        if reading.key == CONTAINER_LOG:
            return self._log(reading.text)
        if is_trace(reading.key):
            return self._traces.redact(reading)
        text = reading.text
        match reading.key:
            case "namespaces":
                return "".join(f"{self._namespace(line)}\n" for line in text.splitlines())
            case "versions" if reading.origin.startswith("uname") and reading.outcome == "text":
                return self._uname(text)
            case "machine-id" | "boot-id" if reading.outcome == "text":
                return "".join(f"{self._names.machine(line)}\n" for line in text.splitlines())
            case "dmi":
                return "".join(f"{self._dmi(line)}\n" for line in text.splitlines())
            case "file" if reading.origin in _OF_NAMES:
                return "".join(self._name_line(line) for line in text.splitlines(keepends=True))
            case "container-hosts":
                return "".join(self._pinned_name(line) for line in text.splitlines(keepends=True))
            case "guests" if reading.outcome == "text":
                return self._text.plain(_GUEST.sub(lambda found: f"{found[1]}{self._names.host(found[2])}", text))
            case "guest-networks":
                return self._text.plain(
                    _GUEST_NETWORK.sub(lambda found: f"{found[1]}{self._names.name(found[2])}", text)
                )
            case "health-checks":
                return self._text.words(self._text.plain(_OUTSIDE.sub("name.example", text)))
            case "plans":  # this text has only numbers
                return text
            case key if key in _WITHOUT_ADDRESSES:
                return text
            case "ipvs" if reading.outcome == "text":
                return self._text.ip_vs(text)
            case key if key.startswith("proc-net-"):
                return self._text.proc_net(text)
            case key:
                plain = self._text.plain(text)
                if key == "unrecognised":
                    plain = _OUTSIDE.sub("name.example", _MAIL.sub("user@mail.example", plain))
                if key == "ufw-rules":
                    plain = self._text.ufw_comments(plain)
                return self._text.words(plain) if key in _FREE_TEXT or reading.outcome != "text" else plain

    def _log(self, text: str) -> str:
        """Return the lines of a container's log with each name renamed that is one of the host, or that looks like
        one."""
        text = _OUTSIDE.sub("name.example", _MAIL.sub("user@mail.example", text))
        for pattern in (_LOOKED_UP, _DOTTED):
            text = pattern.sub(self._other_name, text)
        return self._text.words(self._text.plain(text))

    def _other_name(self, found: re.Match[str]) -> str:
        name = found.groupdict().get("name", found[0])
        if self._text.is_address(name) or name == "name.example":
            return found[0]
        return found[0].removesuffix(name) + self._names.host(name)

    def _namespace(self, line: str) -> str:
        netns, tab, rest = line.partition("\t")
        return f"{self._netns(netns)}{tab}{self._text.plain(rest)}"

    def _uname(self, text: str) -> str:
        """Return the output of ``uname -a`` renamed: its second word is the host's name."""
        fields = text.split(" ")
        return " ".join(self._names.name(field) if index == 1 else field for index, field in enumerate(fields))

    def _dmi(self, line: str) -> str:
        """Return the line with its asset tag renamed.  A tag that identifies a cloud stays.  Every other tag is an
        inventory number."""
        name, colon, value = line.partition(":")
        if name.endswith("chassis_asset_tag") and not value.strip().lower().startswith(_PUBLIC_ASSET_TAGS):
            value = self._names.name(value)
        return f"{name}{colon}{value}"

    def _name_line(self, line: str) -> str:
        """Return a line of hosts(5) or resolv.conf(5) renamed.  Each word after the first word is an address or a
        name."""
        body, mark, _ = line.rstrip("\n").partition("#")
        pieces = re.split(r"(\s+)", self._text.plain(body))
        first = next((index for index, piece in enumerate(pieces) if piece and not piece.isspace()), 0)
        if pieces[first] not in {"nameserver", "options", "sortlist"}:
            pieces = [piece if index <= first else self._host_name(piece) for index, piece in enumerate(pieces)]
        end = "\n" if line.endswith("\n") else ""
        return f"{''.join(pieces)}{mark}{end}"

    def _pinned_name(self, line: str) -> str:
        """Return the line with its address and its name, which are behind the container's id, renamed."""
        fields = self._text.plain(line.rstrip("\n")).split("\t")
        end = "\n" if line.endswith("\n") else ""
        return "\t".join((*fields[:2], *(self._host_name(each) for each in fields[2:]))) + end

    def _host_name(self, word: str) -> str:
        return word if not word or word.isspace() or self._text.is_address(word) else self._names.name(word)


class RedactedTraces:
    """Renames one reading of the traces at a time.  ``Documents`` renames the traces that are JSON of engines."""

    def __init__(self, names: NameMap, text: Text) -> None:
        self._names = names
        self._text = text

    def redact(self, reading: Reading) -> str:
        """Return the text of the reading with its names and addresses renamed."""
        text = reading.text
        for pattern in _USERS:
            text = pattern.sub(self._renamed, text)
        text = _BOOT.sub(lambda found: f"{found['before'] or ''}{self._names.machine(found['id'])}", text)
        if reading.key in _VERSIONS:
            return _COMMAND.sub(lambda found: self._text.words(self._text.plain(found[0])), text)
        plain = self._text.plain(text)
        return self._text.words(plain) if reading.key in _PROSE or reading.outcome != "text" else plain

    def _renamed(self, found: re.Match[str]) -> str:
        user = found["user"]
        start = found.start("user") - found.start()
        fresh = user if user in _KEPT else self._names.name(user)
        return found[0][:start] + fresh + found[0][start + len(user) :]
