"""Reads fields of the packet (fields.py) in a script, and expressions that depend on more than the packet.

Source: nft(8) PRIMARY EXPRESSIONS, PAYLOAD EXPRESSIONS; nftables src/json.c
"""

from collections.abc import Callable

from hairpin.netfilter.nft.fields import HEADERS, KEYS, READ_BARE, SAME_META
from hairpin.netfilter.nft.script.cursor import Cursor
from hairpin.netfilter.nft.syntax import Json, Object

Reader = Callable[[Cursor], Json]

_TUNNELS = {"vxlan": frozenset({"vni", "flags"}), "geneve": frozenset({"vni", "type"}), "gretap": frozenset[str]()}
_EXTENSIONS = {
    "hbh": ("nexthdr", "hdrlength"), "rt": ("nexthdr", "hdrlength", "type", "seg-left"), "rt0": ("addr",),
    "rt2": ("addr",), "srh": ("last-entry", "flags", "tag", "sid", "seg-left"),
    "frag": ("nexthdr", "reserved", "frag-off", "reserved2", "more-fragments", "id"), "dst": ("nexthdr", "hdrlength"),
    "mh": ("nexthdr", "hdrlength", "type", "reserved", "checksum"),
}  # fmt: skip
_TCP_OPTIONS = {"mss": "maxseg", "eol": "eol", "sack-permitted": "sack-perm", "nop": "nop"}


def field(at: Cursor, inner: Reader) -> Json:
    """Read and return the next field; None if the next token begins no field.  ``inner`` reads the expression inside a
    hash."""
    token = at.peek()
    if token.kind == "sign" and token.text == "@":
        return _raw(at)
    if token.kind != "word":
        return None
    reader = _READERS.get(token.text)
    following = at.peek(1)
    if reader is not None and following.kind == "word":
        return reader(at)
    if token.text in ("jhash", "symhash"):
        return _hash(at, inner)
    if token.text in READ_BARE:
        at.take()
        return _meta(token.text)
    return None


def _meta(key: str) -> Json:
    return {"meta": {"key": SAME_META.get(key, key)}}


def _raw(at: Cursor) -> Json:
    """Read and return raw bytes of a header, such as ``@th,16,16``."""
    if not (at.peek(1).kind == "word" and at.peek(2).means(",") and at.peek(3).kind == "number"):
        return None
    at.take()
    base = at.name()
    at.expect(",")
    offset = at.number()
    at.expect(",")
    return {"payload": {"base": base, "offset": offset, "len": at.number()}}


def _of_meta(at: Cursor) -> Json:
    key = at.peek(1).text
    if key not in KEYS["meta"]:
        return None
    at.take()
    at.take()
    return _meta(key)


def _of_ct(at: Cursor) -> Json:
    first = at.peek(1).text
    if first in ("original", "reply"):
        at.take()
        direction = at.take().text
        key = at.name()
        if key in ("ip", "ip6"):
            key = f"{key} {at.name()}"
        return {"ct": {"key": key, "dir": direction}}
    if first not in KEYS["ct"] or first == "count":
        return None
    at.take()
    return {"ct": {"key": at.take().text}}


def _of_rt(at: Cursor) -> Json:
    second = at.peek(1).text
    if second in ("classid", "nexthop", "mtu", "ipsec"):
        at.take()
        return {"rt": {"key": at.take().text}}
    if second in ("ip", "ip6"):
        at.take()
        family = at.take().text
        return {"rt": {"key": at.name(), "family": family}}
    return _extension(at)


def _of_ipsec(at: Cursor) -> Json:
    if not at.peek(1).means("in", "out"):
        at.take()
        return _meta("ipsec")
    at.take()
    found: Object = {"dir": at.take().text}
    found["spnum"] = at.number() if at.accept("spnum") else 0
    if at.at("ip", "ip6"):
        found["family"] = at.take().text
    return {"ipsec": {"key": at.name(), **found}}


def _extension(at: Cursor) -> Json:
    name, key = at.peek().text, at.peek(1).text
    if key not in _EXTENSIONS[name]:
        return None
    at.take()
    at.take()
    found: Object = {"name": name, "field": key}
    if at.at("[") and at.peek(1).kind == "number":
        at.take()
        found["offset"] = at.number()
        at.expect("]")
    return {"exthdr": found}


def _of_exthdr(at: Cursor) -> Json:
    at.take()
    return {"exthdr": {"name": at.name()}}


def _header(at: Cursor) -> Json:
    name, key = at.peek().text, at.peek(1).text
    if name == "tcp" and key == "option":
        return _tcp_option(at)
    if name == "ip" and key == "option":
        return _ip_option(at)
    if name == "sctp" and key == "chunk":
        return _sctp_chunk(at)
    if name == "dccp" and key == "option":
        at.take()
        at.take()
        return {"dccp option": {"type": at.number()}}
    if name == "arp" and key in ("saddr", "daddr") and at.peek(2).means("ether", "ip"):
        at.take()
        at.take()
        return {"payload": {"protocol": "arp", "field": f"{key} {at.take().text}"}}
    if key not in KEYS[name]:
        return _inside(at) if name == "gre" else None
    at.take()
    at.take()
    return {"payload": {"protocol": name, "field": key}}


def _tunnel(at: Cursor) -> Json:
    name, key = at.peek().text, at.peek(1).text
    if key not in _TUNNELS[name]:
        return _inside(at)
    at.take()
    at.take()
    return {"payload": {"protocol": name, "field": key, "tunnel": name}}


def _inside(at: Cursor) -> Json:
    """Read and return a field of a tunnel's inner packet, such as ``vxlan ip saddr``."""
    if not (at.peek(1).text in HEADERS and at.peek(2).text in KEYS[at.peek(1).text]):
        return None
    name = at.take().text
    return {"payload": {"protocol": at.take().text, "field": at.take().text, "tunnel": name}}


def _tcp_option(at: Cursor) -> Json:
    at.take()
    at.take()
    if at.accept("@"):
        kind = at.number()
        at.expect(",")
        offset = at.number()
        at.expect(",")
        return {"tcp option": {"base": kind, "offset": offset, "len": at.number()}}
    name: Json = at.number() if at.peek().kind == "number" else at.name()
    name = _TCP_OPTIONS.get(name, name) if isinstance(name, str) else name
    found: Object = {"name": name}
    if at.at("size", "count", "left", "right", "tsval", "tsecr", "kind", "length", "subtype"):
        found["field"] = at.take().text
    return {"tcp option": found}


def _ip_option(at: Cursor) -> Json:
    at.take()
    at.take()
    found: Object = {"name": at.name()}
    if at.at("type", "length", "value", "ptr", "addr"):
        found["field"] = at.take().text
    return {"ip option": found}


_CHUNK = ("type", "flags", "length", "tsn", "stream", "ssn", "ppid", "init-tag", "a-rwnd", "num-outbound-streams",
          "num-inbound-streams", "initial-tsn", "cum-tsn-ack", "num-gap-ack-blocks", "num-dup-tsns", "lowest-tsn",
          "seqno", "new-cum-tsn")  # fmt: skip


def _sctp_chunk(at: Cursor) -> Json:
    at.take()
    at.take()
    found: Object = {"name": at.name()}
    if at.at(*_CHUNK):
        found["field"] = at.take().text
    return {"sctp chunk": found}


def _of_fib(at: Cursor) -> Json:
    at.take()
    flags = [at.name()]
    while at.accept("."):
        flags.append(at.name())
    result = at.expect("oif", "oifname", "type", "check").text
    return {"fib": {"result": result, "flags": [*flags]}}


def _of_socket(at: Cursor) -> Json:
    at.take()
    key = at.name()
    if key == "cgroupv2":
        at.expect("level")
        return {"socket": {"key": key, "level": at.number()}}
    return {"socket": {"key": key}}


def _of_osf(at: Cursor) -> Json:
    at.take()
    found: Object = {}
    if at.accept("ttl"):
        found["ttl"] = at.name()
    return {"osf": {"key": at.name(), **found}}


def _of_numgen(at: Cursor) -> Json:
    at.take()
    mode = at.name()
    at.expect("mod")
    return {"numgen": {"mode": mode, "mod": at.number(), **_offset(at)}}


def _hash(at: Cursor, inner: Reader) -> Json:
    name, found = at.take().text, dict[str, Json]()
    if name == "jhash":
        found["expr"] = inner(at)
    at.expect("mod")
    found["mod"] = at.number()
    if at.accept("seed"):
        found["seed"] = at.number()
    return {name: {**found, **_offset(at)}}


def _offset(at: Cursor) -> Object:
    return {"offset": at.number()} if at.accept("offset") else {}


_READERS: dict[str, Reader] = {
    **dict.fromkeys(HEADERS, _header),
    **dict.fromkeys(_TUNNELS, _tunnel),
    **dict.fromkeys(_EXTENSIONS, _extension),
    "meta": _of_meta,
    "ct": _of_ct,
    "rt": _of_rt,
    "ipsec": _of_ipsec,
    "exthdr": _of_exthdr,
    "fib": _of_fib,
    "socket": _of_socket,
    "osf": _of_osf,
    "numgen": _of_numgen,
}
