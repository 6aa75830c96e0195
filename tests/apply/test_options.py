"""The words by which a repair is chosen are unique, and the same in the next run."""

from collections.abc import Iterator

import msgspec
import pytest

from hairpin.answer.answer import CauseAnswer
from hairpin.apply.options import options_of, refuse_unknown
from hairpin.causes.where import OfSysctl
from hairpin.errors import UsageError
from tests.apply.plans import FAULTY


def of_links(*links: str) -> Iterator[CauseAnswer]:
    """Yield the recorded cause once for each link."""
    cause = next(each for each in FAULTY.causes if each.severity == "blocking")
    for number, link in enumerate(links, 1):
        where = OfSysctl(("net", "ipv4", "conf", link, "forwarding"), "0", "1")
        candidate = msgspec.structs.replace(cause.candidate, where=where)
        remedies = cause.remedies[:1] * 2
        yield msgspec.structs.replace(cause, ref=f"c{number}", candidate=candidate, remedies=remedies)


def test_one_cause_has_its_own_id_and_further_remedies_theirs_behind_it() -> None:
    found = options_of(of_links("eth0"))
    assert found == {"c1": ("interface-forwarding-off", "interface-forwarding-off/set-sysctl")}


def test_several_causes_of_one_id_are_told_apart_by_their_place_in_any_order() -> None:
    found = options_of(of_links("eth0", "eth1"))
    assert found["c1"][0] == "interface-forwarding-off:net.ipv4.conf.eth0.forwarding"
    assert found["c2"][0] == "interface-forwarding-off:net.ipv4.conf.eth1.forwarding"
    turned = options_of(reversed(tuple(of_links("eth0", "eth1"))))
    assert turned == found


def test_the_same_place_twice_is_numbered() -> None:
    names = [name for some in options_of(of_links("eth0", "eth0")).values() for name in some]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    "name", ("interface-forwarding-off", "interface-forwarding-off:eth0", "docker-user-drops/by-hand")
)
def test_a_repair_that_was_made_already_is_no_error(name: str) -> None:
    refuse_unknown((name,), [], all_pass=True)
    with pytest.raises(UsageError):
        refuse_unknown((name,), [])


def test_a_word_that_no_cause_has_is_an_error_always() -> None:
    with pytest.raises(UsageError):
        refuse_unknown(("forwarding",), [], all_pass=True)
