"""Hosts with other routes, policy rules and sysctls, for the causes of several folders."""

import msgspec

from hairpin.host.route import PolicyRule
from hairpin.network.network import Network
from tests.causes.hosts import with_second_bridge, without_route
from tests.small_host import HOST_NETNS, container_namespace, host_namespace, network, route, sysctls

LOCAL_TABLE = PolicyRule(4, 0, table=255, text="0: from all lookup local")
MAIN_TABLE = PolicyRule(4, 32766, table=254, text="32766: from all lookup main")


def with_inner_values(**values: str) -> Network:
    """Return the host whose container has these sysctls of net/ipv4."""
    return network(inner=msgspec.structs.replace(container_namespace(), sysctls=sysctls(**values)))


def routed(*policy: PolicyRule, default_in: int = 254) -> Network:
    """Return the host with these policy rules, and its default route in that table."""
    host = without_route(
        host_namespace(policy_rules=(LOCAL_TABLE, *policy, *(() if MAIN_TABLE in policy else (MAIN_TABLE,)))), 0
    )
    default = route("default", "eth0", via="198.51.100.1", table=default_in)
    return network(msgspec.structs.replace(host, routes=(*host.routes, default)))


def with_router_inside(rp_filter: str) -> Network:
    """Return the host with an empty bridge whose subnet has its router; ``rp_filter``: that of eth0."""
    host = with_second_bridge("198.51.100.0/25").namespace(HOST_NETNS)
    path = ("net", "ipv4", "conf", "eth0", "rp_filter")
    return network(msgspec.structs.replace(host, sysctls=host.sysctls.with_value(path, rp_filter)))
