from hairpin.change.change import Change, SetSysctl, one
from hairpin.network.network import HOST


def test_one() -> None:
    part = SetSysctl(HOST, ("net", "ipv4", "ip_forward"), "1")
    assert one(part, "do it") == Change((part,), ("do it",))
    assert one(part).commands == ()
