#!/usr/bin/env bash
# with-runtime.sh BUILD SOURCE ARGUMENT...: compiles a C++ program of this folder against the runtime of BUILD and runs it.
set -euo pipefail
build=$1
source=$2
shift 2
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

compiler=$(sed -n 's/^CMAKE_CXX_COMPILER:[A-Z]*=//p' "$build/CMakeCache.txt")
flags=$(sed -n 's/^HEDDLE_SANITIZE:BOOL=ON$/-fsanitize=address,undefined/p' "$build/CMakeCache.txt")
"$compiler" -std=c++17 -O1 -Wall -Wextra -Werror -pthread $flags -I "$root/runtime/include" \
    "$root/test/runtime/$source" -L "$build/lib" -lheddle -Wl,-rpath,"$build/lib" -o "$work/program"
"$work/program" "$@"
