"""The shell script of `hairpin ask`.

The script only reads.  A person without hairpin runs it and pastes its output back.  Before each output the script
prints the command after a ``$``, as at a prompt.  So hairpin knows which command printed each output.
"""

import shlex
from collections.abc import Iterator
from typing import NamedTuple

from hairpin.evidence.reading import HOST, Evidence

_TEMPLATE = (
    '{"Id":{{json .ID}},"Name":{{json .Name}},"State":{"Status":{{json .State.Status}},\n"Running":{{json '
    '.State.Running}},"Pid":{{json .State.Pid}},"Paused":{{json .State.Paused}},"Error":{{json '
    '.State.Error}}},\n"RestartCount":{{json .RestartCount}},"Config":{"Image":{{json '
    '.Config.Image}}},"HostConfig":\n{"NetworkMode":{{json .HostConfig.NetworkMode}},"PortBindings":{{json '
    '.HostConfig.PortBindings}}},\n"NetworkSettings":{"Ports":{{json .NetworkSettings.Ports}},"Networks":{{json '
    ".NetworkSettings.Networks}}}}"
)
"""The fields of ``docker inspect`` that decide about packets, without environment, volumes, labels and the output of
health checks."""
_NETWORK_TEMPLATE = (
    '{"Id":{{json .Id}},"Name":{{json .Name}},"Driver":{{json .Driver}},"Internal":{{json .Internal}},\n'
    '"EnableIPv6":{{json .EnableIPv6}},"IPAM":{"Config":{{json .IPAM.Config}}},"Options":{{json .Options}}}'
)
"""The fields of ``docker network inspect`` that decide about packets, without labels."""
_BACKEND = "host:\n  networkBackend: {{.Host.NetworkBackend}}"
_SYSCTLS = (
    r"sysctl -a 2>/dev/null | grep -E '^net.(ipv[46].("
    r"(conf|neigh).[^ ]*(forwarding|_filter|local|ipv6|arp|_mark|_solicit|_policy|drop_)|ip_|tcp_(fw|mtu_probing))"
    r"|bridge|netfilter.nf_conntrack_(count|max|.*(loose|checksum|timeout)))'"
)
NETWORK_FILES = (
    r"grep -rsE '^ *(iface |address|netmask|gateway|[a-z0-9.-]+:$|(- )?(to|via|gateway4|addresses|dhcp4): |- [0-9]|\["
    r"|(Name|Address|Gateway|IPADDR|NETMASK|PREFIX|GATEWAY|DEFAULT_.*_POLICY|ENABLED|MANAGE_BUILTINS)=)' "
    r"/etc/network/interfaces /etc/netplan /etc/systemd/network /etc/sysconfig/network-scripts "
    r"/etc/default/ufw /etc/ufw/ufw.conf"
)
"""Prints the lines about addresses, routes and policies from the files that configure the network and ufw.  These lines
have no key and no password."""


class Request(NamedTuple):
    """A command, and the keys of readings that replace it: if the evidence has one of these readings, the command is
    not needed.  ``netns``: whether the keys are of the host's namespace."""

    command: str
    keys: tuple[str, ...]
    of_namespace: bool = True


_WITHOUT_USERS = "sed 's#//[^@ ,]*@#//#g'"
"""Removes users and passwords from the URLs of proxies, because people paste the script's output in public."""
REQUESTS = (
    Request("ip -d addr", ("ip-addr", "ip-addr-text")),
    Request("ip route show table all", ("ip-route4", "ip-route4-text")),
    Request("ip rule", ("ip-rule4", "ip-rule4-text")),
    Request("ip -6 rule", ("ip-rule6", "ip-rule6-text")),
    Request("ip neigh", ("ip-neigh", "ip-neigh-text")),
    Request("bridge -d link", ("bridge-link", "bridge-link-text")),
    Request("bridge fdb", ("bridge-fdb", "bridge-fdb-text")),
    Request("iptables-save", ("iptables-nft-save4", "iptables-legacy-save4")),
    Request("ip6tables-save", ("iptables-nft-save6", "iptables-legacy-save6")),
    Request('test -n "$(cat /proc/net/ip_tables_names 2>&-)" && iptables-legacy-save', ("iptables-legacy-save4",)),
    Request("ipset save", ("ipset",)),
    Request("nft list ruleset", ("nft-tables", "nft-table", "nft-ruleset-text")),
    Request(_SYSCTLS, ("sysctl",)),
    Request("ss -lntup", ("sockets",)),
    Request(f"ps -C dockerd,docker-proxy -o pid,args | {_WITHOUT_USERS}", ("dockerd-cmdline",), of_namespace=False),
    Request(f"{_WITHOUT_USERS} /etc/docker/daemon.json", ("daemon-json",), of_namespace=False),
    Request("tc qdisc", ("tc-qdisc-text", "tc-qdisc")),
    Request("ip xfrm policy", ("xfrm-policy",)),
    Request(
        "ps -eo stat,pid,wchan:20,comm,cgroup | grep -E '^(ST|T)|freez|refrig'",
        ("halted-processes",),
        of_namespace=False,
    ),
    Request(NETWORK_FILES, ("file",), of_namespace=False),
    Request("conntrack -L 2>/dev/null | head -99", ("conntrack",)),
    Request("firewall-cmd --list-all 2>/dev/null", ("firewalld-state", "firewalld-zones-text"), of_namespace=False),
)
_INSIDE = (
    "ip -d addr", "ss -lntup", "ip route show table all", "ip rule", "iptables-save", "tc qdisc",
    "sysctl -ar 'rp_filter|default_ttl'",
)  # fmt: skip
"""The commands that the script runs in the network namespace of each container, with the host's own tools."""


def missing_requests(evidence: Evidence | None) -> tuple[Request, ...]:
    """Return the requests for which the evidence of a text has no reading; all requests if there is no evidence."""
    if evidence is None:
        return REQUESTS
    there = {(each.key, each.netns) for each in evidence.readings}
    return tuple(
        each for each in REQUESTS if not any((key, HOST if each.of_namespace else "") in there for key in each.keys)
    )


def lacks_inside(evidence: Evidence | None) -> bool:
    """Return whether the text shows the inside of no container."""
    return evidence is None or not any(each.netns.startswith("container:") for each in evidence.readings)


def script(requests: tuple[Request, ...], *, inside: bool, port: int | None = None, container: str = "") -> str:
    """Return the script.  ``inside``: whether the script runs commands inside the containers.  With ``port``, it runs
    them only inside the containers that publish the port; with ``container``, only inside this container."""
    return "\n".join(_lines(requests, inside=inside, port=port, container=container)) + "\n"


def _lines(requests: tuple[Request, ...], *, inside: bool, port: int | None, container: str) -> Iterator[str]:
    yield "# Only reads. Run it as root (sudo sh), and paste back all that it prints."
    yield 'h() { s=$1; shift; o=$("$@" 2>&1); printf "\\n$ %s\\n%s\\n" "$s" "$o"'
    yield '  printf "# %s lines\\n" "$(printf "%s\\n" "$o" | grep -c .)"; }'
    if requests:
        words = [_in_quotes(each.command) for each in requests]
        yield from _in_lines(f'for q in {_BLANK.join(words)}; do h "$q" sh -c "$q"; done')
    if not inside:
        return
    narrowed = f" --filter name={shlex.quote(container)}" if container else ""
    narrowed = narrowed or (f" --filter publish={port}" if port is not None else "")
    yield "E=; for D in podman docker; do"
    yield '  [ -n "$($D ps -aq 2>/dev/null)" ] && E=1 || [ $D$E = docker ] || continue'
    yield '  h "$D ps -a --no-trunc" $D ps -a --no-trunc; h "$D version" $D version'
    yield f"  w=; [ $D = podman ] || w='{_NETWORK_TEMPLATE}'"
    yield f"  [ $D = docker ] || h 'podman info' podman info -f '{_BACKEND}'"
    yield '  h "$D network inspect" $D network inspect ${w:+-f "$w"} $($D network ls -q)'
    yield f"  for c in $($D ps -aq{narrowed}); do"
    yield "    n=$($D inspect -f '{{.Name}}' $c); n=${n#/}; p=$($D inspect -f '{{.State.Pid}}' $c)"
    yield f"    h \"$D inspect $n\" $D inspect -f '{_TEMPLATE}' $c; [ $p = 0 ] && continue"
    yield from _in_lines(f"    for q in {_BLANK.join(map(_in_quotes, _INSIDE))}; do")
    yield '      h "$D exec $n $q" nsenter -n -t $p $q; done'
    yield "done; done"


_BLANK = "\0"
"""The placeholder for a blank at which a line may be broken."""
_WIDTH = 150


def _in_lines(line: str) -> Iterator[str]:
    """Yield the lines of the command line, which is broken after words."""
    shown = ""
    for word in line.split(_BLANK):
        if shown and len(shown) + len(word) > _WIDTH:
            yield f"{shown} \\"
            shown = f"  {word}"
        else:
            shown = f"{shown} {word}" if shown else word
    yield shown


def _in_quotes(command: str) -> str:
    if command.isalnum():
        return command
    return '"' + command.replace("\\", "\\\\").replace('"', '\\"').replace("$(", "\\$(") + '"'
