"""``hairpin check`` and ``walk`` on snapshots of several hosts, as recorded."""

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hairpin.evidence.file import read, write
from hairpin.lab.scenario import size_option
from tests.acceptance.recorded import AGREEING
from tests.acceptance.recorded_networks import FOLDER, Asked, evidence, expected, stated
from tests.cli.commands import Ended, call
from tests.whole import thinned

HEALTHY = "healthy-three-nodes"
HOST_GW = "healthy-flannel-host-gw"
BROKEN = "ip-forward-off.vxlan"


def files(name: str) -> tuple[str, ...]:
    """Return the options that name the network's snapshots and the file for ``--outside``."""
    hosts = (("--snapshot", str(FOLDER / name / f"{host}.hairpin")) for host in expected()[name].hosts)
    outside = ("--outside", str(stated(name))) if stated(name) else ()
    return (*(each for pair in hosts for each in pair), *outside)


def document(ended: Ended) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ended.out)
    return found


def check(capsys: pytest.CaptureFixture[str], name: str, asked: Asked) -> dict[str, Any]:
    size = size_option(asked.padding_bytes)
    question = ("check", asked.target, "--from", asked.origin, *size, "--no-replica", "--json")
    return document(call(capsys, *question, *files(name)))


def not_quoted(name: str, found: dict[str, Any]) -> list[str]:
    """Return the excerpts that do not stand in their reading; fields of a JSON object are looked for one by one."""
    readings = {
        (host, each.netns, each.origin): each.text
        for host in expected()[name].hosts
        for each in evidence(name, host).readings
    }
    wrong: list[str] = []
    for each in found["evidence"].values():
        place: tuple[str, str, str] = (each["host"], each["netns"], each["origin"])
        text = readings.get(place)
        if each["origin"].startswith(("nft -j", "/proc/sys/")):  # nft's words of its JSON; one file of a reading
            continue
        assert text is not None, place
        for line in each["excerpt"].rstrip("…").splitlines():
            values = re.findall(r'[\w.:-]+(?=")', line) if line.startswith('{"') else [line]
            if line not in text and not all(value in text for value in values if value != "addresses"):
                wrong.append(line)
    return wrong


@pytest.mark.parametrize("name", thinned(expected(), 10))
def test_verdicts_and_causes_on_the_right_host(capsys: pytest.CaptureFixture[str], name: str) -> None:
    causes: set[str] = set()
    for asked in expected()[name].flows:
        found = check(capsys, name, asked)
        # If nobody answers ARP, the kernel sends an ICMP error after some seconds; the walk calls the packet dropped.
        unheard = AGREEING["timeout"] if asked.real == "unreachable" else frozenset[str]()
        assert found["flows"][0]["verdict"] in AGREEING[asked.real] | unheard, asked
        assert [host["name"] for host in found["hosts"]] == list(expected()[name].hosts)
        for cause in (each for each in found["causes"] if each["severity"] == "blocking"):
            causes.add(f"{cause['id']}@{cause['host']}")
            assert {remedy["host"] for remedy in cause["remedies"]} <= {cause["host"]}
            assert {found["evidence"][each]["host"] for each in cause["evidence"]} <= set(expected()[name].hosts)
        assert not_quoted(name, found) == []
    wanted = expected()[name].causes
    assert all(causes & set(acceptable) for acceptable in wanted)
    assert causes <= {each for acceptable in wanted for each in acceptable}


def present(found: Any) -> list[Any]:
    """Return the causes that are at work: none of these containers has a restart policy, which is still to come."""
    return [each for each in found["causes"] if each["severity"] != "latent"]


def test_without_a_target_the_flows_are_those_of_all_hosts(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(call(capsys, "check", "--no-replica", "--json", *files(BROKEN)))
    assert {(flow["host"], flow["purpose"]) for flow in found["flows"]} >= {
        (host, purpose) for host in ("node1", "node2") for purpose in ("published", "egress")
    }
    assert {(cause["id"], cause["host"]) for cause in present(found)} == {("ip-forward-off", "node2")}
    assert {flow["stopped_at"]["host"] for flow in found["flows"] if flow["stopped_at"]} == {"node2"}
    assert {each.partition(":")[0] for cause in present(found) for each in cause["evidence"]} == {"node2"}


@pytest.mark.parametrize(("forwards", "causes"), (("1", set[str]()), ("0", {"ip-forward-off@node1"})))
def test_nothing_asked_is_the_way_out_of_containers_on_an_overlay(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, forwards: str, causes: set[str]
) -> None:
    whole = evidence("healthy-swarm-overlay", "node1")
    forwarding = re.compile(r"(/ipv4/(?:ip_forward|conf/[^/]+/forwarding)):1")
    readings = tuple(
        msgspec.structs.replace(each, text=forwarding.sub(rf"\1:{forwards}", each.text))
        if (each.key, each.netns) == ("sysctl", "host")
        else each
        for each in whole.readings
    )
    write(msgspec.structs.replace(whole, readings=readings), tmp_path / "node1")
    found = document(call(capsys, "check", "--no-replica", "--json", "--snapshot", str(tmp_path / "node1")))
    assert {(flow["purpose"], flow["to"]) for flow in found["flows"]} == {
        ("egress", "203.0.113.80:443/tcp"),
        *(("dns", f"{server}:53/{by}") for server in ("127.0.0.11", "192.0.2.53") for by in ("udp", "tcp")),
    }
    assert {f"{cause['id']}@{cause['host']}" for cause in present(found)} == causes


def test_the_text_names_hosts(capsys: pytest.CaptureFixture[str]) -> None:
    told = call(capsys, "check", "web:80@node2", "--from", "container:web", "--no-replica", *files(BROKEN)).out
    for words in (
        "container:web@node1 → 10.244.2.2:80/tcp (web@node2)",
        "─ node2",
        "cause[ip-forward-off@node2]",
        "/proc/sys/net/ipv4/ip_forward (node2)",
        "on node2, repair now:",
        "Read on node1 (",
    ):
        assert words in told


@pytest.mark.parametrize(
    ("name", "host", "target"),
    (
        ("vxlan-port-blocked.input", "node2", "10.244.1.2:80"),
        ("vxlan-port-blocked.nft", "node2", "10.244.1.2:80"),
        ("vxlan-port-blocked.answers", "node1", "10.244.2.2:80"),
        ("vxlan-port-blocked.bridge", "node2", "10.77.0.16:80"),
        ("vxlan-port-blocked.swarm", "node2", "10.0.9.11:80"),
    ),
)
def test_the_sick_host_alone_has_the_cause_that_both_have(
    capsys: pytest.CaptureFixture[str], name: str, host: str, target: str
) -> None:
    alone = ("--snapshot", str(FOLDER / name / f"{host}.hairpin"))
    found = document(call(capsys, "check", target, "--from", "container:web", "--no-replica", "--json", *alone))
    assert [cause["id"] for cause in found["causes"]] == ["vxlan-port-blocked"]
    assert not any("ESTABLISHED" in each for each in found["causes"][0]["remedies"][0]["commands"])


@pytest.mark.parametrize("name", thinned((each for each in expected() if each.startswith("vxlan-port-blocked")), 3))
def test_the_way_of_an_outer_packet_ends_at_the_inner_ones_target(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    asked = expected()[name].flows[0]
    told = call(capsys, "check", asked.target, "--from", asked.origin, "--no-replica", *files(name)).out
    (end,) = [line.strip() for line in told.splitlines() if line.strip().startswith("○")]
    assert end in (f"○ {asked.target}/tcp", f"○ {asked.origin.removeprefix('container:')}", f"○ {asked.origin}")


def test_a_missing_route_is_not_quoted_as_if_it_was_read(capsys: pytest.CaptureFixture[str]) -> None:
    name = "node-route-missing.vxlan"
    told = call(capsys, "check", "10.244.2.2:80", "--from", "container:web", "--no-replica", *files(name)).out
    assert "  ── ip -4 -j -d route show table all (node1)\n     no route to 10.244.2.0/24\n" in told


def test_a_port_alone_is_asked_by_the_other_hosts_too(capsys: pytest.CaptureFixture[str]) -> None:
    found = document(call(capsys, "check", "8151", "--no-replica", "--json", *files(HEALTHY)))
    assert [flow["from"] for flow in found["flows"]][-2:] == ["host@node2", "host@node3"]
    assert {flow["to_host"] for flow in found["flows"]} == {"node1"}


def test_walk_has_its_questions_in_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    question = ("walk", "10.244.2.2:80", "--from", "container:web", "--json")
    node1, node2 = (("--snapshot", str(FOLDER / HOST_GW / f"{each}.hairpin")) for each in ("node1", "node2"))
    alone, both = document(call(capsys, *question, *node1)), document(call(capsys, *question, *node1, *node2))
    assert [each["option"] for each in alone["questions"]] == ["--host 198.51.100.12"]
    assert both["questions"] == []


def test_labels_and_order_are_those_given(capsys: pytest.CaptureFixture[str]) -> None:
    one, two, three = (str(FOLDER / HEALTHY / f"{host}.hairpin") for host in expected()[HEALTHY].hosts)
    question = ("check", "8151@b", "--no-replica", "--json", "--snapshot", three, "--snapshot", f"b={two}")
    found = document(call(capsys, *question, "--snapshot", one))
    assert [host["name"] for host in found["hosts"]] == ["node3", "b", "node1"]
    assert found["host"] == found["hosts"][0]
    assert found["flows"][0]["to_host"] == "b"


@pytest.mark.parametrize(
    ("name", "words"),
    (
        ("healthy-flannel-vxlan", "198.51.100.12, the far end of the tunnel, delivers the unpacked packets"),
        ("healthy-flannel-host-gw", "Does the next hop, 198.51.100.12, know the way back to 10.244.1.2 (web)?"),
    ),
)
def test_one_host_alone_names_the_other_and_how_it_is_read(
    capsys: pytest.CaptureFixture[str], name: str, words: str
) -> None:
    alone = ("--snapshot", str(FOLDER / name / "node1.hairpin"))
    ended = call(capsys, "check", "10.244.2.2:80", "--from", "container:web", "--no-replica", *alone)
    told = " ".join(ended.out.split())
    assert re.search(r"leaves the host (?:\(see the question\) )?container:web → 10\.244\.2\.2:80/tcp", told)
    assert words in told
    assert any(
        each in told for each in ("--host 198.51.100.12 lets hairpin read it", "settled by: --host 198.51.100.12")
    )
    assert told.count("cause[") == told.count("latent cause[restart-policy-missing]")


def test_a_containers_address_means_the_host_that_it_is_on(capsys: pytest.CaptureFixture[str]) -> None:
    question = ("check", "10.244.2.2:80", "--from", "container:web", "--no-replica", *files("healthy-flannel-vxlan"))
    (flow,) = document(call(capsys, *question, "--json"))["flows"]
    assert (flow["host"], flow["to_host"], flow["container"]) == ("node1", "node2", "web")


def test_walk_says_the_host_of_each_step(capsys: pytest.CaptureFixture[str]) -> None:
    question = ("walk", "web:80@node2", "--from", "container:web@node1", "--json", *files("healthy-flannel-vxlan"))
    found = document(call(capsys, *question))
    assert [host["name"] for host in found["hosts"]] == ["node1", "node2"]
    assert list(dict.fromkeys(step["host"] for step in found["request"])) == ["node1", "node2"]
    assert {ref.partition(":")[0] for ref in found["evidence"] if ":" in ref} == {"node2"}


REFUSED: dict[str, tuple[tuple[str, ...], str]] = {
    "an unknown host": (("8151@node9",), "no host 'node9' was read; the hosts are node1, node2, node3"),
    "no host": (("8151@",), "write 8151@HOST"),
    "the same machine": (
        ("8151", "--snapshot", str(FOLDER / HEALTHY / "node1.hairpin")),
        f"node1 ({evidence(HEALTHY, 'node1').taken_at}) and node1#2",
    ),
    "an address of another host": (
        ("198.51.100.12:8151@node1",),
        "198.51.100.12 belongs to node2, not to node1: leave @node1 out",
    ),
    "a loopback address of another host": (
        ("127.0.0.1:8151@node1", "--from", "host@node2"),
        "a loopback address can be reached only from its own host: write --from host@node1",
    ),
    "an unknown host of a public address": (("8151", "--public", "203.0.113.9@node9"), "no host 'node9'"),
}


@pytest.mark.parametrize(("arguments", "said"), REFUSED.values(), ids=REFUSED)
def test_refused(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str) -> None:
    target, *rest = arguments
    ended = call(capsys, "check", target, "--no-replica", *files(HEALTHY), *rest)
    assert (ended.status, ended.out) == (2, "")
    assert said in " ".join(ended.err.split())


# question, exit status when one of the hosts could not be read
UNREADABLE: dict[str, tuple[tuple[str, ...], int]] = {
    "a port here": (("8151",), 0),
    "a container of the other": (("web:80@node2", "--from", "container:web"), 0),
    "a public address of that host": (("8151", "--public", "203.0.113.9=10.1.1.1@far"), 0),
    "everything": ((), 3),
    "that host": (("8151@far",), 3),
    "an address that may be there": (("198.51.100.77:80", "--from", "host"), 3),
    "a container that may be there": (("elsewhere",), 3),
}


@pytest.mark.parametrize(("question", "status"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_host_that_cannot_be_read_is_missing(
    capsys: pytest.CaptureFixture[str], question: tuple[str, ...], status: int
) -> None:
    ended = call(capsys, "check", *question, "--no-replica", "--json", *files(HEALTHY), "--host", "far=-oX")
    assert ended.status == status
    if ended.out:
        assert [(each["key"], each["host"]) for each in document(ended)["missing"]] == [("host", "far")]
    else:
        assert "far could not be read" in ended.err


def test_an_old_snapshot_is_noted(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    newest = datetime.fromisoformat(evidence(HEALTHY, "node1").taken_at)
    at = (newest - timedelta(seconds=120)).isoformat().replace("+00:00", "Z")
    older = msgspec.structs.replace(evidence(HEALTHY, "node2"), taken_at=at)
    write(older, tmp_path / "older")
    question = ("8151", "--snapshot", str(FOLDER / HEALTHY / "node1.hairpin"), "--snapshot", str(tmp_path / "older"))
    said = "node2 was read 120 s before the last of these hosts: its state may have changed since"
    assert said in document(call(capsys, "check", *question, "--no-replica", "--json"))["notes"]
    assert said in " ".join(call(capsys, "check", *question, "--no-replica").out.split())
    assert said in " ".join(call(capsys, "walk", *question, "--from", "host").out.split())


def test_hosts_that_are_redacted_in_one_call_are_one_network(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    written = call(capsys, "snapshot", "--redact", "-o", str(tmp_path), *files(BROKEN))
    paths = written.out.split()
    assert written.status == 0
    assert len(paths) == 2
    assert {read(Path(each)).hostname for each in paths}.isdisjoint(expected()[BROKEN].hosts)
    options = [each for path in paths for each in ("--snapshot", path)]
    found = document(call(capsys, "check", "--no-replica", "--json", *options))
    assert {(cause["id"], cause["host"]) for cause in present(found)} == {("ip-forward-off", found["hosts"][1]["name"])}


def test_a_security_group_in_front_of_one_host(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    world = tmp_path / "world.toml"
    world.write_text('[[upstream]]\naction = "deny"\nports = 8151\nhost = "node2"\n', "utf-8")
    question = ("--from", "192.0.2.10", "--no-replica", "--json", "--outside", str(world), *files(HEALTHY))
    found = (document(call(capsys, "check", target, *question)) for target in ("8151@node1", "8151@node2"))
    assert [each["flows"][0]["verdict"] for each in found] == ["delivered", "dropped"]


def test_a_public_address_of_another_host(capsys: pytest.CaptureFixture[str]) -> None:
    question = ("check", "203.0.113.9:8151", "--from", "192.0.2.10", "--no-replica", "--json", *files(HEALTHY))
    found = document(call(capsys, *question, "--public", "203.0.113.9@node2"))
    assert (found["flows"][0]["to_host"], found["flows"][0]["verdict"]) == ("node2", "delivered")


STALLING = "overlay-mtu-too-large"


@pytest.mark.parametrize(
    ("name", "size", "causes"),
    (
        (STALLING, (), {"overlay-mtu-too-large@node1"}),
        (STALLING, ("--size", "100"), set[str]()),
        ("healthy-overlay-mtu-fragments", (), set[str]()),
    ),
)
def test_full_sized_segments_are_walked_by_default(
    capsys: pytest.CaptureFixture[str], name: str, size: tuple[str, ...], causes: set[str]
) -> None:
    question = ("check", "10.244.2.2:80", "--from", "container:web@node1", *size, "--no-replica", "--json")
    found = document(call(capsys, *question, *files(name)))
    assert {f"{cause['id']}@{cause['host']}" for cause in present(found)} == causes


def test_one_host_alone_has_the_evidence_of_its_tunnels_mtu(capsys: pytest.CaptureFixture[str]) -> None:
    alone = ("--snapshot", str(FOLDER / STALLING / "node1.hairpin"))
    found = document(
        call(capsys, "check", "10.244.2.2:80", "--from", "container:web", "--no-replica", "--json", *alone)
    )
    assert [cause["id"] for cause in found["causes"]] == ["overlay-mtu-too-large"]
