"""A port of a bridge as its state says."""

import pytest

from hairpin.host.link import BridgePort


@pytest.mark.parametrize(
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
