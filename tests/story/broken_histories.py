"""Histories in which something breaks, by real programs."""

from tests.story.history import PERSON, History


def _by_person(name: str, deed: str, before: str = "", after: str = "", *, kept: bool = False) -> History:
    return History(name, "ssh", deed, ("person", PERSON), before, after, kept)


def _by_cron(name: str, deed: str, before: str = "", after: str = "", *, script: bool = False) -> History:
    return History(name, "cron-script" if script else "cron", deed, ("process", "cron"), before, after)


def _by_timer(name: str, deed: str, before: str = "", after: str = "", *, script: bool = False) -> History:
    return History(name, "timer-script" if script else "timer", deed, ("unit", "own.service"), before, after)


OFF = "sysctl -w net.ipv4.ip_forward=0"
_FLUSH = "iptables -t nat -F"
_SBIN = "/usr/sbin/"
_NFT = "cp -n /etc/nftables.conf /root/nftables.conf; printf 'flush ruleset\\n' >/etc/nftables.conf"
_NFT_BACK = "cp /root/nftables.conf /etc/nftables.conf; systemctl stop nftables"
_DEFAULT = "ip route replace default via 198.51.100.1"
_SYSCTL = "printf 'net.ipv4.ip_forward=0\\n' >/etc/sysctl.d/90-own.conf"
_SYSCTL_BACK = "rm -f /etc/sysctl.d/90-own.conf"
_SAVED = (
    "mkdir -p /etc/iptables; "
    "printf '*filter\\n:INPUT ACCEPT\\n:FORWARD DROP\\n:OUTPUT ACCEPT\\nCOMMIT\\n"
    "*nat\\n:PREROUTING ACCEPT\\n:INPUT ACCEPT\\n:OUTPUT ACCEPT\\n:POSTROUTING ACCEPT\\nCOMMIT\\n' "
    ">/etc/iptables/rules.v4"
)
_SAVED_BACK = "rm -f /etc/iptables/rules.v4"
_UFW = "cp -n /etc/default/ufw /root/ufw; sed -i 's/^MANAGE_BUILTINS=.*/MANAGE_BUILTINS=yes/' /etc/default/ufw"
_UFW_BACK = "ufw --force disable; cp /root/ufw /etc/default/ufw"
_NETWORKD = (
    "printf '[Match]\\nName=docker0\\n[Network]\\nLinkLocalAddressing=no\\n' >/etc/systemd/network/50-all.network"
)
_NETWORKD_BACK = "rm -f /etc/systemd/network/50-all.network; systemctl stop systemd-networkd.socket systemd-networkd"

BROKEN: tuple[History, ...] = (
    _by_person("forwarding off", OFF),
    _by_person("forwarding of one link off", "sysctl -w net.ipv4.conf.eth0.forwarding=0"),
    _by_person("forwarding of the bridge off", "sysctl -w net.ipv4.conf.docker0.forwarding=0"),
    _by_person("forwarding off in /proc", "sh -c 'echo 0 >/proc/sys/net/ipv4/ip_forward'"),
    _by_person("sysctl -p", "sysctl -p /etc/sysctl.d/90-own.conf", _SYSCTL, _SYSCTL_BACK),
    _by_person("sysctl --system", "sysctl --system", _SYSCTL, _SYSCTL_BACK),
    _by_person("systemd-sysctl", "systemctl restart systemd-sysctl", _SYSCTL, _SYSCTL_BACK),
    _by_person("filter rules flushed", "iptables -F; sudo iptables -P FORWARD DROP"),
    _by_person("FORWARD flushed", "iptables -P FORWARD DROP; sudo iptables -F FORWARD"),
    _by_person("the accepts flushed", "iptables -P FORWARD DROP; sudo iptables -F DOCKER"),
    _by_person("nat rules flushed", _FLUSH),
    _by_person("a dropping rule", "iptables -I DOCKER-USER -p tcp -j DROP"),
    _by_person("a rule that drops early", "iptables -t raw -I PREROUTING -p tcp --dport 8151 -j DROP"),
    _by_person("a rule that drops in mangle", "iptables -t mangle -I FORWARD -o docker0 -j DROP"),
    _by_person("a rule deleted", "iptables -D FORWARD -o docker0 -j DOCKER"),
    _by_person("replies not accepted", "iptables -D FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED "
               "-j ACCEPT"),
    _by_person("masquerade deleted", "iptables -t nat -D POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE"),
    _by_person("ruleset flushed", "nft flush ruleset"),
    _by_person("nft -f", "nft -f /etc/nftables.conf", _NFT, _NFT_BACK),
    _by_person("nftables restarted", "systemctl restart nftables", _NFT, _NFT_BACK),
    _by_person("saved rules loaded", "systemctl restart netfilter-persistent", _SAVED, _SAVED_BACK),
    _by_person("saved rules by service", "service netfilter-persistent restart", _SAVED, _SAVED_BACK),
    _by_person("saved rules by the program", "netfilter-persistent start", _SAVED, _SAVED_BACK),
    _by_person("iptables-restore", "iptables-restore /etc/iptables/rules.v4", _SAVED, _SAVED_BACK),
    _by_person("ufw enabled", "ufw --force enable", _UFW, _UFW_BACK),
    _by_person("ufw reloaded", "ufw reload", f"ufw --force enable; {_UFW}", _UFW_BACK),
    _by_person("networkd restarted", "systemctl restart systemd-networkd", _NETWORKD, _NETWORKD_BACK, kept=True),
    _by_person("bridge down", "ip link set docker0 down", after="ip link set docker0 up", kept=True),
    _by_person("bridge without its address", "ip address del 172.17.0.1/16 dev docker0", kept=True),
    _by_person("the default route deleted", "ip route del default", after=_DEFAULT, kept=True),
    _by_person("a blackhole", "ip route add blackhole 192.0.2.0/24", after="ip route del blackhole 192.0.2.0/24",
               kept=True),
    _by_person("a policy rule", "ip rule add to 192.0.2.0/24 prohibit", after="ip rule del to 192.0.2.0/24 prohibit",
               kept=True),
    _by_person("the host's address deleted", "ip address del 198.51.100.11/24 dev eth0",
               after=f"ip address add 198.51.100.11/24 dev eth0; {_DEFAULT}", kept=True),
    _by_person("a wrong neighbour", "ip neigh replace 172.17.0.2 lladdr 02:00:00:00:99:99 nud permanent dev docker0",
               after="ip neigh del 172.17.0.2 dev docker0", kept=True),
    _by_person("docker stopped", "systemctl stop docker.socket docker.service"),
    _by_person("docker disabled", "systemctl disable --now docker.socket docker.service",
               after="systemctl enable docker.socket docker.service"),
    _by_person("a container stopped", "docker stop -t 1 web", after="docker start web"),
    _by_person("a container killed", "docker kill web", after="docker start web"),
    _by_cron("cron turns forwarding off", f"{_SBIN}{OFF}"),
    _by_cron("cron flushes", f"{_SBIN}{_FLUSH}"),
    _by_cron("cron restarts nftables", "systemctl restart nftables", _NFT, _NFT_BACK),
    _by_cron("cron applies sysctls", f"{_SBIN}sysctl --system", _SYSCTL, _SYSCTL_BACK),
    _by_cron("cron stops a container", "docker stop -t 1 web", after="docker start web"),
    _by_cron("a script of cron", f"{_SBIN}iptables -P FORWARD DROP\n{_SBIN}iptables -F FORWARD", script=True),
    _by_cron("a script of cron, nft", f"{_SBIN}nft flush ruleset", script=True),
    _by_timer("a timer loads saved rules", "/usr/bin/systemctl restart netfilter-persistent", _SAVED, _SAVED_BACK),
    _by_timer("a timer restarts nftables", "/bin/sh -c 'systemctl restart nftables'", _NFT, _NFT_BACK),
    _by_timer("a timer turns forwarding off", f"{_SBIN}{OFF}"),
    _by_timer("a timer's script flushes", _FLUSH, script=True),
    _by_timer("a timer's script, nft", "nft flush ruleset", script=True),
    _by_timer("a timer's script stops a container", "docker stop -t 1 web", after="docker start web", script=True),
    History("a package applies sysctls", "package", "sysctl --system", ("package", "own"), _SYSCTL, _SYSCTL_BACK),
    History("a package restarts nftables", "package", "systemctl restart nftables", ("package", "own"), _NFT,
            _NFT_BACK),
    History("a package flushes", "package", _FLUSH, ("package", "own")),
    History("docker removed", "root", "dpkg -r --force-depends docker.io >/dev/null 2>&1", ("package", "docker.io"),
            after="dpkg -i /run/talk/docker.io.deb"),
    History("a hook of apt flushes", "hook", _FLUSH, ("process", "apt")),
    History("a hook of apt applies sysctls", "hook", "sysctl --system", ("process", "apt"), _SYSCTL, _SYSCTL_BACK),
    History("nobody knows who", "root", OFF, None),
    History("nobody knows who, beside a person", "root", _FLUSH, None, decoy="iptables -L -n"),
    History("nobody knows who, after a person", "root", OFF, None,
            decoy=f"{OFF}; sudo sysctl -w net.ipv4.ip_forward=1"),
)  # fmt: skip
