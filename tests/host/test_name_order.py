"""Names of containers stand in the order in which people count them."""

from hairpin.host.name_order import name_order


def test_numbers_in_names_count_by_their_value() -> None:
    names = ["web-10", "web-2", "api", "web", "2", "10", "web-2b"]
    assert sorted(names, key=name_order) == ["2", "10", "api", "web", "web-2", "web-2b", "web-10"]
