"""Laws of changes, without a kernel: nothing differs from itself, a difference leads there, and an undo leads back."""

from hypothesis import assume, given

from hairpin.change.change import Change
from hairpin.change.difference import difference
from hairpin.change.simulation.simulate import simulate
from hairpin.change.step import steps_from_json, steps_to_json, undo
from hairpin.change.steps import after_steps, steps
from hairpin.errors import ChangeError
from hairpin.network.network import Network
from tests.small_host import HOST_NETNS, host_namespace, network
from tests.strategies import changes

NET = network(host_namespace(values={"conf__eth0__forwarding": "1", "conf__all__forwarding": "0", "ip_forward": "0"}))
CHANGES = changes(HOST_NETNS, NET.namespace(HOST_NETNS))


def after(change: Change, now: Network) -> Network:
    """Return the network after the change; another example is drawn if it does not fit."""
    try:
        return simulate(change, now)
    except ChangeError:
        assume(False)
        raise


@given(CHANGES)
def test_nothing_differs_from_itself(change: Change) -> None:
    there = after(change, NET)
    assert difference(there, there) == Change(())


@given(CHANGES, CHANGES)
def test_a_difference_leads_from_any_network_to_any_other(one: Change, other: Change) -> None:
    now, wanted = after(one, NET), after(other, NET)
    try:
        found = difference(now, wanted)
    except ChangeError:
        assume(False)  # no command makes it so
        raise
    assert difference(simulate(found, now), wanted) == Change(())


@given(CHANGES)
def test_an_undo_leads_back_also_as_json(change: Change) -> None:
    there = after(change, NET)
    made = steps(change, NET)
    assume(all(step.undo is not None for step in made))
    assert difference(after_steps(made, NET), there) == Change(())
    back = undo(made)
    assert steps_from_json(steps_to_json(back)) == back
    assert difference(after_steps(back, there), NET) == Change(())
