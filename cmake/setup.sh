#!/bin/bash
# Installs what the run scripts need and this machine does not have, from the distribution's packages.
#
#   cmake/setup.sh GROUP...     groups: build tests bench examples oracles clang
#
# Prints what it will install before it does so; prints and does nothing when nothing is missing.
# Needs root or sudo only when something is missing. No service is started by what it installs, and
# none that was already there is touched.
set -euo pipefail

die() {
  printf 'setup: %s\n' "$*" >&2
  exit 1
}

# A row is a file or command that shows that the package is there, and the packages that bring it,
# the preferred one first. A name without a slash is a command; one with a slash is looked for below
# the include directories (with a compiler's multiarch folder).
rows() {
  case $1 in
    build)
      cat <<'ROWS'
g++                        g++
cmake                      cmake
ninja                      ninja-build
pkg-config                 pkg-config
spdlog/spdlog.h            libspdlog-dev
fmt/format.h               libfmt-dev
boost/beast.hpp            libboost1.81-dev libboost-dev
zlib.h/                    zlib1g-dev
ROWS
      ;;
    tests)
      cat <<'ROWS'
catch2/catch.hpp           catch2
prometheus/registry.h      prometheus-cpp-dev
nlohmann/json.hpp          nlohmann-json3-dev
python3                    python3
objdump                    binutils
curl                       curl
ROWS
      ;;
    bench)
      cat <<'ROWS'
benchmark/benchmark.h      libbenchmark-dev
prometheus/registry.h      prometheus-cpp-dev
valgrind/callgrind.h       valgrind
gnuplot                    gnuplot-nox
python3                    python3
ROWS
      ;;
    examples)
      cat <<'ROWS'
httplib.h/                 libcpp-httplib-dev
prometheus/registry.h      prometheus-cpp-dev
sqlite3.h/                 libsqlite3-dev
nlohmann/json.hpp          nlohmann-json3-dev
sqlite3                    sqlite3
curl                       curl
python3                    python3
prometheus                 prometheus
ROWS
      ;;
    oracles)
      cat <<'ROWS'
prometheus                 prometheus
promtool                   prometheus
prometheus_client:python   python3-prometheus-client
ROWS
      ;;
    clang)
      cat <<'ROWS'
clang++-14                 clang-14
fuzzer:clang-14            libclang-rt-14-dev
ROWS
      ;;
    *) die "unknown group '$1' (build tests bench examples oracles clang)" ;;
  esac
}

have() {
  local dir name=${1%/}
  case $1 in
    *:python) [ -x /usr/bin/python3 ] && /usr/bin/python3 -c "import ${1%:python}" 2>/dev/null ;;
    fuzzer:clang-14) compgen -G '/usr/lib/llvm-14/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a' >/dev/null ;;
    */*)
      for dir in /usr/local/include /usr/include /usr/include/"$(uname -m)"-linux-gnu; do
        [ -e "$dir/$name" ] && return 0
      done
      return 1
      ;;
    python3) [ -x /usr/bin/python3 ] ;;  # the distribution's own, which sees its modules
    *) command -v "$1" >/dev/null 2>&1 ;;
  esac
}

[ $# -gt 0 ] || die "usage: cmake/setup.sh GROUP... (build tests bench examples oracles clang)"

missing=()
for group in "$@"; do
  table=$(rows "$group") || exit 1
  while read -r probe packages; do
    have "$probe" || missing+=("$packages")
  done <<<"$table"
done
[ ${#missing[@]} -gt 0 ] || exit 0

command -v apt-get >/dev/null 2>&1 ||
  die "these packages are missing, and there is no apt-get to install them with: ${missing[*]}"

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null 2>&1 ||
    die "run this as root, or install sudo; missing packages: ${missing[*]}"
  as_root=(sudo)
fi

apt_get() {
  # Wait for another apt-get instead of failing; ask nothing; never remove what is installed.
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l \
    apt-get -q -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 "$@" </dev/null
}

log=$(mktemp)
policy=/usr/sbin/policy-rc.d
policy_is_ours=
finish() {
  if [ -n "$policy_is_ours" ]; then "${as_root[@]}" rm -f "$policy"; fi
  rm -f "$log"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

run_apt() {
  apt_get "$@" >"$log" 2>&1 && return 0
  tail -n 15 "$log" >&2
  return 1
}

printf 'setup: something is missing; reading the package lists\n'
run_apt update ||
  die "apt-get update failed: check the network and the sources in /etc/apt, then try again"

# The first package of each row that this distribution has.
wanted=()
for packages in "${missing[@]}"; do
  choice=
  for package in $packages; do
    if apt-cache show "$package" >/dev/null 2>&1; then
      choice=$package
      break
    fi
  done
  [ -n "$choice" ] || die "no such package here: $packages (telltale is made for Debian 12; on another
       distribution install the same library or program by hand, then try again)"
  case " ${wanted[*]-} " in *" $choice "*) ;; *) wanted+=("$choice") ;; esac
done

printf 'setup: installing %s\n' "${wanted[*]}"

# A package that brings a service starts it at once, on a machine that runs an init system. Ours are
# wanted for their programs only, so new services are refused; one that was there is left running.
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\ncase "$2" in start) exit 101 ;; esac\nexit 0\n' |
    "${as_root[@]}" sh -c "cat >$policy && chmod 755 $policy"
  policy_is_ours=yes
fi

run_apt install -y --no-install-recommends --no-remove "${wanted[@]}" ||
  die "apt-get could not install: ${wanted[*]}
       Try: ${as_root[*]} apt-get install ${wanted[*]}"

# Nor shall it start with the next boot: it would listen on every address of this machine.
case " ${wanted[*]} " in
  *" prometheus "*)
    "${as_root[@]}" update-rc.d prometheus disable >/dev/null 2>&1 || true
    printf 'setup: prometheus was installed as a program; its system service is off\n'
    ;;
esac
