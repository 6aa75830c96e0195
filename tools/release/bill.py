"""The bill of materials (SBOM) of a release, as CycloneDX 1.6 JSON: each project with its licence and what it was taken
from.  The licences of Debian's packages lie in the image, in /usr/share/doc."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import msgspec

from tools.release.archive import members_of
from tools.release.image.debs import Pin
from tools.release.interpreter.parts import INSIDE_ZIG, SOURCES, Part
from tools.release.pinned import ARCHITECTURES, Demand


class _Hash(msgspec.Struct, frozen=True):
    alg: str
    content: str


class _Licence(msgspec.Struct, frozen=True):
    expression: str


class _Reference(msgspec.Struct, frozen=True):
    """A file that the component was taken from."""

    type: str
    url: str
    hashes: tuple[_Hash, ...]


class _Component(msgspec.Struct, frozen=True, rename="kebab", omit_defaults=True):
    type: str
    bom_ref: str
    name: str
    version: str
    description: str
    purl: str
    licenses: tuple[_Licence, ...] = ()
    hashes: tuple[_Hash, ...] = ()
    external_references: tuple[_Reference, ...] = msgspec.field(default=(), name="externalReferences")


class _Dependency(msgspec.Struct, frozen=True, rename="camel"):
    ref: str
    depends_on: tuple[str, ...]


class _Metadata(msgspec.Struct, frozen=True):
    timestamp: str
    component: _Component


class _Bill(msgspec.Struct, frozen=True, rename="camel"):
    bom_format: str
    spec_version: str
    serial_number: str
    version: int
    metadata: _Metadata
    components: tuple[_Component, ...]
    dependencies: tuple[_Dependency, ...]


def bill(
    one_file: Path,
    project: Path,
    wheels: Mapping[Demand, Path],
    epoch: int,
    programs: Sequence[Path] = (),
    in_images: Sequence[Pin] = (),
) -> bytes:
    """Return the document.  ``epoch``: its time, in seconds since 1970.  ``programs``: the executable files.
    ``in_images``: Debian's packages of the images."""
    digest = _hash(one_file)
    whole = _component(project, (), digest)
    parts = tuple(
        _component(
            next(path for each, path in wheels.items() if each.package == package),
            tuple(sorted({path for each, path in wheels.items() if each.package == package})),
        )
        for package in sorted({each.package for each in wheels})
    )
    inside = tuple(_part(each) for each in (*SOURCES, *INSIDE_ZIG)) if programs else ()
    made = tuple(_program(each, whole) for each in programs)
    tools = {pin: _package(pin) for pin in in_images}
    images = {machine: _image(machine, whole) for machine in dict.fromkeys(pin.machine for pin in in_images)}
    all_of_them = tuple(each.bom_ref for each in (*parts, *inside))
    document = _Bill(
        bom_format="CycloneDX",
        spec_version="1.6",
        serial_number=f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, digest.content)}",
        version=1,
        metadata=_Metadata(datetime.fromtimestamp(epoch, UTC).isoformat().replace("+00:00", "Z"), whole),
        components=(*parts, *inside, *tools.values(), *made, *images.values()),
        dependencies=(
            _Dependency(whole.bom_ref, tuple(each.bom_ref for each in parts)),
            *(_Dependency(each.bom_ref, ()) for each in (*parts, *inside, *tools.values())),
            *(_Dependency(each.bom_ref, all_of_them) for each in made),
            *(_Dependency(each.bom_ref, _contents(machine, made, tools)) for machine, each in images.items()),
        ),
    )
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _component(described_by: Path, taken_from: Iterable[Path], digest: _Hash | None = None) -> _Component:
    """Return the project as its wheel's METADATA describes it."""
    members = members_of(described_by)
    metadata = next(each.data for name, each in members.items() if name.endswith(".dist-info/METADATA"))
    said = BytesHeaderParser().parsebytes(metadata)
    purl = f"pkg:pypi/{said['Name']}@{said['Version']}"
    return _Component(
        type="application" if digest else "library",
        bom_ref=purl,
        name=said["Name"],
        version=said["Version"],
        description=said["Summary"],
        licenses=(_Licence(said["License-Expression"] or said["License"]),),
        purl=purl,
        hashes=(digest,) if digest else (),
        external_references=tuple(_Reference("distribution", each.name, (_hash(each),)) for each in taken_from),
    )


def _part(part: Part) -> _Component:
    """Return a project in C that the programs hold."""
    purl = f"pkg:generic/{part.name.replace(' ', '-')}@{part.version}"
    taken = (_Reference("distribution", part.file, (_Hash("SHA-256", part.sha256),)),) if part.archive else ()
    return _Component(
        type="library",
        bom_ref=purl,
        name=part.name,
        version=part.version,
        description=part.description,
        licenses=(_Licence(part.licence),),
        purl=purl,
        external_references=taken,
    )


def _program(path: Path, whole: _Component) -> _Component:
    """Return a program; ``whole``: hairpin."""
    purl = f"pkg:generic/{path.name}@{whole.version}"
    return _Component(
        type="application",
        bom_ref=purl,
        name=path.name,
        version=whole.version,
        description=whole.description,
        licenses=whole.licenses,
        purl=purl,
        hashes=(_hash(path),),
    )


def _package(pin: Pin) -> _Component:
    """Return one of Debian's packages in an image."""
    purl = f"pkg:deb/debian/{pin.package}@{quote(pin.version)}?arch={ARCHITECTURES[pin.machine]}"
    taken = _Reference("distribution", pin.file, (_Hash("SHA-256", pin.digest),))
    return _Component(
        "library", purl, pin.package, pin.version, "A package of Debian", purl, external_references=(taken,)
    )


def _image(machine: str, whole: _Component) -> _Component:
    """Return the image for a machine; ``whole``: hairpin."""
    purl = f"pkg:generic/hairpin-image-{machine}.tar@{whole.version}"
    return _Component(
        "container", purl, f"hairpin-image-{machine}", whole.version, whole.description, purl, whole.licenses
    )


def _contents(machine: str, programs: Sequence[_Component], tools: Mapping[Pin, _Component]) -> tuple[str, ...]:
    """Return the references of what the machine's image holds."""
    program = (each.bom_ref for each in programs if each.name == f"hairpin-{machine}")
    return (*program, *(each.bom_ref for pin, each in tools.items() if pin.machine == machine))


def _hash(path: Path) -> _Hash:
    return _Hash("SHA-256", sha256(path.read_bytes()).hexdigest())
