"""Name servers in the wrong order and localhost without an address; and lists that are in order."""

import pytest

from hairpin.pasted.joining import unrecognised_in
from hairpin.pasted.text import evidence_in_texts
from hairpin.suppose.hints.hint import prose_of
from hairpin.suppose.hints.name_servers import another_is_asked_first, localhost_without_address, public_one_is_silent
from tests.rows import each_row
from tests.suppose.test_ordinary import host

_FAILS = "curl: (6) Could not resolve host: {name}\n"
_OURS = "curl shop.docker says:\n" + _FAILS.format(name="shop.docker")


def _asked_first(text: str) -> list[str]:
    """Return the server that is asked first, as the hint says."""
    whole = host(text)
    assert whole.told is not None
    evidence = evidence_in_texts((text,))
    found = another_is_asked_first(prose_of(unrecognised_in(evidence)), (evidence,), whole.told)
    return [str(dict(each.means.values)["first"]) for each in found]


@each_row(
    ("text", "first"),
    (
        (f"{_OURS}My resolv.conf:\nnameserver 127.0.0.1\nsearch lan\nnameserver 172.18.0.2\n", "127.0.0.1"),
        (f"{_OURS}$ cat /etc/resolv.conf\nnameserver 192.168.1.1\nnameserver 172.18.0.2\n", "192.168.1.1"),
        (f'{_FAILS.format(name="git.corp.lan")}daemon.json: {{"dns": ["8.8.8.8", "10.20.0.2"]}}\n', "8.8.8.8"),
        (f"{_FAILS.format(name='git.corp.lan')}docker run --dns 1.1.1.1 --dns 10.20.0.2 app\n", "1.1.1.1"),
        (
            f"{_FAILS.format(name='nas.home')}services:\n  a:\n    dns:\n      - 9.9.9.9\n      - 192.168.1.2\n",
            "9.9.9.9",
        ),
    ),
)
def test_a_server_that_knows_less_is_asked_first(text: str, first: str) -> None:
    assert _asked_first(text) == [first]


@each_row(
    "text",
    (
        f"{_OURS}My resolv.conf:\nnameserver 172.18.0.2\nnameserver 127.0.0.1\n",
        f"{_OURS}My resolv.conf:\nnameserver 127.0.0.1\n",
        f"{_OURS}My resolv.conf:\nnameserver 8.8.8.8\nnameserver 8.8.4.4\n",
        f"{_FAILS.format(name='example.com')}nameserver 127.0.0.1\nnameserver 172.18.0.2\n",
        f"{_FAILS.format(name='git.corp.lan')}nameserver 10.20.0.2\nnameserver 8.8.8.8\n",
        f"{_OURS}On a:\nnameserver 127.0.0.1\n\nI tried\nmany\nthings\non b:\nnameserver 172.18.0.2\n",
        "All names resolve.\nnameserver 127.0.0.1\nnameserver 172.18.0.2\n",
    ),
)
def test_other_lists_are_in_order(text: str) -> None:
    assert _asked_first(text) == []


_HOSTS = "# cat /etc/hosts\n127.0.0.1 localhost\n::1 localhost ip6-localhost\n"


def _of_localhost(text: str) -> list[str]:
    evidence = evidence_in_texts((text,))
    return [each.cause for each in localhost_without_address(prose_of(unrecognised_in(evidence)), (evidence,))]


def test_localhost_has_an_address_that_lo_has_not() -> None:
    assert _of_localhost(
        f"The server cannot bind to localhost.\n{_HOSTS}\nlo:\n    inet 127.0.0.1/8 scope host lo\n"
    ) == ["loopback-address-missing"]


@pytest.mark.parametrize(
    "text",
    (
        f"It cannot bind.\n{_HOSTS}\nlo:\n    inet 127.0.0.1/8 scope host lo\n    inet6 ::1/128 scope host\n",
        f"It cannot bind.\n{_HOSTS}\n",
        "It cannot bind.\n127.0.0.1 localhost\n    inet 127.0.0.1/8 scope host lo\n",
        f"No ping.\n{_HOSTS}\nlo:\n    inet 127.0.0.1/8 scope host lo\n",
    ),
)
def test_lo_has_its_addresses(text: str) -> None:
    assert _of_localhost(text) == []


_SILENT = "[ERROR] plugin/errors: 2 example.org. A: read udp 10.42.0.3:38545->{0}:53: i/o timeout\n"
_FILE = "$ cat /etc/resolv.conf\nnameserver {0}\n"


@each_row(
    ("text", "found"),
    (
        (_SILENT.format("8.8.8.8") + _FILE.format("127.0.0.1"), 1),
        (_SILENT.format("8.8.8.8") + "my resolv.conf:\nnameserver 127.0.0.53\n", 1),
        (_SILENT.format("8.8.8.8") + _FILE.format("8.8.8.8"), 0),
        (_SILENT.format("8.8.8.8") + _FILE.format("127.0.0.1\nnameserver 192.0.2.53"), 0),
        (_SILENT.format("192.168.1.1") + _FILE.format("127.0.0.1"), 0),
        (_SILENT.format("8.8.8.8"), 0),
        (_FILE.format("127.0.0.1"), 0),
    ),
)
def test_a_public_name_server_in_the_place_of_one_on_loopback(text: str, found: int) -> None:
    evidence = evidence_in_texts((text,))
    assert len(list(public_one_is_silent(prose_of(unrecognised_in(evidence)), (evidence,)))) == found
