"""Fragments of one reading are joined, and the evidence says that it comes from a text."""

import pytest

from hairpin.evidence.reading import PASTED
from hairpin.pasted.joining import telling_in, unrecognised_in
from hairpin.pasted.text import evidence_in_texts
from tests.pasted.readings import host_in, keys_in

FILTER = "$ iptables -S\n-P INPUT ACCEPT\n-P FORWARD DROP\n-P OUTPUT ACCEPT\n"
NAT = "$ iptables -t nat -S\n-P PREROUTING ACCEPT\n-P INPUT ACCEPT\n-P OUTPUT ACCEPT\n-P POSTROUTING ACCEPT\n"
SYSCTLS = "net.ipv4.ip_forward = 1\n"
MORE = "net.ipv4.conf.eth0.forwarding = 0\n"


def text_of(key: str, *texts: str) -> str:
    (found,) = (each for each in evidence_in_texts(texts).readings if each.key.startswith(key))
    return found.text


def test_tables_of_several_listings() -> None:
    text = text_of("iptables-", FILTER, NAT)
    assert "*filter" in text
    assert "*nat" in text
    assert text.count("COMMIT") == 2


def test_sysctls_of_several_places() -> None:
    assert set(text_of("sysctl", SYSCTLS, MORE).split()) == {
        "/proc/sys/net/ipv4/ip_forward:1",
        "/proc/sys/net/ipv4/conf/eth0/forwarding:0",
    }


def test_evidence_of_a_text_says_so() -> None:
    found = evidence_in_texts((SYSCTLS,))
    assert found.find(PASTED, "") is not None
    assert (found.taken_at, found.hostname) == ("", "")
    assert [each.id for each in found.readings] == [f"e{number}" for number, _ in enumerate(found.readings, 1)]


def test_the_kernels_release() -> None:
    assert evidence_in_texts(("$ uname -r\n5.10.0-28-amd64\n",)).kernel == "5.10.0-28-amd64"


@pytest.mark.parametrize(
    ("said", "release"),
    (
        ("$ uname -a\nLinux web1 4.18.0-305.el8.x86_64 #1 SMP Thu Apr 29 08:54:30 EDT 2021 x86_64 GNU/Linux\n",
         "4.18.0-305.el8.x86_64"),
        ("$ uname -r\n5.4.0-150-generic\n", "5.4.0-150-generic"),
        ("The kernel is 4.19, Debian 10.\n", "4.19"),
        ("内核版本：3.10.0-1160.el7.x86_64\n", "3.10.0-1160.el7.x86_64"),
        ("It broke from kernel 5.4 to kernel 6.1.\n", ""),
        ("The kernel is old.\n", ""),
    ),
)  # fmt: skip
def test_the_kernel_that_a_sentence_names(said: str, release: str) -> None:
    assert evidence_in_texts((said,)).kernel == release


COMPOSE = "services:\n  web:\n    image: nginx\n    ports:\n      - 8080:80\n"


@pytest.mark.parametrize(
    ("other", "engine"),
    (
        ("$ podman run -d --name db postgres\n", "podman"),
        ("$ docker run -d --name db postgres\n", "docker"),
        ("$ podman run -d --name db postgres\n$ docker run -d --name cache redis\n", "docker"),
        ("", "docker"),
    ),
)
def test_a_compose_file_is_of_the_only_engine_that_the_text_shows(other: str, engine: str) -> None:
    assert '"/web"' in text_of(f"{engine}-containers", COMPOSE, other)


LOG = "".join(f"12:00:{second:02} app: request {second} took {second} ms\n" for second in range(60))


def test_of_lines_that_differ_only_in_numbers_a_long_text_keeps_few() -> None:
    short, long = evidence_in_texts((LOG,)), evidence_in_texts((LOG * 30 + "connection refused\n",))
    assert len(telling_in(short)) == len(unrecognised_in(short)) == 60
    assert len(unrecognised_in(long)) == 1801
    assert [words for _, words in telling_in(long)][-1] == "connection refused"
    assert len(telling_in(long)) < 10


PORTS = "".join(f"[{number:5}.1] docker0: port 1(veth{number:07x}) entered blocking state\n" for number in range(2000))


def test_kernel_lines_about_links_that_dockerd_named_are_one_form() -> None:
    """dockerd names the host's end of a veth pair by seven hexadecimal digits: moby libnetwork GenerateIfaceName()."""
    links, others = (evidence_in_texts((text,)) for text in (PORTS, PORTS.replace("(veth", "(tapx")))
    assert len(telling_in(links)) < 10 < len(telling_in(others))


HOST_LINKS = """\
1: lo: <LOOPBACK,UP> mtu 65536
    link/loopback 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
2: eth0: <UP> mtu 1500
    link/ether 02:00:00:00:00:01
    inet 198.51.100.11/24 scope global eth0
3: docker0: <UP> mtu 1500
    link/ether 02:00:00:00:00:02
    inet 172.17.0.1/16 scope global docker0
"""
INNER_LINKS = """\
1: lo: <LOOPBACK,UP> mtu 65536
    link/loopback 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
4: eth0@if5: <UP> mtu 1500
    link/ether 02:00:00:00:00:03
    inet 172.17.0.2/16 scope global eth0
"""
HOST_ROUTES = "default via 198.51.100.1 dev eth0\n"
INNER_ROUTES = "default via 172.17.0.1 dev eth0\n172.17.0.0/16 dev eth0 proto kernel scope link\n"


def _links(text: str) -> list[str]:
    return [each.name for each in host_in(text).namespaces[0].links]


def test_outputs_of_an_unknown_place_are_left_out() -> None:
    text = f"{HOST_LINKS}\n{HOST_ROUTES}\nand inside:\n{INNER_LINKS}\n{INNER_ROUTES}"
    assert _links(text) == ["lo", "eth0", "docker0"]
    assert [each.prefix_length for each in host_in(text).namespaces[0].routes] == [0]


def test_the_host_has_the_engine_s_bridge_also_if_it_comes_second() -> None:
    assert _links(f"{INNER_LINKS}\nand outside:\n{HOST_LINKS}") == ["lo", "eth0", "docker0"]


def test_a_listing_below_its_command_counts() -> None:
    text = f"{HOST_LINKS}\n$ docker exec web ip addr\n{INNER_LINKS}"
    assert {each.name for each in host_in(text).namespaces} == {"host", "container:web"}


OF_HOST = """\
$ route -n
Kernel IP routing table
Destination     Gateway         Genmask         Flags Metric Ref    Use Iface
0.0.0.0         10.8.0.1        0.0.0.0         UG    0      0        0 eth0
10.8.0.0        0.0.0.0         255.255.255.0   U     0      0        0 eth0
172.18.0.0      0.0.0.0         255.255.0.0     U     0      0        0 docker0
"""
OF_CONTAINER = """\
$ route -n
Kernel IP routing table
Destination     Gateway         Genmask         Flags Metric Ref    Use Iface
0.0.0.0         172.18.0.1      0.0.0.0         UG    0      0        0 eth0
172.18.0.0      0.0.0.0         255.255.0.0     U     0      0        0 eth0
"""


def test_a_container_s_routes_are_not_the_host_s() -> None:
    both = text_of("ip-route4-text", OF_HOST + "\nThe container has:\n\n" + OF_CONTAINER)
    assert "172.18.0.1" not in both
    assert "docker0" in both
    assert "172.18.0.1" in text_of("ip-route4-text", OF_CONTAINER)  # a machine of a network with these addresses
    assert "ip-route4-text" not in keys_in(OF_CONTAINER.replace("172.18.", "172.17."))
