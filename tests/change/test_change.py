from hairpin.change.calls import ReloadUfw
from hairpin.change.change import Change, ChangeWorld, HaltProcess, SetSysctl, label_of, one
from hairpin.message import message
from hairpin.network.world import World
from tests.small_host import HOST_NETNS


def test_one_primitive_is_a_change() -> None:
    part = SetSysctl(HOST_NETNS, ("net", "ipv4", "ip_forward"), "1")
    call = ReloadUfw()
    assert one(part, call) == Change((part,), (call,))
    assert one(part).calls == ()


def test_the_host_of_a_change() -> None:
    world = ChangeWorld(World(), message("ask them"))
    part = SetSysctl(HOST_NETNS, ("net", "ipv4", "ip_forward"), "1")
    assert (label_of(part), label_of(HaltProcess("web1", 7)), label_of(world)) == ("test", "web1", None)
    assert Change((world, part)).host == "test"
    assert one(world).host is None
