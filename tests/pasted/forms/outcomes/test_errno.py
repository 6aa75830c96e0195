"""The numbers of errors are those of this kernel, and each error has one number on each system."""

import errno
import os

from hairpin.pasted.forms.outcomes.errno import ERRNOS, Errno
from hairpin.texts.strerror import ERRORS
from tests.rows import each_row


@each_row("each", ERRNOS, ids=lambda each: each.name)
def test_the_number_and_the_words_are_those_of_the_kernel_and_the_library(each: Errno) -> None:
    assert getattr(errno, each.name) == int(each.number)
    assert os.strerror(int(each.number)) in each.words


@each_row("each", ERRNOS, ids=lambda each: each.name)
def test_each_text_of_an_error_is_known(each: Errno) -> None:
    known = {words.casefold() for words in ERRORS[each.error]}
    assert {words.casefold() for words in each.words} <= known


def test_no_number_means_two_errors() -> None:
    numbers = [number for each in ERRNOS for number in each.numbers]
    assert len(numbers) == len(set(numbers))
