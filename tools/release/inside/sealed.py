"""Lets Python import out of the one executable file: its modules and their data lie in the program's own memory.

The interpreter loads this module, frozen, before any other (``tools/release/interpreter/start.c``).
"""

import marshal
import sys
import zlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.machinery import ModuleSpec
    from types import CodeType, ModuleType
    from typing import Any

content: memoryview = __import__("_payload").content
"""What start.c holds: the index, and then the modules and files."""
HERE = sys.executable
"""The path of the executable file.  The modules' paths begin with it, as in an archive; no file is read by them."""
_INDEX_SIZE = int.from_bytes(content[:4], "little")
_modules: dict[str, tuple[bool, int, int]]
"""Whether a module is a package, and the place and size of its compressed code, by the module's name."""
_data: dict[str, tuple[int, int]]
"""Place and size of the other files, by their path below ``HERE``."""
_modules, _data = marshal.loads(content[4 : 4 + _INDEX_SIZE])  # noqa: S302 - of this very program
_Spec: "Any" = sys.__spec__.__class__  # no module can be imported yet
_BODY = content[4 + _INDEX_SIZE :]


class Loader:
    """Loads all modules; stands in ``sys.meta_path`` and, for pkgutil, in ``sys.path_importer_cache``."""

    def __init__(self, folder: str = "") -> None:
        """Lists the modules of one folder.  ``folder``: a path such as ``HERE/hairpin/causes``."""
        self._package = folder.removeprefix(HERE).strip("/").replace("/", ".")

    @staticmethod
    def find_spec(fullname: str, _path: object = None, _target: object = None) -> "ModuleSpec | None":
        """Return how the module is loaded, or None if it is not in the file."""
        found = _modules.get(fullname)
        if found is None:
            return None
        spec: ModuleSpec = _Spec(fullname, LOADER, origin=LOADER.get_filename(fullname), is_package=found[0])
        if found[0]:
            spec.submodule_search_locations = [f"{HERE}/{fullname.replace('.', '/')}"]
        spec.has_location = True
        return spec

    @staticmethod
    def create_module(_spec: "ModuleSpec") -> None:
        """Leave it to Python."""

    def exec_module(self, module: "ModuleType") -> None:
        exec(self.get_code(module.__name__), module.__dict__)  # noqa: S102

    @staticmethod
    def get_code(fullname: str) -> "CodeType":
        """Return the module's code; raise ImportError."""
        try:
            _, at, size = _modules[fullname]
        except KeyError:
            raise ImportError(f"{fullname} is not in this file", name=fullname) from None
        code: CodeType = marshal.loads(zlib.decompress(_BODY[at : at + size]))  # noqa: S302
        return code

    @staticmethod
    def get_source(_fullname: str) -> None:
        """Answer that the file holds no sources."""

    @staticmethod
    def is_package(fullname: str) -> bool:
        return _modules[fullname][0]

    @staticmethod
    def get_filename(fullname: str) -> str:
        """Return the path that the module's source would have."""
        return f"{HERE}/{fullname.replace('.', '/')}{'/__init__' if _modules[fullname][0] else ''}.py"

    @staticmethod
    def get_data(path: str) -> bytes:
        """Return a file's bytes; raise OSError.  ``path``: as pkgutil.get_data() makes it, below ``HERE``."""
        try:
            at, size = _data[path.removeprefix(f"{HERE}/")]
        except KeyError:
            raise FileNotFoundError(2, "No such file or directory", path) from None
        return zlib.decompress(_BODY[at : at + size])

    def iter_modules(self, prefix: str = "") -> "Iterator[tuple[str, bool]]":
        """Yield the modules of this object's folder, as pkgutil wants them: sorted."""
        for name, (is_package, *_) in _modules.items():
            package, _, last = name.rpartition(".")
            if package == self._package:
                yield prefix + last, is_package


LOADER = Loader()


def _hook(path: str) -> Loader:
    if path != HERE and not path.startswith(f"{HERE}/"):
        raise ImportError(path)
    return Loader(path)


def run() -> None:
    """Run hairpin's command line."""
    from hairpin.__main__ import main  # noqa: PLC0415 - after the start

    if sys.argv[1:] == ["--licences"]:
        sys.stdout.write(LOADER.get_data(f"{HERE}/LICENCES").decode())
        return
    main()


sys.__dict__["frozen"] = True  # src/hairpin/own_python.py reads it
_finders: "list[Any]" = sys.meta_path
_finders.append(LOADER)
_hooks: "list[Any]" = sys.path_hooks
_hooks.insert(0, _hook)
