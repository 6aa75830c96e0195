"""The names by which people ask for a program, and by which texts name it."""

import re
from typing import get_args

from hairpin.facts.fact import Product
from hairpin.facts.products import PRODUCTS, product_of
from tests.rows import each_row

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
