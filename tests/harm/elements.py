"""Every element in its two forms: somebody's decision, and an accident."""

from collections.abc import Callable

import msgspec

from tests.harm import egress, engines, inbound, managers, routed
from tests.harm.draw import Draw
from tests.harm.site import Kind, Site

_RULES: tuple[Kind, ...] = ("docker", "legacy", "proxy off", "own network", "podman")
_DOCKER: tuple[Kind, ...] = ("docker", "proxy off", "legacy")
_BOTH: tuple[Kind, ...] = ("docker", "podman", "own network")


class Element(msgspec.Struct, frozen=True):
    """What may be a decision or an accident, and the kinds of hosts that it is put on."""

    name: str
    hosts: tuple[Kind, ...]
    decision: Callable[[Site], Draw]
    accident: Callable[[Site], Draw]


ELEMENTS = (
    Element("source rule", _RULES, inbound.commented_source, inbound.bare_drop),
    Element("allow-list", ("docker", "legacy", "podman"), inbound.closing_drop, inbound.wrong_order),
    Element("line of an allow-list", ("proxy off", "docker"), inbound.listed_by_port, inbound.port_before_dnat),
    Element("rule for some times", ("docker", "podman", "legacy"), inbound.by_time, inbound.bare_drop),
    Element("ICMP", ("docker", "own network"), inbound.icmp_kept_in, inbound.twice_typed),
    Element("own chain", ("legacy", "own network", "podman"), inbound.own_chain, inbound.own_chain_stale),
    Element("set of bans", ("docker", "podman"), inbound.ban_set, inbound.stale_set),
    Element("set of friends", ("own network", "docker"), inbound.allow_set, inbound.twice_typed),
    Element("fail2ban's chain", ("docker", "podman"), inbound.fail2ban_chain, inbound.bare_raw),
    Element("one source", ("docker", "legacy"), inbound.banned_source, routed.forwarding_off),
    Element("before translation", _DOCKER, inbound.raw_comment, engines.port_rule_gone),
    Element("rule about the host", ("ufw", "firewalld"), inbound.host_ban, inbound.host_drop),
    Element("nft table", _BOTH, inbound.own_table, inbound.nft_drop),
    Element("closed nft chain", ("docker", "own network"), inbound.own_table_policy, engines.forward_flushed),
    Element("nft set", ("docker", "podman"), inbound.own_set, inbound.stale_element),
    Element("egress rule", _RULES[:4], egress.commented_target, egress.masquerade_deleted),
    Element("egress list", ("legacy", "podman"), egress.closed_way_out, egress.port_dropped),
    Element("egress nft table", ("docker", "own network"), egress.own_table, egress.nat_flushed),
    Element("kill switch by rule", ("docker", "own network"), egress.tunnel_or_nothing, egress.default_route_gone),
    Element("kill switch by table", _BOTH, routed.fail_closed_table, routed.leftover_route),
    Element("policy rule", ("docker", "podman", "proxy off"), routed.rule_to_nowhere, routed.main_rule_lost),
    Element("null route", ("docker", "legacy"), routed.null_route, routed.route_of_bridge_gone),
    Element("published address", ("docker", "podman"), engines.on_loopback, routed.address_gone),
    Element("stopped container", ("docker", "own network"), engines.stopped, engines.killed),
    Element("paused container", ("docker", "proxy off"), engines.paused, engines.server_stopped),
    Element("stopped job", ("docker", "own network", "podman"), engines.job_stopped, engines.no_way_back),
    Element("paused job", ("docker", "proxy off"), engines.job_paused, engines.port_rule_gone),
    Element("own rules", ("own rules",), engines.own_translation_gone, engines.dropped_beside_own_rules),
    Element("container's own rules", ("docker", "podman"), engines.own_firewall, engines.no_way_back),
    Element("bridge's traffic", ("docker", "proxy off"), egress.neighbours_port, engines.veth_off),
    Element("network apart", ("proxy off",), engines.kept_apart, engines.chains_flushed),
    Element("network inside", ("docker",), engines.kept_inside, routed.bridge_down),
    Element("firewalld zone", ("firewalld",), managers.closed_zone, managers.bridge_in_wrong_zone),
    Element("firewalld rich rule", ("firewalld",), managers.rich_rule, managers.runtime_port_gone),
    Element("firewalld panic", ("firewalld",), managers.panic, managers.engine_wiped),
    Element("firewalld source", ("firewalld",), managers.source_zone, managers.forwarding_off),
    Element("firewalld policy", ("firewalld",), managers.egress_policy, managers.masquerade_gone),
    Element("ufw rule", ("ufw",), managers.ufw_deny, managers.ufw_allow_gone),
    Element("family that ufw keeps closed", ("ufw, IPv6",), managers.family_closed, inbound.bare_drop),
    Element("ufw source", ("ufw",), managers.ufw_source, managers.ufw_chain_flushed),
)
"""All elements; each is drawn in turn."""
