"""The files that a guest boots with, and the figures of its run.

The guests themselves are ``make fidelity-kernels``.
"""

import lzma
import os
import subprocess
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from hairpin.host.kernel_release import Novelty, not_judged
from tests.fidelity.case import Case
from tests.fidelity.generate.case import case_of
from tests.fidelity.judge.element_rows import NFT, rows_of
from tests.fidelity.kernels.exchange import Asked, kept, write
from tests.fidelity.kernels.hunt import Judging
from tests.fidelity.kernels.replicas import Replicas
from tests.fidelity.kernels.report import Figures, Hunt, page
from tests.fidelity.regressions import GUESTS, regressions
from tests.fidelity.testbed.ask import ask
from tests.guests.initramfs import archive, in_order, module_bytes
from tests.guests.qemu import guests_at_once
from tools.element_table import rows

SEED = 2000

HUNT = Hunt(20010, 92, 4000, 2, 1, 7, 600, ("iptables -m tcp",), ("bond", "veth"), ("too open", "too open"), 9000)


def test_the_archive_is_what_cpio_reads() -> None:
    packed = archive(("etc",), {"etc/name": b"hairpin", "init": b"#!/bin/sh\n"})
    listed = subprocess.run(("busybox", "cpio", "-t"), input=packed, capture_output=True, check=True).stdout
    assert listed.split() == [b"etc", b"etc/name", b"init"]


def test_files_of_the_archive_have_their_bytes(tmp_path: Path) -> None:
    packed = archive((), {"init": b"odd"})
    subprocess.run(("busybox", "cpio", "-i"), input=packed, cwd=tmp_path, capture_output=True, check=True)
    assert (tmp_path / "init").read_bytes() == b"odd"
    assert (tmp_path / "init").stat().st_mode & 0o777 == 0o755


def test_a_module_comes_after_the_modules_that_it_needs(tmp_path: Path) -> None:
    lines = (
        "kernel/fs/9p/9p.ko.xz: kernel/net/9pnet.ko.xz kernel/fs/netfs.ko.xz",
        "kernel/net/9pnet.ko.xz:",
        "kernel/net/9pnet_virtio.ko.xz: kernel/net/9pnet.ko.xz",
        "kernel/fs/netfs.ko.xz:",
    )
    (tmp_path / "modules.dep").write_text("\n".join(lines) + "\n", "utf-8")
    found = [path.name for path in in_order(tmp_path, ("9p", "9pnet_virtio", "built_in"))]
    assert found == ["netfs.ko.xz", "9pnet.ko.xz", "9p.ko.xz", "9pnet_virtio.ko.xz"]


def test_modules_are_unpacked(tmp_path: Path) -> None:
    for name, data in (("one.ko", b"a module"), ("other.ko.xz", lzma.compress(b"a module"))):
        (tmp_path / name).write_bytes(data)
        assert module_bytes(tmp_path / name) == b"a module"


def test_a_pattern_belongs_to_a_row_of_the_table() -> None:
    assert set(NFT) <= {row.element for row in rows() if row.tool == "nft"}


def test_the_guests_cases_are_judged_until_there_are_enough(tmp_path: Path) -> None:
    judging = Judging("6.1", tmp_path, SEED, 200, 1, 60.0)
    for name, case in kept(every=False).items():
        write(tmp_path, name, Asked(case, "no such link here"))
    numbers = range(SEED, SEED + 3)
    write(tmp_path, f"{SEED}", Asked(case_of(SEED), "add rule\nnft -f -: Error: no such file\nadd rule"))
    for number in numbers[1:]:
        write(tmp_path, f"{number}", Asked(case_of(number), ask(case_of(number))))
    judging.look()
    assert (judging.run.refused, judging.run.differing) == (1, 0)
    assert judging.left_out == ["nft -f -: Error: no such file"]
    assert judging.run.packets >= 200
    assert (tmp_path / "enough").read_text("ascii") == ""


def test_a_disagreement_is_counted_and_to_be_shrunk(tmp_path: Path) -> None:
    judging = Judging("6.1", tmp_path, SEED, 1, 1, 60.0)
    for name, case in kept(every=False).items():
        write(tmp_path, name, Asked(case, "no such link here"))
    answer = ask(case_of(SEED))
    silent = tuple((number, tuple(replace(one, events=()) for one in sent)) for number, sent in answer.transmissions)
    write(tmp_path, f"{SEED}", Asked(case_of(SEED), replace(answer, transmissions=silent)))
    judging.look()
    assert judging.run.differing == 1
    assert (tmp_path / "enough").read_text("ascii") == f"{SEED}"
    assert msgspec.json.decode((tmp_path / f"{SEED}.json").read_bytes(), type=Case) == case_of(SEED)


def test_cases_of_other_kernels_are_kept_apart() -> None:
    assert [name for name, each in regressions(GUESTS) if each.kernel == os.uname().release] == []


def test_memory_limits_the_number_of_guests() -> None:
    assert guests_at_once(1) == 1
    assert 1 < guests_at_once(1 << 20) < 1 << 10


RULES = {
    "iptables": (
        ("host", "iptables-nft", "ip", "filter", "FORWARD", 1),
        "-A FORWARD -p tcp -m tcp --dport 80 -j web",
        {"iptables -m tcp"},
    ),
    "a target": (
        ("host", "iptables-legacy", "ip6", "mangle", "OUTPUT", 1),
        "-A OUTPUT -m hl --hl-eq 1 -j MARK --set-xmark 0x1/0xff",
        {"ip6tables -m hl", "ip6tables -j MARK"},
    ),
    "nft": (("host", "nft", "ip", "t", "c", 1), "ip dscp set cs1", {"nft ip dscp set, ip ttl set, ip saddr set …"}),
    "nft, several": (
        ("host", "nft", "inet", "t", "c", 1),
        "ct state != new ip6 hoplimit > 64 counter meta mark set 0x1",
        {
            "nft ct state",
            "nft ip6 saddr, daddr, nexthdr, hoplimit, dscp, ecn, length",
            "nft counter",
            "nft meta mark set",
        },
    ),
}


@pytest.mark.parametrize(("key", "text", "expected"), RULES.values(), ids=RULES)
def test_rows_that_a_rule_has(key: tuple[str, str, str, str, str, int], text: str, expected: set[str]) -> None:
    assert rows_of(key, text) == expected


def test_the_page_has_each_kernel_and_what_was_not_agreed() -> None:
    proven = Replicas(78, 76, ("nft-netdev: lan",), ("ebt: lan: simulated dropped, the kernel says delivered",))
    text = page((Figures("6.1", "6.1.0-50-amd64", HUNT, proven), Figures("sid", "7.2.13-amd64", HUNT)))
    assert "| 6.1 | 6.1.0-50-amd64 | 20010 | 9000 | 92 | 4000 | 1 | 2 | bond veth | 7 | 10 |" in text
    assert "| sid | 7.2.13-amd64 | 20010 |" in text
    assert "- 6.1, left out (2): `too open`" in text
    assert "| 6.1 | 78 | 76 | 1 | 1 |" in text
    assert "- 6.1, disagreeing: ebt: lan: simulated dropped" in text


def test_the_page_ends_with_what_is_not_judged() -> None:
    tail = page(()).partition("## Older kernels: not judged")[2]
    assert all(each.before in tail for each in not_judged())
    assert not any(each.value.before in tail for each in Novelty if each.value.judged)
