"""Names of places: with their host if the question is about several hosts, without it if about one."""

import msgspec

from hairpin.answer.answer import Answer
from hairpin.network.flow import Flow, Outside


class Places(msgspec.Struct, frozen=True):
    """``with_host``: name the host of each place."""

    with_host: bool = False

    def start(self, flow: Flow) -> str:
        """Return where the flow starts: ``host``, ``container:api@node1``."""
        return flow.start_text(with_host=self.with_host)

    def client(self, flow: Flow) -> str:
        """Return the start for people: ``outside (192.0.2.10)`` for a client that the user did not name."""
        text = self.start(flow)
        return f"outside ({text})" if flow.invented and isinstance(flow.start, Outside) else text

    def target(self, flow: Flow) -> str:
        """Return the target for people: ``the Internet (203.0.113.80:443/tcp)`` for one that the user did not name."""
        text = flow.target_text()
        return f"the Internet ({text})" if flow.invented and not isinstance(flow.start, Outside) else text

    def container(self, flow: Flow) -> str:
        """Return the container that the flow is for (``web@node2``); empty if it is for none."""
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
"""Names of places if there is one host."""


def places_of(answer: Answer) -> Places:
    """Return the names for the answer's places."""
    return Places(answer.has_several_hosts)
