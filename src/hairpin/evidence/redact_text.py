"""Finds addresses, hardware addresses, engine ids and names in the text of a reading of any tool.

Rules, routes, JSON and logs are treated alike: every text that parses as an address counts as one.  Prefixes in two
fields (``"addr": "10.0.0.0", "len": 8`` of nft, ``"src":"10.0.0.0","srclen":8`` of ip rule) and the hexadecimal forms
of /proc/net are also recognized.
"""

import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_address

from hairpin.evidence.address_map import Address, AddressMap
from hairpin.evidence.name_map import NameMap

_V4 = r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}"
_V6 = rf"(?:[0-9A-Fa-f]{{0,4}}:){{2,7}}(?:{_V4}|[0-9A-Fa-f]{{0,4}})"
_BEFORE_V4 = r"(?<![0-9A-Za-z_])(?<![0-9]\.)"
_AFTER_V4 = r"(?![0-9A-Za-z_]|\.[0-9])"
_BEFORE_V6 = r"(?<![0-9A-Za-z_:.])"
_AFTER_V6 = r"(?![0-9A-Za-z_:]|\.[0-9])"
_MAC = r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}"

_TOKEN = re.compile(
    rf"""
      MAC=(?P<log>[0-9a-f]{{2}}(?::[0-9a-f]{{2}})+)                    # netfilter LOG: destination, source, type
    | (?<![0-9A-Za-z])(?P<bridge>[0-9a-f]{{4}}\.[0-9a-f]{{1,2}}(?::[0-9a-f]{{1,2}}){{5}})(?![0-9A-Za-z:])
    | (?<![0-9A-Za-z:])(?P<mac>{_MAC})(?![0-9A-Za-z:])
    | "(?P<side>addr|src|dst)":\ ?"(?P<apart>[0-9A-Fa-f.:]+)",\ ?"(?P<len>len|srclen|dstlen)":\ ?(?P<bits>[0-9]{{1,3}})
    | {_BEFORE_V6}(?P<v6>{_V6})(?:/(?P<bits6>[0-9]{{1,3}}))?{_AFTER_V6}
    | {_BEFORE_V4}(?P<v4>{_V4})(?:/(?P<mask>{_V4})|/(?P<bits4>[0-9]{{1,2}}))?{_AFTER_V4}
    | (?<![0-9a-z])(?P<id>[0-9a-f]{{64}})(?![0-9a-z])
    | (?<![0-9A-Za-z])(?P<prefix>br-|dm-)(?P<short>[0-9a-f]{{12}})(?![0-9A-Za-z])
    | (?<![0-9a-z])(?P<twelve>[0-9a-f]{{12}})(?![0-9a-z])
    | (?P<home>/home/|/Users/)(?P<user>[A-Za-z0-9._-]+)
    """,
    re.VERBOSE,
)
_ID = re.compile(r"(?<![0-9a-z])[0-9a-f]{64}(?![0-9a-z])")
_PROC_NET = re.compile(r"(?<![0-9A-F])([0-9A-F]{32}|[0-9A-F]{8}):([0-9A-F]{4})(?![0-9A-F])")
_IPVS = re.compile(r"(?<![0-9A-F:\[])([0-9A-F]{8})(?=:[0-9A-F]{4}(?![0-9A-F]))")
_CIDR = re.compile(rf"(?:{_BEFORE_V6}(?P<v6>{_V6})|{_BEFORE_V4}(?P<v4>{_V4}))/(?P<bits>[0-9]{{1,3}})(?![0-9])")
_LOCAL = re.compile(r'"local":"(?P<address>[^"]+)","prefixlen":(?P<bits>[0-9]{1,3})')
_RANGE = re.compile(
    rf"""
      (?<![0-9A-Za-z_.])(?P<first4>{_V4})-(?P<last4>{_V4})(?![0-9A-Za-z_.])
    | {_BEFORE_V6}(?P<first6>{_V6})-(?P<last6>{_V6}){_AFTER_V6}
    | "range":\ ?\["(?P<first>[0-9A-Fa-f.:]+)",\ ?"(?P<last>[0-9A-Fa-f.:]+)"\]
    """,
    re.VERBOSE,
)
_MIN_WORD = 3
_HOST = re.compile(
    r"(?P<before>://(?:[^\s/@\"']+@)?|\blookup )(?P<host>(?![0-9.]+[:/\s])[A-Za-z0-9][A-Za-z0-9.-]*[A-Za-z0-9])"
)
"""Matches the name of a host in a URL, or in a resolver's error."""
_LOCAL_HOST = "localhost"


def parse_address(text: str) -> Address | None:
    """Return the address in ``text``, or None."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def ranges_in(text: str, *, subnets: bool) -> Iterator[tuple[Address, Address]]:
    """Yield the first and last address of every ``A-B`` in the text and, if wanted, of every subnet in it."""
    for match in _RANGE.finditer(text):
        ends = [parse_address(end) for end in match.groups() if end is not None]
        if len(ends) == 2 and ends[0] is not None and ends[1] is not None and int(ends[0]) <= int(ends[1]):
            yield ends[0], ends[1]
    if not subnets:
        return
    for match in _CIDR.finditer(text):
        yield from _ends(match["v6"] or match["v4"], int(match["bits"]))
    for match in _LOCAL.finditer(text):
        yield from _ends(match["address"], int(match["bits"]))


def hex_ids(text: str) -> Iterator[str]:
    """Yield every engine id (64 hexadecimal digits) in the text."""
    yield from _ID.findall(text)


def _ends(text: str, bits: int) -> Iterator[tuple[Address, Address]]:
    """Yield the first and last address of the subnet.  Yield nothing for /0, for a single address, and for a text that
    is no address."""
    address = parse_address(text)
    if address is None or not 0 < bits < address.max_prefixlen:
        return
    host = (1 << (address.max_prefixlen - bits)) - 1
    kind = type(address)
    yield kind(int(address) & ~host), kind(int(address) | host)


class Text:
    """Renames names and addresses in plain text.  ``short_ids``: the first 12 digits of the engine ids in this
    evidence.  Other words of 12 digits stay."""

    def __init__(self, addresses: AddressMap, names: NameMap, short_ids: frozenset[str]) -> None:
        self._addresses = addresses
        self._names = names
        self._short = short_ids
        self._words: re.Pattern[str] | None = None
        self._known = 0

    def plain(self, text: str) -> str:
        """Return the text with addresses, hardware addresses, ids and home directories renamed."""
        return _TOKEN.sub(self._token, text)

    def words(self, text: str) -> str:
        """Return the text with renamed hosts of URLs, and with every known name of at least three letters renamed where
        it stands as a word."""
        text = _HOST.sub(self._host, text)
        given = self._names.given()
        if self._words is None or len(given) != self._known:
            known = sorted((word for word in given if len(word) >= _MIN_WORD), key=len, reverse=True)
            alternatives = "|".join(map(re.escape, known)) or r"(?!)"
            self._words = re.compile(rf"(?<![0-9A-Za-z_-])(?:{alternatives})(?![0-9A-Za-z_-])")
            self._known = len(given)
        return self._words.sub(lambda match: given[match[0]], text)

    def _host(self, match: re.Match[str]) -> str:
        name = match["host"]
        return f"{match['before']}{name if name == _LOCAL_HOST or self.is_address(name) else self._names.host(name)}"

    def proc_net(self, text: str) -> str:
        """Return a table of /proc/net with its hexadecimal addresses renamed: words of four bytes, least significant
        byte first."""
        return _PROC_NET.sub(lambda match: f"{self._hexadecimal(match[1])}:{match[2]}", text)

    def ip_vs(self, text: str) -> str:
        """Return /proc/net/ip_vs with its addresses renamed.

        The file /proc/net/ip_vs has IPv4 addresses in hexadecimal, and IPv6 addresses in the usual form."""
        in_order = _IPVS.sub(lambda match: f"{int(self._addresses.address(IPv4Address(int(match[1], 16)))):08X}", text)
        return self.plain(in_order)

    def ufw_comments(self, text: str) -> str:
        """Return ufw's rules without the text of users' comments.  ufw writes users' comments in hexadecimal."""
        return re.sub(r"comment=[0-9a-f]+", "comment=72", text)

    def is_address(self, word: str) -> bool:
        """Return whether the word is an address, perhaps with a prefix length or a zone."""
        return parse_address(re.split("[/%]", word)[0]) is not None

    def _token(self, match: re.Match[str]) -> str:
        """Return the new text of one token.  The group that matched shows the token's kind."""
        found = match.groupdict()
        if found["v4"]:
            return self._v4(match)
        if found["v6"]:
            return self._v6(match)
        if found["mac"]:
            return self._names.mac(bytes.fromhex(found["mac"].replace(":", ""))).hex(":")
        if found["log"]:
            return f"MAC={self._log(found['log'])}"
        if found["bridge"]:
            priority, _, mac = found["bridge"].partition(".")
            return f"{priority}.{self._bridge(mac)}"
        if found["apart"]:
            return self._apart(match)
        if found["id"]:
            return self._names.id(found["id"])
        if found["short"]:
            return found["prefix"] + self._names.id(found["short"])
        if found["twelve"]:
            return self._names.id(found["twelve"]) if found["twelve"] in self._short else match[0]
        return found["home"] + self._names.name(found["user"])

    def _v4(self, match: re.Match[str]) -> str:
        address = parse_address(match["v4"])
        if address is None:
            return match[0]
        if match["bits4"] is not None:
            bits = int(match["bits4"])
            return f"{self._addresses.network(address, bits)}/{bits}" if bits <= 32 else match[0]
        if match["mask"] is not None:
            return f"{self._addresses.network(address, _mask_length(match['mask']))}/{match['mask']}"
        return str(self._addresses.address(address))

    def _v6(self, match: re.Match[str]) -> str:
        address = parse_address(match["v6"])
        if address is None:
            return match[0]
        if match["bits6"] is None:
            return _written(self._addresses.address(address), match["v6"])
        bits = int(match["bits6"])
        if bits > 128:
            return match[0]
        return f"{_written(self._addresses.network(address, bits), match['v6'])}/{bits}"

    def _apart(self, match: re.Match[str]) -> str:
        address = parse_address(match["apart"])
        bits = int(match["bits"])
        if address is None or bits > address.max_prefixlen:
            return match[0]
        start, end = match.start("apart") - match.start(), match.end("apart") - match.start()
        return match[0][:start] + str(self._addresses.network(address, bits)) + match[0][end:]

    def _bridge(self, text: str) -> str:
        """Return a bridge id's hardware address renamed, without leading zeros, as iproute2 writes it."""
        octets = self._names.mac(bytes(int(octet, 16) for octet in text.split(":")))
        return ":".join(f"{octet:x}" for octet in octets)

    def _log(self, text: str) -> str:
        octets = bytes.fromhex(text.replace(":", ""))
        return (self._names.mac(octets[:6]) + self._names.mac(octets[6:12]) + octets[12:]).hex(":")

    def _hexadecimal(self, text: str) -> str:
        words = [bytes.fromhex(text[index : index + 8])[::-1] for index in range(0, len(text), 8)]
        packed = b"".join(words)
        address: Address = IPv4Address(packed) if len(packed) == 4 else IPv6Address(packed)
        renamed = self._addresses.address(address).packed
        return "".join(renamed[index : index + 4][::-1].hex().upper() for index in range(0, len(renamed), 4))


def _mask_length(mask: str) -> int:
    """Return the prefix length of a netmask.  Return 32 if the netmask's one bits are not contiguous."""
    try:
        bits = int(IPv4Address(mask))
    except AddressValueError:
        return 32
    length = bits.bit_count()
    return length if bits == (0xFFFFFFFF << (32 - length)) & 0xFFFFFFFF else 32


def _written(address: Address, like: str) -> str:
    """Return the address as text.  The text ends with a dotted IPv4 address if ``like`` ends with such an address."""
    if "." in like and isinstance(address, IPv6Address):
        tail = IPv4Address(int(address) & 0xFFFFFFFF)
        head = str(IPv6Address(int(address) >> 32 << 32))
        return f"::ffff:{tail}" if address.ipv4_mapped else f"{head.removesuffix('0:0')}{tail}"
    return str(address)
