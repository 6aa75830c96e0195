"""Suggests known words or ports that a user may have meant by a mistyped word or port."""

from collections.abc import Iterable

from hairpin.message import Message, message

FEW = 5


def close(word: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return at most three known words that are similar to the word, the most similar word first."""
    from difflib import get_close_matches  # noqa: PLC0415 - a target that is known needs no suggestion

    return tuple(get_close_matches(word, list(dict.fromkeys(known)), 3, 0.6))


def word_list(word: str, known: Iterable[str]) -> Message | str:
    """Return the known words in order.  Of many words, return only the few that are nearest to ``word``, and the number
    of the other words."""
    names = sorted(dict.fromkeys(known))
    if not names:
        return message("none")
    if len(names) <= FEW:
        return ", ".join(names)
    from difflib import SequenceMatcher  # noqa: PLC0415

    near = sorted(names, key=lambda each: (-SequenceMatcher(None, word, each).ratio(), each))[:FEW]
    return message("{few} and {count} more", few=", ".join(near), count=len(names) - FEW)


def port_distance(asked: int, known: int) -> tuple[float, int]:
    """Return a pair that tells how much two ports differ: first as typed texts, then as numbers.  The nearest port has
    the smallest pair."""
    from difflib import SequenceMatcher  # noqa: PLC0415

    return 1 - SequenceMatcher(None, str(asked), str(known)).ratio(), abs(asked - known)


def is_slip(asked: int, known: int) -> bool:
    """Return whether the ports differ by one typing error: a digit is wrong, missing or added, or two neighbouring
    digits are swapped."""
    one, other = sorted((str(asked), str(known)), key=len)
    if len(one) == len(other):
        unlike = [place for place, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
        if len(unlike) == 2:
            first, second = unlike
            return second == first + 1 and one[first] + one[second] == other[second] + other[first]
        return len(unlike) == 1
    return len(other) == len(one) + 1 and any(one == other[:at] + other[at + 1 :] for at in range(len(other)))
