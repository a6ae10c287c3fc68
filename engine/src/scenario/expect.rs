//! Whether a result is what a scenario expects.

use serde_json::{Map, Value};

use crate::chain::status::{TrustBit, TrustError, TrustInfo};

/// Where a result is not what was expected: path, expected, found.
pub type Mismatch = String;

/// Keys that say how to compare, beside the statuses they speak of.
const RULE_KEYS: [&str; 4] = ["ignore_error", "ignore_info", "match", "elements_complete"];

/// Compares a result with an expectation: any subset of it, with the rules of the scenario
/// document. Empty if it is met.
#[must_use]
pub fn judge(expect: &Value, result: &Value) -> Vec<Mismatch> {
    let mut found = Vec::new();
    let Value::Object(expected) = expect else {
        return vec!["expect: must be an object".to_owned()];
    };
    let call_failed = result.get("call_error").is_some_and(|code| !code.is_null());
    for (key, want) in expected {
        if key.starts_with('_') {
            continue;
        }
        if key == "valid" {
            let valid = !call_failed && policies_are_ok(result);
            if want.as_bool() != Some(valid) {
                found.push(format!("valid: expected {want}, got {valid}"));
            }
            continue;
        }
        if key == "chain" && call_failed {
            found.push(format!("chain: the call failed with {}", show(result.get("call_error"))));
            continue;
        }
        compare(want, result.get(key), key, &mut found);
    }
    found
}

fn policies_are_ok(result: &Value) -> bool {
    let policies = result.get("policies").and_then(Value::as_array);
    policies.into_iter().flatten().all(|policy| policy.get("error").and_then(number) == Some(0))
}

fn compare(want: &Value, got: Option<&Value>, path: &str, found: &mut Vec<Mismatch>) {
    match want {
        Value::Object(map) => match got {
            Some(Value::Object(result)) => compare_objects(map, result, path, found),
            other => found.push(format!("{path}: expected an object, got {}", show(other))),
        },
        Value::Array(list) => match got {
            Some(Value::Array(result)) => compare_lists(list, result, path, true, found),
            other => {
                if !list.iter().any(|option| scalar_equals(option, other)) {
                    found.push(format!("{path}: expected one of {want}, got {}", show(other)));
                }
            }
        },
        _ => {
            if !scalar_equals(want, got) {
                found.push(format!("{path}: expected {want}, got {}", show(got)));
            }
        }
    }
}

fn compare_objects(
    want: &Map<String, Value>,
    got: &Map<String, Value>,
    path: &str,
    found: &mut Vec<Mismatch>,
) {
    for (key, expected) in want {
        if key.starts_with('_') || RULE_KEYS.contains(&key.as_str()) {
            continue;
        }
        let here = format!("{path}.{key}");
        let is_status =
            |side: &str| key == &format!("{side}_status") || (key == side && expected.is_array());
        if is_status("error") && got.contains_key("error_status") {
            compare_status("error", TrustError::TABLE, expected, want, got, &here, found);
        } else if is_status("info") && got.contains_key("info_status") {
            compare_status("info", TrustInfo::TABLE, expected, want, got, &here, found);
        } else if let (Value::Array(list), "elements", Some(Value::Array(result))) =
            (expected, key.as_str(), got.get(key))
        {
            let complete = want.get("elements_complete").and_then(Value::as_bool).unwrap_or(true);
            compare_lists(list, result, &here, complete, found);
        } else {
            let minus_one = Value::from(-1);
            let default =
                matches!(key.as_str(), "chain_index" | "element_index").then_some(&minus_one);
            compare(expected, got.get(key).or(default), &here, found);
        }
    }
}

fn compare_status(
    side: &str,
    table: &[TrustBit],
    expected: &Value,
    want: &Map<String, Value>,
    got: &Map<String, Value>,
    path: &str,
    found: &mut Vec<Mismatch>,
) {
    let expected_bits = match expected {
        Value::Array(names) => names
            .iter()
            .map(|name| {
                let name = name.as_str()?;
                let bit = table.iter().find(|bit| bit.name == name).map(|bit| bit.value.into());
                bit.or_else(|| number(&Value::from(name)))
            })
            .try_fold(0, |all, bit| bit.map(|bit| all | bit)),
        other => number(other),
    };
    let got_bits = got.get(&format!("{side}_status")).and_then(number);
    let (Some(expected_bits), Some(got_bits)) = (expected_bits, got_bits) else {
        found.push(format!("{path}: {expected} is no status"));
        return;
    };
    let mask = !want.get(&format!("ignore_{side}")).and_then(number).unwrap_or(0);
    let contains = want.get("match").and_then(Value::as_str) == Some("contains");
    let met = if contains {
        got_bits & expected_bits & mask == expected_bits & mask
    } else {
        got_bits & mask == expected_bits & mask
    };
    if !met {
        let word = if contains { "at least " } else { "" };
        found.push(format!("{path}: expected {word}0x{expected_bits:08x}, got 0x{got_bits:08x}"));
    }
}

fn compare_lists(
    want: &[Value],
    got: &[Value],
    path: &str,
    complete: bool,
    found: &mut Vec<Mismatch>,
) {
    if got.len() < want.len() || (complete && got.len() != want.len()) {
        let (want, got) = (want.len(), got.len());
        found.push(format!("{path}: expected {want} entries, got {got}"));
    }
    for (index, (want, got)) in want.iter().zip(got).enumerate() {
        compare(want, Some(got), &format!("{path}[{index}]"), found);
    }
}

fn scalar_equals(want: &Value, got: Option<&Value>) -> bool {
    let Some(got) = got.filter(|got| !got.is_null()) else { return want.is_null() };
    if let (Some(a), Some(b)) = (number(want), number(got)) {
        return a == b;
    }
    match (want, got) {
        (Value::String(a), Value::String(b)) if is_thumbprint(a) => a.eq_ignore_ascii_case(b),
        _ => want == got,
    }
}

fn is_thumbprint(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// A number, or hexadecimal after `0x`.
fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => {
            let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?;
            i64::from_str_radix(digits, 16).ok()
        }
        _ => None,
    }
}

fn show(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn result() -> Value {
        json!({
            "chain": { "error_status": "0x00000021", "info_status": "0x00000100",
                "simple_chains": [ { "elements": [
                    { "sha1": "ab", "error_status": "0x00000001", "info_status": "0x00000002" },
                    { "sha1": "cd", "error_status": "0x00000020", "info_status": "0x0000000c" } ] } ] },
            "policies": [ { "name": "base", "error": "0x800b0101" } ],
            "call_error": null
        })
    }

    #[test]
    fn subsets_masks_and_lists() {
        for met in [
            json!({ "valid": false }),
            json!({ "chain": { "error": ["IS_NOT_TIME_VALID", "IS_UNTRUSTED_ROOT"] } }),
            json!({ "chain": { "error_status": "0x20", "ignore_error": "0x1" } }),
            json!({ "chain": { "error": ["IS_UNTRUSTED_ROOT"], "match": "contains" } }),
            json!({ "chain": { "simple_chains": [
                { "elements": [ { "sha1": "ab" } ], "elements_complete": false } ] } }),
            json!({ "policies": [ { "error": ["0x800b0109", "0x800B0101"], "chain_index": -1 } ] }),
            json!({ "call_error": null, "_comment": 1 }),
        ] {
            assert_eq!(judge(&met, &result()), Vec::<String>::new(), "{met}");
        }
        for unmet in [
            json!({ "valid": true }),
            json!({ "chain": { "error_status": "0x20" } }),
            json!({ "chain": { "error": ["IS_REVOKED"], "match": "contains" } }),
            json!({ "chain": { "simple_chains": [ { "elements": [ { "sha1": "ab" } ] } ] } }),
            json!({ "policies": [] }),
            json!({ "call_error": "0x80070057" }),
            json!({ "list": { "entries": 1 } }),
        ] {
            assert_ne!(judge(&unmet, &result()), Vec::<String>::new(), "{unmet}");
        }
    }

    #[test]
    fn an_expected_chain_expects_that_the_call_succeeds() {
        let failed = json!({ "call_error": "0x80070057" });
        assert!(!judge(&json!({ "chain": {} }), &failed).is_empty());
        assert!(judge(&json!({ "valid": false }), &failed).is_empty());
    }
}
