"""A source of changes: what it listens to, what it asks for, and what it then tells."""

from collections.abc import Iterator

from hairpin.guard.change import SeenChange


class Source:
    """A source that tells nothing.  Each kind of source replaces what it has.

    ``comes_and_goes``: whether it gets other descriptors when it is heard."""

    comes_and_goes = False

    def descriptors(self) -> tuple[int, ...]:
        """Return the descriptors that become readable when there is something to tell."""
        return ()

    def heard(self, descriptor: int) -> Iterator[SeenChange]:
        """Yield what one of the descriptors tells now.  It never blocks."""
        del descriptor
        return iter(())

    def asked(self, now_s: float) -> Iterator[SeenChange]:
        """Yield what is found by asking.  ``now_s``: the clock of time.monotonic().  It is called about once a second,
        and never blocks."""
        del now_s
        return iter(())

    def stop(self) -> None:
        """Stop watching: undo what is not undone by closing."""

    def close(self) -> None:
        """Close the descriptors of this process; another one that has them, too, goes on watching."""
