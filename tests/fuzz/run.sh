#!/bin/bash
# run.sh FUZZER CORPUS: one bounded run. What it finds new stays in a folder of its own; an input that
# fails is kept beside the fuzzer and named in the output.
set -euo pipefail

fuzzer=$1 corpus=$2
found=$(mktemp -d)
trap 'rm -rf "$found"' EXIT
folders=("$found")
[ ! -d "$corpus" ] || folders+=("$corpus")
"$fuzzer" -max_total_time="${TELLTALE_FUZZ_SECONDS:-10}" -timeout=10 -rss_limit_mb=2048 \
  -error_exitcode=1 -artifact_prefix="$fuzzer-" -print_final_stats=1 "${folders[@]}"
