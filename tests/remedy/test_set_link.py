"""A link of the host's own lasts in its network configuration; one of the engine's is made anew."""

from hairpin.change.change import SetLink
from tests.remedy.situations import HOST_NETNS, network, remedy, said


def test_an_uplink_and_a_link_of_the_engine() -> None:
    found = network(("/etc/network/interfaces", ""))
    host = found.namespace(HOST_NETNS)
    eth0 = host.link("eth0")
    bridge = next(link for link in host.links if link.kind == "bridge")
    assert eth0 is not None
    own = remedy(found, SetLink(HOST_NETNS, eth0, ("ip", "link", "set", "eth0", "up")))
    assert (own.id, own.commands) == ("set-link", ("ip link set eth0 up",))
    assert "ifupdown" in said(own)
    assert "the engine makes this link anew" in said(remedy(found, SetLink(HOST_NETNS, bridge, ("true",))))
