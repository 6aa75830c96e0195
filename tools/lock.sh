#!/usr/bin/env bash
# Writes requirements.lock anew from pyproject.toml: every package at one version with the hashes of its files, no registry named.
# uv is used because pip cannot write hashes; it lives in a throw-away environment, so the lock does not depend on itself.
# `make lock` keeps the pinned versions that still fit; `make lock UPGRADE=--upgrade` takes the newest.
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${PYTHON:-python3}" -m venv "$scratch"
"$scratch/bin/python" -m pip install -q --disable-pip-version-check uv==0.13.8
"$scratch/bin/uv" pip compile -q pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --custom-compile-command 'make lock' ${UPGRADE:-} -o requirements.lock
