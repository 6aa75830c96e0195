"""Links: up, carrier, master, MTU, flags of a bridge port, a bridge's own settings."""

from collections.abc import Iterator

import msgspec

from hairpin.change.change import Change, SetLink
from hairpin.host.link import BRIDGE_FLAGS, PORT_FLAGS, BridgePort
from tests.hunt.draws.draw import Draw, Subject

_replace = msgspec.structs.replace


def down(subject: Subject) -> Iterator[Change]:
    """Yield a link that is down."""
    link = subject.pick(
        [each for each in subject.namespace.links if each.up and (each.name != "lo" or subject.chance(0.2))]
    )
    if link is not None:
        yield Change((SetLink(subject.netns, _replace(link, up=False, carrier=False, operstate="DOWN")),))


def unplugged(subject: Subject) -> Iterator[Change]:
    """Yield a link to the outside without carrier."""
    link = subject.pick([each for each in subject.namespace.links if each.kind == "" and each.carrier])
    if link is not None:
        yield Change((SetLink(subject.netns, _replace(link, carrier=False, operstate="DOWN")),))


def master(subject: Subject) -> Iterator[Change]:
    """Yield a bridge port that is detached, or on another bridge."""
    ports = [each for each in subject.namespace.links if each.master is not None and each.port is not None]
    link = subject.pick(ports)
    if link is None:
        return
    bridges = [each.name for each in subject.namespace.links if each.kind == "bridge" and each.name != link.master]
    other = subject.random.choice((None, *bridges))
    port = BridgePort() if other is not None else None
    yield Change((SetLink(subject.netns, _replace(link, master=other, port=port)),))


def mtu(subject: Subject) -> Iterator[Change]:
    """Yield a link with a smaller MTU."""
    link = subject.pick([each for each in subject.namespace.links if each.name != "lo"])
    if link is not None:
        smaller = subject.random.choice((1400, 1280, 576, 68))
        if smaller < link.mtu_bytes:
            yield Change((SetLink(subject.netns, _replace(link, mtu_bytes=smaller)),))


def port_flag(subject: Subject) -> Iterator[Change]:
    """Yield a bridge port with another flag, state or VLAN."""
    link = subject.pick([each for each in subject.namespace.links if each.port is not None])
    if link is None or link.port is None:
        return
    name = subject.random.choice((*PORT_FLAGS, "state", "vlan"))
    if name == "state":
        port = _replace(link.port, state=subject.random.choice(("disabled", "blocking", "listening")))
    elif name == "vlan":
        port = _replace(link.port, pvid=7, vlans=((7, 7, True),))
    else:
        port = _replace(link.port, **{name: not getattr(link.port, name)})
    yield Change((SetLink(subject.netns, _replace(link, port=port)),))


def bridge(subject: Subject) -> Iterator[Change]:
    """Yield a bridge that filters VLANs, or whose frames pass iptables."""
    link = subject.pick([each for each in subject.namespace.links if each.bridge is not None])
    if link is None or link.bridge is None:
        return
    name = subject.random.choice((*BRIDGE_FLAGS,))
    changed = _replace(link.bridge, **{name: not getattr(link.bridge, name)})
    yield Change((SetLink(subject.netns, _replace(link, bridge=changed)),))


DRAWS: dict[str, Draw] = {
    "link down": down,
    "link unplugged": unplugged,
    "link's master": master,
    "link's MTU": mtu,
    "bridge port's flag": port_flag,
    "bridge's setting": bridge,
}
