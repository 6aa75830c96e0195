"""Writes the named objects of an nftables table in nft's words: counters, quotas, limits, helpers, flowtables …

Rules refer to named objects by name.  An object's counters and state are history, so the IR has only its declaration.

Source: nftables src/json.c obj_print_json(), flowtable_print_json(); nft(8)
"""

from hairpin.netfilter.nft.syntax import Object, integer, object_of, string, words
from hairpin.netfilter.nft.text import statement_text
from hairpin.netfilter.protocols import BUILT_IN


def declared(kind: str, body: Object) -> str:
    """Return the declaration of one object without its counters, as nft prints it."""
    return f"{kind} {string(body, 'name')} {{ {_details(kind, body)} }}"


def _details(kind: str, body: Object) -> str:
    match kind:
        case "counter":
            return f"packets {body.get('packets', 0)} bytes {body.get('bytes', 0)}"
        case "quota":
            return f"{'over ' if body.get('inv') else ''}{body.get('bytes', 0)} bytes"
        case "limit":
            return statement_text({"limit": _rate(body)}).removeprefix("limit ")
        case "ct helper":
            return f'type "{body.get("type")}" protocol {_protocol(body)}; l3proto {body.get("l3proto")};'
        case "ct timeout":
            states = object_of(body.get("policy", {})).items()
            policy = ", ".join(f"{state} : {seconds}" for state, seconds in states)
            return f"protocol {_protocol(body)}; l3proto {body.get('l3proto')}; policy = {{ {policy} }};"
        case "ct expectation":
            seconds = (integer(body, "timeout") or 0) // 1000
            return (
                f"protocol {_protocol(body)}; dport {body.get('dport')}; timeout {seconds}s; "
                f"size {body.get('size')}; l3proto {body.get('l3proto')};"
            )
        case "secmark":
            return f'"{body.get("context")}"'
        case "synproxy":
            flags = words(body.get("flags"))
            return " ".join((f"mss {body.get('mss')} wscale {body.get('wscale')}", *flags))
        case "flowtable":
            devices = (*words(body.get("dev")), *words(body.get("devices")))
            listed = ", ".join(f'"{device}"' for device in devices)
            return f"hook {body.get('hook')} priority {body.get('prio', 0)}; devices = {{ {listed} }};"
        case _:
            return " ".join(f"{key} {value}" for key, value in body.items() if key not in ("family", "table", "name"))


def _protocol(body: Object) -> str:
    """Return the protocol's name.  nft 1.1 prints the protocol's number, but does not accept a number."""
    found = body.get("protocol")
    return BUILT_IN.get(found, str(found)) if isinstance(found, int) else str(found)


def _rate(body: Object) -> Object:
    return {key: body[key] for key in ("rate", "per", "burst", "rate_unit", "burst_unit", "inv") if key in body}
