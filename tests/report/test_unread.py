"""The unread parts of a host, and the questions that they leave undecided."""

from hairpin.host.host import Unread
from hairpin.message import Message, message
from hairpin.report.unread import left_undecided, refused_without_root, why_unread
from hairpin.report.words import Words
from tests.rows import each_row

KEYS = {
    "iptables-nft-save4": "whether a rule drops or translates packets",
    "docker-socket": "which containers run, and which ports they publish",
    "ip-route4": "which way packets take",
    "socket-owners": "whether the process that holds a port answers",
    "dmi": "part of this host's set-up",
}


def unread(key: str, reason: Message | str = "denied") -> Unread:
    return Unread(key, "host", "a command", reason, "e1")


@each_row(("key", "said"), KEYS.items())
def test_the_consequence_of_an_unread_part(key: str, said: str) -> None:
    assert str(left_undecided(unread(key))) == said


def test_the_hosts_own_words_are_not_translated() -> None:
    assert why_unread(unread("dmi"), Words("zh")) == "denied"
    assert why_unread(unread("dmi", message("not a sysctl and its value")), Words("zh")) == "不是 sysctl 及其值"


def test_only_a_user_who_is_not_root_is_told_to_be_root() -> None:
    """Root is refused the namespace of a container that ends between two readings."""
    assert refused_without_root(unread("iptables-nft-save4", "Permission denied"))
    ended = Unread("sockets", "container:loop", "a command", "Permission denied", "e1")
    assert not refused_without_root(ended)
    said = "Session terminated, killing shell... ...killed."
    assert not refused_without_root(unread("podman-info", said))
    assert refused_without_root(unread("sysctl", "Operation not permitted"))
