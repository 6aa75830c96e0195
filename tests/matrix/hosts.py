"""The hosts on which events are carried out: those of the real hunt, and those that an event needs besides."""

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from hairpin.lab.plan import LabPlan, NetworkPlan
from tests.hunt.real.hosts import HOSTS


def _ufw(*setup: str, base: str = "plain", enabled: bool = False) -> Callable[[], LabPlan]:
    """Return the plan of a host on which somebody has typed these ufw commands."""

    def plan() -> LabPlan:
        host = HOSTS[base]()
        return replace(host, firewall="ufw" if enabled else "", setup=(*host.setup, *setup))

    return plan


def _firewalld(*setup: str, base: str = "firewalld", before: tuple[str, ...] = ()) -> Callable[[], LabPlan]:
    """Return the plan of a host with firewalld: commands ``before`` its start, and when all runs."""

    def plan() -> LabPlan:
        host = HOSTS[base]()
        opened = (*before, *host.before_engine)
        return replace(host, firewall="firewalld", before_engine=opened, setup=(*host.setup, *setup))

    return plan


def _beside(*setup: str, base: str = "plain") -> Callable[[], LabPlan]:
    """Return the plan of a host on which firewalld, if at all, starts after the engine."""

    def plan() -> LabPlan:
        host = HOSTS[base]()
        return replace(host, setup=(*host.setup, *setup))

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

_OFFLINE = "firewall-offline-cmd -q"
_ZONED = "firewall-cmd -q --zone=internal --add-source=192.0.2.0/24"
_BY_HAND = "iptables -I DOCKER-USER -s 198.51.100.12 -p tcp --dport 80 -j DROP"
_RICH = f"""{_OFFLINE} --add-rich-rule 'rule family=ipv4 source address=192.0.2.0/24 port port=80 protocol=tcp reject'
{_OFFLINE} --add-rich-rule 'rule priority=-3 family=ipv4 source address=192.0.2.10 service name=http log accept'
{_OFFLINE} --add-rich-rule 'rule priority=7 port port=8190-8199 protocol=tcp drop'"""
_DIRECT = f"""{_OFFLINE} --direct --add-rule ipv4 filter INPUT 1 -p tcp --dport 8190 -j DROP
{_OFFLINE} --direct --add-rule ipv4 filter FORWARD 0 -s 198.51.100.12 -d 172.17.0.0/16 -j DROP
{_OFFLINE} --direct --add-passthrough ipv4 -t nat -A POSTROUTING -s 10.99.0.0/24 -j MASQUERADE"""
_SOURCES = f"""{_OFFLINE} --zone=internal --add-source=192.0.2.0/24; {_OFFLINE} --zone=internal --add-port=80/tcp
{_OFFLINE} --zone=drop --add-source=198.51.100.12; {_OFFLINE} --zone=home --add-interface=eth0"""
_POLICIES = f"""{_OFFLINE} --new-policy=out; {_OFFLINE} --policy=out --add-ingress-zone=HOST
{_OFFLINE} --policy=out --add-egress-zone=ANY; {_OFFLINE} --zone=public --add-interface=eth0
{_OFFLINE} --policy=out --add-rich-rule 'rule family=ipv4 destination address=192.0.2.0/24 reject'
{_OFFLINE} --new-policy=in; {_OFFLINE} --policy=in --add-ingress-zone=public; {_OFFLINE} --policy=in --set-target=DROP
{_OFFLINE} --policy=in --add-egress-zone=ANY; {_OFFLINE} --policy=in --set-priority=10"""
_TRANSLATED = f"""{_OFFLINE} --add-masquerade
{_OFFLINE} --add-forward-port=port=8191:proto=tcp:toport=80
{_OFFLINE} --add-forward-port=port=8192:proto=tcp:toport=80:toaddr=172.17.0.2"""
_BUS = "mkdir -p /run/dbus; dbus-uuidgen --ensure; dbus-daemon --system --fork; sleep 0.3"


def _nft(script: str, *more: str, base: str = "plain", setup: tuple[str, ...] = ()) -> Callable[[], LabPlan]:
    """Return the plan of a host with this /etc/nftables.conf, which was loaded before the engine started.

    ``more``: files that it includes, each a path and a text behind it on lines of their own."""

    def plan() -> LabPlan:
        host = HOSTS[base]()
        files = ("/etc/nftables.conf\n" + script, *more)
        written = (f"mkdir -p $(dirname {path}); cat > {path} <<'END'\n{text}\nEND" for path, _, text in
                   (each.partition("\n") for each in files))  # fmt: skip
        before = ("\n".join(written), "nft -f /etc/nftables.conf", *host.before_engine)
        return replace(host, before_engine=before, setup=(*host.setup, *setup))

    return plan


_LABEL = "--label com.docker.compose.project=app"


def _composed(options: str = "") -> Callable[[], LabPlan]:
    """Return the plan of a host whose containers and networks are a project of Compose's; ``options``: those of the
    network ``back``."""

    def plan() -> LabPlan:
        host = HOSTS["user networks"]()
        containers = tuple(
            replace(each, options=f"{each.options} {_LABEL} --label com.docker.compose.service={each.name}")
            for each in host.containers
        )
        networks = (NetworkPlan("front", _LABEL), NetworkPlan("back", f"{_LABEL} {options}".strip()))
        return replace(host, networks=networks, containers=containers)

    return plan


_NFT_OWN = """table inet own
delete table inet own
table inet own {
	chain input {
		type filter hook input priority filter - 5; policy accept;
		iif "lo" accept
		ip saddr 198.51.100.12 tcp dport { 80, 8190-8199 } drop
		tcp dport 8151 counter packets 0 bytes 0 accept comment "mine"
	}
}"""
_NFT_FLUSH = """flush ruleset
table inet filter {
	chain input {
		type filter hook input priority filter; policy accept;
	}
	chain forward {
		type filter hook forward priority filter; policy accept;
	}
}"""
_NFT_INPUT = """#!/usr/sbin/nft -f
flush ruleset
define lan = 198.51.100.0/24
define open = { ssh, 80, 8151 }
table inet filter {
	chain input {
		type filter hook input priority 0; policy drop;
		ct state vmap { established : accept, related : accept, invalid : drop }
		iifname { "lo", "docker0", "br-*" } accept
		meta l4proto { icmp, ipv6-icmp } accept
		ip saddr $lan tcp dport $open accept
		limit rate 3/minute log prefix "in: " counter
		reject with icmpx type admin-prohibited
	}
	include "/etc/nftables.d/*.nft"
}"""
_NFT_INCLUDED = """/etc/nftables.d/forward.nft
	chain forward {
		type filter hook forward priority filter - 10; policy accept;
		ct state established,related accept
		oifname "docker0" ip saddr 192.0.2.0/24 tcp dport { 80, 443 } counter accept
		oifname "docker0" tcp dport 80 ip saddr != 198.51.100.0/24 reject with tcp reset
	}"""
_NFT_SETS = """table ip guard {
	set banned {
		type ipv4_addr; flags interval; auto-merge
		elements = { 198.51.100.12, 203.0.113.0/25, 203.0.113.128-203.0.113.255 }
	}
	set services {
		type ipv4_addr . inet_service
		elements = { 192.0.2.10 . http, 172.17.0.2 . 80 }
	}
	map ports {
		type inet_service : verdict
		elements = { 80 : jump web, 8190 : drop }
	}
	map targets {
		type inet_service : ipv4_addr . inet_service
		elements = { 8195 : 172.17.0.2 . 80 }
	}
	counter seen {
	}
	chain web {
		ip saddr @banned counter name "seen" drop
		return
	}
	chain prerouting {
		type nat hook prerouting priority dstnat - 1; policy accept;
		fib daddr type local dnat to tcp dport map @targets
	}
	chain forward {
		type filter hook forward priority -1; policy accept;
		ct state established accept
		ip saddr . tcp dport @services accept
		tcp dport vmap @ports
	}
}"""
_NFT_IPTABLES = """table ip filter {
	chain DOCKER-USER {
	}
	chain FORWARD {
		type filter hook forward priority filter; policy drop;
	}
}
table ip filter
add rule ip filter FORWARD oifname "docker0" tcp dport 80 accept"""
_NFT_BROKEN = """flush ruleset
table inet filter {
	chain input {
		type filter hook input priority filter; policy drop;
		iif "wg9" accept
	}
}"""


def _later() -> LabPlan:
    """Return the plan of the host in which ``docker exec`` starts a daemon: some time after the container's start."""
    host = HOSTS["listeners"]()
    return replace(host, setup=("sleep 3", *host.setup))


def _broken(*faults: str, base: str = "plain") -> Callable[[], LabPlan]:
    """Return the plan of a host to which somebody has done this."""

    def plan() -> LabPlan:
        host = _later() if base == "listeners" else HOSTS[base]()
        return replace(host, setup=(*host.setup, *faults))

    return plan


_SAVED = "mkdir -p /etc/iptables; iptables-save > /etc/iptables/rules.v4"
_SAVED_OWN = """mkdir -p /etc/iptables; cat > /etc/iptables/rules.v4 <<'END'
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -s 198.51.100.12/32 -p tcp -m tcp --dport 8151 -j DROP
COMMIT
END"""
_INSIDE = "nsenter -t $(docker inspect -f '{{.State.Pid}}' web) -n"

EVENT_HOSTS: Mapping[str, Callable[[], LabPlan]] = {
    **HOSTS,
    "listeners": _later,
    "compose, own subnets": _composed(),
    "compose, a chosen subnet": _composed("--subnet 172.30.0.0/24"),
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
    "firewalld, opened at run time": _firewalld("firewall-cmd -q --add-port=8190/tcp", _ZONED, _BY_HAND),
    "firewalld, rich and direct": _firewalld(before=(_RICH, _DIRECT)),
    "firewalld, sources": _firewalld(before=(_SOURCES,)),
    "firewalld, policies": _firewalld(before=(_POLICIES,), base="user networks"),
    "firewalld, translating": _firewalld(before=(_TRANSLATED,)),
    "firewalld, networks": _firewalld("docker network create --internal hid", base="user networks"),
    "firewalld, dockerd restarted": _firewalld("/etc/init.d/docker restart; sleep 1", base="user networks"),
    "firewalld, conflict": _firewalld("firewall-cmd -q --permanent --zone=internal --add-interface=docker0"),
    "firewalld, podman": _firewalld(base="podman"),
    "firewalld, podman beside": _firewalld(base="podman beside"),
    "firewalld, dual stack": _firewalld(base="dual stack"),
    "firewalld stopped": _firewalld("kill $(pidof -x firewalld); sleep 2"),
    "nft, own table": _nft(_NFT_OWN),
    "nft, twice": _nft(_NFT_OWN.replace("delete table inet own\n", ""), base="user networks"),
    "nft, flush": _nft(_NFT_FLUSH, base="user networks"),
    "nft, flush, proxy off": _nft(_NFT_FLUSH, base="proxy off"),
    "nft, input dropped": _nft(_NFT_INPUT, _NFT_INCLUDED),
    "nft, sets": _nft(_NFT_SETS),
    "nft, iptables' tables": _nft(_NFT_IPTABLES),
    "nft, podman": _nft(_NFT_INPUT, _NFT_INCLUDED, base="podman"),
    "nft, legacy": _nft(_NFT_FLUSH, base="iptables legacy"),
    "nft, dual stack": _nft(_NFT_INPUT, _NFT_INCLUDED, base="dual stack"),
    "nft, refused": _nft("table inet own\n", setup=(f"cat > /etc/nftables.conf <<'END'\n{_NFT_BROKEN}\nEND",)),
    "saved, the engine's rules too": _broken(_SAVED, "iptables -I DOCKER-USER -s 198.51.100.12 -j DROP"),
    "saved, of its own": _broken("docker network create later", _SAVED_OWN, base="user networks"),
    "saved, legacy": _broken(_SAVED, "iptables -A INPUT -p tcp --dport 8151 -j DROP", base="iptables legacy"),
    "saved, podman": _broken(_SAVED, "iptables -P FORWARD DROP", base="podman"),
    "hardened file": _broken(
        "printf 'net.ipv4.ip_forward = 0\nnet.ipv4.conf.all.rp_filter = 1\n' > /etc/sysctl.d/60-hardening.conf",
        base="user networks",
    ),
    "broken, FORWARD dropped": _broken("iptables -F FORWARD; iptables -P FORWARD DROP"),
    "broken, FORWARD dropped, podman": _broken("iptables -F FORWARD; iptables -P FORWARD DROP", base="podman"),
    "broken, forwarding off": _broken("sysctl -qw net.ipv4.ip_forward=0", base="proxy off"),
    "broken, jumps gone": _broken(
        "iptables -D FORWARD -o docker0 -j DOCKER",
        "iptables -t nat -D PREROUTING -m addrtype --dst-type LOCAL -j DOCKER", base="proxy off",
    ),
    "broken, a container stopped": _broken("docker stop -t 1 web; docker stop -t 1 db", base="user networks"),
    "broken, a container paused": _broken("docker pause web"),
    "broken, an address missing": _broken("ip address del 172.17.0.1/16 dev docker0"),
    "broken, docker0 down": _broken("ip link set docker0 down", base="proxy off"),
    "broken, a port is held": _broken(
        "kill $(pidof docker-proxy); sleep 0.3; busybox httpd -p 8151 -h /srv/own", base="user networks"
    ),
    "broken, reverse path": _broken(
        "sysctl -qw net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.eth0.rp_filter=1",
        "ip route add 192.0.2.0/24 via 198.18.0.1 dev eth1", base="two links",
    ),
    "broken, inside a container": _broken(
        f"{_INSIDE} ip route del default", f"{_INSIDE} iptables -A INPUT -p tcp --dport 80 -s 198.51.100.12 -j DROP",
    ),
    "broken, an old address": _broken(
        "iptables -t nat -I DOCKER 1 -p tcp --dport 8151 -j DNAT --to-destination 172.17.0.9:80",
        "iptables -I INPUT -p tcp --dport 8151 -j REJECT", base="udp",
    ),
    "broken, rules among docker's": _broken(
        "iptables -t nat -A PREROUTING -p tcp --dport 8151 -s 198.51.100.12 -j REDIRECT --to-ports 8152",
        "iptables -I DOCKER 1 -p tcp -s 192.0.2.10 --dport 80 -j DROP; iptables -I FORWARD -i eth0 -j ACCEPT",
        "iptables -I DOCKER-ISOLATION-STAGE-1 -i eth0 -s 198.51.100.12 -j DROP", base="user networks",
    ),
    "broken, no masquerading": _broken("iptables -t nat -F POSTROUTING", base="podman beside"),
    "broken, IPv6 forwarding off": _broken(
        "sysctl -qw net.ipv6.conf.all.forwarding=0; ip6tables -P FORWARD DROP", base="dual stack"
    ),
    "broken, proxies killed": _broken("kill $(pidof docker-proxy); iptables -t nat -F", base="listeners"),
    "broken, the swarm's host": _broken("iptables -F; iptables -P FORWARD DROP", base="swarm overlay"),
    "firewalld off": _beside(_BUS),
    "firewalld off, podman beside": _beside(_BUS, base="podman beside"),
    "firewalld off, dual stack": _beside(_BUS, base="dual stack"),
    "firewalld after dockerd": _beside(_BUS, "firewalld --nopid; sleep 3"),
}  # fmt: skip
"""Each host by its name."""
