from hairpin.change.calls import ReloadUfw
from hairpin.change.change import Change, SetSysctl, one
from hairpin.network.network import HOST


def test_one() -> None:
    part = SetSysctl(HOST, ("net", "ipv4", "ip_forward"), "1")
    call = ReloadUfw()
    assert one(part, call) == Change((part,), (call,))
    assert one(part).calls == ()
