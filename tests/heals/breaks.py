"""The ways in which something breaks, each in the words of sh, in the host's namespaces."""

from collections.abc import Mapping

BREAKS: Mapping[str, str] = {
    "forwarding off": "echo 0 > /proc/sys/net/ipv4/ip_forward",
    "forwarding of a link off": "echo 0 > /proc/sys/net/ipv4/conf/docker0/forwarding",
    "filter flushed": "iptables -F",
    "FORWARD flushed": "iptables -F FORWARD",
    "nat flushed": "iptables -t nat -F",
    "all flushed": "iptables -F; iptables -X; iptables -t nat -F; iptables -t nat -X",
    "a chain flushed": "iptables -F DOCKER",
    "a jump deleted": "iptables -D FORWARD -o docker0 -j DOCKER",
    "a rule deleted": "iptables -t nat $(iptables -t nat -S DOCKER | grep -- '-j DNAT' | head -1 | sed 's/^-A/-D/')",
    "nft flush ruleset": "nft flush ruleset; iptables -P FORWARD DROP",
    "the bridge down": "ip link set docker0 down",
    "the bridge without address": "ip address flush dev docker0",
}
"""Dockerd's policy of FORWARD is DROP, and no docker-proxy answers."""
CUT = frozenset(("all flushed", "nft flush ruleset"))
"""These end open connections themselves: without a rule of nat the kernel tracks none."""
