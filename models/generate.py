#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the demo's ONNX models, whole and cut into parts; see README.md beside this file."""

import argparse
import pathlib
import sys

try:
    from aegis_models import MODELS, hostile, store
except ImportError as error:
    print(f"generate.py: {error}; on Debian or Ubuntu: apt-get install python3-onnx, "
          "then run this with /usr/bin/python3", file=sys.stderr)
    sys.exit(4)


def _write_hostile(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in hostile.FILES.items():
        store.write_atomically(folder / name, make())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=pathlib.Path, help="folder for models and manifest.json")
    parser.add_argument("--seed", type=int, default=1, help="of the random weights (default: 1)")
    parser.add_argument("--only", nargs="+", choices=MODELS, metavar="NAME",
                        help=f"some of {', '.join(MODELS)} (default: all)")
    parser.add_argument("--hostile", type=pathlib.Path, metavar="DIR",
                        help="folder for files that a loader must refuse")
    arguments = parser.parse_args()
    if not arguments.out and not arguments.hostile:
        parser.error("name a folder: --out DIR, --hostile DIR, or both")
    if arguments.seed < 0:
        parser.error("--seed must not be negative")
    try:
        if arguments.out:
            store.generate(arguments.out, arguments.seed, arguments.only or list(MODELS), print)
        if arguments.hostile:
            _write_hostile(arguments.hostile)
    except OSError as error:
        print(f"generate.py: {error}", file=sys.stderr)
        return 4
    return 0


if __name__ == "__main__":
    sys.exit(main())
