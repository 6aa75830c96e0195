"""No common network leads past a rule that somebody decided, unless it is chosen."""

import msgspec

from hairpin.answer.answer import CauseAnswer
from hairpin.answer.past_decisions import joined_by_choice, unasked_by_choice
from hairpin.change.calls import ConnectContainer, SetRestartPolicy
from hairpin.change.change import Change
from hairpin.host.boot.configured import Configured
from hairpin.message import message
from hairpin.remedy.remedy import OwnersDecision, Remedy
from tests.answer.test_ask import asked
from tests.report.answers import FORWARDING_OFF

DECISION = OwnersDecision(message("no east-west traffic"), message("Ask whoever made the rule"))
JOINING = Remedy("connect-network", (), change=Change((), (ConnectContainer("docker", "connect", "app", "web"),)))
OTHER = Remedy("start-container", (), change=Change((), (SetRestartPolicy("docker", "always", "web"),)))


def causes(*, decided: bool, first: Remedy) -> tuple[CauseAnswer, CauseAnswer]:
    """Return a cause that may be somebody's decision, and one that this remedy repairs."""
    (cause,) = asked(FORWARDING_OFF).causes
    undoing = Remedy("delete-rule", (), undoes=DECISION if decided else None)
    stops = msgspec.structs.replace(cause, ref="c1", remedies=(undoing,))
    return stops, msgspec.structs.replace(cause, ref="c2", remedies=(first,))


def test_a_common_network_undoes_the_decision_that_keeps_two_containers_apart() -> None:
    for decided, first, undoes in ((True, JOINING, DECISION), (False, JOINING, None), (True, OTHER, None)):
        stops, other = joined_by_choice(causes(decided=decided, first=first))
        assert other.remedies[0].undoes == undoes
        assert stops.remedies[0].undoes == (DECISION if decided else None)


def test_without_a_target_each_repair_of_a_decided_or_configured_stop_is_a_choice() -> None:
    (cause,) = asked(FORWARDING_OFF).causes
    assert unasked_by_choice(cause) == cause
    for changed in (
        msgspec.structs.replace(cause, decision=DECISION),
        msgspec.structs.replace(cause, configured=Configured("sysctl-file", "/etc/sysctl.d/9.conf", 3)),
    ):
        found = unasked_by_choice(changed)
        assert all(each.undoes is not None for each in found.remedies)
        assert unasked_by_choice(found) == found
