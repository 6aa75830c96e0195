"""Reads expressions of nft rules as JSON of libnftables.

    side   := set | "@" NAME | list ("/" list)?        list   := concat ("," concat)*
    concat := range ("." range)*                       range  := binary ("-" binary | "/" LENGTH)?
    binary := primary (("&" | "|" | "^" | "<<" | ">>") primary)*

Source: nft(8) EXPRESSIONS; libnftables-json(5); nftables src/parser_bison.y, src/json.c
"""

from collections.abc import Callable

from hairpin.netfilter.nft.script.cursor import Cursor
from hairpin.netfilter.nft.script.fields_text import field
from hairpin.netfilter.nft.syntax import Json, Object

_BINARY = ({"|": "|", "or": "|"}, {"^": "^", "xor": "^"}, {"&": "&", "and": "&"},
           {"<<": "<<", "lshift": "<<", ">>": ">>", "rshift": ">>"})  # fmt: skip
"""The binary operators by precedence; the operators that bind least come first."""
_WORDS: dict[str, Json] = {"exists": True, "missing": False, "comp": 108}
VERDICTS = ("accept", "drop", "continue", "return")
JUMPS = ("jump", "goto")
_ELEMENT_STATEMENTS = ("counter", "limit", "quota", "ct", "last")


Atom = Callable[[Cursor], Json]


def constant(at: Cursor) -> Json:
    """Read and return a number, an address or a word; or an expression in parentheses."""
    if at.accept("("):
        inner = flag_list(at)
        at.expect(")")
        return inner
    token = at.peek()
    match token.kind:
        case "number":
            at.take()
            return _number(token.text)
        case "address" | "quoted":
            return at.take().text
        case "word":
            return _WORDS.get(at.take().text, token.text)
        case "sign" if token.text == "*":
            return at.take().text
        case "sign" if token.text == "-" and at.peek(1).kind == "number":
            at.take()
            return -at.number()
        case _:
            raise at.unread()


def _number(text: str) -> int:
    is_octal = text[0] == "0" and not set(text) - set("01234567")
    return int(text, 8) if is_octal else int(text, 0) if not text.isdigit() else int(text)


def operand_of(at: Cursor) -> Json:
    """Read and return a field of the packet, a constant, or an expression in parentheses."""
    if at.accept("("):
        inner = flag_list(at, operand_of)
        at.expect(")")
        return inner
    found = field(at, lambda inside: concatenation(inside, operand_of))
    return constant(at) if found is None else found


def _binary(at: Cursor, atom: Atom, level: int = 0) -> Json:
    """Read and return an expression with its binary operators."""
    if level == len(_BINARY):
        return atom(at)
    left: Json = _binary(at, atom, level + 1)
    while at.peek().text in _BINARY[level] and at.peek().kind in ("word", "sign"):
        name = _BINARY[level][at.take().text]
        right = _binary(at, atom, level + 1)
        before = left.get(name) if isinstance(left, dict) and name == "|" else None
        parts: list[Json] = [*before, right] if isinstance(before, list) else [left, right]
        left = {name: parts}
    return left


def value_or_range(at: Cursor, atom: Atom = constant) -> Json:
    """Read and return an expression, a range or a prefix."""
    left = _binary(at, atom)
    if at.accept("-"):
        return {"range": [left, _binary(at, atom)]}
    if at.at("/") and at.peek(1).kind == "number" and isinstance(left, str | int):
        at.take()
        return {"prefix": {"addr": left, "len": at.number()}}
    return left


def concatenation(at: Cursor, atom: Atom = constant) -> Json:
    """Read and return one expression, or several expressions with dots between them."""
    parts = [value_or_range(at, atom)]
    while at.accept("."):
        parts.append(value_or_range(at, atom))
    return parts[0] if len(parts) == 1 else {"concat": parts}


def flag_list(at: Cursor, atom: Atom = constant) -> Json:
    """Read and return one expression, or several flags with commas between them."""
    parts = [concatenation(at, atom)]
    while at.accept(","):
        at.skip_lines()
        parts.append(concatenation(at, atom))
    return parts[0] if len(parts) == 1 else parts


def with_map(at: Cursor) -> Json:
    """Read and return an expression, or the lookup of an expression in a map."""
    key = concatenation(at, operand_of)
    if not at.accept("map"):
        return key
    return {"map": {"key": key, "data": mapping(at)}}


def mapping(at: Cursor) -> Json:
    """Read and return the map after the word ``map`` or ``vmap``."""
    return reference(at) if at.at("@") else set_of(at)


def reference(at: Cursor) -> str:
    """Read and return the name of a set or map, as ``@NAME``."""
    at.expect("@")
    return f"@{at.name()}"


def set_of(at: Cursor) -> Json:
    """Read and return ``{ … }`` as a set.  The elements of nested sets, which variables cause, become elements of this
    set."""
    return {"set": elements(at)}


def elements(at: Cursor) -> list[Json]:
    """Read and return the elements in braces."""
    at.expect("{")
    found: list[Json] = []
    at.skip_lines()
    while not at.accept("}"):
        found += elements(at) if at.at("{") else [_element(at)]
        at.skip_lines()
        if not at.at("}"):
            at.expect(",")
            at.skip_lines()
    return found


def _element(at: Cursor) -> Json:
    key = element_key(at, constant)
    if not at.accept(":"):
        return key
    value = verdict(at) or concatenation(at)
    # nft 1.0.3 and later writes an element's options before the colon, earlier versions after the colon.
    details = _options(at)
    return [_with_details(key, details) if details else key, value]


def element_key(at: Cursor, atom: Atom) -> Json:
    """Read and return an element's key with the element's options: a timeout, a comment, a counter."""
    value = concatenation(at, atom)
    details = _options(at)
    return _with_details(value, details) if details else value


def _with_details(value: Json, details: Object) -> Json:
    return {"elem": {"val": value, **details}}


def _options(at: Cursor) -> Object:
    found: Object = {}
    while True:
        if at.at("timeout", "expires"):
            option = at.take().text
            found[option] = seconds(at)
        elif at.accept("comment"):
            found["comment"] = at.name()
        elif at.at(*_ELEMENT_STATEMENTS):
            found.update(_statement_of_element(at))
        else:
            return found


def _statement_of_element(at: Cursor) -> Object:
    match at.take().text:
        case "counter":
            return {"counter": counts(at)}
        case "limit":
            return {"limit": limit(at)}
        case "quota":
            return {"quota": quota(at)}
        case "last":
            return {"last": None}
        case _:
            at.expect("count")
            return {"ct count": connections(at)}


def verdict(at: Cursor) -> Json:
    """Read and return a verdict if the next token begins a verdict, else return None."""
    if at.at(*VERDICTS):
        return {at.take().text: None}
    if at.at(*JUMPS) and not at.peek(1).means("{"):
        return {at.take().text: {"target": at.name()}}
    return None


def seconds(at: Cursor) -> int:
    """Read a time such as ``1h30m`` and return it in seconds."""
    if at.peek().kind == "number":
        return at.number()
    text, total, digits = at.name(), 0, ""
    units = {"d": 86400, "h": 3600, "m": 60, "s": 1}
    if text.endswith("ms"):
        return 0
    for each in text:
        if each in units and digits:
            total, digits = total + units[each] * int(digits), ""
        elif each.isdigit():
            digits += each
        else:
            raise at.unread()
    return total


def counts(at: Cursor) -> Object | None:
    """Read and return the numbers after the word ``counter``."""
    found: Object = {}
    while at.at("packets", "bytes") and at.peek(1).kind == "number":
        unit = at.take().text
        found[unit] = at.number()
    return found or None


def limit(at: Cursor) -> Object:
    """Read and return the words after ``limit``, such as ``rate over 10 mbytes/second burst 5 packets``."""
    at.expect("rate")
    over = at.accept("over")
    at.accept("until")
    rate, unit, per = at.number(), "packets", ""
    if not at.at("/"):
        unit, _, per = at.name().partition("/")
    if not per:
        at.expect("/")
        per = at.name()
    found: Object = {"rate": rate, "per": per.removesuffix("s") if per != "s" else per}
    if unit != "packets":
        found["rate_unit"] = unit
    burst = 5 if unit == "packets" else 0
    if at.accept("burst"):
        burst = at.number()
        burst_unit = at.name()
        if burst_unit != "packets":
            found["burst_unit"] = burst_unit
    return {**found, "burst": burst, **({"inv": True} if over else {})}


def quota(at: Cursor) -> Object:
    """Read and return the words after ``quota``, such as ``over 25 mbytes used 0 bytes``."""
    over = at.accept("over")
    at.accept("until")
    found: Object = {"val": at.number(), "val_unit": at.name()}
    if at.accept("used"):
        found |= {"used": at.number(), "used_unit": at.name()}
    return {**found, **({"inv": True} if over else {})}


def connections(at: Cursor) -> Object:
    """Read and return the words after ``ct count``."""
    over = at.accept("over")
    return {"val": at.number(), **({"inv": True} if over else {})}


def right_side(at: Cursor) -> tuple[Json, Json]:
    """Read and return the right side of a comparison, with a mask that may follow it (``syn,ack / syn,ack,fin``)."""
    if at.at("@"):
        return reference(at), None
    if at.at("{"):
        return set_of(at), None
    value = flag_list(at)
    return value, flag_list(at) if at.accept("/") else None


def traffic_class(at: Cursor) -> Json:
    """Read and return the value of ``meta priority``: two hexadecimal numbers with a colon, or one number."""
    first = _class(at)
    return {"range": [first, _class(at)]} if at.accept("-") else first


def _class(at: Cursor) -> Json:
    if not at.peek(1).means(":"):
        return set_of(at) if at.at("{") else constant(at)
    major = at.take().text
    at.take()
    return f"{major}:{at.take().text}"
