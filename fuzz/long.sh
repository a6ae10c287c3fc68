#!/usr/bin/env bash
# A long run: one worker goes round all targets until the hours are over.
#
#   fuzz/long.sh HOURS [TARGET...]
#
# SLOT        seconds a target runs at a time (120)
# NICE        how far behind other work it stands (19)
# FUZZ_LOG    where runs.tsv and the last output of each target go (fuzz/log)
# FUZZ_CORPUS where what is learnt is kept from run to run (fuzz/corpus)
# DICTIONARY  words for the mutations (fuzz/chaincheck.dict)
#
# runs.tsv gains a line a slot: time, target, executions, CPU seconds, edges covered, corpus files,
# result. A crash stops its slot only; its input is left in fuzz/artifacts/TARGET, and the script
# ends with status 1. The corpora are made small at the end (-merge=1).
set -euo pipefail

main() {
    [[ $# -ge 1 ]] || { sed -n 2,15p "$0" >&2; exit 2; }
    cd "$(dirname "$0")/.."
    local hours=$1; shift
    local log=${FUZZ_LOG:-fuzz/log} corpus=${FUZZ_CORPUS:-fuzz/corpus}
    mkdir -p "$log" "$corpus"
    cargo +nightly fuzz build --sanitizer none >&2
    # a copy, so that building again does not change a run under way
    local binaries
    binaries=$(mktemp -d)
    # shellcheck disable=SC2064
    trap "rm -rf '$binaries'" EXIT
    local targets=("$@")
    [[ ${#targets[@]} -gt 0 ]] || mapfile -t targets < <(cargo +nightly fuzz list)
    for target in "${targets[@]}"; do
        cp "$(binary "$target")" "$binaries/$target"
    done
    local end crashes=0
    end=$(awk -v now="$(date +%s)" -v hours="$hours" 'BEGIN { printf "%d", now + hours * 3600 }')
    while [[ $(date +%s) -lt $end ]]; do
        for target in "${targets[@]}"; do
            [[ $(date +%s) -lt $end ]] || break
            slot "$target" || crashes=$((crashes + 1))
        done
    done
    for target in "${targets[@]}"; do minimise "$target"; done
    echo "$crashes slots ended in a crash"
    [[ $crashes -eq 0 ]]
}

binary() {
    local host
    host=$(rustc +nightly -vV | sed -n 's/^host: //p')
    echo "${CARGO_TARGET_DIR:-fuzz/target}/$host/release/$1"
}

# Runs a target for one slot and writes its line.
slot() {
    local target=$1 output="$log/$1.txt" result=ok cpu
    [[ -x $binaries/$target ]] || { echo "$binaries/$target is gone" >&2; exit 2; }
    mkdir -p "$corpus/$target" "fuzz/artifacts/$target"
    TIMEFORMAT='%U %S'
    cpu=$({ time nice -n "${NICE:-19}" "$binaries/$target" "$corpus/$target" "fuzz/seeds/$target" \
        -dict="${DICTIONARY:-fuzz/chaincheck.dict}" -max_total_time="${SLOT:-120}" -max_len=16384 \
        -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="fuzz/artifacts/$target/" >"$output" 2>&1; } 2>&1) || result=crash
    local executed edges files
    executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$output" | tail -1)
    edges=$(grep -ao 'cov: [0-9]*' "$output" | tail -1 | cut -d' ' -f2)
    files=$(find "$corpus/$target" -type f | wc -l)
    cpu=$(tail -1 <<<"$cpu" | awk '{ printf "%.1f", $1 + $2 }')
    printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$(date -u +%FT%TZ)" "$target" "${executed:-0}" "$cpu" \
        "${edges:-0}" "$files" "$result" >>"$log/runs.tsv"
    [[ $result == ok ]]
}

# Keeps, of what was learnt, the smallest files that reach everything.
minimise() {
    local target=$1 small
    small=$(mktemp -d)
    if nice -n 19 "$binaries/$target" -merge=1 -max_len=16384 -timeout=20 -rss_limit_mb=2048 \
        "$small" "$corpus/$target" >"$log/$target.merge.txt" 2>&1; then
        rm -rf "${corpus:?}/$target"
        mv "$small" "$corpus/$target"
    else
        rm -rf "$small"
    fi
}

main "$@"
