"""Equal commands of one plan are carried out once."""

import msgspec

from hairpin.answer.cause_answers import of_finding
from hairpin.apply.kept_plan import PlannedStep
from hairpin.apply.one_step_each import is_covered, one_step_each
from hairpin.carry.act import FileState
from hairpin.change.calls import ConnectContainer
from hairpin.change.change import SetSysctl
from hairpin.change.simulation.simulate import simulate
from hairpin.change.step import Advise, Ask, ReplaceFile, RunCommands, Step
from hairpin.diagnose.examination import examine
from hairpin.diagnose.latent import latent
from hairpin.host.netns import Netns
from hairpin.message import message
from tests.apply.plans import both
from tests.report.answers import answer
from tests.rows import each_row
from tests.rule_text import without
from tests.small_host import host_namespace, network, published

FORWARD = SetSysctl(Netns("one"), ("net", "ipv4", "ip_forward"), "1")
JOIN = Ask(host="one", call=ConnectContainer("docker", "connect", "db", "web"))
SYSCTL = RunCommands(netns=Netns("one"), does=(FORWARD,), commands=(("sysctl", "-w", "net.ipv4.ip_forward=1"),))
FILE = ReplaceFile(host="one", path="/etc/a", before=None, after=FileState("a"))
PERSON = Advise(does=(), said=message("recreate it"))
CASES: dict[str, tuple[tuple[Step, ...], int]] = {
    "one call for two causes": ((JOIN, SYSCTL, JOIN), 2),
    "the second expects what the first has made": ((JOIN, msgspec.structs.replace(JOIN, undo=())), 1),
    "another container": ((JOIN, Ask(host="one", call=ConnectContainer("docker", "connect", "db", "app"))), 2),
    "another host": ((JOIN, msgspec.structs.replace(JOIN, host="two")), 2),
    "one command in two namespaces": (
        (SYSCTL, msgspec.structs.replace(SYSCTL, netns=Netns("one", "web"), entering=("nsenter", "-n"))),
        2,
    ),
    "a file is written by each": ((FILE, FILE), 2),
    "what a person does": ((PERSON, PERSON), 2),
}


@each_row(("steps", "left"), CASES.values(), ids=CASES)
def test_equal_commands_are_one_step(steps: tuple[Step, ...], left: int) -> None:
    tasks = tuple(PlannedStep(f"repair-{number}", step) for number, step in enumerate(steps))
    kept = one_step_each(tasks)
    assert len(kept) == left
    assert kept == tuple(each for each in tasks if each in kept)
    assert kept[0] is tasks[0]


def test_a_plan_of_two_accidents_has_the_steps_of_both() -> None:
    plan = both()
    steps = [step for each in plan.repairs for step in each.remedy.steps]
    assert [each.step for each in plan.tasks(lasting=False)] == steps


def test_a_latent_cause_is_covered_once_its_own_change_is_made() -> None:
    hosts = network(host_namespace(without("-A PREROUTING -m addrtype")))
    examination = examine(hosts, (published(),))
    (found,) = latent(examination)
    cause = of_finding(found, examination)
    told = msgspec.structs.replace(answer(port=None), network=hosts)
    (remedy, *_) = cause.remedies
    assert not is_covered(cause, remedy, told, hosts)
    assert is_covered(cause, remedy, told, simulate(remedy.change, hosts))
