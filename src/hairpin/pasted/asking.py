"""The commands that somebody without hairpin runs and pastes back, as one shell script that only reads.

Each command is printed behind a ``$`` before its output, as at a prompt, so that hairpin knows what each output is.
"""

from collections.abc import Iterator
from typing import NamedTuple

from hairpin.evidence.reading import HOST, Evidence

_TEMPLATE = (
    '{"Id":{{json .Id}},"Name":{{json .Name}},"State":{{json .State}},"RestartCount":{{json .RestartCount}},'
    '"Config":{"Image":{{json .Config.Image}},"ExposedPorts":{{json .Config.ExposedPorts}}},"HostConfig":'
    '{"NetworkMode":{{json .HostConfig.NetworkMode}},"PortBindings":{{json .HostConfig.PortBindings}}},'
    '"NetworkSettings":{"Ports":{{json .NetworkSettings.Ports}},"Networks":{{json .NetworkSettings.Networks}}}}'
)
"""The fields of ``docker inspect`` that decide about packets: no environment, no volumes, no labels."""
_SYSCTLS = (
    r"sysctl -a 2>/dev/null | "
    r"grep -E '^net\.(ipv[46]\.(conf\.[^ ]*(forwarding|rp_filter|localnet|ipv6)|ip_fo)|bridge)'"
)


class Request(NamedTuple):
    """A command, and the keys of readings of which one makes it needless.  ``netns``: whether the keys are of the
    host's namespace."""

    command: str
    keys: tuple[str, ...]
    of_namespace: bool = True


REQUESTS = (
    Request("docker ps -a --no-trunc", ("docker-containers", "podman-containers"), of_namespace=False),
    Request("ip -d addr", ("ip-addr", "ip-addr-text")),
    Request("ip route show table all", ("ip-route4", "ip-route4-text")),
    Request("ip rule", ("ip-rule4", "ip-rule4-text")),
    Request("iptables-save", ("iptables-nft-save4", "iptables-legacy-save4")),
    Request("nft list ruleset", ("nft-tables", "nft-table", "nft-ruleset-text")),
    Request(_SYSCTLS, ("sysctl",)),
    Request("ss -lntup", ("sockets",)),
    Request("firewall-cmd --list-all", ("firewalld-state", "firewalld-zones-text"), of_namespace=False),
)
_INSIDE = ("ss -lntup", "ip addr", "ip route")
"""The commands that are run in the network namespace of each container, by the host's own tools."""


def missing_requests(evidence: Evidence | None) -> tuple[Request, ...]:
    """Return the requests that this evidence of a text does not answer; all of them if there is no evidence."""
    if evidence is None:
        return REQUESTS
    there = {(each.key, each.netns) for each in evidence.readings}
    return tuple(
        each for each in REQUESTS if not any((key, HOST if each.of_namespace else "") in there for key in each.keys)
    )


def lacks_inside(evidence: Evidence | None) -> bool:
    """Return whether the text shows the inside of no container."""
    return evidence is None or not any(each.netns.startswith("container:") for each in evidence.readings)


def script(requests: tuple[Request, ...], *, inside: bool, port: int | None = None) -> str:
    """Return the script.  ``inside``: whether the containers are looked into; with ``port``, only those that publish
    the port."""
    return "\n".join(_lines(requests, inside=inside, port=port)) + "\n"


def _lines(requests: tuple[Request, ...], *, inside: bool, port: int | None) -> Iterator[str]:
    yield "# Only reads. Run it as root (sudo sh), and paste back all that it prints."
    yield 'h() { printf \'\\n$ %s\\n\' "$*"; eval "$*" 2>&1; }'
    for each in requests:
        yield f"h {_in_quotes(each.command)}"
    if not inside:
        return
    narrowed = f" --filter publish={port}" if port is not None else ""
    yield f"for c in $(docker ps -q{narrowed}); do"
    yield "  n=$(docker inspect -f '{{.Name}}' $c); p=$(docker inspect -f '{{.State.Pid}}' $c)"
    yield f"  printf '\\n$ docker inspect %s\\n' ${{n#/}}; docker inspect -f '{_TEMPLATE}' $c"
    yield f"  for q in {' '.join(map(_in_quotes, _INSIDE))}; do"
    yield "    printf '\\n$ docker exec %s %s\\n' ${n#/} \"$q\"; nsenter -n -t $p $q; done"
    yield "done 2>&1"


def _in_quotes(command: str) -> str:
    if command.isalnum():
        return command
    return '"' + command.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$") + '"'
