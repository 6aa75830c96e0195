from hairpin.netfilter.interface_name import fits_name, literal_name
from tests.rows import each_row


@each_row(
    ("name", "pattern", "fits"),
    (
        ("eth0", "eth0", True),
        ("eth0", "eth1", False),
        ("eth0", "eth*", True),
        ("br0", "eth*", False),
        ("a*", literal_name("a*"), True),
        ("ab", literal_name("a*"), False),
        ("ab", "a*", True),
        ("eth+", literal_name("eth+"), True),
    ),
)
def test_a_pattern_ends_in_a_star(name: str, pattern: str, fits: bool) -> None:
    assert fits_name(name, pattern) is fits
