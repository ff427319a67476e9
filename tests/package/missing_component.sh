#!/bin/bash
# missing_component.sh SOURCE CMAKE-ARGUMENT...: a component that is not installed must be named when it is asked
# for, at configure time.
set -euo pipefail

source=$1
shift
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
if output=$(cmake -S "$source" -B "$build" -G Ninja "$@" 2>&1); then
  echo "configuring succeeded without the component"
  exit 1
fi
tr -s ' \n' ' ' <<<"$output" | grep -q 'the component telltale is not installed' || {
  echo "the message does not name the missing component:"
  echo "$output"
  exit 1
}
