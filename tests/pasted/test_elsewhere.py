from tests.pasted.readings import host_in

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
