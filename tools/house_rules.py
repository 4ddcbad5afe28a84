#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The rules of the house that no other linter knows. Each finding is one line: file:line: rule.

  licence    the first line (or the second, after #!) of every source names Apache-2.0
  width      100 columns (tables and links in Markdown are free)
  size       a source of more than 400 lines says why on a line "// Size: ..."
  layers     an #include of aegis/<layer>/ stands only where aegis_layer(... USES ...) reaches it
  readme     every layer has a README.md and at least one source
  names      no file is called utils, helpers, common, misc or manager2
  promises   no TODO, FIXME or XXX is left behind
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = (".h", ".cc", ".py", ".sh", ".cmake", ".txt")
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager2"}
PROMISE = re.compile(r"\b(TODO|FIXME|XXX)\b")


def tracked_files():
    listing = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True,
                             capture_output=True, text=True).stdout
    return [ROOT / line for line in listing.splitlines() if (ROOT / line).is_file()]


def check_text(path, lines):
    name = path.relative_to(ROOT)
    if path.suffix in (".h", ".cc", ".py", ".sh", ".cmake") or path.name == "CMakeLists.txt":
        if not any("SPDX-License-Identifier: Apache-2.0" in line for line in lines[:3]):
            yield f"{name}:1: licence: the first lines must name Apache-2.0"
    for number, line in enumerate(lines, 1):
        if path.suffix in (".h", ".cc") and len(line) > 100:
            yield f"{name}:{number}: width: {len(line)} columns, at most 100"
        if PROMISE.search(line) and path.name != "house_rules.py":
            yield f"{name}:{number}: promises: finish it or file it"
    if path.suffix in (".h", ".cc") and len(lines) > 400 and not any("// Size:" in line for line in lines):
        yield f"{name}:1: size: {len(lines)} lines; split it, or say why on a line '// Size: ...'"
    if path.stem in BANNED_NAMES:
        yield f"{name}:1: names: name the concept, not the drawer"


def uses_of_layers():
    """layer -> the layers it may include, transitively."""
    direct = {}
    for cmake in ROOT.glob("src/*/CMakeLists.txt"):
        match = re.search(r"aegis_layer\((\w+)(.*?)\)", cmake.read_text(), re.DOTALL)
        words = match.group(2).split() if match else []
        used = []
        if "USES" in words:
            for word in words[words.index("USES") + 1:]:
                if word.isupper():
                    break
                used.append(word)
        direct[cmake.parent.name] = set(used)
    reach = {}
    for layer in direct:
        todo, seen = [layer], set()
        while todo:
            at = todo.pop()
            if at not in seen:
                seen.add(at)
                todo += direct.get(at, ())
        reach[layer] = seen
    return reach


def check_layer_includes(path, lines, reach):
    parts = path.relative_to(ROOT).parts
    if parts[0] != "src" or path.suffix not in (".h", ".cc"):
        return
    for number, line in enumerate(lines, 1):
        match = re.match(r'\s*#\s*include\s*"aegis/(\w+)/', line)
        if match and match.group(1) not in reach[parts[1]]:
            yield f"{'/'.join(parts)}:{number}: layers: {parts[1]} does not use {match.group(1)}"


def main():
    findings, reach = [], uses_of_layers()
    for path in tracked_files():
        if path.suffix not in SOURCES:
            continue
        lines = path.read_text(errors="replace").splitlines()
        findings += check_text(path, lines)
        findings += check_layer_includes(path, lines, reach)
    for layer in reach:
        folder = ROOT / "src" / layer
        if not (folder / "README.md").is_file():
            findings.append(f"src/{layer}:1: readme: a layer explains itself in README.md")
        if not any(folder.rglob("*.h")):
            findings.append(f"src/{layer}:1: readme: a layer holds something true or does not exist")
    print("\n".join(findings), end="\n" if findings else "")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
