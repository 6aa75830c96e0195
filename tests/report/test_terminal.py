"""The report on the terminal: its parts, their order, and nothing twice."""

import msgspec
import pytest

from hairpin.host.host import Unread
from hairpin.report.paper import Paper, cells
from hairpin.report.terminal import report_text
from hairpin.report.words import Words
from tests.report.answers import FORWARDING_OFF, USER_DROPS, Replacement, answer, text

BROKEN: dict[str, tuple[Replacement, ...]] = {
    "sysctl": (FORWARDING_OFF,),
    "rule": (USER_DROPS,),
    "both": (FORWARDING_OFF, USER_DROPS),
}


def test_verdict_place_cause_proof_repair_in_this_order() -> None:
    told = text(FORWARDING_OFF)
    places = [
        "✗ dropped  outside (192.0.2.10) → 198.51.100.11:8080/tcp (front)",
        "✓ delivered  host → 127.0.0.1:8080/tcp (front)",
        "✗ forward ",
        "cause[interface-forwarding-off]: eth0 does not forward IPv4",
        "/proc/sys/net/ipv4/conf/eth0/forwarding",
        "proof: as it is: dropped; with this change: delivered (simulated)",
        "      sysctl -w net.ipv4.conf.eth0.forwarding=1\n",
        "> /etc/sysctl.d/99-hairpin-ipv4-eth0-forwarding.conf",
        "note: no configuration file sets net.ipv4.conf.eth0.forwarding",
    ]
    found = [told.find(place) for place in places]
    assert -1 not in found
    assert found == sorted(found)


@pytest.mark.parametrize("width", (60, 80, 120))
@pytest.mark.parametrize("language", ("en", "zh"))
@pytest.mark.parametrize("replacements", BROKEN.values(), ids=BROKEN)
def test_only_commands_are_wider_than_the_paper(
    replacements: tuple[Replacement, ...], language: str, width: int
) -> None:
    told = text(*replacements, language="zh" if language == "zh" else "en", width=width)
    wide = [line for line in told.splitlines() if cells(line) > width]
    assert [line for line in wide if not line.startswith("      ")] == []


@pytest.mark.parametrize("replacements", BROKEN.values(), ids=BROKEN)
def test_a_cause_is_printed_once_however_many_flows_it_stops(replacements: tuple[Replacement, ...]) -> None:
    told = text(*replacements, port=None)
    headings = [line for line in told.splitlines() if line.startswith("cause[")]
    assert len(headings) == len(set(headings)) == len(replacements)


def test_two_causes_say_that_both_have_to_go() -> None:
    told = text(FORWARDING_OFF, USER_DROPS, width=120)
    assert told.count("with 2 causes gone together (interface-forwarding-off, docker-user-drops): delivered") == 2


def test_a_healthy_host_is_one_line_a_port() -> None:
    told = text(port=None)
    lines = [line for line in told.splitlines() if line.startswith("✓ delivered")]
    assert any("8080/tcp (front) from" in line for line in lines)
    assert "✗" not in told
    assert "cause[" not in told


def test_everything_is_listed_when_asked_for() -> None:
    told = text(port=None, verbose=True)
    assert told.count("✓ delivered  ") + told.count("✓ leaves the host  ") == len(answer(port=None).flows)


def test_chinese_leaves_commands_ids_and_addresses_alone() -> None:
    told = text(FORWARDING_OFF, language="zh")
    for verbatim in (
        "sysctl -w net.ipv4.conf.eth0.forwarding=1",
        "[interface-forwarding-off]",
        "198.51.100.11:8080/tcp",
    ):
        assert verbatim in told
    assert "eth0 不转发 IPv4" in told
    assert "repair" not in told


def test_unread_parts_are_listed_with_the_remedy() -> None:
    unread = Unread("iptables-nft-save4", "host", "iptables-save -c", "Permission denied", "e8")
    found = msgspec.structs.replace(answer(), unread=(unread,))
    told = report_text(found, Words(), Paper())
    assert "whether a rule drops or translates packets: iptables-save -c in host" in told
    assert told.startswith("Not all of the host could be read: run it as root.\n")


def test_an_unexplained_failure_shows_its_place() -> None:
    whole = answer(FORWARDING_OFF)
    bare = tuple(msgspec.structs.replace(each, causes=()) for each in whole.flows)
    found = msgspec.structs.replace(whole, flows=bare, causes=())
    told = report_text(found, Words(), Paper())
    assert "✗ forward " in told
    assert "No cause that hairpin knows explains this" in told


def test_no_flow_at_all_is_a_sentence() -> None:
    whole = answer()
    alone = whole.network.with_host(msgspec.structs.replace(whole.network.this, engines=()))
    asked = msgspec.structs.replace(whole, flows=(), causes=(), evidence=())
    cases = {
        "No container here publishes a port": asked,
        "No container engine is installed here": msgspec.structs.replace(asked, network=alone),
        "What is published is not known": msgspec.structs.replace(
            asked, unread=(Unread("docker-socket", "", "/var/run/docker.sock", "Permission denied", "e1"),)
        ),
    }
    for sentence, found in cases.items():
        assert sentence in report_text(found, Words(), Paper())


def test_a_cause_without_a_remedy_is_printed_without_one() -> None:
    whole = answer(FORWARDING_OFF)
    found = msgspec.structs.replace(whole, causes=(msgspec.structs.replace(whole.causes[0], remedies=()),))
    told = report_text(found, Words(), Paper())
    assert "repair now" not in told
