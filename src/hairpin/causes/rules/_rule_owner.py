"""Whose is the rule that stopped the packet?  Each kind of owner is a cause of its own, with its own way out."""

from typing import Literal

from hairpin.causes.cause import View
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.ir import Jump
from hairpin.walk.sockets import find_socket

Owner = Literal[
    "container", "bridge-family", "firewalld", "docker-user", "isolation", "icc", "engine", "raw-direct",
    "fail2ban", "ufw", "third-party", "other-backend", "nft-table", "mangle",
    "forward-rule", "forward-policy", "input", "output",
]  # fmt: skip

_THIRD_PARTIES = ("ts-", "LIBVIRT_", "cali-", "KUBE-", "nordvpn", "CNI-", "NETAVARK", "LXD", "virbr", "CILIUM")
_BANNERS = ("f2b-", "fail2ban", "crowdsec", "sshguard", "CROWDSEC")


def owner(view: View, place: Place) -> Owner:
    """Return whose rule it is."""
    if not view.stop.netns.is_host:
        return "container"
    if place.family in ("bridge", "arp"):
        return "bridge-family"
    special = _by_chain(view, place)
    if special is not None:
        return special
    if place.dialect == "nft":
        return "firewalld" if place.table == "firewalld" else "nft-table"
    if hidden_backend(view, place):
        return "other-backend"
    if place.table in ("mangle", "raw", "security"):
        return "mangle"
    match view.stop.stage:
        case "input":
            return "input"
        case "output":
            return "output"
        case "forward":
            return "forward-policy" if place.number == 0 else "forward-rule"
        case _:
            return "mangle"


def _by_chain(view: View, place: Place) -> Owner | None:
    chain = place.chain
    if chain == "DOCKER-USER":
        return "docker-user"
    if chain.startswith(_BANNERS):
        return "fail2ban"
    if led_from(view, place, "DOCKER-USER"):
        return "docker-user"
    if chain.startswith("DOCKER-ISOLATION"):
        return "isolation"
    if chain.startswith("ufw"):
        return "ufw"
    if chain.startswith(("IN_", "FWD", "FWDI_", "FWDO_", "INPUT_ZONES", "FORWARD_IN_ZONES")):
        return "firewalld"
    if chain.startswith(_THIRD_PARTIES):
        return "third-party"
    if place.table == "raw" and " -d " in place.text and "! -i " in place.text:
        return "raw-direct"
    if view.stop.seen.iif and view.stop.seen.iif == view.stop.seen.oif and "-i " in place.text and "-o " in place.text:
        return "icc"
    return "engine" if chain.startswith("DOCKER") else None


def led_from(view: View, place: Place, start: str) -> bool:
    """Return whether jumps lead from the chain ``start`` to the rule's chain."""
    for table in view.namespace.ruleset.tables:
        if (table.dialect, table.family, table.name) != (place.dialect, place.family, place.table):
            continue
        seen: set[str] = set()
        pending = [start]
        while pending:
            chain = table.chain(pending.pop())
            if chain is None or chain.name in seen:
                continue
            seen.add(chain.name)
            pending += [part.chain for rule in chain.rules for part in rule.body if isinstance(part, Jump)]
        return place.chain in seen
    return False


def hidden_backend(view: View, place: Place) -> bool:
    """Return whether the rule is in the iptables back end that today's ``iptables`` command does not show.

    Both back ends hold something; the one that ``iptables -V`` does not name is the hidden one.
    """
    if place.dialect not in ("iptables-nft", "iptables-legacy"):
        return False
    dialects = {table.dialect for table in view.host_namespace.ruleset.tables if table.family in ("ip", "ip6")}
    if not {"iptables-nft", "iptables-legacy"} <= dialects:
        return False
    version = view.host.version("iptables") or "nf_tables"
    shown = "iptables-legacy" if "legacy" in version else "iptables-nft"
    return place.dialect != shown


def serves_relay(view: View) -> bool:
    """Return whether the socket that the packet was meant for is a relay's (docker-proxy)."""
    if any(step.stage == "relay" for step in view.branch.request):
        return True  # the relay's own connection to the container, or its answer
    packet = view.stop.seen.packet
    found = find_socket(view.namespace, packet, view.stop.seen.iif)
    return found.socket is not None and found.socket.relay is not None and not found.socket.relay.holds_only
