"""What a text names, and how `hairpin check` is asked about it."""

from hairpin.explain.named import Named, parsed_targets, targets_in, things_in
from tests.explain.texts import met
from tests.rows import each_row

TARGETS: dict[str, tuple[str, tuple[str, ...]]] = {
    "an engine's port": ("Bind for 0.0.0.0:8080 failed", ("8080",)),
    "an address": ("dial tcp 10.0.0.5:5432: i/o timeout", ("10.0.0.5:5432",)),
    "IPv6": ("dial tcp [2001:db8::1]:80: i/o timeout", ("[2001:db8::1]:80",)),
    "all of IPv6": ("listen tcp6 [::]:3306: socket", ("3306",)),
    "curl": ("Failed to connect to 10.0.0.5 port 8080: x", ("10.0.0.5:8080",)),
    "libpq": ('connection to server at "172.17.0.2", port 80 failed', ("172.17.0.2:80",)),
    "libpq, with a name": ('connection to server at "db" (172.17.0.2), port 80 failed', ("172.17.0.2:80",)),
    "Ruby": ('connect(2) for "172.17.0.2" port 80', ("172.17.0.2:80",)),
    "Ruby, a name": ('connect(2) for "db.internal" port 80', ("db.internal:80",)),
    "urllib3": ("HTTPConnectionPool(host='172.17.0.2', port=80)", ("172.17.0.2:80",)),
    "UDP to a name server": ("read udp 172.18.0.3:53841->8.8.8.8:53: i/o timeout", ("8.8.8.8:53/udp",)),
    "a firewall's log": ("IN=docker0 DST=172.17.0.1 PROTO=TCP SPT=4 DPT=5432", ("172.17.0.1:5432",)),
    "a rule": ("iptables -t nat -A DOCKER --dport 6379 -j DNAT", ("6379",)),
    "a rule with its target": ("-A DOCKER --dport 80 -j DNAT --to-destination 172.17.0.2:81", ("80",)),
    "a URL": ("cannot GET http://10.0.0.5:9000/x", ("10.0.0.5:9000",)),
    "node": ("listen EADDRINUSE: address already in use :::3000", ("3000",)),
    "a source port is none": ("Connection closed by 198.51.100.9", ()),
    "no port at all": ("nf_conntrack: table full, dropping packet", ()),
    "no such port": ("failed on port 99999", ()),
    "a time": ("at 10:00:00 on host", ()),
}


@each_row(("text", "expected"), TARGETS.values(), ids=TARGETS)
def test_targets(text: str, expected: tuple[str, ...]) -> None:
    assert targets_in(text) == expected


def test_a_name_is_a_container_to_ask_about() -> None:
    found = met("curl: (7) Failed to connect to api port 3000: Connection refused")
    assert found is not None
    assert targets_in(found.text, found.places) == ("api:3000",)


def test_things() -> None:
    text = "endpoint web (3b8c1b1c6a0c): iptables -t nat -A DOCKER -i br-3e9f2c1a7b6d veth3f2a1b0 10.0.0.5:80"
    assert set(things_in(text)) == {
        Named("container", "web"),
        Named("table", "nat"),
        Named("chain", "DOCKER"),
        Named("link", "br-3e9f2c1a7b6d"),
        Named("link", "veth3f2a1b0"),
        Named("address", "10.0.0.5"),
        Named("port", "80"),
    }


def test_targets_are_those_of_check() -> None:
    (target,) = parsed_targets(("10.0.0.5:53/udp",))
    assert (target.port, target.protocol) == (53, "udp")
