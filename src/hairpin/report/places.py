"""Names of places.  A name includes the host only if the question is about several hosts."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from hairpin.answer.answer import Answer
from hairpin.kept import kept
from hairpin.message import Message, message
from hairpin.netfilter.address import address_text
from hairpin.network.flow import Flow, FromContainer, FromHost, Lan, Outside
from hairpin.report.words import Words

_NOBODY: Mapping[str, str] = MappingProxyType({})


class Places(msgspec.Struct, frozen=True):
    """Writes the names of places.  ``with_host``: whether a name includes the place's host.  ``words``: the language of
    ``client`` and ``target``; None for English.  ``names``: the running container that has an address, by the address.
    An address that containers of several names have is not in ``names``."""

    with_host: bool = False
    words: Words | None = None
    names: Mapping[str, str] = _NOBODY

    def start(self, flow: Flow) -> str:
        """Return the place where the flow starts, such as ``host`` or ``container:api@node1``."""
        return flow.start_text(with_host=self.with_host)

    def client(self, flow: Flow) -> str:
        """Return the flow's start as people read it, such as ``outside (192.0.2.10)`` for a client that the user did
        not name."""
        if flow.from_port:
            of_all = self.client(msgspec.structs.replace(flow, from_port=False))
            return self._said(message("{client} from source port {port}", client=of_all, port=flow.sport))
        text, name = self.start(flow), self.client_name(flow)
        if isinstance(flow.start, Lan):
            return f"{name} ({text.removeprefix('lan (')}"
        return f"{name} ({text})" if isinstance(flow.start, Outside) and flow.invented else name

    def client_name(self, flow: Flow) -> str:
        """Return the flow's start without an address, such as ``outside`` or ``lan``."""
        if flow.from_port:
            of_all = self.client_name(msgspec.structs.replace(flow, from_port=False))
            return self._said(message("{client} from source port {port}", client=of_all, port=flow.sport))
        match flow.start:
            case Outside() if flow.invented:
                return self._said(message("outside"))
            case Lan():
                return self._said(message("lan"))
            case FromHost() if not self.with_host:
                return self._said(message("host"))
            case FromHost() | FromContainer() | Outside():
                return self.start(flow)

    def target(self, flow: Flow) -> str:
        """Return the flow's target as people read it, such as ``the Internet (203.0.113.80:443/tcp)`` for a target that
        the user did not name."""
        text = flow.target_text()
        if flow.asked_name:
            return self._said(message("the name {name}, looked up at {server}", name=flow.asked_name, server=text))
        if not flow.invented or isinstance(flow.start, Outside):
            return text
        return self._said(message("the Internet ({address})", address=text))

    def _said(self, said: Message) -> str:
        return str(said) if self.words is None else self.words(said)

    def container(self, flow: Flow) -> str:
        """Return the container that the flow is for, such as ``web@node2``; empty if the flow is for no container."""
        if not flow.container:
            return ""
        return self.on(flow.container, flow.asked_host or flow.host)

    def on(self, name: str, host: str) -> str:
        """Return the name with its host (``name@host``).  If there is only one host, return the name without the
        host."""
        return f"{name}@{host}" if self.with_host and host else name

    def netns(self, netns: str, host: str) -> str:
        """Return a namespace's name: ``container:web``, or, if there are several hosts, ``node2`` and
        ``container:web@node2``."""
        if not self.with_host or not host:
            return netns
        return host if netns in ("", "host", host) else f"{netns}@{host}"


NO_HOSTS = Places()
"""Writes names of places without their host, because there is only one host."""


def places_of(answer: Answer, words: Words | None = None) -> Places:
    """Return the object that writes the names of the answer's places."""
    return Places(answer.has_several_hosts, words, _names(answer))


def naming_containers(words: Words, answer: Answer) -> Words:
    """Return the language in which an address of a running container bears the container's name."""
    return words.naming(places_of(answer).names)


@kept
def _names(answer: Answer) -> Mapping[str, str]:
    """Return ``Places.names``, made once for all reports of an answer."""
    places = Places(answer.has_several_hosts)
    running = ((host, each) for host in answer.network.hosts for each in host.containers() if each.running)
    found: dict[str, set[str]] = {}
    for host, container in running:
        over_v4 = (address_text(each.ipv4, 4) for each in container.endpoints if each.ipv4 is not None)
        over_v6 = (address_text(each.ipv6, 6) for each in container.endpoints if each.ipv6 is not None)
        for address in (*over_v4, *over_v6):
            found.setdefault(address, set()).add(places.on(container.name, host.name))
    for host in answer.network.hosts:
        for guest in host.named_guests:
            for version, value in guest.addresses:
                found.setdefault(address_text(value, version), set()).add(places.on(guest.name, host.name))
    return {address: next(iter(names)) for address, names in found.items() if len(names) == 1}
