#!/usr/bin/env bash
# Runs clang-tidy, and clang's thread-safety analysis, over our C++ sources.
#
#   tools/tidy.sh BUILD_FOLDER [--all]
#
# BUILD_FOLDER is a configured and built preset: it holds the compile commands and the generated
# headers. Without --all only the sources are checked that differ from the main branch, or that
# include a header of ours that does. --all leaves tests out: GoogleTest's macros take clang-tidy a
# minute a file; they are checked when they change.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1
scope=${2:---changed}

compiled() {  # Our sources of the compile commands, relative to the project.
  python3 - "$folder/compile_commands.json" <<'PY'
import json, os, sys
for command in json.load(open(sys.argv[1])):
    path = os.path.relpath(os.path.join(command["directory"], command["file"]))
    if not path.startswith(("..", "build/")):
        print(path)
PY
}

changed() {
  local base
  base=$(git merge-base HEAD origin/main 2>/dev/null || git merge-base HEAD main 2>/dev/null ||
    git rev-parse HEAD)
  git diff --name-only --diff-filter=d "$base" -- '*.cc' '*.h'
  git ls-files --others --exclude-standard -- '*.cc' '*.h'
}

affected() {
  local file
  changed | while read -r file; do
    case $file in
      *.cc) echo "$file" ;;
      *.h) grep -rlF --include='*.cc' "\"${file#*/}\"" apps examples src tests 2>/dev/null || true ;;
    esac
  done | sort -u
}

if [ "$scope" = --all ]; then
  files=$(compiled | grep -vE '_(test|fuzz)\.cc$' | sort -u)
else
  files=$(comm -12 <(compiled | sort -u) <(affected))
fi
[ -n "$files" ] || { echo "tidy: no source differs from main"; exit 0; }
echo "tidy: $(wc -l <<<"$files") sources"
# The compile commands are g++'s; -Wno-unknown-warning-option keeps clang quiet about its flags.
xargs -r -n 1 -P "$(nproc)" clang-tidy-14 -p "$folder" --quiet \
  --checks='clang-diagnostic-thread-safety*' --warnings-as-errors='*' \
  --extra-arg=-Wthread-safety --extra-arg=-Wno-unknown-warning-option <<<"$files" 2>&1 |
  { grep -vE '^[0-9]+ warnings? (generated|treated as errors)' || true; }
