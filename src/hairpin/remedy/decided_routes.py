"""What shows that somebody decided a policy rule or a route: it sends packets nowhere on purpose, or into a table that
somebody filled for them.

The kernel makes no such entry, and no engine does.
"""

from hairpin.host.host import Namespace
from hairpin.host.route import TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN, PolicyRule, Route
from hairpin.message import Message, message
from hairpin.network.network import owns_address
from hairpin.network.prefix import address_text, prefix_text, width
from hairpin.network.routing import route_text

_NOWHERE = ("blackhole", "unreachable", "prohibit")
_KERNELS = (TABLE_LOCAL, TABLE_MAIN, TABLE_DEFAULT)


def sign_of_policy_rule(rule: PolicyRule, namespace: Namespace) -> Message | None:
    """Return what shows that somebody decided the policy rule; None: nothing does."""
    if rule.action in _NOWHERE:
        return message("the policy rule `{rule}` refuses what it selects", rule=rule.text)
    if rule.action != "table" or rule.table in (*_KERNELS, None):
        return None
    held = routes_of(rule, namespace)
    if not held:
        return None
    refusing = next((each for each in held if each.type in _NOWHERE), None)
    if refusing is not None:
        return message(
            "`{route}` in table {table} keeps what policy rule {priority} selects from leaving any other way",
            route=route_text(refusing),
            table=refusing.table,
            priority=rule.priority,
        )
    if rule.source is not None and rule.source[1] == width(rule.version):
        address = address_text(rule.source[0], rule.version)
        if owns_address(namespace, rule.version, rule.source[0]):
            return message(
                "policy rule {priority} sends the host's answers from {address} by the uplink that has it: {route}",
                priority=rule.priority,
                address=address,
                route=route_text(held[0]),
            )
    return message(
        "policy rule {priority} sends {what} by a table that somebody filled: {route}",
        priority=rule.priority,
        what=_selected(rule),
        route=route_text(held[0]),
    )


def routes_of(rule: PolicyRule, namespace: Namespace) -> tuple[Route, ...]:
    """Return the routes of the rule's table."""
    return tuple(each for each in namespace.routes if (each.version, each.table) == (rule.version, rule.table))


def keeps_in(rule: PolicyRule, namespace: Namespace) -> bool:
    """Return whether the rule, or a route of its table, refuses packets: a kill switch."""
    return rule.action in _NOWHERE or any(each.type in _NOWHERE for each in routes_of(rule, namespace))


def sign_of_route(route: Route) -> Message | None:
    """Return what shows that somebody decided the route; None: nothing does."""
    if route.type in _NOWHERE:
        return message("`{route}` refuses packets on purpose", route=route_text(route))
    if route.table not in _KERNELS:
        return message("`{route}` is in table {table}, which somebody filled", route=route_text(route),
                       table=route.table)  # fmt: skip
    return None


def _selected(rule: PolicyRule) -> str:
    for word, what in (("from", rule.source), ("to", rule.destination)):
        if what is not None:
            return f"{word} {prefix_text(*what, rule.version)}"
    return rule.text
