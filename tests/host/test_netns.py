"""The identity of a namespace among several hosts."""

from hairpin.host.netns import Netns, namespace_file

ONE, TWO = Netns("one"), Netns("two")


def test_equal_names_on_two_hosts_are_two_namespaces() -> None:
    assert ONE.sibling("container:web") != TWO.sibling("container:web")
    assert ONE.sibling("container:web") == Netns("one", "container:web")


def test_the_hosts_own_namespace() -> None:
    inner = ONE.sibling("container:web")
    assert (ONE.is_host, inner.is_host) == (True, False)
    assert (ONE.of_host, inner.of_host, inner.of_host.of_host) == (ONE, ONE, ONE)


def test_a_namespaces_text_is_its_name() -> None:
    assert str(ONE.sibling("container:web")) == "container:web"


def test_the_namespace_of_a_users_networks_is_entered_through_the_users_pause_process() -> None:
    networks = ONE.sibling("netns:rootless-1000-254")
    assert networks.is_rootless
    assert not ONE.sibling("netns:rootless-blue").is_rootless
    file = "/proc/254/root/run/user/1000/containers/networks/rootless-netns/rootless-netns"
    assert namespace_file(networks) == file
    before_podman_5 = ONE.sibling("netns:rootless-1000-201-e98c36485aba16bae772")
    assert before_podman_5.is_rootless
    assert not before_podman_5.is_rootless_dockerds
    of_dockerd = ONE.sibling("netns:rootless-1000-487-docker")
    assert of_dockerd.is_rootless_dockerds
    assert namespace_file(of_dockerd) == "/proc/487/ns/net"
    assert [each.rootless_of for each in (networks, before_podman_5, of_dockerd, ONE)] == [
        (1000, 254), (1000, 201), (1000, 487), None,
    ]  # fmt: skip
    file = "/proc/201/root/run/user/1000/netns/rootless-netns-e98c36485aba16bae772"
    assert namespace_file(before_podman_5) == file
