"""Writes nft expressions in nft's own words.

Source: nftables src/{expression,meta,ct,payload,fib,rt}.c, the print functions
"""

from collections.abc import Callable

from hairpin.netfilter.nft.fields import PRINTED_BARE, QUOTED_META
from hairpin.netfilter.nft.syntax import (
    Json,
    Object,
    content,
    element_value,
    elements_of,
    list_of,
    named,
    object_of,
    pair,
    words,
)

BRACKETED = {"&": 3, "<<": 4, ">>": 4, "^": 2, "|": 1}

QUOTED, HEX = "quoted", "hex"


def text_of(expression: Json, style: str = "") -> str:
    """Return the text of an expression.  ``style`` tells how constants of the left-hand side's data type are printed
    (QUOTED, HEX)."""
    if isinstance(expression, str):
        bare = style != QUOTED or expression[:1] in ("@", "*") or expression.isdigit()
        return expression if bare else f'"{expression}"'
    if isinstance(expression, bool):
        return "exists" if expression else "missing"
    if isinstance(expression, int):
        return f"0x{expression:08x}" if style == HEX else str(expression)
    if isinstance(expression, list):
        return ",".join(text_of(part, style) for part in expression)
    if not isinstance(expression, dict) or len(expression) != 1:
        return str(expression)
    name, inner = next(iter(expression.items()))
    if name in BRACKETED:
        return _binary(name, list_of(inner), style)
    if name in _SIMPLE:
        return _SIMPLE[name](object_of(inner) if isinstance(inner, dict) else {})
    return _compound(name, inner, style)


def _compound(name: str, inner: Json, style: str) -> str:
    """Return the text of an expression that contains other expressions."""
    match name:
        case "set":
            return "{ " + ", ".join(element_text(part, style) for part in elements_of(inner)) + " }"
        case "range" if isinstance(inner, list) and len(inner) == 2:
            return f"{text_of(inner[0], style)}-{text_of(inner[1], style)}"
        case "prefix" if isinstance(inner, dict):
            return f"{text_of(inner.get('addr'))}/{inner.get('len')}"
        case "concat" if isinstance(inner, list):
            styles = style.split(".") if "." in style else [style] * len(inner)
            return " . ".join(text_of(part, styles[at] if at < len(styles) else "") for at, part in enumerate(inner))
        case "map" | "vmap" if isinstance(inner, dict):
            return f"{text_of(inner.get('key'))} {name} {mapping_text(inner, style)}"
        case "elem" if isinstance(inner, dict) and "val" in inner:
            return element_text({"elem": inner}, style)
        case "jump" | "goto" if isinstance(inner, dict):
            return f"{name} {inner.get('target')}"
        case _:
            return unknown_text(name, inner)


def style_of(left: Json) -> str:
    """Return the style of constants that are compared with the expression.  For a concatenation, return the styles of
    its dimensions, joined with dots."""
    name = named(left)
    inner = left[name] if isinstance(left, dict) and name is not None else None
    if name in BRACKETED and isinstance(inner, list) and inner:
        return style_of(inner[0])
    if name == "concat" and isinstance(inner, list):
        return ".".join(style_of(part) for part in inner)
    if not isinstance(inner, dict):
        return ""
    key = str(inner.get("key"))
    if key == "mark" and name in ("meta", "ct", "socket"):
        return HEX
    if (name == "meta" and key in QUOTED_META) or (name == "ct" and key == "helper") or name == "osf":
        return QUOTED
    return QUOTED if name == "fib" and inner.get("result") in ("oif", "oifname") else ""


def element_text(element: Json, style: str, data_style: str = "") -> str:
    """Return the text of one element of a set or a map."""
    if isinstance(element, list) and len(element) == 2:
        key, data = pair(element)
        return f"{element_text(key, style)} : {text_of(data, data_style)}"
    text = text_of(element_value(element), style)
    details = content(element) if named(element) == "elem" else {}
    if "timeout" in details:
        text += f" timeout {_duration(details['timeout'])}"
    return text


def _duration(seconds: Json) -> str:
    """Return a number of seconds as nft prints it: ``1m30s`` for 90."""
    if not isinstance(seconds, int) or seconds <= 0:
        return f"{seconds}s"
    units = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
    parts: list[str] = []
    for unit, size in units:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)


def mapping_text(inner: Object, data_style: str = "") -> str:
    """Return the words that follow ``map`` or ``vmap``: ``{ 22 : accept }`` or ``@name``."""
    data = inner.get("data")
    if named(data) != "set":
        return text_of(data)
    style = style_of(inner.get("key"))
    return "{ " + ", ".join(element_text(part, style, data_style) for part in elements_of(data)) + " }"


def _binary(name: str, parts: list[Json], style: str) -> str:
    if name == "|" and all(isinstance(part, str) for part in parts):
        return text_of(parts)  # flags
    style = style or (style_of(parts[0]) if parts else "")
    texts: list[str] = []
    for at, part in enumerate(parts):
        if at and name in ("<<", ">>"):
            style = ""
        if isinstance(part, list):
            texts.append("(" + " | ".join(text_of(flag, style) for flag in part) + ")")
            continue
        inner = named(part)
        text = text_of(part, style)
        lower = inner in BRACKETED and BRACKETED[inner] < BRACKETED[name]
        texts.append(f"({text})" if lower or (inner in BRACKETED and name in ("<<", ">>")) else text)
    return f" {name} ".join(texts)


def unknown_text(name: str, inner: Json) -> str:
    """Return the text of an expression of an unknown kind, key by key."""
    if inner is None:
        return name
    if isinstance(inner, dict):
        return name + "".join(f" {key} {text_of(value)}" for key, value in inner.items())
    return f"{name} {text_of(inner)}"


# --- expressions that name something ---------------------------------------------------------------------------------


def _payload(inner: Object) -> str:
    if "protocol" in inner:
        tunnel = f"{inner['tunnel']} " if inner.get("tunnel", inner["protocol"]) != inner["protocol"] else ""
        return f"{tunnel}{inner['protocol']} {inner.get('field')}"
    return f"@{inner.get('base')},{inner.get('offset')},{inner.get('len')}"


def _meta(inner: Object) -> str:
    key = str(inner.get("key"))
    return key if ("meta", key) in PRINTED_BARE else f"meta {key}"


def _ct(inner: Object) -> str:
    direction = f"{inner['dir']} " if "dir" in inner else ""
    family = f"{inner['family']} " if "family" in inner else ""
    return f"ct {direction}{family}{inner.get('key')}"


def _fib(inner: Object) -> str:
    return f"fib {' . '.join(words(inner.get('flags')))} {inner.get('result')}"


def _rt(inner: Object) -> str:
    family = f"{inner['family']} " if "family" in inner else ""
    return f"rt {family}{inner.get('key')}"


def _ipsec(inner: Object) -> str:
    number = f" spnum {inner['spnum']}" if inner.get("spnum") else ""
    family = f"{inner['family']} " if "family" in inner else ""
    return f"ipsec {inner.get('dir')}{number} {family}{inner.get('key')}"


def _hash(name: str) -> Callable[[Object], str]:
    def write(inner: Object) -> str:
        of = f" {text_of(inner['expr'])}" if "expr" in inner else ""
        mode = f" {inner['mode']}" if "mode" in inner else ""
        seed = f" seed 0x{inner['seed']:x}" if isinstance(inner.get("seed"), int) else ""
        offset = f" offset {inner['offset']}" if inner.get("offset") else ""
        return f"{name}{of}{mode} mod {inner.get('mod')}{seed}{offset}"

    return write


def _option(name: str) -> Callable[[Object], str]:
    def write(inner: Object) -> str:
        if "name" not in inner:
            whole = inner.get("offset") == 0 and inner.get("len") in (0, 8)
            return (
                f"{name} {inner['base']}"
                if whole
                else f"{name} @{inner.get('base')},{inner.get('offset')},{inner.get('len')}"
            )
        if name == "exthdr" and "field" in inner:
            return f"{inner['name']} {inner['field']}"
        field = f" {inner['field']}" if "field" in inner else ""
        return f"{name} {inner['name']}{field}"

    return write


def _osf(inner: Object) -> str:
    ttl = f" ttl {inner['ttl']}" if "ttl" in inner else ""
    return f"osf{ttl} {inner.get('key')}"


_SIMPLE: dict[str, Callable[[Object], str]] = {
    "payload": _payload, "meta": _meta, "ct": _ct, "fib": _fib, "rt": _rt, "ipsec": _ipsec, "osf": _osf,
    "numgen": _hash("numgen"), "jhash": _hash("jhash"), "symhash": _hash("symhash"), "exthdr": _option("exthdr"),
    "tcp option": _option("tcp option"), "ip option": _option("ip option"), "sctp chunk": _option("sctp chunk"),
    "dccp option": _option("dccp option"), "socket": lambda inner: f"socket {inner.get('key')}",
    "tunnel": lambda inner: f"tunnel {inner.get('key')}",
}  # fmt: skip
