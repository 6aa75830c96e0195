"""The kinds of engines, how the engines of a host answered the collector, and the daemons that the collector did not
ask."""

from typing import Literal

import msgspec

Tool = Literal["docker", "podman"]
"""The name of an engine's command."""


class EngineTraits(msgspec.Struct, frozen=True):
    """What differs between kinds of engines.

    ``has_daemon``: whether a daemon keeps networks, rules and ports, and starts containers at boot.  Without a daemon,
    the start of a container makes them, and its end removes them.  ``embedded_resolver``: whether each container has a
    name server of its own.  Otherwise the gateway of a network is its name server.  ``default_network``: the network of
    a container whose options name no network.  ``default_bridges``: the names of that network's bridge (of Podman with
    netavark, and with CNI).  ``kept_at_boot``: the restart policy with which a container starts at boot, except if a
    person has stopped it."""

    has_daemon: bool
    embedded_resolver: bool
    default_network: str
    default_bridges: tuple[str, ...]
    kept_at_boot: Literal["unless-stopped", "always"]


TRAITS: dict[Tool, EngineTraits] = {
    "docker": EngineTraits(
        has_daemon=True, embedded_resolver=True, default_network="bridge", default_bridges=("docker0",),
        kept_at_boot="unless-stopped",
    ),
    "podman": EngineTraits(
        has_daemon=False, embedded_resolver=False, default_network="podman",
        default_bridges=("podman0", "cni-podman0"), kept_at_boot="always",
    ),
}  # fmt: skip


class Contact(msgspec.Struct, frozen=True):
    """How an engine answered the collector.

    ``endpoint``: the engine's API socket; empty if no socket was found.  ``state``: the engine ``answers``, or it is
    ``hung`` (no answer within the time limit), ``stopped`` (no process of the engine runs), ``unreachable`` (it runs or
    may run, but the collector cannot ask it) or ``unreadable`` (no permission).  ``answered_ms``: the time until the
    engine answered with its version.

    ``named``: ``DOCKER_HOST`` or ``docker context NAME``, which named the endpoint; empty if hairpin found the endpoint
    itself.  ``halted``: the processes of the engine that a signal has stopped, by id and name.  ``asked``: False if the
    collector cannot ask the endpoint, for example because it is on another machine."""

    kind: Tool
    endpoint: str
    state: Literal["answers", "hung", "stopped", "unreachable", "unreadable"]
    answered_ms: int | None = None
    named: str = ""
    halted: tuple[tuple[int, str], ...] = ()
    asked: bool = True
    user: str = ""
    """The user whose dockerd it is, if it was asked beside the host's own one."""


class EngineBeside(msgspec.Struct, frozen=True):
    """A dockerd of this host that was not asked, because another dockerd was asked.  ``user``: the id of the user who
    runs this dockerd."""

    pid: int
    user: int
    sockets: tuple[str, ...] = ()

    @property
    def asking(self) -> str:
        """The value of ``DOCKER_HOST`` with which hairpin asks this dockerd."""
        return next((each for each in self.sockets if each.startswith("unix:///")), "unix://PATH")
