import pytest

from hairpin.errors import HairpinError, ParseError

PLACES: dict[str, tuple[ParseError, str]] = {
    "with a line": (ParseError("bad rule", source="rules.v4", line=3, text="-A"), "rules.v4:3: bad rule\n    -A"),
    "without one": (ParseError("bad", source="nft"), "nft: bad"),
}


@pytest.mark.parametrize(("error", "message"), PLACES.values(), ids=PLACES)
def test_a_parse_error_says_where(error: ParseError, message: str) -> None:
    assert str(error) == message
    assert isinstance(error, HairpinError)
