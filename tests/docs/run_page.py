#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a page of the documentation as its reader would, with AegisRT installed from a build folder.

    run_page.py PAGE --build BUILD [--has onnxruntime ...] [--cxx-flags FLAGS] [--spoil OLD NEW | --refresh]

--spoil replaces a text of the page first, to show that a wrong page fails. --refresh writes what the commands print today
into the page, and draws its pictures again; read `git diff` before keeping it.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

import refreshing
import snippets


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path, required=True, help="a build folder of AegisRT")
    parser.add_argument("--has", nargs="*", default=[], help="what sections may need")
    parser.add_argument("--cxx-flags", default="", help="for the programs of the page, as AegisRT was built")
    parser.add_argument("--spoil", nargs=2, metavar=("OLD", "NEW"))
    parser.add_argument("--refresh", action="store_true")
    arguments = parser.parse_args()

    page = arguments.page.read_text(encoding="utf-8")
    if arguments.spoil:
        old, new = arguments.spoil
        if old not in page:
            sys.exit(f"run_page.py: the page does not say {old!r}")
        page = page.replace(old, new)
    with tempfile.TemporaryDirectory(prefix="aegisrt_page_") as scratch:
        prefix, folder = pathlib.Path(scratch, "prefix"), pathlib.Path(scratch, "work")
        folder.mkdir()
        subprocess.run(["cmake", "--install", arguments.build, "--prefix", prefix], check=True, stdout=subprocess.DEVNULL)
        environment = {**os.environ, "PATH": f"{prefix / 'bin'}:{os.environ['PATH']}", "CMAKE_PREFIX_PATH": str(prefix),
                       "CXXFLAGS": arguments.cxx_flags, "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
        make = refreshing.Refresher if arguments.refresh else snippets.Runner
        runner = make(folder, environment, arguments.has, beside=arguments.page.parent)
        try:
            ran = runner.run(page)
            if arguments.refresh:
                arguments.page.write_text(runner.refreshed(page), encoding="utf-8")
                print(f"{ran} commands, {len(runner.changes)} outputs rewritten; drawn: {', '.join(runner.drawn) or 'nothing'}")
            else:
                print(f"{ran} commands, all as the page says")
        except snippets.Failure as failure:
            sys.exit(f"{arguments.page.name}, {failure}")


if __name__ == "__main__":
    main()
