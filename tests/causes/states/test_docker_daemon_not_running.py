"""dockerd whose unit systemd is starting, or starts again and again."""

from hairpin.diagnose.diagnose import diagnose
from hairpin.host.managers import Unit
from hairpin.network.network import Network
from tests.causes.hosts import down, stopped, with_host
from tests.rows import each_row
from tests.small_host import published


def daemon(active: str, restarts: int = 0) -> Network:
    """Return the host whose dockerd is down, and whose unit is in this state."""
    own = Unit("docker.service", active, "enabled", restarts=restarts)
    return with_host(down(stopped("exited")), units=(own,))


@each_row(("whole", "offered", "said"), (
    (daemon("inactive"), True, ""),
    (daemon("failed", 3), True, ""),
    (daemon("activating"), False, "systemd is starting docker.service"),
    (daemon("activating", 7), False, "starts docker.service again and again (7 times so far)"),
))  # fmt: skip
def test_a_start_by_hand_is_offered_only_if_systemd_starts_nothing(whole: Network, offered: bool, said: str) -> None:
    (found,) = diagnose(whole, published()).causes
    assert found.cause == "docker-daemon-not-running"
    assert found.candidate.offered == offered
    assert said in str(found.candidate.detail)
    assert bool(found.candidate.ways) == (not offered)
