#!/usr/bin/env bash
# Installs what building (`build`) or building and testing (`test`) needs on Debian 12.
#
#   tools/setup.sh build|test|clients
#
# It looks for the headers and programs themselves, so whatever provides them will do, and installs
# a Debian package only for one that is missing; it says so first. For `test` it also makes two
# Python environments under .venv/: `sdk` with the official client package and `grpc` with today's
# gRPC. `clients` fetches the packages of tests/clients and builds these under build/clients/, for
# each language whose tools are there.
set -euo pipefail
cd "$(dirname "$0")/.."

# kind  what to look for                     the Debian package that has it
build_needs='
command g++                                  g++
command cmake                                cmake
command ninja                                ninja-build
command protoc                               protobuf-compiler
header  google/protobuf/message.h            libprotobuf-dev
header  grpcpp/grpcpp.h                      libgrpc++-dev
command grpc_cpp_plugin                      protobuf-compiler-grpc
header  openssl/ssl.h                        libssl-dev
header  crypt.h                              libcrypt-dev
header  zlib.h                               zlib1g-dev
header  nghttp2/nghttp2.h                    libnghttp2-dev
header  boost/asio.hpp                       libboost-dev
header  tl/expected.hpp                      libexpected-dev
header  fmt/format.h                         libfmt-dev
header  spdlog/spdlog.h                      libspdlog-dev
header  CLI/CLI.hpp                          libcli11-dev
header  toml++/toml.h                        libtomlplusplus-dev
header  nlohmann/json.hpp                    nlohmann-json3-dev
header  mimalloc.h                           libmimalloc-dev
header  ncurses.h                            libncurses-dev
'
test_needs='
command git                                  git
command python3                              python3
python  venv                                 python3-venv
command pkg-config                           pkg-config
command strace                               strace
command openssl                              openssl
command tmux                                 tmux
command zsh                                  zsh
command fish                                 fish
command groff                                groff-base
command fusermount3                          fuse3
command mkfs.ext4                            e2fsprogs
command clang++-14                           clang-14
file    /usr/lib/llvm-14/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a  libclang-rt-14-dev
command clang-tidy-14                        clang-tidy-14
command clang-format-14                      clang-format-14
header  gtest/gtest.h                        libgtest-dev
header  gmock/gmock.h                        libgmock-dev
file    /etc/ssl/certs/ca-certificates.crt   ca-certificates
'

present() {
  case $1 in
    command) command -v "$2" >/dev/null ;;
    header) [ -e "/usr/include/$2" ] || [ -e "/usr/local/include/$2" ] ||
      compgen -G "/usr/include/*-linux-gnu/$2" >/dev/null ;;
    python) python3 -c 'import ensurepip, venv' 2>/dev/null ;;
    file) compgen -G "$2" >/dev/null ;;
  esac
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

install_packages() {  # The needs to check, one a line.
  local kind what package missing=()
  while read -r kind what package; do
    [ -z "$kind" ] || present "$kind" "$what" || missing+=("$package")
  done <<<"$1"
  [ ${#missing[@]} -gt 0 ] || return 0
  echo "setup: installing Debian packages: ${missing[*]}"
  if ! command -v apt-get >/dev/null; then
    echo "setup: this system has no apt-get; please install what these packages hold" >&2
    return 1
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    "${missing[@]}" >/dev/null
}

python_environment() {  # Its name, then its packages with their versions.
  local folder=.venv/$1
  shift
  [ "$(cat "$folder/installed" 2>/dev/null)" = "$*" ] && return 0
  echo "setup: installing Python packages into $folder: $*"
  rm -rf "$folder"
  python3 -m venv "$folder"
  "$folder/bin/pip" install --quiet --disable-pip-version-check "$@"
  echo "$*" >"$folder/installed"
}

case ${1:-} in
  build) install_packages "$build_needs" ;;
  test)
    install_packages "$build_needs$test_needs"
    # protobuf 3.20 is the newest that the generated code inside immudb-py accepts.
    python_environment sdk immudb-py==0.8.0rc1 grpcio==1.85.1 protobuf==3.20.3 \
      google-api-core==2.29.0
    python_environment grpc grpcio==1.85.1 grpcio-tools==1.85.1 mfusepy==3.1.1
    ;;
  clients)
    for language in go node java python; do
      python3 tests/clients/run.py "$language" --build
    done
    ;;
  *)
    echo "usage: tools/setup.sh build|test|clients" >&2
    exit 2
    ;;
esac
