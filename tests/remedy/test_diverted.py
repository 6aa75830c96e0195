from hairpin.change.change import Change, SetSysctl
from hairpin.change.simulation.simulate import simulate
from hairpin.remedy.diverted import left_by
from hairpin.remedy.effects import effects_between, others_of
from hairpin.walk.alike import TraceTakenOver
from hairpin.walk.walk import walk_flow
from tests.many_hosts import FORWARDING_OFF, many
from tests.small_host import HOST_NETNS


def test_what_a_repair_diverts_is_told_by_the_alike_flow() -> None:
    was = many(values=FORWARDING_OFF)
    change = Change((SetSysctl(HOST_NETNS, ("net", "ipv4", "conf", "eth0", "forwarding"), "1"),))
    before = others_of(was)
    after = before.after(change, simulate(change, was))
    assert effects_between(before, after, "undoing").found
    taken = [each for each in (*before.traces, *after.traces) if isinstance(each, TraceTakenOver)]
    assert len(taken) > 20
    assert not any(map(vars, taken))
    assert [left_by(each) for each in taken] == [left_by(walk_flow(each.network, each.flow)) for each in taken]
