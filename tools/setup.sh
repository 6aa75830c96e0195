#!/usr/bin/env bash
# Makes .venv, the virtual environment of this checkout, with exactly the packages that requirements.lock pins. Needs no root if
# Python has the venv module. Prints nothing and returns at once if .venv is up to date.
set -euo pipefail
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-python3}

say() { printf 'setup: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

check_python() {
    command -v "$PYTHON" >/dev/null || die "there is no $PYTHON; install Python 3.11 or later, or name one: make setup PYTHON=python3.12"
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        die "$("$PYTHON" --version) is too old, 3.11 is needed; name another: make setup PYTHON=python3.12"
}

has_venv() { "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null; }

# Debian and Ubuntu ship Python without venv; python3.11-venv brings it.
check_venv() {
    local package
    ! has_venv || return 0
    package=$("$PYTHON" -c 'import sys; print("python{}.{}-venv".format(*sys.version_info))')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "installing $package"
        export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
        apt-get update -q >&2 || say "apt-get update failed in part; going on with the package lists that are there"
        apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=600 "$package" >&2 </dev/null || true
    fi
    has_venv || die "$PYTHON has no venv module; on Debian and Ubuntu the package $package brings it."
}

# .venv is made anew if Python or the checkout's path has changed; it is updated if the lock or the project has changed.
environment_of() { "$PYTHON" -c 'import sys; print(sys.version, sys.base_prefix)'; pwd -P; }
content_of() { cat requirements.lock pyproject.toml src/hairpin/__init__.py | sha256sum; }

install_environment() {
    local made_from content
    made_from=$(environment_of)
    content=$(content_of)
    if [ "$made_from" != "$(cat .venv/made-from 2>/dev/null)" ] || ! .venv/bin/python -c '' 2>/dev/null; then
        # venv --clear follows a link, and would empty what another checkout works with.
        [ ! -L .venv ] || die ".venv is a link to the environment of another checkout; remove the link, or run make there"
        check_venv
        say "making .venv"
        "$PYTHON" -m venv --clear .venv
        printf '%s\n' "$made_from" >.venv/made-from
    fi
    [ "$content" != "$(cat .venv/holds 2>/dev/null)" ] || return 0
    rm -f .venv/holds
    say "installing what requirements.lock pins into .venv"
    .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
    .venv/bin/python -m pip install -q --disable-pip-version-check --no-index --no-deps --no-build-isolation -e .
    printf '%s\n' "$content" >.venv/holds
}

# Tests and labs start hairpin hundreds of times. Where Python may not write byte code (PYTHONDONTWRITEBYTECODE), each start
# would compile all of it. Returns at once if nothing has changed.
compile_sources() { .venv/bin/python -m compileall -q src; }

check_python
# Two makes at once in one checkout wait for each other.
exec 9<Makefile
flock 9
install_environment
compile_sources
