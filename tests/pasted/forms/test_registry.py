"""All forms are in the registry: a form that is in no list reads nothing."""

import importlib
import pkgutil

from hairpin.pasted import forms
from hairpin.pasted.forms.registry import FORMS


def test_every_form_is_in_the_registry() -> None:
    modules = pkgutil.walk_packages(forms.__path__, f"{forms.__name__}.")
    declared = [
        each
        for found in modules
        if not found.name.endswith("registry")
        for each in getattr(importlib.import_module(found.name), "FORMS", ())
    ]
    assert set(declared) == set(FORMS)
    assert len(FORMS) == len(set(FORMS))
