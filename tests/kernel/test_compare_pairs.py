"""A few random pairs of snapshots of a lab host; ``python -m tests.compare.pairs`` tries many."""

from hairpin.compare.comparison import both_hosts, comparison_of
from hairpin.lab.build import running_lab
from hairpin.network.world import World
from hairpin.question.question import parse_question
from hairpin.replica.judge import RunningKernel
from tests.compare.pairs import PLAN, Bench, results


def test_a_few_pairs() -> None:
    found = tuple(results(3, seed=21))
    assert [each for each in found if not each.is_right] == []


def test_the_kernel_confirms_what_decides() -> None:
    with running_lab(PLAN) as lab:
        bench = Bench(lab)
        was = bench.read()
        bench.run(("iptables -D FORWARD -o docker0 -j DOCKER", "sysctl -qw net.ipv4.tcp_syncookies=2"))
        now = bench.read()
    question = parse_question("check", ("8151",), None, (), World())
    found = comparison_of(question, *both_hosts(was, now), (was, now), RunningKernel())
    places = {each.ref: str(each.where) for each in found.differences}
    assert {each.judge for each in found.flows} == {"replicated"}
    assert {tuple(places[ref] for ref in each.changes) for each in found.flows} == {("filter FORWARD, rule 8",)}
