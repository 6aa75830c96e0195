"""The stories: a host, what is expected of it, and the program that breaks it, as far as it can be replayed.

The program of each story is a script with the story's own name, so that the guard has to find it among the parents of
the process that wrote.
"""

from typing import Literal

import msgspec

from hairpin.lab.plan import LabPlan

PUBLIC = "203.0.113.11"
_RULE = f"OUTPUT -d {PUBLIC} -p tcp --dport 8151 -j DNAT --to-destination 198.51.100.11:8151"
_WEB = '[[must]]\nreach = "8151/tcp"\nfrom = ["outside", "lan"]\n'
_CLOUD = (
    f'[[must]]\nreach = "{PUBLIC}:8151"\nfrom = "host"\n[[public]]\naddress = "{PUBLIC}"\nprivate = "198.51.100.11"\n'
)
_OUT = '[[must]]\nreach = "internet"\nfrom = "network:bridge"\n'


_COMPOSE = """
mkdir -p /srv/shop
cat >/srv/shop/compose.yml <<END
services:
  web:
    networks: [back, front]
networks:
  back:
  front:
END
docker network create shop_back; docker network create shop_front
of=com.docker.compose
docker run -d --name shop-web-1 --network shop_back --label $of.project=shop --label $of.service=web \\
    --label $of.project.config_files=/srv/shop/compose.yml --label $of.project.working_dir=/srv/shop hairpin-lab \\
    httpd -f -p 80 -h /www
docker network connect shop_front shop-web-1
"""


_BY_FIREWALLD = ("iptables", "ip6tables", "iptables-restor", "ip6tables-resto")
"""What firewalld starts for itself and for dockerd, which asks it to (passthrough)."""


class Story(msgspec.Struct, frozen=True):
    """One story.  ``program``: the name of the script that makes the change (``shell``).  ``writer``: the names of the
    processes that write, of which each is right.  ``causes``: those of which each is right.  ``lines``: what breaks."""

    name: str
    told: str
    plan: LabPlan
    file: str
    program: str
    shell: str
    writer: tuple[str, ...]
    causes: tuple[str, ...]
    part: Literal["rules", "sysctls", "links"] = "rules"
    lines: int = 1


STORIES = (
    Story(
        "public-address", "1: the rule that gave the public address back to the host is lost in a boot's script",
        LabPlan(gateway=True, setup=(f"iptables -t nat -A {_RULE}",)), _CLOUD, "cloud-boot",
        f"iptables -t nat -D {_RULE}", ("iptables", "xtables-nft-mul"), ("nat-loopback-on-cloud-address",),
    ),
    Story(
        "one-interface", "2: eth0 alone does not forward, and nothing in the files sets it", LabPlan(), _WEB,
        "salt-minion", "echo 0 >/proc/sys/net/ipv4/conf/eth0/forwarding", ("salt-minion", "sh"),
        ("interface-forwarding-off",), "sysctls", 2,
    ),
    Story(
        "upgrade", "3: an upgrade's script loads the rules again, and those with an interface are missing",
        LabPlan(daemon='{"userland-proxy": false}'), _WEB, "dpkg-postinst",
        "iptables-save -t nat | grep -v -- '-i docker0' | grep -v -- '--dport 8151' | iptables-restore -T nat",
        ("iptables-restor", "iptables-restore", "xtables-nft-mul"), ("dnat-rule-missing", "docker-nat-rule-missing"),
        "rules", 2,
    ),
    Story(
        "firewalld", "4: somebody starts firewalld by hand after dockerd, which deletes Docker's chains",
        LabPlan(firewall="firewalld"), _WEB, "by-hand",
        "kill $(pgrep -x firewalld); while pgrep -x firewalld >/dev/null; do sleep 0.1; done; firewalld --nopid",
        ("firewalld", *_BY_FIREWALLD),
        ("dnat-rule-missing", "docker-nat-chain-missing", "filter-accept-missing"), "rules", 2,
    ),
    Story(
        "network-restart", "4: a web application that edits the address restarts the network, which resets ip_forward",
        LabPlan(), _WEB + _OUT, "web-application", "echo 0 >/proc/sys/net/ipv4/ip_forward", ("web-application", "sh"),
        ("ip-forward-off",), "sysctls", 3,
    ),
    Story(
        "audit", "5: a security audit flushes nat at three in the morning", LabPlan(daemon='{"userland-proxy": false}'),
        _WEB + _OUT, "audit", "iptables -t nat -F; iptables -t nat -X", ("iptables", "xtables-nft-mul"),
        ("docker-nat-chain-missing", "docker-nat-jump-missing-prerouting", "dnat-rule-missing", "masquerade-missing"),
        "rules", 3,
    ),
    Story(
        "reload", "5: a reload of kernel parameters undoes what dockerd set at its start",
        LabPlan(setup=("echo net.ipv4.ip_forward=0 >/etc/sysctl.d/99-hardened.conf",)), _WEB, "hardening",
        "sysctl -q --system", ("sysctl",), ("ip-forward-off",), "sysctls", 2,
    ),
    Story(
        "updater", "an updater makes a project's container again, which loses a network that its file promises",
        LabPlan(setup=(_COMPOSE,)), _WEB, "updater", "docker network disconnect shop_front shop-web-1",
        ("dockerd", "docker"), ("network",), "links",
    ),
)  # fmt: skip
