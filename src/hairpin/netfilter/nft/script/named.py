"""Finds the names of chains, sets and links in a rule's JSON."""

from collections.abc import Iterator

from hairpin.netfilter.nft.syntax import Json, content, list_of, named, pair


def jump_targets(value: Json) -> Iterator[str]:
    """Yield the names of the chains to which the rule's verdicts jump."""
    if isinstance(value, list):
        for each in value:
            yield from jump_targets(each)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name in ("jump", "goto") and isinstance(inner, dict) and isinstance(inner.get("target"), str):
                yield str(inner["target"])
            else:
                yield from jump_targets(inner)


def set_references(value: Json) -> Iterator[str]:
    """Yield the names of the sets and maps in the rule, which follow ``@``."""
    if isinstance(value, list):
        for each in value:
            yield from set_references(each)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name in ("log", "comment"):
                continue
            yield from set_references(inner)
    elif isinstance(value, str) and value.startswith("@"):
        yield value[1:]


def indexed_links(value: Json) -> Iterator[str]:
    """Yield the names of links that the rule compares by index.  nft looks up the index when it loads the rule."""
    if isinstance(value, list):
        for each in value:
            yield from indexed_links(each)
    elif isinstance(value, dict):
        body = content(value)
        if named(value) == "match":
            yield from _compared(body.get("left"), body.get("right"))
        elif named(value) == "vmap":
            yield from _compared(body.get("key"), body.get("data"))
        else:
            for inner in value.values():
                yield from indexed_links(inner)


def _compared(left: Json, right: Json) -> Iterator[str]:
    parts = left.get("concat") if isinstance(left, dict) and "concat" in left else [left]
    at = [
        n
        for n, part in enumerate(list_of(parts))
        if named(part) == "meta" and content(part).get("key") in ("iif", "oif")
    ]
    if not at:
        return
    values = right.get("set") if isinstance(right, dict) and "set" in right else [right]
    for each in list_of(values):
        key = pair(each)[0] if isinstance(each, list) and len(each) == 2 else each
        inner = content(key).get("val", key) if named(key) == "elem" else key
        dimensions = inner["concat"] if isinstance(inner, dict) and "concat" in inner else [inner]
        for n in at:
            name = list_of(dimensions)[n] if n < len(list_of(dimensions)) else None
            if isinstance(name, str) and not name.startswith("@") and name != "*":
                yield name
