#!/usr/bin/env bash
# Measures which lines of the engine are run, by the fuzz targets' seeds and corpora, and by these
# and the unit tests; arguments for `cargo test` choose other tests. Needs a nightly toolchain with its own LLVM:
#   rustup toolchain install nightly && rustup component add --toolchain nightly llvm-tools
#
# FUZZ_CORPUS what was learnt by fuzzing (fuzz/corpus)
# COVERAGE    where the profiles and tables go (fuzz/coverage)
#
# Writes COVERAGE/inputs.txt (seeds and corpora alone) and COVERAGE/tests.txt (with the tests):
# a line a file, "covered lines, lines, percent, file".
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
out=${COVERAGE:-fuzz/coverage}
mkdir -p "$out"
out=$(realpath "$out")
FUZZ_CORPUS=$(realpath -m "${FUZZ_CORPUS:-fuzz/corpus}")
export FUZZ_CORPUS
export CARGO_TARGET_DIR="$out/target"
tools=$(rustc +nightly --print sysroot)/lib/rustlib/$(rustc +nightly -vV | sed -n 's/^host: //p')/bin

# the engine is measured, what it stands on is not
printf '#!/bin/sh\nexec "$@" -Cinstrument-coverage\n' >"$out/rustc"
chmod +x "$out/rustc"
export RUSTC_WORKSPACE_WRAPPER="$out/rustc"

# Runs tests and writes the table of the profile: name, then arguments of `cargo test`.
measure() {
    local name=$1 programs objects=()
    shift
    rm -rf "$out/profiles"
    programs=$(cargo +nightly test -p chaincheck-engine "$@" --no-run --message-format json |
        sed -n 's/.*"executable":"\([^"]*\)".*/\1/p')
    LLVM_PROFILE_FILE="$out/profiles/%p-%m.profraw" \
        cargo +nightly test -q -p chaincheck-engine "$@" >"$out/$name.log" 2>&1 ||
        { tail -40 "$out/$name.log" >&2; echo "measured all the same" >&2; }
    "$tools/llvm-profdata" merge -sparse "$out"/profiles/*.profraw -o "$out/$name.profdata"
    for program in $programs; do objects+=(-object "$program"); done
    "$tools/llvm-cov" export -summary-only -instr-profile "$out/$name.profdata" "${objects[@]}" |
        python3 -c '
import json, sys
root = sys.argv[1] + "/engine/src/"
for file in json.load(sys.stdin)["data"][0]["files"]:
    lines = file["summary"]["lines"]
    if file["filename"].startswith(root) and not file["filename"].endswith("tests.rs") \
            and "/tests/" not in file["filename"]:
        name = file["filename"][len(root):]
        print(lines["covered"], lines["count"], "%.1f" % lines["percent"], name, sep="\t")
' "$root" >"$out/$name.txt"
    folders "$out/$name.txt"
}

# The sums of a table's folders.
folders() {
    echo "== $(basename "$1" .txt)"
    awk -F'\t' '{ n = split($4, part, "/"); folder = n > 1 ? part[1] : "."
        sub(/\.rs$/, "", folder); covered[folder] += $1; lines[folder] += $2 }
        END { for (f in lines) printf "%s\t%d of %d lines\t%.1f %%\n", f, covered[f], lines[f],
            100 * covered[f] / lines[f] }' "$1" | sort
}

measure inputs --test regressions
[[ $# -gt 0 ]] || set -- --lib --test regressions
measure tests "$@"
