#!/usr/bin/env bash
# Formats every C++ file in place; with --check it only fails if one is not formatted.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=(-i)
[ "${1:-}" = --check ] && mode=(--dry-run -Werror)
git ls-files --cached --others --exclude-standard '*.cc' '*.h' | sort -u |
  while read -r file; do [ ! -e "$file" ] || echo "$file"; done |
  xargs -r clang-format-14 --style=file "${mode[@]}"
