from hairpin.netfilter.tool_version import is_older
from tests.rows import each_row

# version, whether it is older than 1.8.11
CASES = {"v1.8.10": True, "1.8.9": True, "1.8": True, "1.8.11": False, "v2.0": False, "": False, "1.8.x": False}


@each_row(("version", "expected"), CASES.items())
def test_is_older(version: str, expected: bool) -> None:
    assert is_older(version, (1, 8, 11)) is expected
