#!/usr/bin/env bash
# run.sh BUILD: installs the runtime of BUILD into a fresh folder, builds this project against it and runs it.
set -euo pipefail
build=$1
source=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --component runtime --prefix "$work/prefix" >/dev/null
compiler=$(sed -n 's/^CMAKE_CXX_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt")
flags=$(sed -n 's/^HEDDLE_SANITIZE:BOOL=ON$/-fsanitize=address,undefined/p' "$build/CMakeCache.txt")
cmake -G Ninja -S "$source" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/prefix" \
      -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_CXX_FLAGS="$flags" >/dev/null
cmake --build "$work/build" >/dev/null

"$build/test/unit/runtime/make-test-package" "$work/model.heddle"
"$work/build/consumer" "$work/model.heddle" || [ $? = 1 ]
"$work/build/consumer" "$work/none.heddle" || [ $? = 1 ]
