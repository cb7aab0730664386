#!/usr/bin/env bash
# Runs the fuzz targets, two at a time.
#
#   tools/fuzz.sh SECONDS [TARGET...]
#
# Builds the preset `fuzz` (clang) and runs each target, or those named, for SECONDS from the inputs
# in tests/data/fuzz/ and those that earlier runs have found (build/fuzz/corpus/). Prints a line for
# each. Fails if one ends on an input, which is then kept, and says how to run it again.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:?usage: tools/fuzz.sh SECONDS [TARGET...]}
shift
folder=build/fuzz

# Prints the last value of a statistic in a log of libFuzzer's.
figure() {  # LOG NAME
  sed -n "s/.*$2: *\([0-9]*\).*/\1/p" "$1" | tail -n 1
}

run_target() {  # NAME
  local name=$1 log=$folder/log/$1.txt crashes=$folder/crashes/$1 rc=0
  mkdir -p "$folder/corpus/$name" "$crashes"
  "$folder/bin/${name}_fuzz" -max_total_time="$seconds" -max_len=4096 -timeout=20 \
    -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$crashes/" \
    "$folder/corpus/$name" "tests/data/fuzz/$name" >"$log" 2>&1 || rc=$?
  printf 'fuzz: %-20s %9s executions %7s /s %6s edges %5s inputs\n' "$name" \
    "$(figure "$log" stat::number_of_executed_units)" \
    "$(figure "$log" stat::average_exec_per_sec)" "$(figure "$log" cov)" \
    "$(figure "$log" corp)"
  [ "$rc" = 0 ] && return 0
  tail -n 40 "$log" >&2
  echo "fuzz: $name has failed; all it said is in $log" >&2
  local input
  for input in "$crashes"/*; do
    [ -e "$input" ] && echo "fuzz: again with: $folder/bin/${name}_fuzz $input" >&2
  done
  return 1
}

export -f run_target figure
export folder seconds
cmake --preset fuzz
cmake --build --preset fuzz --parallel "${JOBS:-$(nproc)}"
mkdir -p "$folder/log"
if [ $# = 0 ]; then
  set -- "$folder"/bin/*_fuzz
  set -- "${@##*/}"
  set -- "${@%_fuzz}"
fi
printf '%s\n' "$@" | xargs -P 2 -I NAME bash -c 'run_target NAME'
