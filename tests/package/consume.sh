#!/bin/bash
# consume.sh SOURCE BUILD CMAKE-ARGUMENT...: configures, builds and runs one consumer from nothing.
set -euo pipefail

source=$1 build=$2
shift 2
rm -rf "$build"
cmake -S "$source" -B "$build" -G Ninja "$@"
cmake --build "$build" --target consumer  # of a subdirectory: only what the consumer needs
"$build/consumer"
