"""A load of many rules, as it is shown: typed in twice, or after a part of it came back, it leaves each rule once.

The rules are those that dockerd has lost on a recorded host.  Needs root.
"""

import subprocess
from collections import Counter

import pytest
from msgspec.structs import replace

from hairpin.change.change import Change, InsertRule
from hairpin.change.commands.text import all_shown
from hairpin.change.simulation.simulate import simulate
from hairpin.change.steps import steps
from hairpin.engines.missing import missing_on
from hairpin.engines.repair.restoring import restoring_all
from hairpin.host.host import Namespace
from hairpin.host.netns import Netns
from hairpin.netfilter.ir import Dialect, Ruleset
from tests.acceptance.recorded import network

FLUSHED = network("all-flush")
LOST = next(lost for engine, lost in missing_on(FLUSHED.this) if engine.kind == "docker")


def restoring(dialect: Dialect) -> Change:
    """Return the change that brings back all that dockerd has lost on a host without any rule."""
    lost = replace(LOST, dialect=dialect)
    return restoring_all(lost, FLUSHED.this.netns, empty(FLUSHED.namespace(FLUSHED.this.netns)))


def empty(namespace: Namespace) -> Namespace:
    return replace(namespace, ruleset=Ruleset())


def listing(dialect: Dialect, script: str) -> list[str]:
    """Run the script in a new namespace, and return the rules that iptables lists at its end."""
    show = "; ".join(f"{dialect} -t {table} -S | sed 's/^/{table} /'" for table in ("filter", "nat"))
    # The shown commands say iptables: here it is the one of that back end.
    words = f'iptables() {{ {dialect} "$@"; }}; iptables_restore() {{ {dialect}-restore "$@"; }}\n'
    text = words + script.replace("iptables-restore", "iptables_restore").replace("iptables-legacy -", "iptables -")
    done = subprocess.run(
        ("unshare", "-n", "sh"), input=f"{text}\n{show}\n", capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize("dialect", ("iptables-nft", "iptables-legacy"))
def test_lost_rules_stand_once(dialect: Dialect) -> None:
    base = FLUSHED.with_host(replace(FLUSHED.this, namespaces=tuple(map(empty, FLUSHED.this.namespaces))))
    change = restoring(dialect)
    typed = "\n".join(all_shown(steps(change, base)))
    once = listing(dialect, typed)
    wanted = [f"{each.table} {each.rule.text}" for each in change.parts if isinstance(each, InsertRule)]
    assert len(wanted) > 20
    assert Counter(once) & Counter(wanted) == Counter(wanted)
    assert listing(dialect, f"{typed}\n{typed}") == once
    partly = "iptables -t nat -N DOCKER; iptables -N DOCKER-USER; iptables -A DOCKER-USER -j RETURN"
    assert sorted(listing(dialect, f"{partly}\n{typed}")) == sorted(once)
    simulated = simulate(change, base).namespace(Netns(base.this.name)).ruleset
    for table in simulated.tables:
        for chain in table.chains:
            found = [line for line in once if line.startswith(f"{table.name} -A {chain.name} ")]
            assert found == [f"{table.name} {rule.text}" for rule in chain.rules]
