"""The layouts of Rancher's logs collector and ``microk8s inspect``: each command's output is in a file with a fixed
name.

Source: rancherlabs/support-tools rancher2_logs_collector.sh networking(), sysinfo(); canonical/microk8s
scripts/inspect.sh store_network(), store_sys()
"""

import re
from collections.abc import Iterator, Mapping

from hairpin.pasted.bundle.files import Files
from hairpin.pasted.bundle.layout import Layout, Piece, below, first_word, in_order, roots, text_of
from hairpin.pasted.bundle.made import piece_of

_MOST = 8 << 20
_RANCHER: Mapping[str, str] = {
    "networking/iptables": "iptables -nvL",
    "networking/iptablesnat": "iptables -t nat -nvL",
    "networking/iptablesmangle": "iptables -t mangle -nvL",
    "networking/ip6tables": "ip6tables -nvL",
    "networking/ip6tablesnat": "ip6tables -t nat -nvL",
    "networking/ip6tablesmangle": "ip6tables -t mangle -nvL",
    "networking/nft_ruleset": "nft list ruleset",
    "networking/iptablessave": "iptables-save",
    "networking/ip6tablessave": "ip6tables-save",
    "networking/ipaddrshow": "ip addr show",
    "networking/iproute": "ip route show table all",
    "networking/ipv6route": "ip -6 route show",
    "networking/iprule": "ip rule show",
    "networking/ipv6rule": "ip -6 rule show",
    "networking/ipneighbour": "ip neighbour",
    "networking/ipv6neighbour": "ip -6 neighbour",
    "networking/ssanp": "ss -anp",
    "docker/dockerinfo": "docker info",
    "docker/dockerpsa": "docker ps -a",
    "docker/etcdockerdaemon.json": "cat /etc/docker/daemon.json",
    "systeminfo/sysctla": "sysctl -a",
    "systeminfo/ps": "ps auxfww",
    "systeminfo/psaux": "ps aux",
    "systeminfo/uname": "uname -a",
    "systeminfo/osrelease": "cat /etc/os-release",
    "systeminfo/ubuntu-ufw": "ufw status",
}
_RANCHER_MARK = re.compile(r"(?P<root>(?:[^/]+/){0,6}?)(?:networking/(?:ipaddrshow|iptablessave)|docker/dockerpsa)$")
_RANCHER_INSPECT = re.compile(r"(?:[\w.-]+/)?(?:containerinspect|podinspect)/[^/]+$")
_MICROK8S: Mapping[str, str] = {
    "network/ifconfig": "ifconfig",
    "network/netstat": "netstat -pln",
    "network/iptables": "iptables -t nat -L -n -v",
    "network/iptables-S": "iptables -S",
    "network/ip-addr": "ip addr",
    "network/ip-route": "ip route",
    "sys/ps": "ps -ef",
    "sys/uname": "uname -a",
}
_MICROK8S_MARK = re.compile(r"(?P<root>(?:[^/]+/){0,6}?inspection-report/)(?:network|sys)/[^/]+$")


def _layout(
    name: str,
    commands: Mapping[str, str],
    mark: re.Pattern[str],
    inspect: re.Pattern[str] | None,
    host: tuple[str, ...],
) -> Layout:
    ends = (*commands, *host)

    def keep(path: str) -> int:
        is_named = any(path == each or path.endswith("/" + each) for each in ends)
        return _MOST if is_named or (inspect is not None and inspect.search(path)) else 0

    def pieces(files: Files, root: str) -> Iterator[Piece]:
        for short, path in sorted(below(files, root)):
            command = commands.get(short) or ("docker inspect" if inspect is not None and inspect.search(short) else "")
            if command:
                yield piece_of(path, text_of(files[path]), command)

    def read(files: Files) -> list[Piece] | None:
        found = roots(files, mark)
        return in_order(pieces(files, found[0])) if found else None

    def name_of(files: Files) -> str:
        return first_word(files, (root_of(files) + each for each in host))

    def root_of(files: Files) -> str:
        return next(iter(roots(files, mark)), "")

    return Layout(name, keep, read, name_of, root_of)


RANCHER = _layout("Rancher logs", _RANCHER, _RANCHER_MARK, _RANCHER_INSPECT, ("systeminfo/hostname",))
MICROK8S = _layout("microk8s inspect", _MICROK8S, _MICROK8S_MARK, None, ())
