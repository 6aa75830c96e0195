"""Writes rules in nft's own words: the JSON has none, and reports quote rules as ``nft list ruleset`` shows them.

Counters' values are left away, so that the text is the same in every reading.

Source: nftables src/{statement,expression,meta,ct,payload,fib,rt}.c, the print functions
"""

from collections.abc import Callable

from hairpin.netfilter.nft_syntax import (
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

_BARE_META = frozenset({"iif", "iifname", "iifgroup", "oif", "oifname", "oifgroup"})
_QUOTED_META = frozenset({
    "iif", "iifname", "iifgroup", "iifkind", "oif", "oifname", "oifgroup", "oifkind", "ibrname", "obrname", "sdif",
    "sdifname", "day", "hour", "time",
})  # fmt: skip
_BRACKETED = {"&": 3, "<<": 4, ">>": 4, "^": 2, "|": 1}
_VERDICTS = frozenset({"accept", "drop", "return", "continue", "break"})

QUOTED, HEX = "quoted", "hex"


def rule_text(statements: list[Json], comment: str | None) -> str:
    """Return the rule on one line: ``tcp dport 22 accept comment "ssh"``."""
    parts = [statement_text(statement) for statement in statements]
    if comment is not None:
        parts.append(f'comment "{comment}"')
    return " ".join(parts)


def statement_text(statement: Json) -> str:
    """Return one statement of a rule; JSON that is not understood is returned as it is."""
    if not isinstance(statement, dict) or len(statement) != 1:
        # nft prints a statement that has no JSON form as text (a jump to an anonymous chain).
        return " ".join(str(statement).split())
    name, inner = next(iter(statement.items()))
    if name in _VERDICTS:
        return name
    writer = _STATEMENTS.get(name)
    return writer(inner) if writer is not None else _unknown(name, inner)


def text_of(expression: Json, style: str = "") -> str:
    """Return an expression; ``style`` QUOTED or HEX says how constants of the left-hand side's type are printed."""
    if isinstance(expression, str):
        return expression if expression.startswith("@") or style != QUOTED or expression == "*" else f'"{expression}"'
    if isinstance(expression, bool):
        return "exists" if expression else "missing"
    if isinstance(expression, int):
        return f"0x{expression:08x}" if style == HEX else str(expression)
    if isinstance(expression, list):
        return ",".join(text_of(part, style) for part in expression)
    if not isinstance(expression, dict) or len(expression) != 1:
        return str(expression)
    name, inner = next(iter(expression.items()))
    if name in _BRACKETED:
        return _binary(name, list_of(inner), style)
    if name in _SIMPLE:
        return _SIMPLE[name](object_of(inner) if isinstance(inner, dict) else {})
    return _compound(name, inner, style)


def _compound(name: str, inner: Json, style: str) -> str:
    """Expressions that hold other expressions."""
    match name:
        case "set":
            return "{ " + ", ".join(_element(part, style) for part in elements_of(inner)) + " }"
        case "range" if isinstance(inner, list) and len(inner) == 2:
            return f"{text_of(inner[0], style)}-{text_of(inner[1], style)}"
        case "prefix" if isinstance(inner, dict):
            return f"{text_of(inner.get('addr'))}/{inner.get('len')}"
        case "concat" if isinstance(inner, list):
            styles = style.split(".") if "." in style else [style] * len(inner)
            return " . ".join(text_of(part, styles[at] if at < len(styles) else "") for at, part in enumerate(inner))
        case "map" | "vmap" if isinstance(inner, dict):
            return f"{text_of(inner.get('key'))} {name} {_mapping(inner)}"
        case "elem" if isinstance(inner, dict):
            return _element({"elem": inner}, style)
        case "accept" | "drop" | "continue" | "return" | "jump" | "goto" | "break":
            return statement_text({name: inner})
        case _:
            return _unknown(name, inner)


def style_of(left: Json) -> str:
    """Return how constants that are compared with the expression are printed; joined with dots for concatenations."""
    name = named(left)
    inner = left[name] if isinstance(left, dict) and name is not None else None
    if name in _BRACKETED and isinstance(inner, list) and inner:
        return style_of(inner[0])
    if name == "concat" and isinstance(inner, list):
        return ".".join(style_of(part) for part in inner)
    if not isinstance(inner, dict):
        return ""
    key = inner.get("key")
    if key == "mark" and name in ("meta", "ct", "socket"):
        return HEX
    if (name == "meta" and key in _QUOTED_META) or (name == "ct" and key == "helper") or name == "osf":
        return QUOTED
    return QUOTED if name == "fib" and inner.get("result") == "oifname" else ""


def _element(element: Json, style: str) -> str:
    if isinstance(element, list) and len(element) == 2:
        key, data = pair(element)
        return f"{_element(key, style)} : {text_of(data)}"
    text = text_of(element_value(element), style)
    details = content(element) if named(element) == "elem" else {}
    if "timeout" in details:
        text += f" timeout {details['timeout']}s"
    return text


def _mapping(inner: Object) -> str:
    data = inner.get("data")
    return text_of(data, style_of(inner.get("key"))) if isinstance(data, dict) else text_of(data)


def _binary(name: str, parts: list[Json], style: str) -> str:
    style = style or (style_of(parts[0]) if parts else "")
    texts: list[str] = []
    for part in parts:
        if isinstance(part, list):
            texts.append("(" + " | ".join(text_of(flag, style) for flag in part) + ")")
            continue
        inner = named(part)
        text = text_of(part, style)
        lower = inner in _BRACKETED and _BRACKETED[inner] < _BRACKETED[name]
        texts.append(f"({text})" if lower or (inner in _BRACKETED and name in ("<<", ">>")) else text)
    return f" {name} ".join(texts)


def _unknown(name: str, inner: Json) -> str:
    if inner is None:
        return name
    if isinstance(inner, dict):
        return name + "".join(f" {key} {text_of(value)}" for key, value in inner.items())
    return f"{name} {text_of(inner)}"


# --- expressions that name something ---------------------------------------------------------------------------------


def _payload(inner: Object) -> str:
    if "protocol" in inner:
        tunnel = f"{inner['tunnel']} " if "tunnel" in inner else ""
        return f"{tunnel}{inner['protocol']} {inner.get('field')}"
    return f"@{inner.get('base')},{inner.get('offset')},{inner.get('len')}"


def _meta(inner: Object) -> str:
    key = str(inner.get("key"))
    return key if key in _BARE_META else f"meta {key}"


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
            return f"{name} @{inner.get('base')},{inner.get('offset')},{inner.get('len')}"
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


# --- statements ------------------------------------------------------------------------------------------------------


def match_text(left: Json, op: str, right: Json) -> str:
    """Return ``tcp dport 22``, ``iifname != "eth0"``, ``tcp flags & (fin | syn) == syn``."""
    symbol = f"{op} " if op not in ("==", "in", "") else ""
    if op == "==" and (named(left) in _BRACKETED or (_flags(left) and not isinstance(right, dict))):
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
    return f"{text_of(body.get('key'))} vmap {_mapping(body)}"


def _jump(name: str) -> Callable[[Json], str]:
    return lambda inner: f"{name} {content({name: inner}).get('target')}"


def _counter(inner: Json) -> str:
    return "counter" if inner is None or (isinstance(inner, dict) and "packets" in inner) else _reference("counter", inner)


def _reference(name: str, inner: Json) -> str:
    return f'{name} name "{inner}"' if isinstance(inner, str) else f"{name} name {text_of(inner)}"


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
    return f"{text} flags {','.join(words(body['flags']))}" if "flags" in body else text


def _reject(inner: Json) -> str:
    body = content({"reject": inner})
    kind, code = body.get("type"), body.get("expr")
    if kind == "tcp reset":
        return "reject with tcp reset"
    return "reject" if kind is None or code in (None, "port-unreachable") else f"reject with {kind} {text_of(code)}"


def nat_text(name: str, inner: Json) -> str:
    """Return ``dnat ip to 172.17.0.2:80``, ``masquerade random``, ``redirect to :8080``."""
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
    parts = [_element(body.get("elem"), "")]
    parts += [statement_text(statement) for statement in list_of(body.get("stmt"))]
    data = f" : {text_of(body['data'])}" if "data" in body else ""
    return f"{body.get('op')} {body.get('set', body.get('map'))} {{ {' '.join(parts)}{data} }}"


def _meter(inner: Json) -> str:
    body = object_of(inner)
    size = f" size {body['size']}" if "size" in body else ""
    return f"meter {body.get('name')}{size} {{ {_element(body.get('key'), '')} {statement_text(body.get('stmt'))} }}"


def _queue(inner: Json) -> str:
    body = content({"queue": inner})
    flags = f" flags {','.join(words(body['flags']))}" if "flags" in body else ""
    return f"queue{flags} to {text_of(body['num'])}" if "num" in body else f"queue{flags}"


def _forward(name: str) -> Callable[[Json], str]:
    def write(inner: Json) -> str:
        body = content({name: inner})
        text = f"{name} to {text_of(body['addr'])}" if "addr" in body else f"{name} to"
        return f"{text} device {text_of(body['dev'], QUOTED)}" if "dev" in body else text

    return write


def _xt(inner: Json) -> str:
    body = content({"xt": inner})
    return f'xt {body.get("type", "")} "{body.get("name", "")}"'


_STATEMENTS: dict[str, Callable[[Json], str]] = {
    "match": _match, "vmap": _vmap, "jump": _jump("jump"), "goto": _jump("goto"), "counter": _counter, "limit": _limit,
    "quota": _quota, "ct count": _ct_count, "log": _log, "reject": _reject, "snat": _nat("snat"), "dnat": _nat("dnat"),
    "masquerade": _nat("masquerade"), "redirect": _nat("redirect"), "tproxy": _nat("tproxy"), "mangle": _mangle,
    "set": _set, "map": _set, "meter": _meter, "queue": _queue, "dup": _forward("dup"), "fwd": _forward("fwd"), "xt": _xt,
    "notrack": lambda _: "notrack", "last": lambda _: "last",
    "reset": lambda inner: f"reset {text_of(inner)}",
    "flow": lambda inner: f"flow add {content({'flow': inner}).get('flowtable')}",
    "ct helper": lambda inner: f"ct helper set {text_of(inner, QUOTED)}",
    "ct timeout": lambda inner: f"ct timeout set {text_of(inner, QUOTED)}",
    "ct expectation": lambda inner: f"ct expectation set {text_of(inner, QUOTED)}",
    "secmark": lambda inner: f"meta secmark set {text_of(inner, QUOTED)}",
    "synproxy": lambda inner: _reference("synproxy", inner) if isinstance(inner, str) else _unknown("synproxy", inner),
}  # fmt: skip
