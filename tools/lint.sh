#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Every rule of style that a program can check. Prints what breaks and where; exits 1 at the end if anything did.
# clang-tidy's verdicts are cached by content (tools/tidy.py), so a second run costs seconds.
# shellcheck disable=SC2317  # the steps are called by name
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 4
failed=0
step() {  # step NAME COMMAND...: runs it, remembers a failure, goes on
  local name=$1
  shift
  local begin=$SECONDS
  if "$@"; then echo "lint: $name ok ($((SECONDS - begin)) s)"; else echo "lint: $name FAILED"; failed=1; fi
}

cxx_files() { git ls-files --cached --others --exclude-standard '*.h' '*.cc'; }
shell_files() { git ls-files --cached --others --exclude-standard '*.sh' .ci/run; }

check_format() { cxx_files | xargs clang-format-19 --dry-run --Werror; }
check_headers_and_warnings() {  # clang's own warnings, and each header compiled alone
  tools/configure.sh lint >/dev/null && cmake --build --preset lint -j "$(nproc)" --target all_verify_interface_header_sets |
    { grep -E 'error|warning|FAILED' || true; } && cmake --build --preset lint --target all_verify_interface_header_sets >/dev/null
}
check_tidy() { /usr/bin/python3 tools/tidy.py --build build/lint --jobs "$(nproc)"; }
check_cppcheck() {
  mkdir -p build/lint/cppcheck
  cppcheck --quiet --project=build/lint/compile_commands.json --cppcheck-build-dir=build/lint/cppcheck -j "$(nproc)" \
    --enable=warning,performance,portability --inline-suppr --suppressions-list=tools/cppcheck.suppressions \
    --error-exitcode=1 2>&1
}
check_shell() { shell_files | xargs shellcheck; }

step "format" check_format
step "shell" check_shell
step "rules of the house" /usr/bin/python3 tools/house_rules.py
step "documentation of the interface" /usr/bin/python3 tools/api_reference.py --check
step "headers alone" check_headers_and_warnings
step "clang-tidy" check_tidy
step "cppcheck" check_cppcheck
exit $failed
