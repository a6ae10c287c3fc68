#!/bin/sh
# Builds the fuzz targets once and runs each over its seeds for a fixed number of runs.
# RUNS sets how many (1000), SECONDS_EACH how long a slow target may take for them (8).
# The same seed every time: what is new is for long runs to find. Fails at the first crash, whose
# input is left in fuzz/artifacts.
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
host=$(rustc +nightly -vV | sed -n 's/^host: //p')
binaries="${CARGO_TARGET_DIR:-fuzz/target}/$host/release"
grown=$(mktemp -d)
trap 'rm -rf "$grown"' EXIT
for target in $(cargo +nightly fuzz list); do
    echo "== $target"
    mkdir "$grown/$target"
    mkdir -p "fuzz/artifacts/$target"
    inputs="$grown/$target"
    for folder in "fuzz/seeds/$target" "fuzz/regressions/$target"; do
        [ ! -d "$folder" ] || inputs="$inputs $folder"
    done
    # shellcheck disable=SC2086 # folders without blanks
    "$binaries/$target" $inputs -seed=1 -dict=fuzz/chaincheck.dict -runs="${RUNS:-1000}" \
        -max_total_time="${SECONDS_EACH:-8}" -max_len=8192 -timeout=20 -rss_limit_mb=2048 \
        -verbosity=0 -print_final_stats=0 -artifact_prefix="fuzz/artifacts/$target/"
done
echo "no crash"
