#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts one mistake at a time into src/theory and asks its tests to notice.

A mistake is a table of mutants/*.toml: a text that stands exactly once in a source, what it becomes, and which mistake that
is. The mutated source is compiled with the command of the build, into a folder of its own, and linked before the archive it
comes from: neither the source tree nor the build is touched. What compiles must make a test fail, crash or hang.

    tests/mutation/mutation_test.py --build build/dev [--only PART_OF_A_NAME] [--jobs 2]
    tests/mutation/mutation_test.py --build build/dev --self-check

Exit code: 0 all mistakes are caught, 1 some are not, 2 the table does not fit the sources, 4 the unmutated tests do not
build or pass.
"""

import argparse
import concurrent.futures
import dataclasses
import json
import pathlib
import re
import resource
import shlex
import subprocess
import sys
import tempfile
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLES = pathlib.Path(__file__).resolve().parent / "mutants"
LAYER = ROOT / "src" / "theory"
TARGET = "aegis_theory_test"
KEYS = {"name", "file", "find", "replace", "mistake"}
# A mistake may make a test allocate for ever; unmutated, all of them take a tenth of this.
MEMORY = 256 << 20
# Tests that take longer are asked last: most mistakes are caught before.
QUICK_MS = 30


class TableError(Exception):
    pass


class BuildError(Exception):
    pass


@dataclasses.dataclass(frozen=True)
class Mutant:
    name: str
    file: str
    find: str
    replace: str
    mistake: str

    def source(self):
        """The mutated text."""
        path = LAYER / self.file
        if not path.is_file():
            raise TableError(f"mutant {self.name}: there is no src/theory/{self.file}")
        text = path.read_text()
        if text.count(self.find) != 1:
            raise TableError(f"mutant {self.name}: its text stands {text.count(self.find)} times in src/theory/{self.file}, "
                             f"expected once: {self.find.strip().splitlines()[0]}")
        return text.replace(self.find, self.replace)


def read_mutants():
    mutants = []
    for path in sorted(TABLES.glob("*.toml")):
        for number, entry in enumerate(tomllib.loads(path.read_text())["mutant"], 1):
            if set(entry) != KEYS:
                raise TableError(f"{path.name}: mutant {number}: expected the keys {', '.join(sorted(KEYS))}")
            mutants.append(Mutant(**entry))
    names = [mutant.name for mutant in mutants]
    for name in names:
        if names.count(name) > 1:
            raise TableError(f"mutant {name}: the name stands twice")
    return mutants


class Build:
    """The commands of one build folder, and the binaries made aside of it."""

    def __init__(self, folder):
        self.folder = folder.resolve()
        done = subprocess.run(["cmake", "--build", self.folder, "--target", TARGET], capture_output=True, text=True)
        if done.returncode != 0:
            raise BuildError(f"{TARGET} does not build in {folder}:\n{done.stdout}{done.stderr}")
        commands = json.loads((self.folder / "compile_commands.json").read_text())
        self.compile_commands = {pathlib.Path(c["file"]): shlex.split(c["command"]) for c in commands}
        self.link_command = self._link_command()

    def _link_command(self):
        listing = subprocess.run(["ninja", "-C", self.folder, "-t", "commands", TARGET], check=True,
                                 capture_output=True, text=True).stdout
        for command in listing.splitlines()[-1].split(" && "):  # the link, and what is done after it
            words = shlex.split(command)
            if "-o" in words and words[words.index("-o") + 1].endswith(TARGET):
                return words
        raise BuildError(f"no command links {TARGET} in {self.folder}")

    def make(self, file, text, aside):
        """The test binary with this text for that source; None when it does not compile."""
        source, object_file, binary = aside / pathlib.Path(file).name, aside / "mutated.o", aside / TARGET
        source.write_text(text)
        original = LAYER / file
        compile_command = [str(source) if word == str(original) else word for word in self.compile_commands[original]]
        compile_command[compile_command.index("-o") + 1] = str(object_file)
        # No test fails over a warning.
        if not self._runs(compile_command + ["-w", "-I", str(original.parent)]):
            return None
        at = self.link_command.index("-o")
        link = self.link_command[:at] + [str(object_file), "-o", str(binary)] + self.link_command[at + 2:]
        return binary if self._runs(link) else None

    def _runs(self, command):
        return subprocess.run(command, cwd=self.folder, capture_output=True).returncode == 0


@dataclasses.dataclass(frozen=True)
class Outcome:
    caught: bool
    how: str


def run(binary, limit, test_filter):
    """What a run prints, its exit status, and whether it had to be ended."""
    process = subprocess.Popen([binary, "--gtest_fail_fast", "--gtest_color=no", f"--gtest_filter={test_filter}"],
                               cwd=binary.parent, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    resource.prlimit(process.pid, resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        return process.communicate(timeout=limit)[0], process.returncode, False
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate()[0], process.returncode, True


def run_tests(binary, limit, test_filter):
    """How the first test failed, if one did."""
    output, status, hangs = run(binary, limit, test_filter)
    failed = re.search(r"^\[  FAILED  \] (\w+\.\w+)", output, re.MULTILINE)
    begun = re.findall(r"^\[ RUN      \] (\S+)", output, re.MULTILINE)
    if failed and status > 0:
        return Outcome(True, f"caught by {failed.group(1)}")
    if hangs or status != 0:
        return Outcome(True, f"{'hangs' if hangs else 'crashes'} in {begun[-1] if begun else 'no test'}")
    return Outcome(False, "SURVIVED")


@dataclasses.dataclass(frozen=True)
class Plan:
    """The tests in the order in which they are asked, as filters, and when a run of them hangs."""
    filters: tuple
    limit: float


def judge(build, mutant, scratch, plan):
    with tempfile.TemporaryDirectory(dir=scratch) as aside:
        binary = build.make(mutant.file, mutant.source(), pathlib.Path(aside))
        if not binary:
            return Outcome(False, "DOES NOT COMPILE")
        for test_filter in plan.filters:
            outcome = run_tests(binary, plan.limit, test_filter)
            if outcome.caught:
                break
        return outcome


def plan_after_unmutated(build, file, scratch):
    """Runs the tests with nothing wrong, built in the same way: if that fails, a failure later shows nothing."""
    with tempfile.TemporaryDirectory(dir=scratch) as aside:
        binary = build.make(file, (LAYER / file).read_text(), pathlib.Path(aside))
        if not binary:
            raise BuildError(f"src/theory/{file} does not compile and link aside")
        begin = time.monotonic()
        output, status, _ = run(binary, 600, "*")
        taken = time.monotonic() - begin
    if status != 0:
        raise BuildError(f"the unmutated tests fail:\n{output[-2000:]}")
    timed = re.findall(r"^\[       OK \] (\S+) \((\d+) ms\)", output, re.MULTILINE)
    slow = ":".join(name for name, ms in timed if int(ms) > QUICK_MS)
    # Machines are loaded: only what is far beyond the usual hangs.
    return Plan(("-" + slow, slow) if slow else ("*",), 20 + 5 * taken)


def try_all(build, mutants, jobs, report):
    """The mutants that no test noticed."""
    with tempfile.TemporaryDirectory(dir=build.folder, prefix="mutation-") as scratch:
        plan = plan_after_unmutated(build, mutants[0].file, scratch)
        survivors = []
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            running = {pool.submit(judge, build, mutant, scratch, plan): mutant for mutant in mutants}
            for done in concurrent.futures.as_completed(running):
                mutant, outcome = running[done], done.result()
                report(f"{mutant.name}: {outcome.how}" + ("" if outcome.caught else f" ({mutant.mistake})"))
                if not outcome.caught:
                    survivors.append(mutant)
    return survivors


def check_itself(build):
    """A harmless change must survive, a fatal one must not, nonsense must not compile, a wrong table must be refused."""
    here = ("demand_bound.cc", "demand += due_by(timing(task), t);")
    harmless = Mutant("harmless", *here, "demand = demand + due_by(timing(task), t);", "none")
    fatal = Mutant("fatal", *here, "demand -= due_by(timing(task), t);", "the demand is negative")
    nonsense = Mutant("nonsense", *here, "demand += due_by(;", "no C++")
    lines = []
    survivors = try_all(build, [harmless, fatal, nonsense], 2, lines.append)
    expected = {"harmless: SURVIVED", "fatal: caught by", "nonsense: DOES NOT COMPILE"}
    wrong = [want for want in expected if not any(line.startswith(want) for line in lines)]
    if wrong or {mutant.name for mutant in survivors} != {"harmless", "nonsense"}:
        print("self-check: expected", *sorted(expected), "and found:", *lines, sep="\n  ")
        return 1
    try:
        Mutant("twice", "demand_bound.cc", "Task& task", "", "").source()
    except TableError as error:
        print(f"self-check ok; a wrong table reads: {error}")
        return 0
    print("self-check: a text that stands twice is not refused")
    return 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, required=True, help="a configured build folder (Ninja)")
    parser.add_argument("--jobs", type=int, default=2, help="mutants at a time")
    parser.add_argument("--only", default="", help="those whose name contains this")
    parser.add_argument("--self-check", action="store_true", help="whether this script can fail")
    arguments = parser.parse_args()
    try:
        mutants = [mutant for mutant in read_mutants() if arguments.only in mutant.name]
        for mutant in mutants:
            mutant.source()
        if not mutants:
            raise TableError(f"no mutant's name contains '{arguments.only}'")
        build = Build(arguments.build)
        if arguments.self_check:
            return check_itself(build)
        begin = time.monotonic()
        survivors = try_all(build, mutants, arguments.jobs, lambda line: print(line, flush=True))
    except TableError as error:
        print(f"mutation: {error}", file=sys.stderr)
        return 2
    except BuildError as error:
        print(f"mutation: {error}", file=sys.stderr)
        return 4
    print(f"mutation: {len(mutants) - len(survivors)} of {len(mutants)} mistakes caught in {time.monotonic() - begin:.0f} s")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
