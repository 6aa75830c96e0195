"""ufw's state and default policies, as ufw status shows them."""

from tests.pasted.readings import host_in, output_of, text_of


def test_ufw_with_its_policies() -> None:
    text = output_of("podman.txt", "ufw status verbose")
    ufw = host_in(text).ufw
    assert ufw is not None
    assert (ufw.enabled, ufw.default_input_policy, ufw.default_forward_policy) == (True, "DROP", "DROP")


def test_ufw_that_routes_nothing_tells_the_sysctl() -> None:
    text = (
        "Status: active\nLogging: on (low)\nDefault: deny (incoming), allow (outgoing), disabled "
        "(routed)\nNew profiles: skip"
    )
    assert text_of(text, "sysctl") == "/proc/sys/net/ipv4/ip_forward:0\n"
    ufw = host_in(text).ufw
    assert ufw is not None
    assert ufw.default_forward_policy is None


def test_inactive_ufw() -> None:
    ufw = host_in("$ sudo ufw status\nStatus: inactive").ufw
    assert ufw is not None
    assert not ufw.enabled
