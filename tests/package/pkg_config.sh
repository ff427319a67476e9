#!/bin/bash
# pkg_config.sh PREFIX MODULE SOURCE COMPILER FLAG...: builds and runs one file with what pkg-config says.
set -euo pipefail

prefix=$1 module=$2 source=$3
shift 3
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT

found=$(find "$prefix" -name "$module.pc")
libdir=$(dirname "$(dirname "$found")")
export PKG_CONFIG_PATH=$libdir/pkgconfig
[ "$(pkg-config --modversion "$module")" = "$(pkg-config --modversion telltale-core)" ]
read -ra flags < <(pkg-config --cflags --libs "$module")
# The last flag serves a shared library that is installed in no standard place.
"$@" "$source" -o "$build/consumer" "${flags[@]}" "-Wl,-rpath,$libdir"
"$build/consumer"
