"""How places are named: with their host where the question is about several, as ever where it is about one."""

import msgspec

from hairpin.answer.answer import Answer
from hairpin.network.flow import Flow


class Places(msgspec.Struct, frozen=True):
    """``with_host``: name the host of each place."""

    with_host: bool = False

    def start(self, flow: Flow) -> str:
        """Return who starts the flow: ``host``, ``container:api@node1``."""
        return flow.start_text(with_host=self.with_host)

    def container(self, flow: Flow) -> str:
        """Return the container that the flow is meant for (``web@node2``), empty where it is no container's."""
        if not flow.container:
            return ""
        return self.on(flow.container, flow.asked_host or flow.host)

    def on(self, name: str, host: str) -> str:
        """Return ``name@host``."""
        return f"{name}@{host}" if self.with_host and host else name

    def netns(self, netns: str, host: str) -> str:
        """Return a namespace: ``container:web``; of several hosts ``node2``, ``container:web@node2``."""
        if not self.with_host or not host:
            return netns
        return host if netns in ("", "host", host) else f"{netns}@{host}"


NO_HOSTS = Places()
"""How places are named where there is one host."""


def places_of(answer: Answer) -> Places:
    """Return how the places of the answer are named."""
    return Places(answer.has_several_hosts)
