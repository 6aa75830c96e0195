"""Words of the collector's script."""

import re

from hairpin.collect.run import script

TEXT = script().decode()


def variable(name: str) -> str:
    """Return the value of a variable of the script."""
    found = re.search(rf"^ *{name}=(['\"])(.*?)\1", TEXT, re.MULTILINE | re.DOTALL)
    assert found is not None, name
    return found[2]


def function(name: str) -> str:
    """Return the text of a function of the script."""
    found = re.search(rf"^{name}\(\) \{{.*?^\}}", TEXT, re.MULTILINE | re.DOTALL)
    assert found is not None, name
    return found[0]
