"""Two suspects are one cause if they have the same key: the cause, the host, the place."""

import msgspec

from hairpin.causes.where import OfFile
from hairpin.diagnose.diagnose import diagnose
from hairpin.diagnose.suspect import Suspect, joint_change
from tests.rule_text import with_rule
from tests.small_host import host_namespace, network, published

DROP = with_rule("filter DOCKER-USER", "-i eth0 -j DROP")


def found() -> tuple[Suspect, ...]:
    return diagnose(network(host_namespace(DROP, values={"conf__eth0__forwarding": "0"})), published()).causes


def test_the_key_has_the_cause_the_host_and_the_place() -> None:
    one, other = found()
    assert one.key == msgspec.structs.replace(one, follows_from=(other,)).key
    assert len({one.key, other.key}) == 2
    elsewhere = msgspec.structs.replace(one, candidate=msgspec.structs.replace(one.candidate, where=OfFile("x")))
    assert elsewhere.key != one.key


def test_what_joins_is_one_wherever_it_is() -> None:
    one, _ = found()
    here, there = (
        msgspec.structs.replace(one, candidate=msgspec.structs.replace(one.candidate, where=OfFile(path), joins="all"))
        for path in ("a", "b")
    )
    assert here.key == there.key


def test_the_joint_change_has_the_parts_of_all() -> None:
    one, other = found()
    assert joint_change((one, other)).parts == (*one.candidate.change.parts, *other.candidate.change.parts)
