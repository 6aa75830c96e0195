"""Real reports of ``sos report`` are read, and answered as the snapshot of the same host is."""

import shutil
import tarfile
from pathlib import Path

import pytest

from hairpin.answer.answer import Answer
from hairpin.answer.ask import ask
from hairpin.cli.face.asked import Asked
from hairpin.collect.snapshot import load
from hairpin.errors import EvidenceError
from hairpin.evidence.reading import HOST, Evidence
from hairpin.pasted.bundle.read import evidence_in_bundle, open_bundle
from hairpin.pasted.listed import recognised_in
from tests.pasted.bundle.archives import folder_of, tar_of
from tests.whole import thinned_rows

BUNDLES = Path(__file__).resolve().parents[3] / "fixtures" / "bundles"


def report(name: str) -> Evidence:
    """Return the evidence of a recorded report."""
    return evidence_in_bundle(str(BUNDLES / f"{name}.tar.xz"))


def answers(name: str, target: str, origin: str) -> tuple[Answer, Answer]:
    """Return the answer of the snapshot and that of the report."""
    question = Asked(targets=(target,), origin=origin).question()
    return ask(question, (load(BUNDLES / f"{name}.hairpin"),)), ask(question, (report(name),))


CASES = {
    "two networks": ("healthy-two-networks", "8151", "192.0.2.10"),
    "one container asks another": ("healthy-two-networks", "db:80", "container:web"),
    "netavark": ("healthy-podman-netavark", "8151", "192.0.2.10"),
    "netavark on loopback": ("healthy-podman-netavark", "8153", "host"),
    "IPv6": ("healthy-ipv6", "[2001:db8:2::11]:8151", "2001:db8:1::10"),
    "no nat table": ("docker-nat-chain-missing", "8151", "192.0.2.10"),
    "paused": ("container-paused", "8151", "192.0.2.10"),
    "no forwarding": ("ip-forward-off", "8151", "192.0.2.10"),
}


@pytest.mark.parametrize(("name", "target", "origin"), thinned_rows(CASES.values(), 4), ids=CASES)
def test_verdicts_and_causes_are_those_of_the_snapshot(name: str, target: str, origin: str) -> None:
    live, told = answers(name, target, origin)
    assert [each.trace.verdict for each in told.flows] == [each.trace.verdict for each in live.flows]
    blocking = {each.id for each in live.causes if each.severity == "blocking"}
    assert {each.id for each in told.causes if each.severity == "blocking"} <= blocking
    assert {each.id for each in told.causes if each.shown_by is None} == blocking


@pytest.mark.parametrize("name", ("docker-nat-chain-missing", "ip-forward-off"))
def test_what_stops_the_packet_before_the_container_is_proven(name: str) -> None:
    """The inside of a container, which no report has, does not matter then."""
    _, told = answers(name, "8151", "192.0.2.10")
    assert {each.id for each in told.causes if each.severity == "blocking"} == {name}
    assert not [each for flow in told.flows for each in flow.supposed]


def test_a_set_that_no_report_has_leaves_it_open() -> None:
    live, told = answers("docker-user-drops.ipset", "8151", "192.0.2.10")
    assert [each.trace.verdict for each in live.flows] == ["dropped"]
    assert [each.trace.verdict for each in told.flows] == ["depends"]
    assert not [each for each in told.causes if each.severity == "blocking"]


def test_what_is_read_names_its_file() -> None:
    found = {each.file: each.as_ for each in recognised_in(report("healthy-two-networks"))}
    assert found["sos_commands/networking/ip_route_show_table_all"] == "ip route"
    assert found["sos_commands/firewall_tables/nft_-a_list_ruleset"] == "nft list ruleset"
    assert found["etc/sysctl.conf"] == "cat /etc/sysctl.conf"
    assert not any("_-o_" in each for each in found)  # `ip -d address` tells more than `ip -o addr`


def test_host_and_kernel() -> None:
    found = report("healthy-two-networks")
    assert (found.hostname, found.kernel) == ("lab-host", "6.18.44-fc-v669")


def test_routes_of_both_versions_are_told_apart() -> None:
    """``ip route show table all`` prints IPv6's routes, too."""
    found = report("healthy-two-networks")
    four, six = found.find("ip-route4-text", HOST), found.find("ip-route6-text", HOST)
    assert four is not None
    assert six is not None
    assert "fe80" not in four.text
    assert "default via 198.51.100.1 dev eth0" in four.text
    assert "fe80::/64 dev eth0" in six.text


def test_namespaces_of_ip_netns_are_the_containers() -> None:
    found = report("healthy-podman-netavark")
    assert set(found.namespaces()) == {HOST, "container:web", "container:api"}


def test_tables_that_nft_does_not_list_are_empty_and_told() -> None:
    found = report("docker-nat-chain-missing")
    reading = found.find("iptables-nft-save4", HOST)
    assert reading is not None
    assert "*nat\n:PREROUTING ACCEPT [0:0]\n" in reading.text
    assert "DNAT" not in reading.text


def test_secrets_stay_out(tmp_path: Path) -> None:
    inspect = (
        b'[{"Id": "%s", "Name": "/web", "Config": {"Env": ["PASSWORD=hunter2"], "Image": "i"}, "NetworkSettings": {}}]'
    )
    files = {
        "r/sos_commands/docker/containers/docker_inspect_1": inspect % (b"1" * 64),
        "r/sos_commands/kernel/sysctl_-a": b"net.ipv6.conf.all.stable_secret = hunter2\nnet.ipv4.ip_forward = 1\n",
        "r/sos_commands/process/ps_auxwww": b"USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND\n"
        b"root 5 0.0 0.0 1 1 ? S 01:00 0:00 dockerd --iptables=false --add-runtime hunter2 --label hunter2\n"
        b"root 6 0.0 0.0 1 1 ? S 01:00 0:00 mysqld --password=hunter2\n",
        "r/etc/docker/daemon.json": b'{"iptables": false, "registry-mirrors": ["https://u:hunter2@r"]}',
    }
    found = evidence_in_bundle(str(folder_of(tmp_path, files)))
    assert not [each for each in found.readings if "hunter2" in each.text]
    flags = found.find("dockerd-cmdline", "")
    assert flags is not None
    assert flags.text == "--iptables=false\n"


def test_an_unpacked_report_is_the_same(tmp_path: Path) -> None:
    with tarfile.open(BUNDLES / "container-paused.tar.xz") as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # from Python 3.11.4 on
        archive.extractall(tmp_path)  # noqa: S202 - the archive is in the repository
    (root,) = tmp_path.iterdir()
    shutil.move(root, tmp_path / "renamed")
    for place in (tmp_path, tmp_path / "renamed"):
        assert evidence_in_bundle(str(place)).readings == report("container-paused").readings


def test_two_reports_in_one_archive_are_two_hosts(tmp_path: Path) -> None:
    path = tmp_path / "both.tar"
    path.write_bytes(
        tar_of(
            {f"{name}/sos_commands/host/hostname": b"h\n" for name in "ab"}
            | {f"{name}/sos_commands/kernel/uname_-a": b"Linux h 6.1 x\n" for name in "ab"}
        )
    )
    with pytest.raises(EvidenceError, match=r"holds 2 reports.*: a, b"):
        open_bundle(str(path))


# --- sos clean -------------------------------------------------------------------------------------------------------


def test_addresses_of_sos_clean_prove_nothing() -> None:
    found = report("cleaned")
    assert recognised_in(found)[0].as_ == "sos clean"
    answer = ask(Asked(targets=("8151",)).question(), (found,))
    assert answer.network.hosts[0].told is not None
    assert answer.network.hosts[0].told.mapped
    assert not [each for each in answer.causes if each.severity == "blocking"]
    assert all(each.supposed for each in answer.flows)


def test_a_report_with_its_own_addresses_is_not_taken_for_a_cleaned_one() -> None:
    assert not [each for each in recognised_in(report("healthy-two-networks")) if each.as_ == "sos clean"]
