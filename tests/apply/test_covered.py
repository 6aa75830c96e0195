"""A latent cause is not covered by a repair that leaves its rules out: its flows pass anyhow."""

import msgspec

from hairpin.answer.cause_answers import of_finding
from hairpin.apply.covered import is_covered
from hairpin.change.simulation.simulate import simulate
from hairpin.diagnose.examination import examine
from hairpin.diagnose.latent import latent
from tests.report.answers import answer
from tests.rule_text import without
from tests.small_host import host_namespace, network, published


def test_a_latent_cause_is_covered_once_its_own_change_is_made() -> None:
    hosts = network(host_namespace(without("-A PREROUTING -m addrtype")))
    examination = examine(hosts, (published(),))
    (found,) = latent(examination)
    cause = of_finding(found, examination)
    told = msgspec.structs.replace(answer(port=None), network=hosts)
    (remedy, *_) = cause.remedies
    assert not is_covered(cause, remedy, told, hosts)
    assert is_covered(cause, remedy, told, simulate(remedy.change, hosts))
