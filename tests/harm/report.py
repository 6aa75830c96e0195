"""The table, and the misses with what was typed."""

from collections.abc import Iterable, Iterator

from tests.harm.trial import Result

HARM = ("opened", "closed")


def told(result: Result) -> Iterator[str]:
    """Yield a case's line, and one for each miss."""
    mark = "void" if result.has("void") else "✗" if result.misses else "✓"
    done = f" → {'; '.join(result.done)}" if result.done else ""
    yield (
        f"{mark:4} {result.name:4} {result.element}, {result.host}: {result.said}"
        f" ({result.flows} flows, exit {result.status}, {result.seconds:.0f} s){done}"
    )
    for each in result.misses:
        yield f"        {each.what}: {each.text}"
    if result.misses:
        yield from (f"        # {line}" for command in result.typed for line in command.splitlines())
        yield f"        hairpin fix {result.asked} --apply --yes"


def table(results: Iterable[Result]) -> Iterator[str]:
    """Yield the figures of the gates."""
    every = tuple(results)
    decisions, accidents = (
        tuple(each for each in every if each.form == form and not each.has("void")) for form in ("decision", "accident")
    )
    both = (*decisions, *accidents)
    yield f"\n{'':46}{'decisions':>12}{'accidents':>12}"
    for name, kinds in (
        ("nothing unasked opened or closed", HARM),
        ("effects foretold as measured", ("unsaid", "untrue")),
        ("taken back whole", ("undo",)),
        ("no internal error", ("exit 4",)),
    ):
        yield f"{name:46}{_without(decisions, kinds):>12}{_without(accidents, kinds):>12}"
    yield f"{'left alone, or an exception for the asked flow':46}{_without(decisions, ('carried out',)):>12}"
    yield f"{'    left alone':46}{f'{sum(not each.done for each in decisions)} of {len(decisions)}':>12}"
    yield f"{'exit 1, or 0 of an exception':46}{_without(decisions, ('status',)):>12}"
    yield f"{'named':46}{_without(decisions, ('not named',)):>12}"
    yield f"{'a remedy says whose it is':46}{_without(decisions, ('no undoes',)):>12}"
    yield f"{'repaired':46}{'':12}{_without(accidents, ('not repaired',)):>12}"
    yield f"{'all right':46}{_without(decisions):>12}{_without(accidents):>12}"
    flows, void = sum(each.flows for each in both), sum(each.has("void") for each in every)
    yield f"{len(both)} hosts, {flows} flows; void: {void}"


def _without(results: tuple[Result, ...], kinds: tuple[str, ...] = ()) -> str:
    good = [each for each in results if not (each.has(*kinds) if kinds else each.misses)]
    return f"{len(good)} of {len(results)}"
