"""Which namespace a container is in."""

import msgspec

from hairpin.host.docker import Container, PinnedName
from hairpin.host.read.engines.placement import (
    Place,
    netnsids,
    placed,
    places,
    second_names,
    with_health_checks,
    with_hosts_entries,
    with_resolvers,
)
from tests.rows import each_row
from tests.small_host import container

TEXT = """\
host\t4026533222\t-\t-
container:web\t4026533306\t354\tidweb
container:shares\t4026533306\t461\tidshares
container:onhost\t4026533222\t519\tidonhost
container:closed\t-\t520\tidclosed
"""
KNOWN = places((TEXT,))
READABLE = frozenset(("host", "container:web", "container:alone", "container:closed"))


def of(name: str, mode: str = "bridge", status: str = "running") -> Container:
    return Container(f"id{name}", name, status, mode)


def test_places() -> None:
    assert (
        Place("host", "4026533222", "-"),
        Place("container:web", "4026533306", "idweb"),
        Place("container:web", "4026533306", "idshares"),
        Place("host", "4026533222", "idonhost"),
    ) == KNOWN
    assert places(("no tabs here\n",)) == ()


def test_a_further_name_of_a_namespace_is_left_out() -> None:
    """``ip netns attach`` and links in /run/netns give the namespaces of the host and of containers a name, too."""
    names = "netns:worker\t4026539999\t-\t-\nnetns:ofweb\t4026533306\t-\t-\nnetns:me\t4026533222\t-\t-\n"
    known = places((names, TEXT))
    assert Place("container:web", "4026533306", "idweb") in known
    assert second_names((names, TEXT), known) == {"netns:ofweb", "netns:me"}


CASES: dict[str, tuple[Container, str | None]] = {
    "its own": (of("web"), "container:web"),
    "shared": (of("shares", "container:idweb"), "container:web"),
    "the host's": (of("onhost", "host"), "host"),
    "not to be seen, and yet read": (of("closed"), "container:closed"),
    "stopped": (of("web", status="exited"), None),
    "paused": (of("web", status="paused"), "container:web"),
    "no word of it": (of("alone"), "container:alone"),
    "no word of it, on the host": (of("other", "host"), "host"),
    "no word of it, shared by id": (of("other", "container:idwe"), "container:web"),
    "no word of it, shared by name": (of("other", "container:web"), "container:web"),
    "nothing could be read in it": (of("unseen"), None),
}


@each_row(("container", "expected"), CASES.values(), ids=CASES)
def test_placed(container: Container, expected: str | None) -> None:
    (found, _) = placed((container, of("web")), KNOWN, READABLE, frozenset())
    assert found.netns == expected


def test_netnsids() -> None:
    text = "4026533222 unassigned 1\n4026533306 1 354\n4026539999 2 9\n\n"
    assert netnsids(text, KNOWN) == ((1, "container:web"),)


def test_a_container_has_the_urls_of_its_failing_health_check() -> None:
    web = container()
    assert with_health_checks((web,), ())[0].checked == ()
    told = f"{web.id}\thttp://localhost:80\n{web.id}\thttp://localhost:80\n{web.id}\thttp://db:5432\nother\thttp://a\n"
    assert with_health_checks((web,), (told,))[0].checked == ("http://localhost:80", "http://db:5432")


def test_a_file_that_was_read_counts_even_without_a_name_server() -> None:
    web = container()
    assert with_resolvers((web,), ())[0].resolvers is None
    assert with_resolvers((web,), (f"{web.id}\n",))[0].resolvers == ()
    assert with_resolvers((web,), (f"{web.id}\n{web.id}\t10.89.0.1\n", "other\t192.0.2.1\n"))[0].resolvers == (
        "10.89.0.1",
    )


def test_the_time_of_the_engines_own_file_is_no_name_server() -> None:
    web = container()
    (found,) = with_resolvers((web,), (f"{web.id}\n{web.id}\t10.89.0.1\n{web.id}\tcopy\t1700000000\n",))
    assert (found.resolvers, found.resolvers_written) == (("10.89.0.1",), 1_700_000_000)
    (found,) = with_resolvers((web,), (f"{web.id}\n{web.id}\tcopy\t\n",))
    assert (found.resolvers, found.resolvers_written) == ((), None)


def test_the_servers_in_dockerds_comment_are_those_of_its_resolver() -> None:
    web = container()
    own = f"{web.id}\n{web.id}\t127.0.0.11\n"
    (found,) = with_resolvers((web,), (f"{own}{web.id}\tservers\thost(192.0.2.53) 10.0.0.1\n",))
    assert (found.resolvers, found.upstreams) == (("127.0.0.11",), ("host(192.0.2.53)", "10.0.0.1"))
    (found,) = with_resolvers((web,), (f"{own}{web.id}\tchanged\t1700000000\n",))
    assert (found.upstreams, found.upstreams_changed) == (None, 1_700_000_000)


def test_the_entries_of_a_hosts_file_replace_the_names_of_the_options() -> None:
    web = msgspec.structs.replace(container(), extra_names=("db",))
    assert with_hosts_entries((web,), ())[0] == web
    (empty,) = with_hosts_entries((web,), (f"{web.id}\n",))
    assert (empty.hosts_entries, empty.extra_names) == ((), ())
    text = f"{web.id}\n{web.id}\t172.17.0.2\tdb\n{web.id}\tfd00::2\tdb\n{web.id}\t1.2.3\todd\n"
    (read,) = with_hosts_entries((web,), (text,))
    assert read.hosts_entries == (PinnedName("db", 4, 0xAC110002), PinnedName("db", 6, 0xFD << 120 | 2))
    assert read.extra_names == ("db",)
