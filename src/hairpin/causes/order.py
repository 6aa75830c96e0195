"""Which true cause is named first: one ordered table of classes of candidates.

Often several changes would each deliver the flow: putting a lost rule back, and opening the policy that the lost rule
used to pass.  The search tries candidates in the order of this table, so the first row that delivers gives the answer.
Candidates of classes in one row are tried in the order in which the walk's branches and the causes' ids come.
"""

from typing import Literal

import msgspec

Class = Literal[
    "wrong-neighbour-entry",
    "address-not-on-host",
    "switched-off",
    "container-without-ports", "process-stopped",
    "gateway-address-lost", "bound-to-other-address",
    "container-address-lost", "engine-option",
    "link-or-route", "lost-masquerade",
    "lost-hairpin-masquerade",
    "untracked-flow",
    "lost-engine-rule", "filtering-sysctl", "client-in-container-subnet", "other-protocol", "gateway-without-hairpin",
    "shadowing-translation",
    "stale-translation", "foreign-source-translation",
    "diverting-policy-rule", "bridge-in-wrong-zone",
    "closed-zone", "hidden-backend", "overlapping-subnet", "bound-to-loopback",
    "bound-elsewhere",
    "lost-relay", "notrack-rule",
    "dropping-rule", "nothing-listens", "relay-answers-wrongly", "address-held-by-nobody",
    "other-port",
    "nothing-listens-there",
    "separation", "port-not-published",
    "shared-rule", "far-end-of-link", "no-way-back", "odd-translation",
    "closed-host-service",
    "closed-policy",
    "engine-protection",
]  # fmt: skip
"""What kind of fault a candidate is."""


class Row(msgspec.Struct, frozen=True):
    """Classes that are equally likely to be the true one.  ``reason``: why they stand before the rows below."""

    classes: tuple[Class, ...]
    reason: str


ORDER: tuple[Row, ...] = (
    Row(
        ("wrong-neighbour-entry",),
        "Such an entry is wrong by itself, and it makes the packet stray: what then stops the packet is no fault.",
    ),
    Row(
        ("address-not-on-host",),
        "A packet for a foreign address is forwarded or dropped rightly, by whatever comes first.",
    ),
    Row(
        ("switched-off",),
        "A container that does not run or a kernel that does not forward explains everything that is lost behind it.",
    ),
    Row(
        ("container-without-ports", "process-stopped"),
        "The container runs, but nothing in it can answer: no rule and no route would change that.",
    ),
    Row(
        ("gateway-address-lost", "bound-to-other-address"),
        "The address that the flow needs is not there.  Routes and rules that name it went, or never came, with it.",
    ),
    Row(
        ("container-address-lost", "engine-option"),
        "The engine's own description differs from what is found, or says why a rule was never made.",
    ),
    Row(
        ("link-or-route", "lost-masquerade"),
        "One part of the packet's path is down or gone: the walk stops exactly there.",
    ),
    Row(
        ("lost-hairpin-masquerade",),
        "One of the engine's rules, for one kind of flow: narrower than the rules of the next rows.",
    ),
    Row(
        ("untracked-flow",),
        "The packet was seen to be untracked, so no rule of nat was asked: a lost one would not have helped.",
    ),
    Row(
        ("lost-engine-rule", "filtering-sysctl", "client-in-container-subnet", "other-protocol",
         "gateway-without-hairpin"),
        "Restoring what the engine made comes before any rule, policy or relay that only matters since it is gone.",
    ),
    Row(
        ("shadowing-translation",),
        "A foreign rule took a published port; the engine's own rule is there, and waits behind it.",
    ),
    Row(
        ("stale-translation", "foreign-source-translation"),
        "A foreign or left-over translation; the row above knows in addition which port was meant.",
    ),
    Row(
        ("diverting-policy-rule", "bridge-in-wrong-zone"),
        "One setting that explains many flows, before the closed port or the bound socket of this one.",
    ),
    Row(
        ("closed-zone", "hidden-backend", "overlapping-subnet", "bound-to-loopback"),
        "A setting that is known by name, with its own way out, before the rule that happens to carry it.",
    ),
    Row(
        ("bound-elsewhere",),
        "The service is bound to another address or family; a socket on loopback beside it explains more.",
    ),
    Row(
        ("lost-relay", "notrack-rule"),
        "Missing beside rules that are whole; without its row, the service would be blamed for not listening.",
    ),
    Row(
        ("dropping-rule", "nothing-listens", "relay-answers-wrongly", "address-held-by-nobody"),
        "Somebody's rule, or a service that is not there: what the stop shows, when nothing above explains it.",
    ),
    Row(
        ("other-port",),
        "The service listens on another port: only a likely reading of one socket.",
    ),
    Row(
        ("nothing-listens-there",),
        "Other ports have listeners, so that nothing listens on this one is said after the row above.",
    ),
    Row(
        ("separation", "port-not-published"),
        "Closed on purpose: networks kept apart, ports kept private.  Said only when no accident explains the stop.",
    ),
    Row(
        ("shared-rule", "far-end-of-link", "no-way-back", "odd-translation"),
        "A rule that stops many flows, or a guess at what lies beyond this host.",
    ),
    Row(
        ("closed-host-service",),
        "INPUT closes the port; the row above holds the same stop when docker-proxy would have answered.",
    ),
    Row(
        ("closed-policy",),
        "A policy stops what no rule accepts: the missing rule is the cause, wherever one is known.",
    ),
    Row(
        ("engine-protection",),
        "The engine's own rules work as they should; to open them is the last thing to propose.",
    ),
)  # fmt: skip

_PLACES: dict[Class, int] = {name: place for place, row in enumerate(ORDER) for name in row.classes}


def place(name: Class) -> int:
    """Return the row of the class, counted from the first."""
    return _PLACES[name]
