"""The hosts on which rules get lost: those of the real hunt, with rules of somebody's own before and behind."""

import json
from collections.abc import Callable, Mapping

import msgspec

from hairpin.lab.plan import ContainerPlan, LabPlan
from tests.hunt.real.hosts import HOSTS, PAGES
from tests.matrix.hosts import EVENT_HOSTS
from tests.matrix.restarting import restarting
from tests.restoring.own import MINE

OTHERS = f"""for each in iptables ip6tables; do $each-save | grep -v 'comment mine' | $each-restore; done
iptables -I FORWARD -s 203.0.113.77/32 {MINE} -j ACCEPT; iptables -A FORWARD -d 203.0.113.77/32 {MINE} -j ACCEPT
iptables -t nat -I POSTROUTING -s 10.99.0.0/24 -o eth0 {MINE} -j MASQUERADE
iptables -t nat -A PREROUTING -s 203.0.113.77/32 {MINE} -j ACCEPT
! iptables -S DOCKER-USER >/dev/null 2>&1 || iptables -I DOCKER-USER -s 203.0.113.79/32 {MINE} -j DROP"""
"""Puts rules of somebody's own before and behind the engine's, each once."""
_SOON = "--stop-timeout 1"


def _of(name: str, source: Mapping[str, Callable[[], LabPlan]] = HOSTS) -> Callable[[], LabPlan]:
    """Return the plan of this host, whose containers end soon when they are told to."""

    def plan() -> LabPlan:
        host = restarting(source[name]())
        return msgspec.structs.replace(
            host,
            before_engine=(*PAGES, *host.before_engine),
            containers=_ending(host.containers),
            hosts=tuple(msgspec.structs.replace(each, containers=_ending(each.containers)) for each in host.hosts),
        )

    return plan


def _ending(containers: tuple[ContainerPlan, ...]) -> tuple[ContainerPlan, ...]:
    return tuple(
        msgspec.structs.replace(
            each,
            options=f"{_SOON} --restart unless-stopped {each.options}"
            if "--restart" not in each.options
            else f"{_SOON} {each.options}",
        )
        for each in containers
    )


RESTORED: Mapping[str, Callable[[], LabPlan]] = {
    name: _of(name)
    for name in (
        "plain", "proxy off", "user networks", "dual stack", "udp", "ufw", "firewalld", "own nftables",
        "iptables legacy", "podman", "podman beside", "listeners", "internal", "macvlan", "swarm overlay",
    )
} | {"firewalld after dockerd": _of("firewalld after dockerd", source=EVENT_HOSTS)}  # fmt: skip
"""Each host by its name."""


def outliving(plan: LabPlan) -> LabPlan:
    """Return the plan whose containers outlive a restart of their dockerd."""
    return msgspec.structs.replace(plan, daemon=json.dumps({**json.loads(plan.daemon), "live-restore": True}))
