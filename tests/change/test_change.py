from hairpin.change.calls import ReloadUfw
from hairpin.change.change import Change, SetSysctl, one
from tests.small_host import HOST_NETNS


def test_one() -> None:
    part = SetSysctl(HOST_NETNS, ("net", "ipv4", "ip_forward"), "1")
    call = ReloadUfw()
    assert one(part, call) == Change((part,), (call,))
    assert one(part).calls == ()
