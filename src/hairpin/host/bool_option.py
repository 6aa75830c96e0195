"""The boolean value of an engine's option."""

_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})


def is_true(text: str | None, *, otherwise: bool) -> bool:
    """Return the boolean value of an option as Docker reads it (Go's strconv.ParseBool); ``otherwise`` if the option is
    not given."""
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    return otherwise
