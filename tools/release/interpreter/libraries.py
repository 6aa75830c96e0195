"""Compiles the C libraries that CPython is linked with.  They need no ``configure``: the machines are known."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

_ZLIB = "adler32 compress crc32 deflate infback inffast inflate inftrees trees uncompr zutil"
_BZIP2 = "blocksort huffman crctable randtable compress decompress bzlib"
_LZMA = {
    "check": "check crc32_fast crc64_fast sha256",
    "common": """alone_decoder alone_encoder auto_decoder block_buffer_decoder block_buffer_encoder block_decoder
        block_encoder block_header_decoder block_header_encoder block_util common easy_buffer_encoder
        easy_decoder_memusage easy_encoder easy_encoder_memusage easy_preset file_info filter_buffer_decoder
        filter_buffer_encoder filter_common filter_decoder filter_encoder filter_flags_decoder filter_flags_encoder
        hardware_physmem index index_decoder index_encoder index_hash stream_buffer_decoder stream_buffer_encoder
        stream_decoder stream_encoder stream_flags_common stream_flags_decoder stream_flags_encoder string_conversion
        vli_decoder vli_encoder vli_size""",
    "delta": "delta_common delta_decoder delta_encoder",
    "lz": "lz_decoder lz_encoder lz_encoder_mf",
    "lzma": """fastpos_table lzma2_decoder lzma2_encoder lzma_decoder lzma_encoder lzma_encoder_optimum_fast
        lzma_encoder_optimum_normal lzma_encoder_presets""",
    "rangecoder": "price_table",
    "simple": "arm arm64 armthumb ia64 powerpc riscv simple_coder simple_decoder simple_encoder sparc x86",
}
_LZMA_FILTERS = "LZMA1 LZMA2 X86 POWERPC IA64 ARM ARMTHUMB ARM64 SPARC RISCV DELTA"
_SQLITE = ("-DSQLITE_THREADSAFE=1", "-DSQLITE_OMIT_LOAD_EXTENSION", "-DSQLITE_DQS=0")
_FFI = "closures.c prep_cif.c raw_api.c java_raw_api.c types.c tramp.c"
_FFI_OF_MACHINE = {
    "x86_64": ("X86_64", "x86", "ffi64.c ffiw64.c unix64.S win64.S"),
    "aarch64": ("AARCH64", "aarch64", "ffi.c sysv.S"),
}
FFI_CONFIGURATION = """\
#define EH_FRAME_FLAGS "a"
#define FFI_EXEC_STATIC_TRAMP 1
#define HAVE_ALLOCA_H 1
#define HAVE_AS_CFI_PSEUDO_OP 1
#define HAVE_AS_X86_64_UNWIND_SECTION_TYPE 1
#define HAVE_AS_X86_PCREL 1
#define HAVE_HIDDEN_VISIBILITY_ATTRIBUTE 1
#define HAVE_INTTYPES_H 1
#define HAVE_LONG_DOUBLE 1
#define HAVE_MEMCPY 1
#define HAVE_MEMFD_CREATE 1
#define HAVE_MMAP 1
#define HAVE_MMAP_ANON 1
#define HAVE_RO_EH_FRAME 1
#define SIZEOF_DOUBLE 8
#define SIZEOF_SIZE_T 8
#define STDC_HEADERS 1
#ifdef LIBFFI_ASM
#define FFI_HIDDEN(name) .hidden name
#else
#define FFI_HIDDEN __attribute__((visibility("hidden")))
#endif
"""
"""What libffi's ``configure`` would find on Linux, x86_64 or aarch64, with musl and clang."""


class Library(msgspec.Struct, frozen=True):
    """One static library.  ``files`` and ``headers`` are below the source's folder."""

    name: str
    files: tuple[str, ...]
    options: tuple[str, ...]
    headers: tuple[str, ...] = ()
    header_folders: tuple[str, ...] = ()


def libraries(machine: str) -> Iterator[Library]:
    """Yield the libraries for the machine, in the order of ``parts.SOURCES`` behind CPython."""
    yield Library("z", _c("", _ZLIB), ("-DHAVE_UNISTD_H", "-D_LARGEFILE64_SOURCE=1"), ("zlib.h", "zconf.h"))
    yield Library("bz2", _c("", _BZIP2), ("-D_FILE_OFFSET_BITS=64",), ("bzlib.h",))
    yield _lzma()
    _, folder, own = _FFI_OF_MACHINE[machine]
    files = (*_FFI.split(), *(f"{folder}/{each}" for each in own.split()))
    yield Library("ffi", tuple(f"src/{each}" for each in files), ("-Iinclude", "-Isrc"), (f"src/{folder}/ffitarget.h",))
    yield Library("sqlite3", ("sqlite3.c",), _SQLITE, ("sqlite3.h",))


def ffi_header(machine: str, template: str) -> str:
    """Return libffi's ``ffi.h``.  ``template``: its ``include/ffi.h.in``."""
    values = {
        "VERSION": "3.4.8",
        "FFI_VERSION_STRING": "3.4.8",
        "FFI_VERSION_NUMBER": "30408",
        "TARGET": _FFI_OF_MACHINE[machine][0],
        "HAVE_LONG_DOUBLE": "1",
        "FFI_EXEC_TRAMPOLINE_TABLE": "0",
    }
    for name, value in values.items():
        template = template.replace(f"@{name}@", value)
    return template


def _lzma() -> Library:
    folder = "src/liblzma"
    files = [each for below, names in _LZMA.items() for each in _c(f"{folder}/{below}/", names)]
    found = "STDBOOL_H _BOOL STDINT_H INTTYPES_H ENCODERS DECODERS CHECK_CRC32 CHECK_CRC64 CHECK_SHA256"
    switches = [f"HAVE_{each}" for each in found.split()]
    switches += [f"HAVE_{way}_{each}" for each in _LZMA_FILTERS.split() for way in ("ENCODER", "DECODER")]
    switches += [f"HAVE_MF_{each}" for each in ("HC3", "HC4", "BT2", "BT3", "BT4")]
    switches += [
        "SIZEOF_SIZE_T=8",
        "TUKLIB_SYMBOL_PREFIX=lzma_",
        "TUKLIB_FAST_UNALIGNED_ACCESS",
        "TUKLIB_PHYSMEM_SYSCONF",
    ]
    folders = ("src/common", *(f"{folder}/{each}" for each in ("api", *_LZMA)))
    options = (*(f"-D{each}" for each in switches), *(f"-I{each}" for each in folders))
    return Library("lzma", (*files, "src/common/tuklib_physmem.c"), options, header_folders=(f"{folder}/api",))


def _c(folder: str, names: str) -> tuple[str, ...]:
    return tuple(f"{folder}{each}.c" for each in names.split())


def copy_headers(library: Library, source: Path, include: Path) -> None:
    """Copy the library's headers into the folder ``include``."""
    for each in library.headers:
        (include / Path(each).name).write_bytes((source / each).read_bytes())
    for each in library.header_folders:
        for path in (source / each).rglob("*.h"):
            target = include / path.relative_to(source / each)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
