"""Decides which of several proven causes is named first, by one ordered table of candidate classes.

Often several changes would each deliver the flow.  For example, one change restores a lost rule, and another opens the
policy that now drops the packet.  The search tries candidates in the order of this table, so the first candidate that
delivers the flow is the answer.  Candidates in one row are tried in the order of the walk's branches.  Candidates of
one branch are tried in the order of their cause ids.
"""

from typing import Literal

import msgspec

Class = Literal[
    "wrong-neighbour-entry", "stale-tunnel-entry", "full-table", "stale-connection",
    "exceeded-limit",
    "address-not-on-host",
    "kernels-own",
    "switched-off",
    "route-between-hosts", "unlike-tunnel-ends", "subnet-on-two-hosts",
    "container-without-ports", "process-stopped",
    "gateway-address-lost", "bound-to-other-address",
    "container-address-lost", "engine-option",
    "link-or-route", "lost-masquerade",
    "lost-hairpin-masquerade", "ignored-mark",
    "untracked-flow",
    "lost-engine-rule", "filtering-sysctl", "client-in-container-subnet", "other-protocol", "gateway-without-hairpin",
    "shadowing-translation",
    "stale-translation", "foreign-source-translation",
    "diverting-policy-rule", "diverting-route", "bridge-in-wrong-zone",
    "closed-zone", "closed-tunnel-port", "oversized-tunnel", "hidden-backend", "overlapping-subnet",
    "bound-to-loopback", "bound-elsewhere",
    "lost-relay", "notrack-rule",
    "nearly-allowing-rule",
    "dropping-rule", "nothing-listens", "relay-answers-wrongly", "address-held-by-nobody",
    "oversized-container-network",
    "other-port",
    "nothing-listens-there",
    "separation", "port-not-published",
    "shared-rule", "far-end-of-link", "filtering-peer", "no-way-back", "odd-translation",
    "closed-host-service",
    "closed-policy",
    "engine-protection", "wanted-route", "deciding-rule",
]  # fmt: skip
"""The kind of fault that a candidate removes."""


class Row(msgspec.Struct, frozen=True):
    """Classes whose candidates have the same rank.  ``reason``: why their candidates are tried before the candidates of
    later rows."""

    classes: tuple[Class, ...]
    reason: str


ORDER: tuple[Row, ...] = (
    Row(
        ("wrong-neighbour-entry", "stale-tunnel-entry"),
        "The entry sends the packet astray.  Whatever stops the packet afterwards works as it should.",
    ),
    Row(
        ("full-table", "stale-connection", "exceeded-limit"),
        "A table, an entry or a limit of the kernel decides now, and not what somebody configured for all packets.",
    ),
    Row(("address-not-on-host",), "The host forwards or drops a packet for a foreign address, and rightly so."),
    Row(
        ("switched-off",),
        "A container that does not run, or a kernel that does not forward, explains every later loss.",
    ),
    Row(
        ("route-between-hosts", "unlike-tunnel-ends", "subnet-on-two-hosts", "oversized-tunnel"),
        "The packet does not get to the host that has its destination.  What stops it elsewhere works as it should.",
    ),
    Row(
        ("container-without-ports", "process-stopped"),
        "The container runs, but its service cannot be reached or cannot reply, whatever the rules and routes are.",
    ),
    Row(
        ("gateway-address-lost", "bound-to-other-address"),
        "The flow needs an address that the bridge lost, or that the port is not published on.",
    ),
    Row(
        ("container-address-lost", "engine-option"),
        "The engine's description of a container or an option explains what is missing.",
    ),
    Row(
        ("link-or-route", "kernels-own", "lost-masquerade"),
        "The walk stops at the very link, bridge port or route that is down or gone, or the kernel's own route is.",
    ),
    Row(
        ("lost-hairpin-masquerade",),
        "This rule serves one kind of flow only, so it is more exact than the engine's other rules.",
    ),
    Row(
        ("ignored-mark",),
        "The route back is there, and the kernel does not ask for it with the packet's mark: the filter is right.",
    ),
    Row(("untracked-flow",), "An untracked packet passes no nat rule, so a lost nat rule cannot be its cause."),
    Row(
        (
            "lost-engine-rule",
            "filtering-sysctl",
            "client-in-container-subnet",
            "other-protocol",
            "gateway-without-hairpin",
        ),
        "Put back what is lost before opening a rule or a policy that matters only since it is lost.",
    ),
    Row(("shadowing-translation",), "Another rule took a published port before the engine's own rule, which is there."),
    Row(
        ("stale-translation", "foreign-source-translation"),
        "A foreign or old translation.  The row above knows in addition which published port was meant.",
    ),
    Row(
        ("diverting-policy-rule", "diverting-route", "bridge-in-wrong-zone"),
        "One setting that affects many flows, before a port or a socket of this flow alone.",
    ),
    Row(
        ("closed-zone", "closed-tunnel-port", "hidden-backend", "overlapping-subnet", "bound-to-loopback"),
        "The setting behind a rule is known and has its own remedy, so it comes before the rule itself.",
    ),
    Row(
        ("bound-elsewhere",),
        "The service is bound to another address or family.  A socket on loopback is the better explanation.",
    ),
    Row(
        ("lost-relay", "notrack-rule"),
        "Before the service is blamed: docker-proxy is gone, or a NOTRACK rule exists that may match.",
    ),
    Row(
        ("nearly-allowing-rule",),
        "Somebody wrote a rule for this very client and port: it is mended before what stops others is touched.",
    ),
    Row(
        ("dropping-rule", "nothing-listens", "relay-answers-wrongly", "address-held-by-nobody"),
        "The stop itself: the rule that dropped the packet, or the socket that is not there.",
    ),
    Row(
        ("oversized-container-network",),
        "Smaller packets go round a lost ICMP message; the rule that drops it comes before.",
    ),
    Row(("other-port",), "The one socket of the container may be the meant service on another port."),
    Row(("nothing-listens-there",), "Other ports have listeners, and the row above is tried for them first."),
    Row(
        ("separation", "port-not-published"),
        "Networks are kept apart and ports kept private on purpose, so every accident comes before.",
    ),
    Row(
        ("shared-rule", "far-end-of-link", "filtering-peer", "no-way-back", "odd-translation"),
        "Rules that many flows share, and guesses about what lies beyond this host.",
    ),
    Row(
        ("closed-host-service",),
        "INPUT closes a service of the host; a translation that led the packet there by mistake comes before.",
    ),
    Row(
        ("closed-policy",),
        "A policy drops what no rule accepts.  If the missing rule is known, that rule is the cause.",
    ),
    Row(
        ("engine-protection", "wanted-route", "deciding-rule"),
        "The engine's own rules work as they should, a program keeps the route, and nothing is known of the rule: "
        "undoing them is proposed last.",
    ),
)

PUTTING_BACK: frozenset[Class] = frozenset({"lost-engine-rule", "lost-masquerade", "lost-hairpin-masquerade"})
"""Classes of candidates that restore lost rules of an engine."""
MADE_ANEW: frozenset[Class] = frozenset({"port-not-published", "bound-to-other-address"})
"""Classes of candidates that a person repairs by making a container anew.  The engine then makes all rules of the
container's published ports, in its own order, also those that the asked flow does not need."""
_BACK_TO_NORMAL: frozenset[Class] = frozenset(
    {
        "wrong-neighbour-entry", "stale-tunnel-entry", "full-table", "stale-connection", "exceeded-limit",
        "kernels-own", "switched-off", "container-without-ports", "process-stopped", "gateway-address-lost",
        "container-address-lost", "link-or-route", "ignored-mark", "untracked-flow", "lost-relay",
        "bridge-in-wrong-zone",
    }
)  # fmt: skip
UNDOING = PUTTING_BACK | _BACK_TO_NORMAL
"""Classes of candidates that undo an accident and open nothing that was closed before it."""
OPENING: frozenset[Class] = frozenset(
    {"shared-rule", "closed-host-service", "closed-policy", "closed-zone", "engine-protection", "deciding-rule"}
)
"""Classes of candidates that let a packet through a rule or policy.  In ORDER these classes come after the classes in
PUTTING_BACK."""
_WALLS: frozenset[Class] = frozenset({"dropping-rule", "nearly-allowing-rule", "separation"})
FOR_SOMEBODY = OPENING | _WALLS
"""Classes of candidates that open a path to the destination.

A candidate that only opens a path repairs nothing while no container has the destination address."""
_OF_ONE_STOP: frozenset[Class] = frozenset(
    {
        "address-not-on-host", "address-held-by-nobody", "far-end-of-link", "filtering-peer", "no-way-back",
        "nothing-listens", "nothing-listens-there", "other-port", "port-not-published",
    }
)  # fmt: skip
_DECIDING: frozenset[Class] = frozenset({"deciding-rule"})
OF_THEIR_STOP = (FOR_SOMEBODY - _DECIDING) | _OF_ONE_STOP
"""Classes of candidates that count only if the reason of the stop is among the ``reasons`` of their cause.

At a stop with another reason, a candidate of these classes would be a guess."""
LAST: frozenset[Class] = frozenset({"wanted-route"})
"""Classes of candidates that undo an intended setting.

A candidate of these classes is tried only if no other candidate explains why the flow fails."""

_PLACES: dict[Class, int] = {name: place for place, row in enumerate(ORDER) for name in row.classes}


def place(name: Class) -> int:
    """Return the number of the class's row in ORDER, from 0."""
    return _PLACES[name]


TO_COME = (
    "restart-policy-missing", "saved-rules-refused", "firewalld-zone-conflict", "manager-claims-container-links",
    "saved-rules-contain-engine-rules", "container-address-hardcoded", "interface-name-hardcoded",
    "sysctl-file-forces-forward-off", "interface-forwarding-file-conflict", "ip-forward-not-persisted",
    "nft-conf-flush-ruleset", "firewalld-restart-wipes-docker", "iptables-service-restart-wipes", "reboot-ordering",
    "engine-upgrade-changes-rules",
    "ipv6-ra-ignored-when-forwarding", "cloud-address-changed",
    "firewalld-runtime-only-port", "mixed-firewall-managers", "runtime-only-rule",
)  # fmt: skip
"""The ids of causes that an event brings, in the order in which they are asked.  A cause about a setting in a file
comes before causes about the effects of that setting.  A cause about deleted rules comes before causes about rules that
exist only at run time."""
