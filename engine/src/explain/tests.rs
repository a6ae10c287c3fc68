use super::*;
use ExplanationKind as Kind;

fn names(word: &str) -> Vec<(Kind, String)> {
    explain(word).into_iter().map(|e| (e.kind, e.name)).collect()
}

fn has(word: &str, kind: Kind, name: &str) {
    let found = names(word);
    assert!(found.iter().any(|(k, n)| *k == kind && n == name), "{word}: {found:?}");
}

#[test]
fn a_code_in_every_spelling() {
    for word in [
        "0x800b0101",
        "0X800B0101",
        "800B0101",
        "800b0101",
        "2148204801",
        "-2146762495",
        "CERT_E_EXPIRED",
        "cert_e_expired",
        " 'expired' ",
        "A required certificate is not within its validity period when verifying against the current system clock or the timestamp in the signed file.\r\n",
    ] {
        has(word, Kind::HResult, "CERT_E_EXPIRED");
    }
    assert_eq!(explain("0x800b0101").len(), 1);
    let expired = &explain("0x800b0101")[0];
    assert_eq!(expired.value, "0x800b0101");
    assert!(expired.when_raised.contains("4107") && expired.what_to_do.contains("clock"));
}

#[test]
fn every_code_bit_event_and_property_is_explained_in_full() {
    let full = |word: &str, kind: Kind| {
        let found = explain(word);
        let one = found.iter().find(|e| e.kind == kind).unwrap_or_else(|| panic!("{word}"));
        assert!(!one.meaning.is_empty(), "{word}");
        assert!(!one.when_raised.is_empty() && !one.what_to_do.is_empty(), "{word}");
    };
    for entry in HRESULTS {
        full(entry.symbol, Kind::HResult);
        full(&entry.code.to_string(), Kind::HResult);
    }
    for bit in TrustError::TABLE {
        full(&format!("CERT_TRUST_{}", bit.name), Kind::TrustError);
        full(bit.name, Kind::TrustError);
        full(&format!("0x{:x}", bit.value), Kind::TrustError);
    }
    for bit in TrustInfo::TABLE {
        full(bit.name, Kind::TrustInfo);
        full(&format!("0x{:08x}", bit.value), Kind::TrustInfo);
    }
    for definition in family::TABLE {
        full(&definition.id.to_string(), Kind::Event);
    }
    for definition in property::TABLE {
        assert!(explain(definition.name).iter().any(|e| e.kind == Kind::Property));
        let dotted = format!("1.3.6.1.4.1.311.10.11.{}", definition.id);
        assert!(explain(&dotted).iter().any(|e| e.kind == Kind::Property), "{dotted}");
    }
    for entry in OIDS {
        has(&entry.oid.to_string(), Kind::Oid, entry.name);
        has(entry.name, Kind::Oid, entry.name);
    }
    for cause in cause::TABLE {
        full(cause.key, Kind::Cause);
    }
    for flag in flag::policy() {
        has(
            &format!("CERT_CHAIN_POLICY_{}", flag.name),
            Kind::PolicyFlag,
            &format!("CERT_CHAIN_POLICY_{}", flag.name),
        );
    }
    for flag in flag::chain() {
        has(flag.name, Kind::ChainFlag, &format!("CERT_CHAIN_{}", flag.name));
    }
}

#[test]
fn a_status_gives_each_bit() {
    for word in ["0x01000040", "1000040"] {
        let found = names(word);
        let errors: Vec<_> =
            found.iter().filter(|(k, _)| *k == Kind::TrustError).map(|(_, n)| n.as_str()).collect();
        assert_eq!(
            errors,
            ["CERT_TRUST_REVOCATION_STATUS_UNKNOWN", "CERT_TRUST_IS_OFFLINE_REVOCATION"]
        );
        assert!(found.iter().any(|(k, _)| *k == Kind::TrustInfo));
        assert!(!found.iter().any(|(k, _)| *k == Kind::PolicyFlag));
    }
    has("10c", Kind::TrustInfo, "CERT_TRUST_IS_SELF_SIGNED");
    has("0x28000001", Kind::ChainFlag, "CERT_CHAIN_REVOCATION_CHECK_CHAIN");
}

#[test]
fn event_eleven_means_two_things() {
    let events: Vec<_> = explain("11").into_iter().filter(|e| e.kind == Kind::Event).collect();
    assert_eq!(events.len(), 2);
    assert!(events[0].name.contains("crypt32") && events[0].meaning.contains("4107"));
    assert!(events[1].name.contains("Operational"));
    let found = explain("4107");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].meaning.contains("Failed extract of third-party root list"));
}

#[test]
fn numbers_that_are_several_things() {
    has("104", Kind::Property, "CERT_DISALLOWED_FILETIME_PROP_ID");
    has("0x68", Kind::Property, "CERT_DISALLOWED_FILETIME_PROP_ID");
    has("DISALLOWED_FILETIME", Kind::Property, "CERT_DISALLOWED_FILETIME_PROP_ID");
    has("13", Kind::HResult, "ERROR_INVALID_DATA");
    has(
        "13",
        Kind::Event,
        "Application log, Microsoft-Windows-CAPI2 on Vista and 2008, crypt32 on XP and 2003",
    );
    has("2250", Kind::HResult, "ERROR_NOT_CONNECTED");
    has("12007", Kind::HResult, "ERROR_INTERNET_NAME_NOT_RESOLVED");
    has("serverauth", Kind::Oid, "serverAuth");
    has("ROOT_LIST_SIGNER", Kind::Oid, "szOID_ROOT_LIST_SIGNER");
    has("untrusted_root", Kind::TrustError, "CERT_TRUST_IS_UNTRUSTED_ROOT");
    has("allow_unknown_ca", Kind::PolicyFlag, "CERT_CHAIN_POLICY_ALLOW_UNKNOWN_CA_FLAG");
    has("not a cabinet", Kind::Cause, "not-a-cabinet");
    has("0x0", Kind::HResult, "S_OK");
}

#[test]
fn what_is_not_known_is_not_invented() {
    for word in ["", "   ", "0x", "0xzz", "nonsense", "-", "-1x", "99999999999", "0x123456789"] {
        assert_eq!(explain(word), [], "{word}");
    }
    assert_eq!(explain(&"A".repeat(MAX_WORD + 1)), []);
    let unknown = explain("0x8007ffff");
    assert_eq!(unknown.len(), 1);
    assert_eq!(unknown[0].certainty, Certainty::Unknown);
    assert_eq!(explain("0x801901a2")[0].meaning, "The server answered with HTTP status 418.");
}

#[test]
fn suggestions_help() {
    assert!(suggestions("CERT_E_EXP").contains(&"CERT_E_EXPIRED".to_owned()));
    assert!(suggestions("cert_e_exipred").contains(&"CERT_E_EXPIRED".to_owned()));
    assert!(suggestions("disallowed").contains(&"disallowed_filetime".to_owned()));
    assert!(suggestions("410").contains(&"4107".to_owned()));
    assert!(suggestions("").is_empty());
    assert!(suggestions("E").len() <= MAX_SUGGESTIONS);
}

#[test]
fn slips() {
    assert!(nearly_equal("EXPIRED", "EXIPRED"));
    assert!(nearly_equal("EXPIRED", "EXPIRE"));
    assert!(!nearly_equal("EXPIRED", "REVOKED"));
    assert!(nearly_equal("", "AB") && !nearly_equal("", "ABC"));
}
