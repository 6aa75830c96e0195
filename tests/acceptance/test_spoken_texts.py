"""Texts on recorded hosts: nothing is told as true that is not, and nothing is advised that no reading asks for.

Here are a few hosts of each kind; ``python -m tests.explain.judge`` asks all of them.
"""

import re
from pathlib import Path

import pytest

from hairpin.answer.texts.explain import Explanation, explain_texts
from hairpin.collect.snapshot import load
from hairpin.explain.understand import Understood, understand
from hairpin.report.documents.explain_document import explain_document
from hairpin.report.words import Words
from hairpin.words.catalogue import entries
from tests.acceptance import recorded
from tests.explain.judge import HEALTHY, NOW, client_lines, on_healthy_host, on_recorded_host
from tests.explain.texts import collected, harmless, samples
from tests.whole import thinned, thinned_rows

WELL = ("networks-apart", "ufw", "firewalld-port-open", "icc-off", "podman-netavark", "nft-table")
BROKEN = ("none", "reject-first", "cont-no-default", "del-masq", "httpd-dead", "docker-user-wrongport")
CHANGES = re.compile(
    r"docker (?:network (?:connect|disconnect|rm|prune)|stop|rm|kill)|\b(?:ip|nft) (?:-?\w+ )*(?:del|delete|flush|add) "
    r"|iptables (?:-\S+ (?:\w+ )?)*-[ADFIPX] |firewall-cmd --(?:permanent|add|remove|zone|change)|"
    r"ufw (?:route )?allow|unbanip|systemctl (?:stop|restart)|--apply|"
    r"(?i:\bdelete the\b|\bstop dockerd\b|\bmove \S+ away\b|\brestart dockerd\b)"
)
"""Commands and advice that delete, flush, stop, join or open."""


def explained(host: str, texts: tuple[str, ...]) -> Explanation:
    """Return what each text means on the healthy host, each by itself."""
    found = tuple(each for text in texts for each in understand((text.encode(),), NOW).found)
    evidence = load(Path(HEALTHY) / f"{host}.hairpin")
    return explain_texts(Understood(found, (), 0, len(found)), (evidence,), None)


def test_enough_lines_are_real() -> None:
    assert len(client_lines()) + len(collected()) >= 240
    assert len(harmless()) >= 120


@pytest.mark.parametrize(("host", "every"), thinned_rows((("networks-apart", 4), *((host, 1) for host in WELL)), 7))
def test_no_entry_is_true_or_changes_anything_on_a_healthy_host(host: str, every: int) -> None:
    told = explained(host, tuple(text for _, text in (*samples(), *collected()))[::every])
    document = explain_document(told, Words())
    assert [each.quote for each in document.found if each.here == "true" or each.proof or each.remedies] == []
    said = (f"{each.meaning} {each.why} {' '.join(each.ask)}" for each in document.found)
    assert [each for each in said if CHANGES.search(each)] == []


def test_no_meaning_names_a_command_that_changes_anything() -> None:
    assert [each.id for each in entries() if CHANGES.search(str(each.meaning))] == []


@pytest.mark.parametrize("host", thinned(WELL[:3], 3))
def test_no_harmless_line_is_named(host: str) -> None:
    assert [each.text.quote for each in explained(host, harmless()).found] == []


@pytest.mark.parametrize("host", thinned(WELL[:4], 4))
def test_a_client_of_no_known_sender_proves_nothing_on_a_healthy_host(host: str) -> None:
    judged = on_healthy_host(HEALTHY / f"{host}.hairpin", client_lines())
    assert len(judged) >= len(client_lines())
    assert [each.spoken.text for each in judged if each.told.here.here == "true"] == []


@pytest.mark.parametrize("host", thinned(BROKEN, 6))
def test_what_is_told_as_true_is_so(host: str) -> None:
    judged = on_recorded_host(host, client_lines())
    assert [each.spoken.text for each in judged if each.is_false] == []


def test_what_a_known_sender_saw_is_found() -> None:
    """A rule that rejects everything is no policy: it is found at run time only."""
    assert "eth0-forwarding" in recorded.expected()
    judged = [each for each in on_recorded_host("eth0-forwarding", client_lines()) if each.spoken.real == "timeout"]
    found = [each for each in judged if each.told.here.here == "true"]
    assert len(found) >= 40
    assert {each.told.here.cause_ids[0] for each in found} == {"interface-forwarding-off"}
