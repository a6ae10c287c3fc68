#!/bin/sh
# Builds the fuzz targets once and runs each over its seeds for a fixed number of runs.
# RUNS sets how many (2000). Fails at the first crash, whose input is left in fuzz/artifacts.
set -eu
cd "$(dirname "$0")/.."

if ! cargo +nightly --version >/dev/null 2>&1; then
    echo "fuzz/smoke.sh: cargo +nightly is not there: 'rustup toolchain install nightly'" >&2
    exit 1
fi
if ! cargo +nightly fuzz --version >/dev/null 2>&1; then
    cargo install cargo-fuzz --locked
fi

# everything is safe Rust: no sanitizer has anything to find, and none builds quickest
cargo +nightly fuzz build --sanitizer none
grown=$(mktemp -d)
trap 'rm -rf "$grown"' EXIT
for target in $(cargo +nightly fuzz list); do
    echo "== $target"
    mkdir "$grown/$target"
    cargo +nightly fuzz run --sanitizer none "$target" "$grown/$target" "fuzz/seeds/$target" -- \
        -runs="${RUNS:-2000}" -max_len=8192 -timeout=20 -rss_limit_mb=2048 -verbosity=0 \
        -print_final_stats=0
done
echo "no crash"
