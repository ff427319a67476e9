#!/bin/bash
# check.sh compiles|rejected SOURCE COMPILER FLAG...: one half of a compile-failure pair.
set -euo pipefail

half=$1 source=$2
shift 2

grep -q '^#ifdef TELLTALE_EXPECT_FAILURE' "$source" || {
  echo "$source has no '#ifdef TELLTALE_EXPECT_FAILURE' section"
  exit 1
}
mapfile -t expected < <(sed -n 's|^ *// expect: *||p' "$source")
[ ${#expected[@]} -gt 0 ] || {
  echo "$source has no '// expect: text' line"
  exit 1
}

if [ "$half" = compiles ]; then
  exec "$@" "$source"
fi

if output=$("$@" -DTELLTALE_EXPECT_FAILURE "$source" 2>&1); then
  echo "$source compiles with TELLTALE_EXPECT_FAILURE, and must not"
  exit 1
fi
# Where the compiler repeats source lines, it repeats this file's comments with them.
said=$(grep -vE '^ *[0-9]* \|' <<<"$output" || true)
for text in "${expected[@]}"; do
  if grep -qF -- "$text" <<<"$said"; then exit 0; fi
done
echo "$source is rejected, but not with the words expected:"
printf '  expected: %s\n' "${expected[@]}"
printf '%s\n' "$output"
exit 1
