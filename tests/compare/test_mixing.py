"""The earlier network with a selection of the differences."""

from hairpin.compare.comparison import network_sides
from hairpin.compare.mixing import with_edits
from hairpin.host.host import Host
from tests import small_host as small
from tests.compare.small_pairs import host, with_namespace, with_rules
from tests.rows import each_row

USER = "-A DOCKER-USER -j RETURN\n"
FIRST = "-A FORWARD -j DOCKER-USER\n"
RULE = "-A DOCKER-USER -s 192.0.2.0/24 -j DROP\n"
HOSTS: dict[str, Host] = {
    "a rule": with_rules((USER, RULE + USER)),
    "a moved rule": with_rules((FIRST, ""), ("-A DOCKER -d", f"{FIRST}-A DOCKER -d")),
    "a chain": with_rules((":DOCKER-USER", ":NEW - [0:0]\n:DOCKER-USER"), (USER, f"-A NEW -j DROP\n{USER}")),
    "a policy": with_rules((":FORWARD DROP", ":FORWARD ACCEPT")),
    "a sysctl": host(small.host_namespace(values={"conf__eth0__forwarding": "0"})),
    "a route": host(small.host_namespace(routes=(small.route("203.0.113.0/24", "eth0"),))),
    "no socket": with_namespace(host(), sockets=()),
}


@each_row("now", HOSTS.values(), ids=HOSTS)
def test_with_all_differences_it_is_the_later_network(now: Host) -> None:
    sides, differences = network_sides(host(), now)
    assert differences
    again, left = network_sides(with_edits(sides, (each.edit for each in differences)).this, now)
    assert left == ()
    assert again.blocks == ()


@each_row("now", HOSTS.values(), ids=HOSTS)
def test_without_any_it_is_the_earlier_one(now: Host) -> None:
    sides, _ = network_sides(host(), now)
    assert with_edits(sides, ()) is sides.was


def test_one_of_two_rules() -> None:
    two = RULE + RULE.replace("192.0.2", "203.0.113")
    sides, differences = network_sides(host(), with_rules((USER, two + USER)))
    network = with_edits(sides, (differences[1].edit,))
    table = network.namespace(network.host_netns()).ruleset.table("ip", "filter")
    chain = table.chain("DOCKER-USER") if table is not None else None
    assert chain is not None
    assert [(each.number, each.text) for each in chain.rules] == [
        (1, "-A DOCKER-USER -s 203.0.113.0/24 -j DROP"),
        (2, "-A DOCKER-USER -j RETURN"),
    ]
