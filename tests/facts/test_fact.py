"""What a fact advises, and which versions it is about."""

import re
from typing import Any, get_args

from hairpin.facts.fact import PRODUCTS, Fact, Product, Span, prints, product_of
from hairpin.facts.version import version_of
from hairpin.message import message
from tests.rows import each_row


def _fact(**changed: Any) -> Fact:
    fields: dict[str, Any] = {
        "id": "iptables-1.8.11-test",
        "of": Span("iptables", "1.8.11", "1.8.12"),
        "day": "2024-11-11",
        "does": message("nothing"),
        "fails": ("published",),
        "since": "reboot",
        "test": "iptables --version",
        "shows": prints("1.8.11"),
        "sources": ("https://example.com/1",),
    }
    return Fact(**(fields | changed))


def test_it_advises_the_version_without_the_behaviour() -> None:
    assert str(_fact().advice) == "update iptables to 1.8.12 or later"
    assert _fact(mended=("1.8.11-2",)).fixed == "1.8.11-2, 1.8.12"


def test_without_such_a_version_it_names_its_source() -> None:
    open_end = _fact(of=Span("iptables", "1.8.11"))
    assert open_end.fixed == ""
    assert str(open_end.advice) == "no version without it is known to hairpin; see https://example.com/1"


def test_a_person_types_words_in_the_places_of_the_question() -> None:
    asked = _fact(test="docker exec {container} ss -ln; docker info --format '{{.Swarm}}'; nc -z localhost {port}")
    assert asked.typed_test == "docker exec CONTAINER ss -ln; docker info --format '{{.Swarm}}'; nc -z localhost PORT"


def test_its_own_way_goes_before() -> None:
    assert str(_fact(way=message("nothing")).advice) == "nothing"


@each_row(
    ("text", "affected"),
    (("1.8.11", False), ("1.8.11-1.fc42", False), ("1.8.11-1.el10", True), ("1.8.12-1.el10", False)),
)
def test_only_some_builds(text: str, *, affected: bool) -> None:
    version = version_of(text)
    assert version is not None
    assert _fact(builds=(".el10",)).affects(version) is affected
    assert _fact().product == "iptables"


def test_the_output_of_a_test() -> None:
    assert str(prints("DROP")) == "the output has `DROP`"


_IN_TEXTS = {"docker-ce", "docker.io", "dockerd", "moby", "nft", "pasta", "aardvark", "iptables-nft", "networkd"}


def test_each_product_has_a_row() -> None:
    assert sorted(each.product for each in PRODUCTS) == sorted(get_args(Product))


@each_row(
    ("word", "product"),
    (
        ("iptables", "iptables"),
        ("Docker", "docker"),
        ("docker-ce", "docker"),
        ("moby", "docker"),
        ("nft", "nftables"),
        ("pasta", "passt"),
        ("linux", "kernel"),
        ("aardvark", "aardvark-dns"),
        ("nginx", None),
        ("", None),
    ),
)
def test_the_product_of_a_word(word: str, product: str | None) -> None:
    assert product_of(word) == product


def test_the_name_of_each_product_is_in_its_pattern() -> None:
    for each in PRODUCTS:
        assert all(re.fullmatch(each.named, name) for name in (*each.asked, *each.packages) if name in _IN_TEXTS), each
