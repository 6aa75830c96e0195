"""The hosts of the lab on which something waits for an event, each with what its twin has instead."""

import shlex
from collections.abc import Callable, Mapping

from msgspec.structs import replace

from hairpin.lab.plan import ContainerPlan, Engine, LabPlan
from tests.hunt.real.hosts import HOSTS
from tests.matrix.hosts import EVENT_HOSTS
from tests.matrix.waiting import AT_ONCE, Waiting


def _with(base: str, *setup: str, add: tuple[ContainerPlan, ...] = (), **values: object) -> Callable[[], LabPlan]:
    """Return the plan with further containers in front, and these commands when all run."""

    def plan() -> LabPlan:
        host = EVENT_HOSTS[base]()
        return replace(host, containers=(*add, *host.containers), setup=(*host.setup, *setup), **values)

    return plan


def _box(name: str, engine: Engine = "docker", networks: tuple[str, ...] = ("bridge",)) -> ContainerPlan:
    return ContainerPlan(name, networks=networks, engine=engine, options=f"-v /srv/{name}:/www:ro")


_FIRST = (_box("own"), _box("second"))
"""Containers that start first, and whose addresses are free once somebody has removed them."""
_PUBLISHED = (replace(_box("own"), publish=("8198:80",)), replace(_box("second"), publish=("8199:80",)))
_APART = (
    "for each in '' --permanent; do firewall-cmd -q $each --direct --add-rule ipv4 raw PREROUTING 0 -s {} -d {} -j"
    " DROP; done"
)
_WITHOUT_RULES = """/etc/init.d/docker stop; echo '{"iptables": false}' >/etc/docker/daemon.json
iptables -F; iptables -t nat -F; iptables -P FORWARD ACCEPT; iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE
/etc/init.d/docker start; sleep 2"""
"""A dockerd that leaves the rules to somebody else: no release changes them."""
_REMOVED = "docker rm -f own second"
_OWN = ContainerPlan("own", networks=("host",), options="--expose 80 -v /srv/own:/www:ro")


def _firewalld(base: str, *before: str, setup: tuple[str, ...] = ()) -> Callable[[], LabPlan]:
    """Return the plan with firewalld, which has started before dockerd and knows of no port, and a service of its
    own."""

    def plan() -> LabPlan:
        host = HOSTS[base]()
        own = (*host.containers, _OWN)
        opened = (*before, *host.before_engine)
        return replace(host, firewall="firewalld", containers=own, before_engine=opened, setup=(*host.setup, *setup))

    return plan


def _sysctl(path: str, *lines: str) -> str:
    return f"printf '%s\\n' {' '.join(map(shlex.quote, lines))} >> {path}"


_OVERRIDE = _sysctl("/etc/sysctl.d/99-zz.conf", "net.ipv4.ip_forward = 1")
_OFF = "net.ipv4.ip_forward = 0"
_BUS = "mkdir -p /run/dbus; dbus-uuidgen --ensure; dbus-daemon --system --fork; sleep 0.3"
_FIREWALLD = "firewalld --nopid; sleep 3"
_LISTENING = """for each in $(firewall-cmd --zone=trusted --list-interfaces); do
    firewall-cmd -q --permanent --zone=trusted --remove-interface=$each
    firewall-cmd -q --zone=trusted --remove-interface=$each
done
/etc/init.d/docker restart; sleep 2"""
_PUT_BACK = f"""{_BUS}
for each in docker0 $(cd /sys/class/net; ls -d br-* 2>/dev/null); do
    firewall-offline-cmd -q --zone=trusted --add-interface=$each
done
iptables-save > /root/rules
{_FIREWALLD}
iptables-restore < /root/rules"""
"""dockerd has started before D-Bus, so it hears nothing of firewalld; somebody has put back what that took."""
_LEFT_BEHIND = """iptables-save > /root/rules; docker rm -f own second
iptables-restore < /root/rules"""
"""Saved rules that are loaded again hold those of two containers that are gone."""
_NO_UNIT = (("restart-policy-missing", "reboot"),)
"""Where systemd does not run, nothing starts Podman's containers at a boot."""
_TRUSTED = "firewall-cmd -q --zone=trusted --change-interface=docker0"


_NFT_WEB = """nft -f - <<END
table ip own {
    chain forward {
        type filter hook forward priority -10; policy accept;
        ct state established,related accept
        TO oifname "docker0" tcp dport 80 accept
        oifname "docker0" tcp dport 80 reject
    }
}
END"""

WAITING: Mapping[str, Waiting] = {
    # ---- a container that nothing starts again
    "no policy": Waiting(
        "restart-policy-missing", "docker-restart", HOSTS["plain"], "docker update --restart no web"
    ),
    "no policy, legacy": Waiting(
        "restart-policy-missing", "docker-restart", HOSTS["iptables legacy"], "docker update --restart no db"
    ),
    "no policy, networks": Waiting(
        "restart-policy-missing", "docker-restart", HOSTS["user networks"], "docker update --restart no api"
    ),
    "no policy, ufw": Waiting(
        "restart-policy-missing", "docker-restart", HOSTS["ufw"], "docker update --restart no own"
    ),
    # ---- a bridge in another zone
    "docker0 trusted": Waiting("firewalld-zone-conflict", "docker-restart", HOSTS["firewalld"], _TRUSTED),
    "docker0 trusted, legacy": Waiting(
        "firewalld-zone-conflict", "docker-restart", _with("iptables legacy", firewall="firewalld"), _TRUSTED
    ),
    "docker0 trusted for good": Waiting(
        "firewalld-zone-conflict", "docker-restart", _firewalld("plain"),
        f"{_TRUSTED}; firewall-cmd -q --permanent --zone=docker --remove-interface=docker0;"
        "firewall-cmd -q --permanent --zone=trusted --change-interface=docker0",
    ),
    # ---- an address that a container has today
    "address in DOCKER-USER": Waiting(
        "container-address-hardcoded", "container-restart",
        _with("plain", _REMOVED, "iptables -I DOCKER-USER -o docker0 -p tcp --dport 80 -j DROP",
              add=_FIRST),
        "iptables -I DOCKER-USER -d 172.17.0.4 -p tcp --dport 80 -j ACCEPT",
        "iptables -I DOCKER-USER -d 172.17.0.0/28 -p tcp --dport 80 -j ACCEPT",
    ),
    "address in DOCKER-USER, legacy": Waiting(
        "container-address-hardcoded", "container-restart",
        _with("iptables legacy", _REMOVED, "iptables -I DOCKER-USER -o docker0 -p tcp --dport 80 -j DROP",
              add=_FIRST),
        "iptables -I DOCKER-USER -d 172.17.0.4/32 -j RETURN",
        "iptables -I DOCKER-USER -o docker0 -j RETURN",
    ),
    "address in a table of nft": Waiting(
        "container-address-hardcoded", "container-restart",
        _with("plain", _REMOVED, add=_FIRST),
        _NFT_WEB.replace("TO", "ip daddr 172.17.0.4"),
        _NFT_WEB.replace("TO", ""),
    ),
    "address of Podman's": Waiting(
        "container-address-hardcoded", "container-restart",
        _with("podman", "iptables -I FORWARD -o podman0 -p tcp --dport 80 -j DROP"),
        "iptables -I FORWARD -d 10.88.0.2 -p tcp --dport 80 -j ACCEPT",
        "iptables -I FORWARD -d 10.88.0.0/16 -p tcp --dport 80 -j ACCEPT", besides=_NO_UNIT,
    ),
    # ---- a file that switches forwarding off
    "hardened": Waiting(
        "sysctl-file-forces-forward-off", "sysctl-system", HOSTS["plain"],
        _sysctl("/etc/sysctl.d/60-hardening.conf", _OFF),
        _sysctl("/etc/sysctl.d/60-hardening.conf", _OFF) + "; " + _OVERRIDE,
    ),
    "hardened, in sysctl.conf": Waiting(
        "sysctl-file-forces-forward-off", "sysctl-system", HOSTS["iptables legacy"],
        _sysctl("/etc/sysctl.conf", "net/ipv4/ip_forward=0"),
    ),
    "hardened, all": Waiting(
        "sysctl-file-forces-forward-off", "sysctl-system", HOSTS["user networks"],
        "mkdir -p /run/sysctl.d; " + _sysctl("/run/sysctl.d/10-cis.conf", "net.ipv4.conf.all.forwarding = 0"),
        "mkdir -p /run/sysctl.d /etc/sysctl.d;"
        + _sysctl("/run/sysctl.d/10-cis.conf", "net.ipv4.conf.all.forwarding = 0")
        + "; : > /etc/sysctl.d/10-cis.conf",
    ),
    "hardened, Podman": Waiting(
        "sysctl-file-forces-forward-off", "sysctl-system", HOSTS["podman"],
        _sysctl("/etc/sysctl.d/99-sysctl.conf", _OFF),
        _sysctl("/etc/sysctl.d/99-sysctl.conf", f"#{_OFF}"), besides=_NO_UNIT,
    ),
    "hardened, proxy off": Waiting(
        "sysctl-file-forces-forward-off", "sysctl-system", HOSTS["proxy off"],
        "mkdir -p /usr/local/lib/sysctl.d; " + _sysctl("/usr/local/lib/sysctl.d/50-net.conf", f"-{_OFF}"),
    ),
    "hardened, IPv6": Waiting(
        "sysctl-file-forces-forward-off", "sysctl-system", HOSTS["dual stack"],
        _sysctl("/etc/sysctl.d/60-hardening.conf", "net.ipv6.conf.all.forwarding = 0"),
        _sysctl("/etc/sysctl.d/60-hardening.conf", "net.ipv6.conf.lo.forwarding = 0"),
    ),
    "hardened by ufw": Waiting(
        "sysctl-file-forces-forward-off", "ufw-reload", HOSTS["ufw"],
        _sysctl("/etc/ufw/sysctl.conf", "net/ipv4/ip_forward=0"),
        _sysctl("/etc/ufw/sysctl.conf", "#net/ipv4/ip_forward=0"),
    ),
    # ---- a file for one interface
    "no forwarding on eth0": Waiting(
        "interface-forwarding-file-conflict", "sysctl-system", HOSTS["plain"],
        _sysctl("/etc/sysctl.d/60-link.conf", "net.ipv4.conf.eth0.forwarding = 0"),
        _sysctl("/etc/sysctl.d/60-link.conf", "net.ipv4.conf.eth9.forwarding = 0"),
    ),
    "no forwarding on docker0": Waiting(
        "interface-forwarding-file-conflict", "sysctl-system", HOSTS["iptables legacy"],
        _sysctl("/etc/sysctl.d/60-link.conf", "net/ipv4/conf/docker0/forwarding = 0"),
        _sysctl("/etc/sysctl.d/60-link.conf", "net/ipv4/conf/docker1/forwarding = 0"),
    ),
    "no forwarding on links by pattern": Waiting(
        "interface-forwarding-file-conflict", "sysctl-system", HOSTS["user networks"],
        _sysctl("/etc/sysctl.conf", "net.ipv4.conf.eth*.forwarding = 0"),
        _sysctl("/etc/sysctl.conf", "net.ipv4.conf.eth*.forwarding = 0", "net.ipv4.conf.eth0.forwarding = 1"),
    ),
    "no forwarding on a bridge with a hyphen": Waiting(
        "interface-forwarding-file-conflict", "sysctl-system", HOSTS["internal"],
        _sysctl("/etc/sysctl.d/60-link.conf", "net.ipv4.conf.br-front.forwarding=0"),
        _sysctl("/etc/sysctl.d/60-link.conf", "net.ipv4.conf.br-front.forwarding=1"),
    ),
    "no forwarding on podman0": Waiting(
        "interface-forwarding-file-conflict", "sysctl-system", HOSTS["podman"],
        _sysctl("/etc/sysctl.d/60-link.conf", "net.ipv4.conf.podman0.forwarding=0"), besides=_NO_UNIT,
    ),
    # ---- firewalld, which flushes the tables of an engine that does not hear of it
    "firewalld after dockerd": Waiting(
        "firewalld-restart-wipes-docker", "firewalld-reload", _with("plain", _PUT_BACK), "", _LISTENING
    ),
    "firewalld after dockerd, networks": Waiting(
        "firewalld-restart-wipes-docker", "firewalld-reload", _with("user networks", _PUT_BACK), "", _LISTENING
    ),
    "firewalld after dockerd, legacy": Waiting(
        "firewalld-restart-wipes-docker", "firewalld-reload", _with("iptables legacy", _PUT_BACK), "",
        _LISTENING,
    ),
    "firewalld after dockerd, proxy off": Waiting(
        "firewalld-restart-wipes-docker", "firewalld-reload", _with("proxy off", _PUT_BACK), "", _LISTENING
    ),
    # ---- firewalld's run time
    "port of run time": Waiting(
        "firewalld-runtime-only-port", "firewalld-reload", _firewalld("plain"),
        "firewall-cmd -q --add-port=80/tcp",
        "firewall-cmd -q --permanent --add-port=80/tcp; firewall-cmd -q --add-port=80/tcp",
    ),
    "service of run time": Waiting(
        "firewalld-runtime-only-port", "firewalld-reload", _firewalld("user networks"),
        "firewall-cmd -q --add-service=http",
        "firewall-cmd -q --add-service=http; firewall-cmd -q --runtime-to-permanent",
    ),
    "rich rule of run time": Waiting(
        "firewalld-runtime-only-port", "firewalld-reload", _firewalld("iptables legacy"),
        "firewall-cmd -q --add-rich-rule='rule family=ipv4 source address=198.51.100.0/24 port port=80 protocol=tcp"
        " accept'",
        "for each in '' --permanent; do firewall-cmd -q $each --add-rich-rule='rule family=ipv4 source"
        " address=198.51.100.0/24 port port=80 protocol=tcp accept'; done",
    ),
    "source of run time": Waiting(
        "firewalld-runtime-only-port", "firewalld-reload", _firewalld("plain"),
        "firewall-cmd -q --zone=trusted --add-source=198.51.100.0/24",
        "firewall-cmd -q --zone=trusted --add-source=198.51.100.0/24; firewall-cmd -q --permanent --zone=trusted"
        " --add-source=198.51.100.0/24",
    ),
    # ---- a rule that nobody has written down
    "ufw, port by hand": Waiting(
        "runtime-only-rule", "ufw-reload", _with("plain", firewall="ufw", add=(_OWN,)),
        "iptables -I ufw-user-input -p tcp --dport 80 -j ACCEPT",
        "ufw allow 80/tcp",
    ),
    "ufw, client by hand, legacy": Waiting(
        "runtime-only-rule", "ufw-reload", _with("iptables legacy", firewall="ufw", add=(_OWN,)),
        "iptables -I ufw-user-input -s 198.51.100.0/24 -p tcp --dport 80 -j ACCEPT",
        "ufw allow proto tcp from 198.51.100.0/24 to any port 80",
    ),
    "firewalld, masquerade by hand": Waiting(
        "runtime-only-rule", "firewalld-reload", _with(
            "iptables false", "firewall-cmd -q --permanent --zone=trusted --add-interface=docker0; firewall-cmd -q"
            " --zone=trusted --add-interface=docker0", firewall="firewalld",
        ),
        "",
        "firewall-cmd -q --permanent --direct --add-passthrough ipv4 -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o"
        " docker0 -j MASQUERADE",
    ),
    # ---- what an event opens
    "firewalld, client kept out by hand": Waiting(
        "runtime-only-rule", "firewalld-reload", HOSTS["firewalld"],
        "iptables -I DOCKER-USER -s 198.51.100.0/24 -p tcp --dport 80 -j DROP",
        "for each in '' --permanent; do firewall-cmd -q $each --direct --add-rule ipv4 raw PREROUTING 0 -s"
        " 198.51.100.0/24 -p tcp --dport 8151 -j DROP; done",
        opens=True,
    ),
    "ufw, client kept out by hand": Waiting(
        "runtime-only-rule", "ufw-reload", HOSTS["ufw"],
        "iptables -I ufw-user-input -s 198.51.100.0/24 -p tcp --dport 80 -j DROP",
        "ufw insert 1 deny proto tcp from 198.51.100.0/24 to any port 80",
        opens=True,
    ),
    "firewalld, networks kept apart": Waiting(
        "firewalld-reload-loses-engine-protection",
        "firewalld-reload",
        _with("user networks", firewall="firewalld"),
        "",
        _APART.format("172.18.0.0/16", "172.30.0.0/24"),
        opens=True,
        target=("172.30.0.3:80",),
        origin="container:api",
    ),
    "firewalld, default network kept apart": Waiting(
        "firewalld-reload-loses-engine-protection",
        "firewalld-reload",
        _with("user networks", "docker run -d --restart unless-stopped --name last hairpin-lab sleep 9999",
              firewall="firewalld"),
        "",
        _APART.format("172.17.0.0/16", "172.18.0.0/16"),
        opens=True,
        target=("172.18.0.2:80",),
        origin="container:last",
    ),
    # ---- an address that another container gets
    "rules of a container that is gone": Waiting(
        "stale-accept-for-dead-container", "container-restart", _with("plain", add=_PUBLISHED), _LEFT_BEHIND, _REMOVED,
        opens=True, target=("8198",), origin="lan",
    ),
    "rules of a container that is gone, legacy": Waiting(
        "stale-accept-for-dead-container", "container-restart", _with("iptables legacy", add=_PUBLISHED), _LEFT_BEHIND,
        _REMOVED, opens=True, target=("8198",), origin="192.0.2.10",
    ),
    # ---- what a file closes, and everybody reaches
    "ufw denies a published port": Waiting(
        "published-bypasses-host-firewall", AT_ONCE, HOSTS["ufw"], "ufw deny 8151/tcp", "ufw deny 8152/tcp"
    ),
    "ufw denies a client": Waiting(
        "published-bypasses-host-firewall", AT_ONCE, _with("user networks", firewall="ufw"),
        "ufw deny from 198.51.100.0/24 to any port 8151 proto tcp",
        "ufw deny from 198.18.0.0/24 to any port 8151 proto tcp",
    ),
    # ---- what the next release does
    "a container's own address": Waiting(
        "engine-upgrade-changes-rules",
        "docker-upgrade",
        _with("plain", "iptables -P FORWARD ACCEPT"),
        "",
        _WITHOUT_RULES,
        target=("172.17.0.2:80",),
        origin="lan",
        one_off=True,
    ),
    "an own address on another network": Waiting(
        "engine-upgrade-changes-rules",
        "docker-upgrade",
        _with("user networks", "iptables -P FORWARD ACCEPT"),
        "",
        _WITHOUT_RULES,
        target=("172.30.0.3:80",),
        origin="lan",
        one_off=True,
    ),
}  # fmt: skip
"""Each row by its name."""
