"""Names of routing tables."""

import pytest

from hairpin.host.read.ip.route_tables import RouteTables, tos
from tests.rows import each_row

FILE = """\
# reserved values
255\tlocal
0x64 vpn  # ours
7 cellar
99999999999999999999 absurd
"""


def test_the_kernels_own_names() -> None:
    tables = RouteTables()
    assert [tables.number(name) for name in ("local", "main", "default", "unspec")] == [255, 254, 253, 0]


def test_numbers_stay() -> None:
    assert [RouteTables().number(table) for table in (51820, "51820")] == [51820, 51820]


def test_names_of_files() -> None:
    tables = RouteTables((FILE, "8 attic\n"))
    assert [tables.number(name) for name in ("vpn", "cellar", "attic")] == [100, 7, 8]


def test_an_unknown_name_is_one_table_that_no_number_means() -> None:
    tables = RouteTables((FILE,))
    assert tables.number("mine") == tables.number("mine")
    assert len({tables.number(name) for name in ("mine", "yours", "absurd")}) == 3
    assert tables.number("mine") > 0xFFFFFFFF


@each_row(("text", "byte"), (("0x10", 0x10), ("16", 0x10), (16, 0x10), ("EF", 0xB8), ("default", 0)))
def test_tos(text: str | int, byte: int) -> None:
    assert tos(text) == byte


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        tos("unheard-of")
