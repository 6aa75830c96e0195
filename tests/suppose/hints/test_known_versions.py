"""Versions that a text states, whose known fault fits what the text tells; and versions that say nothing."""

import pytest

from hairpin.pasted.joining import unrecognised_in
from hairpin.pasted.text import evidence_in_texts
from hairpin.suppose.hints.hint import Hinted, prose_of
from hairpin.suppose.hints.known_versions import known_version_faults, stated_versions
from hairpin.suppose.hints.told_names import SURE
from tests.rows import each_row
from tests.suppose.test_ordinary import host

_BOOTED = (
    "After a reboot none of my containers is reachable from the LAN.\n"
    "`docker compose down && docker compose up -d` repairs it until the next reboot.\n"
)
_CHECK = "iptables 1.8.11 (nf_tables) takes rules for different interfaces for one rule"
_CHINESE = "重启主机之后，所有 Docker 容器都无法从外部访问。iptables升级到1.8.11版本后出现。\n"


def _hints(text: str) -> list[Hinted]:
    evidence = evidence_in_texts((text,))
    return [*known_version_faults(prose_of(unrecognised_in(evidence)), (evidence,), host(text))]


def _stated(text: str) -> set[tuple[str, str]]:
    evidence = evidence_in_texts((text,))
    found = stated_versions(prose_of(unrecognised_in(evidence)), (evidence,), host(text))
    return {(each.product, each.version.text) for each in found}


@each_row(
    ("text", "stated"),
    (
        ("$ iptables --version\niptables v1.8.11 (nf_tables)\n", {("iptables", "1.8.11")}),
        ("It began after iptables was upgraded to 1.8.11-1 on Debian sid.\n", {("iptables", "1.8.11-1")}),
        ("iptables升级到1.8.11版本后出现\n", {("iptables", "1.8.11")}),
        ("Docker version 29.1.0, build 360952c\n", {("docker", "29.1.0")}),
        ("I run Docker Engine 28.0.0 on a Jetson.\n", {("docker", "28.0.0")}),
        ("docker-compose version 2.19.0\n", {("compose", "2.19.0")}),
        ("netavark 1.12.2, aardvark-dns 1.12.1\n", {("netavark", "1.12.2"), ("aardvark-dns", "1.12.1")}),
        ("Docker 29 on Debian, and nothing resolves.\n", {("docker", "29")}),
        (
            "modprobe: FATAL: Module ip_tables not found in directory /lib/modules/7.0.12-bbrv3\n",
            {("kernel", "7.0.12-bbrv3")},
        ),
        ("I downgraded docker to 28.5.1 and all is well.\n", set()),
        ("It works with docker 28.5.1.\n", set()),
        ("image: registry.example/docker:28.0.0\nnginx 1.27.0, the container has 172.18.0.2\n", set()),
        ("curl 172.17.0.2 from docker 172.17.0.1:8080 fails\n", set()),
    ),
)
def test_the_versions_that_a_text_states(text: str, stated: set[tuple[str, str]]) -> None:
    assert _stated(text) == stated


@pytest.mark.parametrize(
    "text", (f"{_BOOTED}iptables v1.8.11 (nf_tables), Debian sid.\n", _CHINESE), ids=("English", "Chinese")
)
def test_the_fault_of_a_stated_version_fits_the_text(text: str) -> None:
    (found,) = _hints(text)
    assert found.cause == "known-version-fault"
    assert _CHECK in str(found.means)
    assert found.command.startswith("iptables --version")
    assert found.line
    assert found.weight < SURE


def test_a_text_that_names_the_mended_version_is_sure() -> None:
    (found,) = _hints(f"{_BOOTED}iptables v1.8.11 (nf_tables). Debian's 1.8.11-2 is said to mend it.\n")
    assert found.weight > SURE


@each_row(
    "text",
    (
        f"{_BOOTED}iptables v1.8.11-2 (nf_tables)\n",
        f"{_BOOTED}iptables v1.8.10 (nf_tables)\n",
        f"{_BOOTED}iptables v1.8.12 (nf_tables)\n",
        f"{_BOOTED}$ iptables --version\niptables v1.8.11 (legacy)\n",
        f"{_BOOTED}nftables v1.8.11\n",
        f"{_BOOTED}All is well since I downgraded iptables to 1.8.11.\n",
        "Which port does nginx listen on? iptables v1.8.11 (nf_tables)\n",
        "firewalld 0.6.2. `firewall-cmd --add-port=8080/tcp` does not open the container's port.\n",
        "Docker 28.2.2, a WireGuard mesh between swarm nodes: the container's own address does not answer.\n",
        _BOOTED,
    ),
)
def test_a_mended_version_another_program_and_another_trouble_are_silent(text: str) -> None:
    assert _hints(text) == []


@each_row(
    ("text", "does"),
    (
        ("Since the upgrade to Docker 29.1.0 containers cannot resolve google.com.\n", "name server"),
        ("firewalld 1.3.0: after `firewall-cmd --reload` the containers' rules are gone.\n", "before version 2.0"),
        ("Docker version 28.0.0 on a Jetson: can't initialize iptables table `raw': Table does not exist\n", "raw"),
    ),
)
def test_further_faults(text: str, does: str) -> None:
    assert any(does in str(each.means) for each in _hints(text))
