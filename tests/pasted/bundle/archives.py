"""Archives for the tests, good and hostile ones."""

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path


def tar_of(
    files: Mapping[str, bytes], *, form: int = tarfile.GNU_FORMAT, members: tuple[tarfile.TarInfo, ...] = ()
) -> bytes:
    """Return a tar archive of the files; ``members``: entries without content before them."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=form) as archive:
        for member in members:
            archive.addfile(member)
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return stream.getvalue()


def zip_of(files: Mapping[str, bytes]) -> bytes:
    """Return a zip archive of the files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def folder_of(place: Path, files: Mapping[str, bytes]) -> Path:
    """Write the files below the place; return it."""
    for name, data in files.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return place
