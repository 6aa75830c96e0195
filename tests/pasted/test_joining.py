"""Fragments of one reading are joined, and the evidence says that it comes from a text."""

from hairpin.evidence.reading import PASTED
from hairpin.pasted.text import evidence_in_texts

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
