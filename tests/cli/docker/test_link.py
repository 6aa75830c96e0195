"""The link that makes the plugin."""

import os
from pathlib import Path

import pytest

from hairpin.cli.docker import link
from hairpin.cli.docker.link import LINK, install, own_file, remove
from hairpin.errors import UsageError

STARTS = """#!/bin/sh
[ "$1" = docker-cli-plugin-metadata ] && echo '{"SchemaVersion": "0.1.0", "Vendor": "hairpin"}'
"""


def program(path: Path, text: str = STARTS) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_the_link_is_made_kept_and_moved(tmp_path: Path) -> None:
    folder, target = tmp_path / ".docker" / "cli-plugins", program(tmp_path / "hairpin")
    assert str(install(folder, target)) == f"{folder / LINK} now points to {target}; try it: `docker hairpin 8151`"
    assert (folder / LINK).readlink() == target
    assert folder.stat().st_mode & 0o777 == 0o700
    assert str(install(folder, target)).endswith("; try it: `docker hairpin 8151`")
    newer = program(tmp_path / "new" / "hairpin.pyz")
    assert "now" in str(install(folder, newer))
    assert (folder / LINK).readlink() == newer
    newer.unlink()
    assert "now" in str(install(folder, target)), "a link to a file that is gone is replaced"
    assert list(folder.iterdir()) == [folder / LINK]


def test_the_link_is_removed(tmp_path: Path) -> None:
    install(tmp_path, program(tmp_path / "hairpin"))
    assert str(remove(tmp_path)) == f"{tmp_path / LINK} is removed"
    assert not os.path.lexists(tmp_path / LINK)
    assert str(remove(tmp_path)) == f"{tmp_path / LINK} does not exist"


def test_a_package_s_link_stays_and_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = tmp_path / "usr"
    install(system, program(tmp_path / "hairpin"))
    monkeypatch.setattr(link, "SYSTEM_FOLDERS", (system,))
    assert (
        str(remove(tmp_path)) == f"{tmp_path / LINK} does not exist; {system / LINK} belongs to the package and stays"
    )


@pytest.mark.parametrize("kind", ("file", "folder", "link"))
def test_what_hairpin_has_not_made_stays(kind: str, tmp_path: Path) -> None:
    there, target = tmp_path / LINK, program(tmp_path / "hairpin")
    if kind == "file":
        there.write_text("mine")
    elif kind == "folder":
        there.mkdir()
    else:
        there.symlink_to(program(tmp_path / "other"))
    with pytest.raises(UsageError, match=r"remove (it|the link) yourself"):
        install(tmp_path, target)
    with pytest.raises(UsageError, match=r"remove (it|the link) yourself"):
        remove(tmp_path)
    assert os.path.lexists(there)
    assert kind != "file" or there.read_text() == "mine"


NO_PLUGIN: dict[str, tuple[str, str]] = {
    "it fails": ("#!/bin/sh\necho 'too old a Python' >&2; exit 2\n", "too old a Python"),
    "it says nothing": ("#!/bin/sh\nexit 3\n", "exit status 3"),
    "it says something else": ("#!/bin/sh\necho '[]'\n", "exit status 0"),
}


@pytest.mark.parametrize(("text", "said"), NO_PLUGIN.values(), ids=NO_PLUGIN)
def test_a_file_that_is_no_plugin_is_not_linked(text: str, said: str, tmp_path: Path) -> None:
    old = program(tmp_path / "hairpin-old")
    install(tmp_path / "x", old)
    with pytest.raises(UsageError, match=said):
        install(tmp_path / "x", program(tmp_path / "hairpin", text))
    assert (tmp_path / "x" / LINK).readlink() == old, "the link that works stays"


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"file/cli-plugins cannot be made: Not a directory"):
        install(tmp_path / "file" / "cli-plugins", program(tmp_path / "hairpin"))


def test_the_file_that_starts_hairpin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = program(tmp_path / "bin" / "hairpin")
    assert own_file(str(script), "/usr/bin/python3") == script
    monkeypatch.chdir(tmp_path)
    assert own_file("bin/hairpin", "/usr/bin/python3") == script, "a path from here is made whole"
    monkeypatch.setenv("PATH", str(script.parent))
    assert own_file("hairpin", "/usr/bin/python3") == script, "as the shell finds it"
    module = program(tmp_path / "src" / "__main__.py")
    assert own_file(str(module), str(tmp_path / "bin" / "python")) == script, "`python -m hairpin` in an environment"
    (tmp_path / LINK).symlink_to(script)
    assert own_file(str(tmp_path / LINK), "/usr/bin/python3") == script, "`docker hairpin plugin install`"
    script.chmod(0o644)
    with pytest.raises(UsageError, match="by which file it was started"):
        own_file(str(script), "/nonexistent/python3")
