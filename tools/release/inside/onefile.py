"""Lets Python import out of the one file as quickly as from a folder.

zipimport compiles each module of an archive anew, and twice: once to find out its file's name.  The archive holds the
compiled code for some Pythons, each as one member ``bytecode/MAGIC``; other Pythons compile each module once.
Source: Lib/zipimport.py, zipimporter.get_filename()
"""

import marshal
import sys
import zlib
from importlib.util import MAGIC_NUMBER
from types import CodeType
from zipimport import zipimporter

_codes: dict[str, bytes] = {}
"""The compressed code of each module by its name."""


class Importer(zipimporter):
    """Imports from one folder of the archive."""

    def get_filename(self, fullname: str) -> str:
        """Return the path of the module's source in the archive."""
        path = f"{self.archive}/{self.prefix}{fullname.rpartition('.')[2]}"
        return f"{path}/__init__.py" if self.is_package(fullname) else f"{path}.py"

    def get_code(self, fullname: str) -> CodeType:
        """Return the module's code: the archive's, if it is for this Python."""
        packed = _codes.get(fullname)
        if packed is None:
            return compile(self.get_data(path := self.get_filename(fullname)), path, "exec", dont_inherit=True)
        code: CodeType = marshal.loads(zlib.decompress(packed))  # noqa: S302 - of this very file
        return code


def use_bytecode(archive: str) -> None:
    """Import from the archive by :class:`Importer` from now on."""

    def hook(path: str) -> Importer:
        if path != archive and not path.startswith(f"{archive}/"):
            raise ImportError(path)
        return Importer(path)

    try:
        packed = zipimporter(archive).get_data(f"bytecode/{MAGIC_NUMBER.hex()}")
    except OSError:
        pass
    else:
        _codes.update(marshal.loads(packed))  # noqa: S302
    sys.path_hooks.insert(0, hook)
    sys.path_importer_cache.clear()
