"""How an event is carried out in a lab host, by the commands of those who do it."""

import os
from collections.abc import Iterator, Mapping

from hairpin.events.registry import all_events
from hairpin.lab.engine import run_command
from hairpin.lab.plan import ContainerPlan, LabPlan

_CHOSEN = "$(podman container ls --filter restart-policy=always -q)"
_LATER = "NEXT_DOCKER"
_ELSEWHERE = ("systemctl", "modprobe")
"""A lab host has no systemd, and a module is the whole machine's."""
COMMANDS: Mapping[str, str] = {
    **{each.id: f"{{ {each.command}; }} >/dev/null 2>&1 || true" for each in all_events()
       if each.command and not each.command.startswith(_ELSEWHERE)},
    "nftables-restart": "nft flush ruleset; nft -f /etc/nftables.conf || true",
    "nftables-reload": "nft -f /etc/nftables.conf || true",
    "saved-rules-restore": "iptables-restore < /etc/iptables/rules.v4",
    "docker-stop": "/etc/init.d/docker stop",
    "docker-kill": "kill -9 $(cat /run/docker.pid); sleep 1",
    "docker-restart": "/etc/init.d/docker restart; sleep 1",
    "docker-reload": "kill -HUP $(cat /run/docker.pid); sleep 1",
    "link-bounce": "ip link set eth0 down; ip link set eth0 up; sleep 1",
    "firewalld-start": "firewalld --nopid; sleep 3",
    "firewalld-restart": "kill $(pidof -x firewalld); sleep 2; firewalld --nopid; sleep 3",
    "firewalld-reload": "firewall-cmd --reload; sleep 1",
    "container-stop": "for tool in TOOLS; do $tool stop -t 1 $($tool ps -q); done",
    "container-restart": "for tool in TOOLS; do for each in $($tool ps -q); do $tool restart -t 1 $each; done; done",
    "container-recreate": "RECREATED",
    "docker-upgrade": (
        "/etc/init.d/docker stop; cp NEXT_DOCKER/usr/sbin/* /usr/sbin; /etc/init.d/docker start; sleep 2"
    ),
    "compose-recreate": "COMPOSED",
    "podman-restart": f"podman stop -t 1 {_CHOSEN}; podman start --all --filter restart-policy=always",
}  # fmt: skip
"""Each in the words of sh, in the host's namespaces.  TOOLS: the host's engines; RECREATED: its containers, removed and
run again; COMPOSED: its networks and containers, removed and made again; NEXT_DOCKER: where a later release of Docker
is unpacked, as the environment says."""


def is_tried(event: str) -> bool:
    """Return whether there is a command for the event, and what it needs of the environment."""
    return event in COMMANDS and (_LATER not in COMMANDS[event] or _LATER in os.environ)


def command_for(event: str, plan: LabPlan) -> str:
    """Return the command on a host of this plan."""
    tools = [*(["docker"] if plan.docker else []), *(["podman"] if plan.podman else [])]
    first = plan.hosts[0] if plan.hosts else plan
    newest_first = reversed([each for each in first.containers if each.engine == "docker"])
    others = (each for each in first.containers if each.engine == "podman")
    recreated = "\n".join(map(_recreated, (*newest_first, *others)))
    words = {
        "TOOLS": " ".join(tools),
        "RECREATED": recreated,
        "COMPOSED": "\n".join(_composed(plan)),
        _LATER: os.environ.get(_LATER, ""),
    }
    command = COMMANDS[event]
    for name, text in words.items():
        command = command.replace(name, text)
    return command


def _composed(plan: LabPlan) -> Iterator[str]:
    """Yield the lines that do what Compose does: it makes all networks before the first container."""
    yield from (f"docker rm -f {each.name}" for each in reversed(plan.containers))
    yield from (f"docker network rm {each.name}" for each in plan.networks)
    yield from (f"docker network create {each.options} {each.name}" for each in plan.networks)
    for each in plan.containers:
        yield run_command(each)
        yield from (f"docker network connect {name} {each.name}" for name in each.networks[1:])


def _recreated(container: ContainerPlan) -> str:
    """Return the lines that remove a container and run it again."""
    name, tool = container.name, container.engine
    connecting = (f"{tool} network connect {each} {name}" for each in container.networks[1:])
    remembered = f"GROUP=$(podman inspect --format '{{{{.HostConfig.CgroupParent}}}}' {name})"
    lines = [remembered] if tool == "podman" else []
    return "\n".join((*lines, f"{tool} rm -f {name}", run_command(container, "${GROUP#/}"), *connecting))
