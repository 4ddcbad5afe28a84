#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs clang-tidy over the sources of a build folder, remembering what was clean.

A source is clean for as long as nothing that its verdict depends on changes: its own text, the texts of the project's
headers it includes (transitively, found by reading #include lines), its compile command and .clang-tidy. Only clean
verdicts are remembered; findings are always shown anew.
"""

import argparse
import concurrent.futures
import hashlib
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def project_headers():
    """Maps an include spelling such as aegis/base/time.h to its file."""
    headers = {}
    for path in ROOT.glob("src/*/include/**/*.h"):
        headers[str(path.relative_to(next(p for p in path.parents if p.name == "include")))] = path
    return headers


def closure(source, headers):
    """The source and every project header it reaches."""
    seen, todo = set(), [source]
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        for spelled in INCLUDE.findall(path.read_text(errors="replace")):
            beside = next((p for p in (path.parent / spelled, source.parent / spelled) if p.is_file()), None)
            layer = next((p for p in source.parents if (p / "CMakeLists.txt").is_file()), None)
            found = headers.get(spelled) or beside or (layer / spelled if layer and (layer / spelled).is_file() else None)
            if found:
                todo.append(found)
    return sorted(seen)


def key_of(source, command, headers):
    digest = hashlib.sha256((command + (ROOT / ".clang-tidy").read_text()).encode())
    for path in closure(source, headers):
        digest.update(str(path.relative_to(ROOT)).encode() if path.is_relative_to(ROOT) else b"")
        digest.update(path.read_bytes())
    return digest.hexdigest()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build/lint", help="folder with compile_commands.json")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--cache", default=str(pathlib.Path.home() / ".cache/aegisrt/tidy"))
    parser.add_argument("--tests", action="store_true", help="tests and benchmarks too: minutes more, for their macros")
    parser.add_argument("paths", nargs="*", help="only sources whose path contains one of these")
    arguments = parser.parse_args()

    commands = json.loads((ROOT / arguments.build / "compile_commands.json").read_text())
    headers, cache = project_headers(), pathlib.Path(arguments.cache)
    cache.mkdir(parents=True, exist_ok=True)
    todo = {}
    for entry in commands:
        source = pathlib.Path(entry["file"])
        ours = source.is_relative_to(ROOT) and not source.is_relative_to(ROOT / "build")
        of_tests = source.stem.endswith(("_test", "_benchmark"))
        if not ours or (of_tests and not arguments.tests) or (arguments.paths and not any(part in str(source) for part in arguments.paths)):
            continue
        normal = entry["command"].replace(str(ROOT), "").split(" -o ")[0]
        key = key_of(source, normal, headers)
        if not (cache / key).exists():
            todo[source] = key

    def check(source):
        return subprocess.run(["clang-tidy-19", "--quiet", "-p", arguments.build, str(source)], cwd=ROOT,
                              capture_output=True, text=True)

    failed = False
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for (source, key), result in zip(todo.items(), pool.map(check, todo)):
            if result.returncode == 0:
                (cache / key).touch()
            else:
                failed = True
                print(result.stdout.strip())
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
