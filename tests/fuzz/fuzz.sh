#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Every harness for FUZZ_SECONDS (default 60), as many at a time as there are cores, from the committed corpus. First the
# broken twin: a set-up that does not find its bug would find no other.
#   FUZZ_SECONDS=60 tests/fuzz/fuzz.sh BUILD [reader ...]
# Inputs that reach new code grow BUILD/fuzz/corpus/<reader> from run to run; a finding lands in BUILD/fuzz/findings, with the
# command that reproduces it. Exits 1 where there is one.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(realpath "${1:?fuzz.sh BUILD [reader ...]}")
shift
readers=("$@")
[ ${#readers[@]} -gt 0 ] || readers=(trace workload profile certificate task_csv duration mock_script)
seconds=${FUZZ_SECONDS:-60}
work=$build/fuzz
mkdir -p "$work/findings" "$work/corpus" "$work/logs"

# No input of ours takes a tenth of a second or 100 MiB, even instrumented; what takes this is a finding.
limits=(-timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=512)

# Names and lines in a report; an older llvm-symbolizer does not answer a newer sanitizer.
ASAN_SYMBOLIZER_PATH=$(command -v llvm-symbolizer-19 addr2line | head -n 1)
export ASAN_SYMBOLIZER_PATH

longest_input() {  # bytes: a few times the largest seed that means something
  case $1 in trace | profile | certificate | workload) echo 8192 ;; *) echo 2048 ;; esac
}

fuzz() {  # fuzz READER: 0 when nothing was found
  local reader=$1
  local corpus=$work/corpus/$reader log=$work/logs/$reader.log
  mkdir -p "$corpus"
  if "$build/tests/fuzz/fuzz_$reader" "${limits[@]}" -max_total_time="$seconds" -max_len="$(longest_input "$reader")" \
    -dict="$root/tests/fuzz/dictionaries/$reader.dict" -artifact_prefix="$work/findings/$reader-" -print_final_stats=1 \
    "$corpus" "$root/tests/fuzz/corpus/$reader" >"$log" 2>&1; then
    awk -v reader="$reader" '/^stat::number_of_executed_units/ { runs = $2 } /^stat::peak_rss_mb/ { rss = $2 }
      END { printf "fuzz: %-12s silent, %d inputs, peak %d MiB\n", reader, runs, rss }' "$log"
    return 0
  fi
  local input
  input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
  {
    echo "fuzz: $reader FOUND SOMETHING; the end of $log:"
    grep -m 12 -E '^==|ERROR|SUMMARY|property broken|found:|runtime error|    #[0-5] ' "$log" | cut -c 1-200
    echo "fuzz: reproduce with: $build/tests/fuzz/fuzz_$reader ${input:-(see the log)}"
  } >&2
  return 1
}

twin() {
  if "$build/tests/fuzz/fuzz_broken_twin" -max_total_time=60 -artifact_prefix="$work/findings/twin-" >"$work/logs/twin.log" 2>&1; then
    echo "fuzz: the broken twin was not found out in 60 s: this set-up finds nothing; see $work/logs/twin.log" >&2
    return 1
  fi
  rm -f "$work"/findings/twin-*
  grep -q 'property broken: a count' "$work/logs/twin.log" || { echo "fuzz: the twin died of something else; see $work/logs/twin.log" >&2; return 1; }
  echo "fuzz: broken_twin  found out, as it must"
}

twin || exit 1
failed=0
running=0
for reader in "${readers[@]}"; do
  if [ "$running" -ge "$(nproc)" ]; then
    wait -n || failed=1
    running=$((running - 1))
  fi
  fuzz "$reader" &
  running=$((running + 1))
done
while [ "$running" -gt 0 ]; do
  wait -n || failed=1
  running=$((running - 1))
done
exit "$failed"
