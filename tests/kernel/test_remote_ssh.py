"""Plans on another host over a real ssh: those that cut it take themselves back there, and others are kept (root).

The plans are those of ``tests/own_ssh``, handed over as values: the command refuses those that the walk sees to cut.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from hairpin.apply.kept_plan import KeptPlan, PlannedStep
from hairpin.apply.program.outpost import FOLDER, Outpost
from hairpin.apply.program.outpost_ground import OutpostGround, plan_taken_back
from hairpin.apply.program.plan_book import PlanBook
from hairpin.change.change import Change
from hairpin.change.steps import steps
from hairpin.collect.run import SshRunner, collect
from hairpin.errors import ApplyError, CollectError
from hairpin.host.read.parse import parse
from hairpin.network.network import Network
from tests.apply.plans import FAR_S, pass_deadline
from tests.kernel.test_taking_back import untold
from tests.own_ssh.kinds import KINDS
from tests.own_ssh.trial import ADDRESS, Setting, setting
from tests.waiting import wait_until
from tests.whole import thinned_rows

SAMPLE: tuple[tuple[str, str], ...] = (
    ("input drops ssh", "root"),
    ("only new connections", "admin"),
    ("nft table drops another port", "admin"),
)


@pytest.fixture(scope="module")
def at() -> Iterator[Setting]:
    with setting() as made:
        yield made


class Way:
    """A host over ssh from the lab's client."""

    def __init__(self, at: Setting, user: str, folder: Path) -> None:
        ssh = folder / "ssh"
        ssh.write_text(f'#!/bin/sh\nexec {" ".join(at.lab.client.enter)} /usr/bin/ssh "$@"\n')
        ssh.chmod(0o755)
        options = ("-F", "none", "-i", str(at.key), "-o", "StrictHostKeyChecking=no", "-o",
                   "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o", "ControlPath=none", "-o",
                   "ServerAliveInterval=1", "-o", "ServerAliveCountMax=10")  # fmt: skip
        self.runner = SshRunner(f"{user}@{ADDRESS}", options)
        self.outpost = Outpost(self.runner, f"{user}@{ADDRESS}")

    def network(self) -> Network:
        return Network((parse(collect(self.runner)),))

    def state(self) -> str:
        """Return how the newest plan stands; empty while the host cannot be reached."""
        try:
            return PlanBook(self.outpost).standing()[0].kept_plan.state
        except CollectError:
            return ""


def carried_out(way: Way, kind: str) -> tuple[str, str | None]:
    """Carry the plan out and confirm it; return its id, and why it was not kept."""
    network = way.network()
    made = steps(Change(KINDS[kind].parts(network)), network)
    tasks = tuple(PlannedStep("own", msgspec.structs.replace(each)) for each in made)
    with OutpostGround(way.outpost, FAR_S, untold, way.network).held() as begin:
        plan = KeptPlan("", network.this.name, "", "2026-01-01T00:00:00Z", ("fix", kind), tasks=tasks)
        begun = begin(plan, made, network)
        said = begun.carry(tuple(range(len(tasks)))) or begun.confirm()
    return begun.plan, str(said) if said is not None else None


@pytest.mark.parametrize(("kind", "user"), thinned_rows(SAMPLE, 4), ids=(f"{kind}, {user}" for kind, user in SAMPLE))
def test_a_plan_over_ssh(at: Setting, kind: str, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    way = Way(at, user, tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    host, wanted = at.lab.host, KINDS[kind]
    host.run(wanted.before or "true")
    try:
        before = at.state()
        plan, said = carried_out(way, kind)
        if wanted.cuts:
            pass_deadline(Path(f"/proc/{host.pid}/root{FOLDER}"), plan)
        assert wait_until(lambda: way.state() in ("applied", "taken-back", "partly"))
        assert (way.state(), said is None) == (("taken-back", False) if wanted.cuts else ("applied", True)), said
        if not wanted.cuts:
            with pytest.raises(ApplyError, match="no plan 99"):
                way.outpost.ask("carry", "99")
            ground = OutpostGround(way.outpost, FAR_S, untold, way.network)
            assert plan_taken_back(ground, plan).state == "taken-back"
        assert at.state() == before
        assert way.outpost.ask("list").connection.split()[2:] == [ADDRESS, "22"]
    finally:
        host.run(wanted.after or "true")
