"""Since when a cause is there, and through whom, as a guard kept it: evidence is what was watched without a gap."""

import msgspec
import pytest

from hairpin.answer.answer import Answer, CauseAnswer
from hairpin.answer.blamed import with_blame
from hairpin.answer.guarded import cause_key, guarded_blame, is_unmoved
from hairpin.evidence.reading import Reading, moment, with_further
from hairpin.story.blame import Blame
from hairpin.story.entry import Story
from hairpin.story.guarded import KEY, GuardedCause, GuardedChange, GuardedRound, GuardRun, Maker, lines_text
from hairpin.story.traces import Traces, traces_of
from tests.report.answers import FORWARDING_OFF, USER_DROPS, answer, evidence

NOW = moment(evidence().taken_at) or 0.0
SH, NFT = Maker(12, "sh"), Maker(13, "nft", unit="cron.service")
FORWARDING = "net.ipv4.conf.eth0.forwarding"


def cause(told: Answer) -> CauseAnswer:
    return next(each for each in told.causes if each.severity == "blocking")


OFF = cause(answer(FORWARDING_OFF))
DROPS = cause(answer(USER_DROPS))


def written(setting: str = FORWARDING, by: Maker | None = SH, at: float = -60) -> GuardedChange:
    return GuardedChange("sysctls", NOW + at, setting, by)


def ruled(by: Maker | None = NFT, at: float = -60) -> GuardedChange:
    return GuardedChange("rules", NOW + at, "7", by)


def rounds(
    *changes: GuardedChange, key: GuardedCause | None = None, later: tuple[GuardedRound, ...] = ()
) -> tuple[GuardedRound, ...]:
    """Return the first round of a guard, one in which the cause came, and later ones."""
    first = GuardedRound(1, NOW - 600, NOW - 599, first=True)
    came = GuardedRound(1, NOW - 59, NOW - 58, changes, came=(key or cause_key(OFF),))
    return first, came, *later


def traces(*told: GuardedRound, run: GuardRun | None = None) -> Traces:
    run = run or GuardRun(1, NOW - 600, NOW - 1, NOW - 50)
    reading = Reading("", KEY, "", "guard.db", "", 0, "text", lines_text((run, *told)))
    return traces_of(with_further(evidence(FORWARDING_OFF), (reading,)))


def makers(found: Blame | None) -> tuple[str, ...] | None:
    return None if found is None else tuple(each.name for each in found.actors)


def later(at: float = -30, **fields: object) -> GuardedRound:
    return msgspec.structs.replace(GuardedRound(1, NOW + at, NOW + at + 1), **fields)


NOISE = (ruled(), GuardedChange("links", NOW - 60, "", Maker(14, "ip")))
TOLD: dict[str, tuple[tuple[GuardedRound, ...], tuple[str, ...] | None]] = {
    "the writer of this setting": (rounds(written(), *NOISE), ("sh[12]",)),
    "the kernel copies ip_forward to it": (rounds(written("net.ipv4.ip_forward")), ("sh[12]",)),
    "another setting is not this one": (rounds(written("net.ipv4.conf.eth1.forwarding"), *NOISE), ()),
    "netconf tells it a second time, without a name": (rounds(written(), written("", None)), ("sh[12]",)),
    "only netconf told it": (rounds(written("", None), *NOISE), ()),
    "two writers": (rounds(written(), written(by=NFT, at=-59.9)), ("sh[12]", "nft[13] (cron.service)")),
    "an unknown writer stays unknown": (rounds(written(), written(by=None)), ()),
    "written while the host was read": (
        rounds(written(), later=(later(-57, changes=(written(by=NFT, at=-57.9),)),)),
        ("sh[12]", "nft[13] (cron.service)"),
    ),
    "written much later": (rounds(written(), later=(later(changes=(written(by=NFT, at=-30),)),)), ("sh[12]",)),
    "it went": (rounds(written(), later=(later(gone=(cause_key(OFF),)),)), None),
    "it went and came again": (
        rounds(written(), later=(later(gone=(cause_key(OFF),)), later(-20, came=(cause_key(OFF),)))),
        (),
    ),
    "another cause": (rounds(written(), key=GuardedCause("bridge-down", "x")), None),
    "it is older than the guard": ((later(-600, first=True, came=(cause_key(OFF),)),), None),
    "the host could not be read": (rounds(written(), later=(later(failed=True),)), None),
    "the guard was blind for a while": (rounds(written(), later=(later(blind=("sysctls",)),)), None),
    "blind for another part": (rounds(written(), later=(later(blind=("rules", "files")),)), ("sh[12]",)),
    "the setting itself stayed the same": (
        tuple(msgspec.structs.replace(each, unmoved=each.came) for each in rounds(written())),
        (),
    ),
    "the kernel had more to tell": (rounds(written(), later=(later(changes=(GuardedChange("unseen", NOW),)),)), None),
    "the burst was too long to be kept": (rounds(written(), later=(later(more=3),)), None),
    "the same cause in other words": (
        (
            later(-600, first=True, came=(GuardedCause(OFF.id, "eth9"),)),
            later(-59, came=(cause_key(OFF),), gone=(GuardedCause(OFF.id, "eth9"),), changes=(written(),)),
        ),
        None,
    ),
}


@pytest.mark.parametrize("name", TOLD, ids=str)
def test_who_made_a_cause(name: str) -> None:
    told, named = TOLD[name]
    assert makers(guarded_blame(OFF, traces(*told), NOW)) == named


def test_since_is_exact_where_the_maker_is_known() -> None:
    exact = guarded_blame(OFF, traces(*rounds(written())), NOW)
    vague = guarded_blame(OFF, traces(*rounds(*NOISE)), NOW)
    assert exact is not None
    assert vague is not None
    assert (exact.not_before, exact.not_after) == (NOW - 60, NOW - 60)
    assert (vague.not_before, vague.not_after) == (NOW - 600, NOW - 58)


RUNS = {
    "blind": GuardRun(1, NOW - 600, NOW - 1, NOW - 50, blind=("sysctls",)),
    "it says nothing any more": GuardRun(1, NOW - 600, NOW - 120, NOW - 121),
    "another run: between them nobody watched": GuardRun(2, NOW - 20, NOW - 1, NOW - 2),
}


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_a_guard_that_did_not_watch_tells_nothing(run: GuardRun) -> None:
    assert guarded_blame(OFF, traces(*rounds(written()), run=run), NOW) is None


def test_as_long_as_the_next_burst_is_not_known_nobody_is_named() -> None:
    unsettled = GuardRun(1, NOW - 600, NOW - 1, NOW - 599)
    assert makers(guarded_blame(OFF, traces(*rounds(written()), run=unsettled), NOW)) == ()


def test_a_rule_is_made_by_who_wrote_rules() -> None:
    found = guarded_blame(DROPS, traces(*rounds(written(), ruled(), key=cause_key(DROPS))), NOW)
    assert makers(found) == ("nft[13] (cron.service)",)
    assert "DOCKER-USER" in cause_key(DROPS).what


def test_a_rule_of_iptables_is_not_made_by_a_writer_of_iptables_legacy() -> None:
    legacy = GuardedChange("rules", NOW - 60, "iptables-legacy", NFT)
    found = guarded_blame(DROPS, traces(*rounds(legacy, key=cause_key(DROPS))), NOW)
    assert makers(found) == ()


def test_whether_the_thing_itself_is_new() -> None:
    assert not is_unmoved(OFF, answer().network)
    assert is_unmoved(OFF, answer(FORWARDING_OFF).network)
    assert not is_unmoved(DROPS, answer().network)
    assert is_unmoved(DROPS, answer(USER_DROPS).network)


def test_the_answer_has_it() -> None:
    plain = answer(FORWARDING_OFF)
    told = msgspec.structs.replace(plain, evidence=(traces(*rounds(written())).evidence,))
    (found,) = (each.blame for each in with_blame(told, Story((), 0.0)).causes if each.severity == "blocking")
    assert makers(found) == ("sh[12]",)
    assert cause(with_blame(plain, Story((), 0.0))).blame is None
