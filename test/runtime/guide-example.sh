#!/usr/bin/env bash
# guide-example.sh BUILD: compiles the C program of docs/runtime.md as strict C11 and runs it.
set -euo pipefail
build=$1
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

awk '/^```c$/ {inside = 1; next} /^```$/ {inside = 0} inside' "$root/docs/runtime.md" >"$work/example.c"
compiler=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt")
flags=$(sed -n 's/^HEDDLE_SANITIZE:BOOL=ON$/-fsanitize=address,undefined/p' "$build/CMakeCache.txt")
"$compiler" -std=c11 -Wall -Wextra -Wpedantic -Werror $flags -I "$root/runtime/include" "$work/example.c" \
    -L "$build/lib" -lheddle -Wl,-rpath,"$build/lib" -o "$work/example"
"$build/test/unit/runtime/make-test-package" "$work/model.heddle"
"$work/example" "$work/model.heddle"
