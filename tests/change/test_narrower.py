"""A call for one port, or a line for it, is needless beside the call that opens all of the same way."""

from hairpin.change.calls import AllowInUfw
from hairpin.change.change import Change
from hairpin.change.narrower import ALL_ACCEPTED, without_narrower, without_narrower_lines
from hairpin.diagnose.trimming import joined_change

WHOLE = AllowInUfw(0, "", iif="docker0", oif="eth0", routed=True)
NARROW = AllowInUfw(53, "udp", iif="docker0", oif="eth0", routed=True)
ELSEWHERE = AllowInUfw(53, "udp", iif="docker0", oif="eth1", routed=True)
POLICY = "firewall-cmd --permanent --policy=allow"


def test_one_command_of_ufw_opens_the_way_out_and_the_name_servers() -> None:
    assert without_narrower([NARROW, WHOLE, ELSEWHERE]) == [WHOLE, ELSEWHERE]
    assert without_narrower([NARROW, ELSEWHERE]) == [NARROW, ELSEWHERE]
    assert joined_change((Change((), (NARROW,)), Change((), (WHOLE,)))).calls == (WHOLE,)


def test_a_policy_that_accepts_everything_names_no_port() -> None:
    port, whole = f"{POLICY} --add-port=53/udp", f"{POLICY} {ALL_ACCEPTED}"
    other = f"{POLICY}-2 --add-port=53/udp"
    assert without_narrower_lines([port, whole, other]) == [whole, other]
    assert without_narrower_lines([port, other]) == [port, other]
