"""Rewrites the JSON of nft 0.9.0 (Debian 10) in the form of all later versions.

nft 0.9.0 prints no ``metainfo`` and omits the operator of a match.  For example, it prints ``{"meta": "iifname"}``,
``{"payload": {"name": "tcp", …}}`` and ``{"jump": "chain"}``.  nft 0.9.0 prints ``left`` and ``right`` for the key and
data of a map, and for the key and value of a ``mangle``.

Source: nftables v0.9.0 src/json.c
"""

from hairpin.netfilter.nft.syntax import Json, Object, content, named


def is_first_form(objects: list[Json]) -> bool:
    """Return whether nft 0.9.0 may have written the document."""
    return not any(named(each) == "metainfo" for each in objects[:1])


def modernised(objects: list[Json]) -> list[Json]:
    """Return the objects of a listing in the form of later nft versions."""
    return [_object(each) for each in objects]


def _object(value: Json) -> Json:
    body = content(value)
    if named(value) not in ("rule", "set", "map"):
        return value
    changed: Object = dict(body)
    if isinstance(body.get("expr"), list):
        changed["expr"] = _statements(body["expr"])
    if "elem" in body:
        changed["elem"] = _expression(body["elem"])
    return {named(value) or "": changed}


def _statements(value: Json) -> Json:
    if not isinstance(value, list):
        return value
    statements = [_expression(each) for each in value]
    # A map that is a statement by itself always has verdicts.
    return [{"vmap": content(each)} if named(each) == "map" and "key" in content(each) else each for each in statements]


def _expression(value: Json) -> Json:
    if isinstance(value, list):
        return [_expression(each) for each in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        name, inner = next(iter(value.items()))
        if name == "meta" and isinstance(inner, str):
            return {name: {"key": inner}}
        if name in ("jump", "goto") and isinstance(inner, str):
            return {name: {"target": inner}}
        if name == "payload" and isinstance(inner, dict) and "name" in inner:
            return {name: _payload(inner)}
        if name in ("map", "mangle") and isinstance(inner, dict) and "left" in inner:
            left, right = _expression(inner["left"]), _expression(inner.get("right"))
            return {name: {"key": left, "data" if name == "map" else "value": right}}
    return {name: _expression(inner) for name, inner in value.items()}


def _payload(inner: Object) -> Object:
    if inner["name"] == "raw":
        return {key: value for key, value in inner.items() if key != "name"}
    return {"protocol": inner["name"], "field": inner.get("field")}
