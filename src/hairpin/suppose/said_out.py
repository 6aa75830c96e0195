"""The causes that the words of a text rule out, although some of its parts would allow them.

A client that waited for seconds has met no closed port, as a kernel refuses at once.  A port that is open to too many
is not closed.  Containers that another name server answers reach the outside.  A firewall that was switched off without
effect is not the obstacle.

Words prove nothing: such causes come after the others.
"""

from collections.abc import Iterator

from hairpin.evidence.told import Outcome
from hairpin.sought import Sought
from hairpin.words.pattern import sought

_CLOSED = (
    "host-service-listens-on-loopback", "host-service-not-running", "loopback-is-the-container",
    "service-listens-on-container-loopback", "service-listens-on-other-port", "service-not-listening",
)  # fmt: skip
"""The causes with which a kernel refuses at once."""
_OUTWARDS = ("ip-forward-off", "masquerade-missing", "container-not-running", "interface-forwarding-off",
             "forward-policy-drop", "host-default-route-missing")  # fmt: skip
_FIREWALLD = ("firewalld-zone-blocks-port", "firewalld-bridge-in-wrong-zone", "firewalld-runtime-only-port",
              "firewalld-panic-mode", "firewalld-zone-conflict")  # fmt: skip
_NAMES_AND_IPV6 = ("no-common-network-for-name", "default-bridge-has-no-names", "ipv6-forwarding-off",
                   "docker-daemon-ip6tables-off", "published-for-other-family", "dns-upstream-unreachable",
                   "container-not-running")  # fmt: skip
_STOPS = (
    "forward-policy-drop", "ufw-forward-policy", "input-drops-host-service", "docker-user-drops", "ip-forward-off",
    "reject-rule-before-docker", "docker-filter-chain-missing", "docker-nat-chain-missing", "masquerade-missing",
    "filter-forward-jump-missing", "nft-base-chain-drop-other-table", "container-not-running", *_CLOSED, *_FIREWALLD,
)  # fmt: skip
"""The causes that stop packets."""


def said_out(text: str, outcomes: tuple[Outcome, ...]) -> frozenset[str]:
    """Return the ids of the causes that the words of the text, or the ends of its connections, rule out.

    ``text``: the lines that belong to no output.  ``outcomes``: the outcomes that the text states."""
    return frozenset(_said_out(text, outcomes))


def _said_out(text: str, outcomes: tuple[Outcome, ...]) -> Iterator[str]:
    failed = [each for each in outcomes if each.failed and each.tool]
    if failed and all(each.result == "timeout" for each in failed) and not _refusal().search(text):
        yield from _CLOSED
    if not failed and is_too_open(text):
        yield from _STOPS
    if _other_server().search(text):
        yield from _OUTWARDS
    if _without_effect().search(text):
        yield from _FIREWALLD
    if _no_ipv6_address().search(text):
        yield from _NAMES_AND_IPV6


def is_too_open(text: str) -> bool:
    """Return whether the text complains that others reach a port which a firewall should keep from them."""
    return bool(sought("{too_open}").search(text) and sought("{restricts}").search(text)) and not _denial().search(text)


def _refusal() -> Sought:
    return sought(r"{refused}|ECONNREFUSED|\brefused\b|\breset\b")


def _other_server() -> Sought:
    return sought("{cured_by_server}")


def _without_effect() -> Sought:
    return sought("{firewalld_without_effect}")


def _no_ipv6_address() -> Sought:
    return sought("{a_without_aaaa}")


def _denial() -> Sought:
    return sought(
        r"(?:不能|无法|不可以?|没法)[^\n]{0,6}(?:访问|连接|连上)|(?:访问|连接|连)不(?:了|到|上)|超时|拒绝"
        r"|{timeout}|{refused}|\btimed? ?out\b|\b(?:can(?:no|')t|unable to) (?:access|reach|connect)"
    )
