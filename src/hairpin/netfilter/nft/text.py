"""Writes rules in nft's own words.  nft's JSON does not have nft's own words, but reports quote rules as ``nft list
ruleset`` shows them.

The values of counters are omitted.  Therefore the text is the same in every reading.

Source: nftables src/statement.c, the print functions
"""

from collections.abc import Callable

from hairpin.netfilter.ir import Family
from hairpin.netfilter.nft.expression_text import (
    BRACKETED,
    QUOTED,
    element_text,
    mapping_text,
    style_of,
    text_of,
    unknown_text,
)
from hairpin.netfilter.nft.misprints import as_loaded
from hairpin.netfilter.nft.syntax import Json, content, list_of, named, object_of, words

_DEFAULT_ANSWER: dict[Family, str] = {
    "ip": "reject with icmp port-unreachable", "ip6": "reject with icmpv6 port-unreachable",
}  # fmt: skip
_VERDICTS = frozenset({"accept", "drop", "return", "continue", "break"})


def rule_text(statements: list[str], comment: str | None, family: Family = "inet") -> str:
    """Return a rule's text on one line, made of its statements' texts: ``tcp dport 22 accept comment "ssh"``."""
    parts = statements
    if _DEFAULT_ANSWER.get(family) in parts:
        parts = ["reject" if part == _DEFAULT_ANSWER[family] else part for part in parts]
    if comment is not None:
        parts.append(f'comment "{comment}"')
    return " ".join(parts)


def statement_text(statement: Json) -> str:
    """Return the text of one statement.  Unknown JSON is written key by key."""
    if not isinstance(statement, dict) or len(statement) != 1:
        return _on_one_line(str(statement))
    name, inner = next(iter(statement.items()))
    if name in _VERDICTS:
        return name
    writer = _STATEMENTS.get(name)
    if writer is not None:
        return writer(inner)
    return _reference(name, inner) if isinstance(inner, dict) and "map" in inner else unknown_text(name, inner)


def _on_one_line(text: str) -> str:
    """Return, on one line that nft can read again, the text of a statement without a JSON form.  nft prints each rule
    of an anonymous chain (``jump {``) on a line of its own."""
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    ended = [line if line.endswith(("{", ",")) else f"{line};" for line in lines[:-1]]
    return " ".join((*ended, *lines[-1:]))


def match_text(left: Json, op: str, right: Json) -> str:
    """Return the text of a comparison, such as ``tcp dport 22``, ``iifname != "eth0"`` or
    ``tcp flags & (fin | syn) == syn``.

    A comparison that nft lists in wrong words is written as the kernel has it.  From the corrected words nft loads the
    same rule again."""
    left, right = as_loaded(left, right) or (left, right)
    symbol = f"{op} " if op not in ("==", "in", "") else ""
    masked = left["&"] if isinstance(left, dict) and "&" in left else None
    if isinstance(masked, list) and len(masked) == 2 and _flags(masked[0]) and named(right) != "set":
        return f"{text_of(masked[0])} {symbol}{text_of(right)} / {text_of(masked[1])}"
    if op == "==" and (named(left) in BRACKETED or (_flags(left) and not isinstance(right, dict))):
        symbol = "== "
    return f"{text_of(left)} {symbol}{text_of(right, style_of(left))}"


def _flags(left: Json) -> bool:
    inner = content(left)
    return inner.get("field") == "flags" or (named(left) == "ct" and inner.get("key") in ("state", "status"))


def _match(inner: Json) -> str:
    body = object_of(inner)
    return match_text(body.get("left"), str(body.get("op", "")), body.get("right"))


def _vmap(inner: Json) -> str:
    body = object_of(inner)
    return f"{text_of(body.get('key'))} vmap {mapping_text(body)}"


def _jump(name: str) -> Callable[[Json], str]:
    return lambda inner: f"{name} {content({name: inner}).get('target')}"


def _is_own(inner: Json) -> bool:
    """Return whether the statement has parameters, and not the name of an object or a map to names."""
    return not isinstance(inner, str) and "map" not in content({"": inner}) and named(inner) != "map"


def _counter(inner: Json) -> str:
    return (
        "counter" if inner is None or (isinstance(inner, dict) and "packets" in inner) else _reference("counter", inner)
    )


def _reference(name: str, inner: Json) -> str:
    return f'{name} name "{inner}"' if isinstance(inner, str) else f"{name} name {text_of(inner, QUOTED)}"


def _limit(inner: Json) -> str:
    if not isinstance(inner, dict) or "rate" not in inner:
        return _reference("limit", inner)
    over = "over " if inner.get("inv") else ""
    unit = inner.get("rate_unit", "packets")
    rate = f"{inner['rate']}/{inner.get('per')}" if unit == "packets" else f"{inner['rate']} {unit}/{inner.get('per')}"
    burst = inner.get("burst")
    default = 5 if unit == "packets" else 0
    if burst in (None, 0, default):
        return f"limit rate {over}{rate}"
    return f"limit rate {over}{rate} burst {burst} {inner.get('burst_unit', 'packets')}"


def _quota(inner: Json) -> str:
    if not isinstance(inner, dict) or "val" not in inner:
        return _reference("quota", inner)
    return f"quota {'over ' if inner.get('inv') else ''}{inner['val']} {inner.get('val_unit', 'bytes')}"


def _ct_count(inner: Json) -> str:
    body = content({"ct count": inner})
    return f"ct count {'over ' if body.get('inv') else ''}{body.get('val')}"


def _log(inner: Json) -> str:
    body = content({"log": inner})
    text = "log"
    if "prefix" in body:
        text += f' prefix "{body["prefix"]}"'
    for key in ("group", "snaplen", "queue-threshold", "level"):
        if key in body:
            text += f" {key} {body[key]}"
    flags = words(body.get("flags"))
    of_tcp = [flag.removeprefix("tcp ") for flag in flags if flag.startswith("tcp ")]
    grouped = [f"tcp {','.join(of_tcp)}"] if of_tcp else []
    return "".join((text, *(f" flags {flag}" for flag in (*grouped, *flags) if flag[4:] not in of_tcp)))


def _reject(inner: Json) -> str:
    body = content({"reject": inner})
    kind, code = body.get("type"), body.get("expr")
    if kind == "tcp reset":
        return "reject with tcp reset"
    default = kind is None or code is None or (kind == "icmpx" and code == "port-unreachable")
    return "reject" if default else f"reject with {kind} {text_of(code)}"


def nat_text(name: str, inner: Json) -> str:
    """Return the text of a translation: ``dnat ip to 172.17.0.2:80``, ``masquerade random``, ``redirect to :8080``."""
    body = content({name: inner})
    family = f" {body['family']}" if "family" in body else ""
    prefix = " prefix" if "prefix" in words(body.get("type_flags")) else ""
    address, port = body.get("addr"), body.get("port")
    text = f"{name}{family}{prefix}"
    if address is not None or port is not None:
        written = text_of(address) if address is not None else ""
        if port is not None and ":" in written and isinstance(address, str):
            written = f"[{written}]"
        text += f" to {written}" + (f":{text_of(port)}" if port is not None else "")
    flags = [flag for flag in words(body.get("flags")) if flag != "netmap"]
    return f"{text} {','.join(flags)}" if flags else text


def _nat(name: str) -> Callable[[Json], str]:
    return lambda inner: nat_text(name, inner)


def _mangle(inner: Json) -> str:
    body = object_of(inner)
    key = body.get("key")
    return f"{text_of(key)} set {text_of(body.get('value'), style_of(key))}"


def _set(inner: Json) -> str:
    body = object_of(inner)
    parts = [element_text(body.get("elem"), "")]
    parts += [statement_text(statement) for statement in list_of(body.get("stmt"))]
    data = f" : {text_of(body['data'])}" if "data" in body else ""
    return f"{body.get('op')} {body.get('set', body.get('map'))} {{ {' '.join(parts)}{data} }}"


def _meter(inner: Json) -> str:
    body = object_of(inner)
    size = f" size {body['size']}" if "size" in body else ""
    return (
        f"meter {body.get('name')}{size} {{ {element_text(body.get('key'), '')} {statement_text(body.get('stmt'))} }}"
    )


def _queue(inner: Json) -> str:
    body = content({"queue": inner})
    flags = f" flags {','.join(words(body['flags']))}" if "flags" in body else ""
    return f"queue{flags} to {text_of(body['num'])}" if "num" in body else f"queue{flags}"


def _forward(name: str) -> Callable[[Json], str]:
    def write(inner: Json) -> str:
        body = content({name: inner})
        family = f" {body['family']}" if "family" in body else ""
        device = text_of(body["dev"], QUOTED) if "dev" in body else ""
        if "addr" not in body:
            return f"{name} to {device}"
        text = f"{name}{family} to {text_of(body['addr'])}"
        return f"{text} device {device}" if device else text

    return write


def _synproxy(inner: Json) -> str:
    if not _is_own(inner):
        return _reference("synproxy", inner)
    body = content({"synproxy": inner})
    values = [f"{key} {body[key]}" for key in ("mss", "wscale") if key in body]
    return " ".join(("synproxy", *values, *words(body.get("flags"))))


def _xt(inner: Json) -> str:
    body = content({"xt": inner})
    return f'xt {body.get("type", "")} "{body.get("name", "")}"'


_STATEMENTS: dict[str, Callable[[Json], str]] = {
    "match": _match, "vmap": _vmap, "jump": _jump("jump"), "goto": _jump("goto"), "counter": _counter, "limit": _limit,
    "quota": _quota, "ct count": _ct_count, "log": _log, "reject": _reject, "snat": _nat("snat"), "dnat": _nat("dnat"),
    "masquerade": _nat("masquerade"), "redirect": _nat("redirect"), "tproxy": _nat("tproxy"), "mangle": _mangle,
    "set": _set, "map": _set, "meter": _meter, "queue": _queue, "dup": _forward("dup"), "fwd": _forward("fwd"),
    "xt": _xt,
    "notrack": lambda _: "notrack", "last": lambda _: "last",
    "reset": lambda inner: f"reset {text_of(inner)}",
    "flow": lambda inner: f"flow add {content({'flow': inner}).get('flowtable')}",
    "ct helper": lambda inner: f"ct helper set {text_of(inner, QUOTED)}",
    "ct timeout": lambda inner: f"ct timeout set {text_of(inner, QUOTED)}",
    "ct expectation": lambda inner: f"ct expectation set {text_of(inner, QUOTED)}",
    "secmark": lambda inner: f"meta secmark set {text_of(inner, QUOTED)}",
    "synproxy": _synproxy,
}  # fmt: skip
