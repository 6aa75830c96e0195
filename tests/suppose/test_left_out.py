"""Rules that a text leaves out at the end of a chain that accepts the rest stop nothing, as far as hairpin supposes."""

from hairpin.evidence.told import OmittedRules
from tests.answer.likely.test_likely import TIMED_OUT, answer
from tests.suppose.test_ordinary import ADDRESSES, RUN

_HEAD = "target     prot opt source               destination\n"
CUT = f"""\
$ iptables -t mangle -nL
Chain PREROUTING (policy ACCEPT)
{_HEAD}Chain INPUT (policy ACCEPT)
{_HEAD}Chain FORWARD (policy ACCEPT)
{_HEAD}Chain OUTPUT (policy ACCEPT)
{_HEAD}Chain POSTROUTING (policy ACCEPT)
{_HEAD}....

"""
OFF = "$ sysctl net.ipv4.conf.ens3.forwarding\nnet.ipv4.conf.ens3.forwarding = 0\n"


def test_a_cut_listing_is_no_cause_and_no_fork() -> None:
    found = answer(RUN, ADDRESSES, CUT, TIMED_OUT)
    assert found.network.this.told is not None
    assert found.network.this.told.left_out == {OmittedRules("ip", "mangle", "postrouting")}
    assert all(len(each.trace.branches) == 1 for each in found.flows)
    assert "mangle-drops-or-marks" not in [each.id for each in found.causes]
    assert any("that the text leaves out" in str(one.what) for each in found.flows for one in each.supposed)


def test_what_stops_a_packet_before_the_cut_chain_is_proven() -> None:
    cause = answer(RUN, ADDRESSES, CUT, OFF, TIMED_OUT).causes[0]
    assert (cause.id, cause.likely, cause.together) == ("interface-forwarding-off", False, (cause.ref,))


def test_a_cut_in_a_chain_that_drops_the_rest_stays_a_fork() -> None:
    dropping = CUT.replace("-t mangle -nL", "-nL").replace("PREROUTING", "X").replace("POSTROUTING", "Y")
    cut = dropping.replace("FORWARD (policy ACCEPT)\n" + _HEAD, "FORWARD (policy DROP)\n" + _HEAD + "...\n")
    found = answer(RUN, ADDRESSES, cut, TIMED_OUT)
    assert found.network.this.told is not None
    assert "forward" not in {each.hook for each in found.network.this.told.left_out}
