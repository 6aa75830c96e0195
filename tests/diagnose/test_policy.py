"""Policy and accident: the same rule, the same value, with and without the file that has it."""

import msgspec

from hairpin.diagnose.diagnose import diagnose
from hairpin.diagnose.policy import configured_at
from hairpin.host.boot.configured import Configured
from hairpin.host.managers import ConfigFile
from hairpin.network.network import Network
from tests.causes.hosts import ruled
from tests.rule_text import with_rule
from tests.small_host import host_namespace, network, published

CLOSED = ruled(with_rule("filter DOCKER-USER", "-i eth0 -j DROP"))
RULES = ConfigFile("/etc/iptables/rules.v4", "*filter\n:DOCKER-USER - [0:0]\n-A DOCKER-USER -i eth0 -j DROP\nCOMMIT\n")
SYSCTL = ConfigFile("/etc/sysctl.d/50-a.conf", "net.ipv4.ip_forward = 0\n")


def found(whole: Network, *files: ConfigFile) -> tuple[str, Configured | None, tuple[str, ...]]:
    """Return the cause, where it is configured, and the kinds of the parts of its first change."""
    whole = whole.with_host(msgspec.structs.replace(whole.this, files=files))
    (suspect,) = diagnose(whole, published()).causes
    parts = tuple(type(part).__name__ for part in suspect.candidate.change.parts)
    return suspect.cause, configured_at(suspect.candidate, suspect.stop, whole), parts


def test_a_saved_rule_gets_an_exception_and_names_its_file() -> None:
    cause, where, parts = found(CLOSED, RULES)
    assert (cause, parts) == ("docker-user-drops", ("InsertRule",))
    assert where is not None
    assert (where.file, where.line) == ("/etc/iptables/rules.v4", 3)


def test_the_same_rule_in_no_file_is_an_accident_and_goes() -> None:
    assert found(CLOSED) == ("docker-user-drops", None, ("DeleteRule",))


def test_a_sysctl_of_a_file_is_policy() -> None:
    keys = ("ip_forward", "conf__all__forwarding", "conf__eth0__forwarding", "conf__docker0__forwarding")
    off = network(host_namespace(values=dict.fromkeys(keys, "0")))
    cause, where, _ = found(off, SYSCTL)
    assert cause == "ip-forward-off"
    assert where is not None
    assert (where.writer, where.file) == ("sysctl-file", "/etc/sysctl.d/50-a.conf")
    assert found(off)[1] is None
