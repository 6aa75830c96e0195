"""A port of a bridge as its state says."""

from hairpin.host.link import BridgePort, is_bridge_by_name, is_engine_bridge
from tests.rows import each_row


@each_row(
    ("state", "forwards"),
    (
        ("forwarding", True),
        ("", True),
        ("learning", False),
        ("listening", False),
        ("blocking", False),
        ("disabled", False),
    ),
)
def test_only_a_forwarding_port_lets_frames_pass(state: str, forwards: bool) -> None:
    assert BridgePort(state=state).forwards is forwards


@each_row("name", ("docker0", "docker_gwbridge", "br-0123456789ab", "podman1", "cni0", "cni-podman0"))
def test_engines_name_their_bridges_so(name: str) -> None:
    assert is_engine_bridge(name)
    assert is_bridge_by_name(name)


@each_row("name", ("br-lan", "br-xxxx", "virbr0", "lxdbr0", "vmbr1"))
def test_the_bridges_of_others_are_no_engines(name: str) -> None:
    assert not is_engine_bridge(name)
    assert is_bridge_by_name(name)


@each_row("name", ("eth0", "veth0123456", "docker", "br", "podman", "tailscale0", "virbr0-nic"))
def test_other_links_are_none(name: str) -> None:
    assert not is_bridge_by_name(name)
