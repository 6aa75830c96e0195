"""Every row is complete, and the look-up finds the rows of one version."""

import re
from datetime import date

from hairpin.causes.registry import all_causes
from hairpin.facts.catalogue import FACTS, REVIEWED, facts_of
from hairpin.facts.fact import Fact, Product
from hairpin.facts.version import version_of
from tests.rows import each_row

IDS = [each.id for each in FACTS]


def test_ids_are_unique_and_begin_with_their_product() -> None:
    assert len(IDS) >= 40
    assert len(set(IDS)) == len(IDS)
    assert all(re.fullmatch(r"[a-z0-9.-]+", each.id) and each.id.startswith(f"{each.product}-") for each in FACTS)


@each_row("fact", FACTS, ids=IDS)
def test_a_row_is_complete(fact: Fact) -> None:
    assert str(fact.does).strip()
    assert fact.fails
    assert fact.test
    assert str(fact.shows).strip()
    assert str(fact.advice).strip()


@each_row("fact", FACTS, ids=IDS)
def test_its_sources_are_pages_and_its_day_is_before_the_review(fact: Fact) -> None:
    assert fact.sources
    assert all(re.fullmatch(r"https://[\w.-]+/\S+", each) for each in fact.sources)
    assert date.fromisoformat(fact.day) <= date.fromisoformat(REVIEWED)


@each_row("fact", FACTS, ids=IDS)
def test_its_versions_have_an_order_and_a_bound(fact: Fact) -> None:
    for span in (fact.of, *((fact.beside,) if fact.beside is not None else ())):
        assert span.first or span.before or fact.builds
        if span.first and span.before:
            first = version_of(span.first)
            assert first is not None
            assert span.holds(first)
            last = version_of(span.before)
            assert last is not None
            assert not span.holds(last)


@each_row("fact", FACTS, ids=IDS)
def test_its_words_are_patterns_and_what_it_leaves_are_causes(fact: Fact) -> None:
    for each in fact.says:
        assert re.compile(each).search("") is None
    assert set(fact.leaves) <= {each.id for each in all_causes()}


@each_row("fact", FACTS, ids=IDS)
def test_its_test_changes_nothing(fact: Fact) -> None:
    changes = r"\b(?:rm|restart|reload|stop|start|-w|-A|-D|-I|-F|--flush|add|delete|update|install|modprobe|kill)\b"
    assert re.search(rf"(?<!-){changes}", fact.test) is None


@each_row(
    ("product", "version", "found"),
    (
        ("iptables", "1.8.11", "iptables-1.8.11-check"),
        ("iptables", "1.8.11-1", "iptables-1.8.11-check"),
        ("docker", "29.1.0", "docker-29.1.0-resolver"),
        ("docker", "5:29.1.0-1~debian.13~trixie", "docker-29.1.0-resolver"),
        ("netavark", "1.12.2", "netavark-1.10-rules-stay"),
        ("nftables", "1.1.4", "netavark-nftables-1.1.4"),
        ("kernel", "4.15.0-213-generic", "kernel-before-4.18-nat-at-both-hooks"),
        ("kernel", "6.12.0-55.el10.x86_64", "kernel-el10-without-ip-tables"),
        ("passt", "0.0~git20250503.587980c-2", "passt-20250415-udp-crash"),
    ),
)
def test_a_version_has_its_facts(product: Product, version: str, found: str) -> None:
    assert found in _ids(product, version)


@each_row(
    ("product", "version", "missing"),
    (
        ("iptables", "1.8.11-2", "iptables-1.8.11-check"),
        ("iptables", "1.8.12", "iptables-1.8.11-check"),
        ("nftables", "1.8.11", "iptables-1.8.11-check"),
        ("docker", "29.1.1", "docker-29.1.0-resolver"),
        ("netavark", "1.13.1", "netavark-1.10-rules-stay"),
        ("nftables", "1.1.3", "netavark-nftables-1.1.4"),
        ("kernel", "5.15.0", "kernel-before-5.7-input-in-postrouting"),
        ("kernel", "6.12.0-1-amd64", "kernel-el10-without-ip-tables"),
    ),
)
def test_a_mended_version_or_another_build_has_them_not(product: Product, version: str, missing: str) -> None:
    assert missing not in _ids(product, version)


def _ids(product: Product, text: str) -> list[str]:
    version = version_of(text)
    assert version is not None
    return [each.id for each in facts_of(product, version)]
