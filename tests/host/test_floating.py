"""Which program moves an address between machines."""

from hairpin.host.floating import FloatingAddress, mover_of
from tests.rows import each_row

LISTED = FloatingAddress("keepalived", 4, 50, "/etc/keepalived/keepalived.conf", 7)
OF_VERSION_6 = FloatingAddress("keepalived", 6, 50)
UNLISTED = FloatingAddress("pacemaker")

CASES: dict[str, tuple[tuple[FloatingAddress, ...], FloatingAddress | None]] = {
    "no program": ((), None),
    "a file names it": ((OF_VERSION_6, LISTED), LISTED),
    "a file names an equal number of the other version": ((OF_VERSION_6,), None),
    "a program's addresses were not read": ((UNLISTED,), UNLISTED),
    "the file that names it tells more": ((UNLISTED, LISTED), LISTED),
}


@each_row(("entries", "expected"), CASES.values(), ids=CASES)
def test_mover_of(entries: tuple[FloatingAddress, ...], expected: FloatingAddress | None) -> None:
    assert mover_of(entries, 4, 50) == expected
