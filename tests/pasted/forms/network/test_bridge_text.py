"""The words of ``bridge`` and ``brctl``, of iproute2 before and after 4.19."""

from tests.pasted.readings import host_in, keys_in, recognised_in, text_of

NEW = "4: v0@v1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 master br0 state forwarding priority 32 cost 2 \n"
OLD = "4: v0 state UP @v1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 master br0 state forwarding priority 32 cost 2 \n"


def test_ports_of_a_bridge() -> None:
    text = "$ bridge -d link\n" + NEW + "    hairpin on guard off root_block off fastleave off learning on flood on \n"
    assert keys_in(text) == ("bridge-link-text",)
    assert text_of(text, "bridge-link-text").splitlines()[1].startswith("    hairpin on")


def test_the_old_order_of_words_is_known_and_gives_no_reading() -> None:
    assert recognised_in(OLD) == ("bridge link",)
    assert keys_in(OLD) == ()


def test_a_vlan_list() -> None:
    text = "port              vlan-id  \neth1              1 PVID Egress Untagged\n                  20\n"
    assert recognised_in(text) == ("bridge vlan",)
    assert "20" in text_of(text, "bridge-vlan-text")


def test_brctl_tells_no_more_than_is_supposed() -> None:
    text = (
        "bridge name\tbridge id\t\tSTP enabled\tinterfaces\n"
        "docker0\t\t8000.0242c0a80001\tno\t\tveth1\n\t\t\t\t\t\t\tveth2\n"
    )
    assert recognised_in(text) == ("brctl show",)
    assert keys_in(text) == ()
    assert host_in(text).containers() == ()


def test_prose_about_a_bridge_is_no_listing() -> None:
    assert recognised_in("the port of my bridge br0 has state forwarding, mtu 1500\n") == ()
