"""One test for a table of small rows: each item of pytest costs more than a row whose body takes microseconds.

A row runs as an item of its own where somebody selects by it (``--of``), where it is thinned (``tests/whole.py``), or
where it needs a fixture.
"""

from collections.abc import Callable, Iterable
from typing import Any


def each_row(
    names: str | tuple[str, ...], rows: Iterable[Any], *, ids: Iterable[str] | Callable[[Any], object] | None = None
) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """Return a decorator that runs a test for each row of a table, in the shape of ``pytest.mark.parametrize``.

    All rows run.  Those that fail are raised together, each with its name in ``ids``, or its values.
    """
    of_one = isinstance(names, str)
    table = tuple(rows)
    made = [ids(each) for each in table] if callable(ids) else tuple(ids if ids is not None else table)
    if not table or len(made) != len(table):
        error = f"{len(table)} rows and {len(made)} names"
        raise ValueError(error)

    def decorated(test: Callable[..., None]) -> Callable[[], None]:
        def over_all_rows() -> None:
            failures: list[Exception] = []
            for name, row in zip(made, table, strict=True):
                values = (row,) if of_one else row
                try:
                    test(**dict(zip((names,) if isinstance(names, str) else names, values, strict=True)))
                except Exception as failure:  # noqa: BLE001  (each row is told, whatever it raised)
                    failure.add_note(f"row: {name}")
                    failures.append(failure)
            if failures:
                told = f"{len(failures)} of {len(table)} rows fail"
                raise ExceptionGroup(told, failures)

        over_all_rows.__name__ = over_all_rows.__qualname__ = test.__name__
        over_all_rows.__doc__ = test.__doc__
        over_all_rows.__module__ = test.__module__
        return over_all_rows

    return decorated
