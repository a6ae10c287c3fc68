#!/usr/bin/env bash
# Writes docs/conformance.md, and its table into README.md: how many scenarios of each suite are met,
# counted by the product.
# Usage: docs/conformance.sh FOLDER, where FOLDER holds windows/*.jsonl and conformance/*.jsonl.
set -euo pipefail
suites=$(cd "${1:?a folder with windows/ and conformance/}" && pwd)
cd "$(dirname "$0")/.."
cargo build --release -q -p chaincheck
{
    echo "# Conformance"
    echo
    echo "Counted by \`docs/conformance.sh\`, which runs every scenario with \`chaincheck run --summary\`."
    echo "*windows*: recorded on, or asserted by tests that run on, Windows. *conformance*: public suites,"
    echo "with the answer Windows has by its own rules; what is not known there has no expectation."
    echo "Exceptions, with reasons: \`engine/tests/exceptions.tsv\`."
    echo
    echo "| suite | met | not met | without expectation |"
    echo "|---|---:|---:|---:|"
    for kind in windows conformance; do
        for file in "$suites/$kind"/*.jsonl; do
            line=$(target/release/chaincheck run --summary "$file" | tail -n 1 || true)
            met=${line%% met*}
            rest=${line#*met, }
            unmet=${rest%% not met*}
            rest=${rest#*not met, }
            none=${rest%% without*}
            echo "| $kind/$(basename "$file" .jsonl) | $met | $unmet | $none |"
        done
    done
} > docs/conformance.md

# README.md has the same table between two marks
table=$(sed -n '/^| suite/,$p' docs/conformance.md)
awk -v table="$table" '
    /<!-- end of the conformance table -->/ { skipping = 0 }
    !skipping { print }
    /<!-- the conformance table, written by docs\/conformance.sh -->/ { print table; skipping = 1 }
' README.md > README.md.new
mv README.md.new README.md
