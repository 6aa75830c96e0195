"""What keeps a cause to come away is held against its event.  tests/causes/to_come has a case for each cause."""

import msgspec

from hairpin.diagnose.examination import examine
from hairpin.diagnose.foreseen import foreseen
from hairpin.host.managers import ConfigFile
from hairpin.remedy.averting import averting
from hairpin.remedy.told import kept_network
from tests.small_host import container, engine, network, published


def test_all_that_are_named_together_are_kept() -> None:
    one = container()
    two = msgspec.structs.replace(one, id="d" * 64, name="api", bindings=(), endpoints=(), netns=None, status="exited")
    within = network(docker=engine(one, two))
    flows = (published(),)
    (found,) = foreseen(examine(within, flows), frozenset())
    assert found.later is not None
    (remedy,) = averting(found, found.later, within, flows)
    assert remedy.persist_commands == ("docker update --restart unless-stopped web",)
    kept = kept_network(within, remedy.keeping)
    assert kept is not None
    assert [each.restart_policy for each in kept.this.containers()] == ["unless-stopped", "no"]


def test_what_does_not_keep_it_away_is_told_to_a_person() -> None:
    """The file that has the last word is another program's: no command of ours rewrites it."""
    always = msgspec.structs.replace(container(), restart_policy="always")
    within = network(docker=engine(always))
    file = ConfigFile("/etc/sysctl.conf", "# Ansible managed\nnet.ipv4.conf.eth0.forwarding = 0\n")
    within = within.with_host(msgspec.structs.replace(within.this, files=(file,)))
    flows = (published(),)
    (found,) = foreseen(examine(within, flows), frozenset())
    assert found.later is not None
    (remedy,) = averting(found, found.later, within, flows)
    assert not remedy.keeping
    assert "line 2 of /etc/sysctl.conf" in str(remedy.advice[0])
