"""How the engines of a host answered the collector, and the daemons that the collector did not ask."""

from typing import Literal

import msgspec

from hairpin.host.docker import Tool


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
