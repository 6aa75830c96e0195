"""Real packets on real namespaces: the walk is contradicted where a fault is that it cannot see, and nowhere else; the
host is as it was, also if hairpin is killed.  ``make live-proofs`` runs many."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hairpin.lab.run import environment
from tests.live_proofs.sites import open_site
from tests.live_proofs.trial import Case, cases, state, try_case
from tests.machine.hairpin import typed
from tests.other_user import NOBODY, require_readable_checkout
from tests.waiting import HANG_S
from tests.whole import thinned

SAMPLE = (
    Case(0, "plain", "half is dropped", healthy=False),
    Case(1, "guest", "eBPF at the uplink", healthy=False),
    Case(2, "published", "eBPF of a container", healthy=False),
    Case(3, "guest", "nothing", healthy=True),
    Case(4, "two", "a firewall drops", healthy=False),
    Case(5, "docker", "a program that passes all", healthy=True),
    Case(6, "plain", "a firewall rejects", healthy=False),
    Case(7, "docker", "eBPF at the uplink, for answers", healthy=False),
)


@pytest.mark.parametrize("case", thinned(SAMPLE, 2), ids=str)
def test_what_no_reading_shows_is_the_headline(case: Case) -> None:
    result = try_case(case)
    assert result.wrong == (), result


def test_the_seed_draws_each_fault() -> None:
    drawn = cases(1, 40, 20)
    assert (len(drawn), sum(each.healthy for each in drawn)) == (60, 20)
    assert len({each.name for each in drawn}) == 20
    assert drawn == cases(1, 40, 20)


def test_a_killed_hairpin_leaves_nothing() -> None:
    with open_site("guest") as site:
        before = state(site)
        argv = (*site.host.enter, sys.executable, "-m", "hairpin", "prove", *site.asked, "--live", "100")
        with subprocess.Popen(argv, env=environment(), stdout=subprocess.DEVNULL) as entering:
            _wait(lambda: "hairpin-live" in site.host.run("nft list ruleset"))
            os.kill(_child(entering.pid), signal.SIGKILL)
        _wait(lambda: state(site) == before)


def _child(pid: int) -> int:
    """Return the process that nsenter(1) has started in the host's namespace of processes."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()[0])


def _wait(done: Callable[[], bool]) -> None:
    until = time.monotonic() + HANG_S
    while not done():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_rule_that_drops_the_probes_is_named_by_the_kernels_trace() -> None:
    with open_site("guest") as site:
        site.host.run("nft add table ip x; nft 'add chain ip x f { type filter hook forward priority 0; }'")
        site.host.run("nft add rule ip x f tcp dport 8080 counter drop")
        done = typed(site.host, "prove", *site.asked, "--live", "3", "--json")
        live = json.loads(done.stdout)["flows"][0]["simulated"]["live"]
    assert (done.returncode, live["agrees"], live["silent"]) == (1, True, 3)
    assert [(each["table"], each["chain"], each["packets"]) for each in live["trace"]] == [("x", "f", 3)]
    assert "tcp dport 8080 counter" in live["trace"][0]["rule"]
    assert [each["does"] for each in live["counters"]][:1] == ["drop"]
    assert live["ends"][0]["link"] == "br0"
    judges = [each["judge"] for each in live["steps"]]
    assert judges[0] == "observed"


def test_a_user_without_root_has_the_outcomes() -> None:
    require_readable_checkout()
    with open_site("plain") as site:
        words = (*NOBODY, sys.executable, "-m", "hairpin")
        done = typed(site.host, "prove", *site.asked, "--live", "2", "--json", program=words)
        live = json.loads(done.stdout)["flows"][0]["simulated"]["live"]
    assert (live["answered"], live["hops"], live["trace"]) == (2, [], [])
    assert any("root" in each for each in live["not_watched"])
