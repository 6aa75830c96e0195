"""The image is busybox, its names and a page; the prepared data root is kept where caches belong."""

import io
import tarfile
from pathlib import Path

import pytest

from hairpin.lab import image
from hairpin.lab.build import running_lab
from hairpin.lab.plan import LabPlan


def test_root_file_system() -> None:
    with tarfile.open(fileobj=io.BytesIO(image.root_file_system())) as tar:
        names = set(tar.getnames())
        assert {"bin/busybox", "bin/sh", "bin/httpd", "www/index.html"} <= names
        assert tar.getmember("bin/sh").linkname == "busybox"
        assert tar.getmember("bin/busybox").mode == 0o755


CACHES: dict[str, tuple[str, str]] = {
    "the user's": ("/somewhere/cache", "/somewhere/cache/hairpin"),
    "the system's where none is set": ("", "/var/cache/hairpin"),
    "a relative path is no path": ("cache", "/var/cache/hairpin"),
}


@pytest.mark.parametrize(("chosen", "folder"), CACHES.values(), ids=CACHES)
def test_cache_folder(monkeypatch: pytest.MonkeyPatch, chosen: str, folder: str) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", chosen)
    assert image.cache_folder() == Path(folder)


def test_data_root_is_made_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    written: list[int] = []
    for _ in range(2):
        with running_lab(LabPlan(containers=())) as lab:
            assert "hairpin-lab" in lab.host.run("docker images --format '{{.Repository}}'").split()
        written.append(image.cached_data_root().stat().st_mtime_ns)
    assert written[0] == written[1]
    assert list((tmp_path / "hairpin").iterdir()) == [image.cached_data_root()]
