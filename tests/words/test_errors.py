"""The numbers of errors are those of this kernel, and each error has one number on each system."""

import errno
import os

from hairpin.words.errors import Errno, errnos, errors
from tests.rows import each_row


@each_row("each", errnos(), ids=lambda each: each.name)
def test_the_number_and_the_words_are_those_of_the_kernel_and_the_library(each: Errno) -> None:
    assert getattr(errno, each.name) == int(each.number)
    assert os.strerror(int(each.number)) in each.words


def test_an_error_has_english_and_chinese_texts() -> None:
    assert [each.error for each in errors().values() if not 0 < len(each.words) < len(each.texts)] == []


def test_no_number_means_two_errors() -> None:
    numbers = [number for each in errnos() for number in each.numbers]
    assert len(numbers) == len(set(numbers))
