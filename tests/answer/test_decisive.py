"""Which readings decide what a command says."""

import msgspec
import pytest

from hairpin.answer.answer import Answer
from hairpin.answer.decisive import Command, lacks_reading, undecided_readings, unread_rules
from hairpin.host.host import Unread
from tests.report.answers import answer


def lacking(key: str, netns: str = "", host: str = "") -> Answer:
    return msgspec.structs.replace(answer(), unread=(Unread(key, netns, key, "Permission denied", "e1", host),))


CASES: dict[str, tuple[str, str, tuple[Command, ...]]] = {
    "rules": ("iptables-nft-save4", "host", ("flows", "events", "restore")),
    "rules of IPv6, which is asked, too": ("iptables-nft-save6", "host", ("flows", "events", "restore")),
    "routes": ("ip-route4", "host", ("flows", "events")),
    "a container that no flow comes to": ("sysctl", "container:stranger", ()),
    "which containers there are": ("docker-containers", "", ("flows", "events", "restore")),
    "how the engine is configured": ("daemon-json", "", ("events", "restore")),
    "what is loaded at boot": ("file", "", ("events",)),
    "sockets, and no container is in the host's namespace": ("sockets", "host", ()),
    "live connections": ("conntrack", "host", ()),
    "a trial of iptables": ("iptables-check", "", ()),
    "the kernel's log": ("klog", "", ()),
    "what no replica confirms": ("replica", "", ()),
}


@pytest.mark.parametrize(("key", "netns", "commands"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("command", ("flows", "events", "restore"))
def test_what_decides(key: str, netns: str, commands: tuple[Command, ...], command: Command) -> None:
    found = lacking(key, netns)
    assert bool(undecided_readings(found, command)) is (command in commands)
    assert lacks_reading(found, command) is (command in commands)


def test_the_rules_of_engines() -> None:
    for key in ("iptables-nft-save4", "iptables-legacy-save6", "nft-tables", "nft-table"):
        assert unread_rules(lacking(key, "host")), key
        assert not unread_rules(lacking(key, "container:web")), key
    assert not unread_rules(lacking("ebtables", "host"))
    assert not unread_rules(lacking("docker-containers"))
    assert not unread_rules(answer())


def test_rules_of_an_ip_version_that_no_flow_has_decide_nothing() -> None:
    found = lacking("iptables-nft-save6", "host")
    flows = tuple(each for each in found.flows if each.trace.flow.version == 4)
    assert undecided_readings(msgspec.structs.replace(found, flows=flows)) == ()
    assert undecided_readings(found) == found.unread


def test_all_was_read() -> None:
    assert not lacks_reading(answer())
