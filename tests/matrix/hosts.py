"""The hosts on which events are carried out: those of the real hunt, and those that an event needs besides."""

from collections.abc import Callable, Mapping

import msgspec

from hairpin.lab.plan import LabPlan
from tests.hunt.real.hosts import HOSTS


def _ufw(*setup: str, base: str = "plain", enabled: bool = False) -> Callable[[], LabPlan]:
    """Return the plan of a host on which somebody has typed these ufw commands."""

    def plan() -> LabPlan:
        host = HOSTS[base]()
        return msgspec.structs.replace(host, firewall="ufw" if enabled else "", setup=(*host.setup, *setup))

    return plan


_DOCKER_RULES = """cat >> /etc/ufw/after.rules <<END
*filter
:ufw-user-forward - [0:0]
:DOCKER-USER - [0:0]
-A DOCKER-USER -j RETURN -s 172.16.0.0/12
-A DOCKER-USER -j ufw-user-forward
-A DOCKER-USER -j DROP -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -d 172.16.0.0/12
-A DOCKER-USER -j RETURN
COMMIT
*nat
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -s 10.99.0.0/24 -o eth0 -j MASQUERADE
COMMIT
END"""
_SYSCTLS = "printf 'net/ipv4/ip_forward=1\\nnet/ipv4/conf/all/rp_filter=1\\n' >> /etc/ufw/sysctl.conf"

EVENT_HOSTS: Mapping[str, Callable[[], LabPlan]] = {
    **HOSTS,
    "firewall off": _ufw(),
    "firewall off, ssh allowed": _ufw("ufw allow 22/tcp", "ufw limit 2222/tcp", "ufw logging high"),
    "firewall off, routed denied": _ufw("ufw default deny routed", "ufw route allow proto tcp to any port 80"),
    "firewall off, routed allowed": _ufw("ufw default allow routed", "ufw default reject incoming"),
    "firewall off, without IPv6": _ufw("sed -i s/IPV6=yes/IPV6=no/ /etc/default/ufw", base="dual stack"),
    "firewall off, built-ins managed": _ufw("sed -i s/MANAGE_BUILTINS=no/MANAGE_BUILTINS=yes/ /etc/default/ufw"),
    "firewall switched off": _ufw("ufw allow 80/tcp", _SYSCTLS, "ufw disable", enabled=True),
    "firewall on, docker's rules": _ufw(_DOCKER_RULES, "ufw reload", "ufw logging medium", enabled=True),
    "firewall on, rules by hand": _ufw(
        "ufw default allow routed", "iptables -I ufw-user-input -p tcp --dport 8151 -j DROP",
        "iptables -I INPUT -j ufw-user-input", enabled=True,
    ),
    "firewall on, legacy": _ufw("ufw allow 80/tcp", base="iptables legacy", enabled=True),
}  # fmt: skip
"""Each host by its name."""
