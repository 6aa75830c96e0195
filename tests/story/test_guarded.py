"""What a guard kept, told as a story."""

from hairpin.story.guarded import (
    KEY,
    GuardedChange,
    GuardedRound,
    GuardRun,
    Maker,
    guarded_entries,
    guarded_of,
    lines_text,
    writer_of,
)
from hairpin.story.timeline import file_entries
from tests.story.recorded import BEGUN, traces

NFT = Maker(12, "nft", "nft flush ruleset", ("sh",), "cron.service", 1000)


def trace(*changes: GuardedChange) -> tuple[str, str]:
    return KEY, lines_text((GuardRun(1, BEGUN, BEGUN + 900), GuardedRound(1, BEGUN + 60, BEGUN + 61, changes)))


def change(at: float, part: str = "rules", detail: str = "", by: Maker | None = NFT) -> GuardedChange:
    return GuardedChange(part, BEGUN + at, detail, by)


def test_who_changed_what() -> None:
    told = traces(trace(change(60, "sysctls", "net.ipv4.ip_forward"), change(61, by=None)))
    written, changed = guarded_entries(told)
    assert (str(written.what), written.kind) == ("net.ipv4.ip_forward was written", "sysctl")
    assert written.by is not None
    assert (written.by.kind, written.by.name) == ("process", "nft[12] (cron.service, uid 1000)")
    assert written.quote == "nft flush ruleset"
    assert (str(changed.what), changed.by) == ("rules were changed", None)


def test_what_one_program_did_within_a_minute_is_one_entry() -> None:
    told = traces(trace(*(change(60 + n) for n in range(5)), change(300), change(301, by=Maker(13, "iptables"))))
    assert [(each.at - BEGUN, each.until and each.until - BEGUN) for each in guarded_entries(told)] == [
        (60, 64),
        (300, None),
        (301, None),
    ]


def test_a_file_is_told_once_with_the_writer_that_the_guard_saw() -> None:
    at = int(BEGUN + 60)
    files = ("trace-files", f"{at} {at} 0 root /etc/docker/daemon.json\n")
    told = traces(files, trace(change(60, "files", "daemon.json", Maker(9, "vi"))))
    assert list(guarded_entries(told)) == []
    (entry,) = file_entries(told)
    assert entry.by is not None
    assert entry.by.name == "vi[9]"
    assert writer_of(told, "/etc/docker/daemon.json", at + 60) is None
    two = traces(files, trace(*(change(60, "files", "daemon.json", Maker(n, "vi")) for n in (9, 10))))
    assert writer_of(two, "/etc/docker/daemon.json", at) is None


def test_lines_of_another_version_are_left_out() -> None:
    told = guarded_of(traces((KEY, f'{{"type": "omen"}}\nnot JSON\n{trace(change(60))[1]}')))
    assert (len(told.runs), len(told.rounds)) == (1, 1)
    assert guarded_of(traces()).rounds == ()


def test_every_part_has_a_sentence() -> None:
    parts = ("rules", "sysctls", "files", "links", "addresses", "routes", "unseen", "engines")
    told = traces(trace(*(change(60 + n, each) for n, each in enumerate(parts))))
    assert len({str(each.what) for each in guarded_entries(told)}) == len(parts)
