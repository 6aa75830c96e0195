"""Tests that run hairpin as another user need a checkout that this user can read."""

import sys
from pathlib import Path

import pytest

import hairpin

_FOR_OTHERS = 0o005


def _others_can_read() -> bool:
    folders = {folder for path in (Path(hairpin.__file__), Path(sys.executable)) for folder in path.absolute().parents}
    return all(folder.stat().st_mode & _FOR_OTHERS == _FOR_OTHERS for folder in folders)


OTHER_USER = pytest.mark.skipif(not _others_can_read(), reason="another user cannot read this checkout")
