#![allow(clippy::field_reassign_with_default)] // one option at a time reads better here

use super::*;
use crate::base::oid;
use crate::chain::context::{Finding, Origin, SimpleChain};
use crate::chain::status::{TrustError, TrustStatus};
use certificate::{Builder, tlv};

/// Certificates made for a test: a TBSCertificate with a name, a key and extensions.
pub(super) mod certificate {
    use crate::base::oid::{self, Oid};
    use crate::object::certificate::Certificate;

    pub(crate) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let content = parts.concat();
        let mut octets = vec![tag];
        match u8::try_from(content.len()) {
            Ok(length @ 0..=127) => octets.push(length),
            _ => {
                octets.push(0x82);
                octets.extend(u16::try_from(content.len()).unwrap().to_be_bytes());
            }
        }
        octets.extend(content);
        octets
    }

    #[derive(Default)]
    pub(crate) struct Builder {
        issuer: Vec<u8>,
        subject: Vec<u8>,
        extensions: Vec<u8>,
        key: u8,
    }

    impl Builder {
        pub(crate) fn subject(mut self, kind: &Oid, value: &str) -> Self {
            self.subject.extend(rdn(kind, value));
            self
        }

        pub(crate) fn issuer(mut self, name: &str) -> Self {
            self.issuer = rdn(&oid::COMMON_NAME, name);
            self
        }

        pub(crate) fn key(mut self, key: u8) -> Self {
            self.key = key;
            self
        }

        pub(crate) fn extension(mut self, id: &Oid, value: &[u8]) -> Self {
            let extension = tlv(0x30, &[&tlv(0x06, &[id.as_octets()]), &tlv(0x04, &[value])]);
            self.extensions.extend(extension);
            self
        }

        pub(crate) fn build(&self) -> Certificate {
            let time = tlv(0x17, &[b"200101000000Z"]);
            let algorithm = tlv(0x30, &[&tlv(0x06, &[&[0x2a, 0x03]])]);
            let spki = tlv(0x30, &[&algorithm, &tlv(0x03, &[&[0, self.key]])]);
            let extensions = tlv(0xa3, &[&tlv(0x30, &[&self.extensions])]);
            let tbs = tlv(
                0x30,
                &[
                    &tlv(0xa0, &[&[2, 1, 2]]),
                    &[2, 1, 1],
                    &algorithm,
                    &tlv(0x30, &[&self.issuer]),
                    &tlv(0x30, &[&time, &time]),
                    &tlv(0x30, &[&self.subject]),
                    &spki,
                    if self.extensions.is_empty() { &[] } else { &extensions },
                ],
            );
            Certificate::from_der(&tbs).unwrap()
        }
    }

    fn rdn(kind: &Oid, value: &str) -> Vec<u8> {
        let attribute =
            tlv(0x30, &[&tlv(0x06, &[kind.as_octets()]), &tlv(0x0c, &[value.as_bytes()])]);
        tlv(0x31, &[&attribute])
    }
}

const NONE: TrustError = TrustError(0);

fn element(certificate: Certificate, error: TrustError) -> Element {
    Element {
        certificate,
        status: TrustStatus { error, info: TrustInfo(0) },
        revocation: None,
        application_usage: None,
        issuance_usage: None,
        findings: Vec::new(),
        origin: Origin::End,
    }
}

fn end() -> Certificate {
    Builder::default().issuer("CA").subject(&oid::COMMON_NAME, "www.example.com").key(1).build()
}

fn ca() -> Certificate {
    Builder::default().issuer("Root").subject(&oid::COMMON_NAME, "CA").key(2).build()
}

fn root() -> Certificate {
    Builder::default().issuer("Root").subject(&oid::COMMON_NAME, "Root").key(3).build()
}

fn simple_chain(errors: [TrustError; 3], whole: TrustError) -> SimpleChain {
    let elements: Vec<Element> = [end(), ca(), root()]
        .into_iter()
        .zip(errors)
        .map(|(certificate, error)| element(certificate, error))
        .collect();
    let error = errors.into_iter().fold(whole, |all, error| all | error);
    SimpleChain {
        status: TrustStatus { error, info: TrustInfo(0) },
        elements,
        ..SimpleChain::default()
    }
}

/// End certificate, CA and root with these errors, and errors of the chain as a whole.
fn chain(errors: [TrustError; 3], whole: TrustError) -> ChainContext {
    let chain = simple_chain(errors, whole);
    ChainContext { status: chain.status, chains: vec![chain], ..ChainContext::default() }
}

fn at(position: usize, error: TrustError) -> ChainContext {
    let mut errors = [NONE; 3];
    errors[position] = error;
    chain(errors, NONE)
}

fn request(policy: PolicyName) -> PolicyRequest {
    PolicyRequest::new(policy)
}

fn judge(context: &ChainContext, request: &PolicyRequest) -> PolicyStatus {
    verify(context, request, &PolicyContext::default())
}

fn verdict(status: &PolicyStatus) -> (HResult, i32, i32) {
    (status.error, status.chain_index, status.element_index)
}

fn with_flags(context: &ChainContext, policy: PolicyName, flags: PolicyFlags) -> HResult {
    judge(context, &PolicyRequest { flags, ..request(policy) }).error
}

use PolicyName::{Authenticode, AuthenticodeTs, Base, Ssl};

#[test]
fn names_of_policies() {
    for (position, name) in PolicyName::ALL.into_iter().enumerate() {
        assert_eq!(name.as_str().parse(), Ok(name));
        assert_eq!(usize::try_from(name.number()), Ok(position + 1));
    }
    let error = "tls".parse::<PolicyName>().unwrap_err().to_string();
    assert!(error.contains("'tls'") && error.contains("basic-constraints"), "{error}");
}

#[test]
fn success_is_at_minus_one() {
    for policy in [Base, Authenticode, AuthenticodeTs, Ssl, PolicyName::BasicConstraints] {
        let status = judge(&chain([NONE; 3], NONE), &request(policy));
        assert_eq!(verdict(&status), (hresult::S_OK, -1, -1), "{policy}");
        assert!(status.is_ok() && status.evaluated);
        assert_eq!((status.hidden.len(), status.note), (0, None), "{policy}");
    }
}

/// Each bit, its codes in base, Authenticode and SSL, and the flags that excuse it.
#[test]
fn codes_of_each_bit_and_the_flags_that_excuse_it() {
    use TrustError as E;
    let unknown = E::REVOCATION_STATUS_UNKNOWN;
    let no_flag = PolicyFlags(0);
    let table = [
        (E::IS_NOT_SIGNATURE_VALID, hresult::TRUST_E_CERT_SIGNATURE, no_flag),
        (
            E::HAS_WEAK_SIGNATURE,
            hresult::TRUST_E_CERT_SIGNATURE,
            PolicyFlags::IGNORE_WEAK_SIGNATURE,
        ),
        (E::IS_EXPLICIT_DISTRUST, hresult::TRUST_E_EXPLICIT_DISTRUST, no_flag),
        (E::IS_REVOKED, hresult::CRYPT_E_REVOKED, no_flag),
        (E::IS_UNTRUSTED_ROOT, hresult::CERT_E_UNTRUSTEDROOT, PolicyFlags::ALLOW_UNKNOWN_CA),
        (E::IS_NOT_VALID_FOR_USAGE, hresult::CERT_E_WRONG_USAGE, PolicyFlags::IGNORE_WRONG_USAGE),
        (E::IS_NOT_TIME_VALID, hresult::CERT_E_EXPIRED, PolicyFlags::IGNORE_NOT_TIME_VALID),
        (
            E::IS_NOT_TIME_NESTED,
            hresult::CERT_E_VALIDITYPERIODNESTING,
            PolicyFlags::IGNORE_NOT_TIME_NESTED,
        ),
        (
            E::INVALID_BASIC_CONSTRAINTS,
            hresult::TRUST_E_BASIC_CONSTRAINTS,
            PolicyFlags::IGNORE_INVALID_BASIC_CONSTRAINTS,
        ),
        (
            E::INVALID_NAME_CONSTRAINTS,
            hresult::CERT_E_INVALID_NAME,
            PolicyFlags::IGNORE_INVALID_NAME,
        ),
        (
            E::HAS_NOT_SUPPORTED_NAME_CONSTRAINT,
            hresult::CERT_E_INVALID_NAME,
            PolicyFlags::IGNORE_INVALID_NAME,
        ),
        (
            E::HAS_NOT_PERMITTED_NAME_CONSTRAINT,
            hresult::CERT_E_INVALID_NAME,
            PolicyFlags::IGNORE_INVALID_NAME,
        ),
        (
            E::HAS_EXCLUDED_NAME_CONSTRAINT,
            hresult::CERT_E_INVALID_NAME,
            PolicyFlags::IGNORE_INVALID_NAME,
        ),
        (
            E::INVALID_POLICY_CONSTRAINTS,
            hresult::CERT_E_INVALID_POLICY,
            PolicyFlags::IGNORE_INVALID_POLICY,
        ),
        (
            E::NO_ISSUANCE_CHAIN_POLICY,
            hresult::CERT_E_INVALID_POLICY,
            PolicyFlags::IGNORE_INVALID_POLICY,
        ),
        (
            E::HAS_NOT_SUPPORTED_CRITICAL_EXT,
            hresult::CERT_E_CRITICAL,
            PolicyFlags::IGNORE_NOT_SUPPORTED_CRITICAL_EXT,
        ),
        (
            E::INVALID_EXTENSION,
            hresult::CERT_E_CRITICAL,
            PolicyFlags::IGNORE_NOT_SUPPORTED_CRITICAL_EXT,
        ),
        (unknown, hresult::CRYPT_E_NO_REVOCATION_CHECK, PolicyFlags::IGNORE_CA_REV_UNKNOWN),
        (
            unknown | E::IS_OFFLINE_REVOCATION,
            hresult::CRYPT_E_REVOCATION_OFFLINE,
            PolicyFlags::IGNORE_CA_REV_UNKNOWN,
        ),
    ];
    let all = PolicyFlags::TABLE.iter().fold(0, |all, (value, ..)| all | value);
    for (bits, code, excuse) in table {
        let context = at(1, bits);
        for policy in [Base, Ssl] {
            let status = judge(&context, &request(policy));
            assert_eq!(verdict(&status), (code, 0, 1), "{bits:?} {policy}");
            let with_excuse = with_flags(&context, policy, excuse);
            let expected = if excuse.0 == 0 { code } else { hresult::S_OK };
            assert_eq!(with_excuse, expected, "{bits:?} {policy}");
            let others = PolicyFlags(all & !excuse.0);
            assert_eq!(with_flags(&context, policy, others), code, "{bits:?} {policy}");
        }
    }
}

#[test]
fn authenticode_has_its_own_codes_for_revocation() {
    let strict =
        |policy| PolicyRequest { reg_policy_settings: RegPolicySettings(0), ..request(policy) };
    let unknown = TrustError::REVOCATION_STATUS_UNKNOWN;
    let offline = unknown | TrustError::IS_OFFLINE_REVOCATION;
    for policy in [Authenticode, AuthenticodeTs] {
        for (bits, code) in [
            (TrustError::IS_REVOKED, hresult::CERT_E_REVOKED),
            (unknown, hresult::CERT_E_REVOCATION_FAILURE),
            (offline, hresult::CERT_E_REVOCATION_FAILURE),
        ] {
            let status = judge(&at(1, bits), &strict(policy));
            assert_eq!(verdict(&status), (code, 0, 1), "{policy} {bits:?}");
        }
        // one code for both: the first element counts, and it stands once
        let status = judge(&chain([offline, unknown, NONE], NONE), &strict(policy));
        assert_eq!(verdict(&status), (hresult::CERT_E_REVOCATION_FAILURE, 0, 0));
        assert!(status.hidden.is_empty());
    }
    let options = PolicyOptions {
        ssl_revocation_hresult: RevocationCodes::Cert,
        authenticode_usage_hresult: hresult::CERT_E_PURPOSE,
        ..PolicyOptions::default()
    };
    let policy_context = PolicyContext { options, ..PolicyContext::default() };
    let code = |bits, policy| verify(&at(0, bits), &request(policy), &policy_context).error;
    assert_eq!(code(TrustError::IS_REVOKED, Ssl), hresult::CERT_E_REVOKED);
    assert_eq!(code(offline, Ssl), hresult::CERT_E_REVOCATION_FAILURE);
    assert_eq!(code(TrustError::IS_NOT_VALID_FOR_USAGE, Authenticode), hresult::CERT_E_PURPOSE);
    assert_eq!(code(TrustError::IS_REVOKED, Base), hresult::CRYPT_E_REVOKED);
}

#[test]
fn settings_of_wintrust() {
    let code = |policy, bits, settings, commercial| {
        let request =
            PolicyRequest { reg_policy_settings: settings, commercial, ..request(policy) };
        judge(&at(0, bits), &request).error
    };
    let offline = TrustError::REVOCATION_STATUS_UNKNOWN | TrustError::IS_OFFLINE_REVOCATION;
    let failure = hresult::CERT_E_REVOCATION_FAILURE;
    use RegPolicySettings as S;
    for (policy, bits, settings, commercial, expected) in [
        (Authenticode, offline, DEFAULT_REG_POLICY_SETTINGS, false, hresult::S_OK),
        (Authenticode, offline, S::OFFLINEOK_IND, false, hresult::S_OK),
        (Authenticode, offline, S::OFFLINEOK_IND, true, failure),
        (Authenticode, offline, S::OFFLINEOKNBU_COM, true, hresult::S_OK),
        (Authenticode, offline, S::OFFLINEOK_COM, false, failure),
        (Authenticode, offline, S::IGNOREREVOCATIONONTS, false, failure),
        (AuthenticodeTs, offline, S::IGNOREREVOCATIONONTS, false, hresult::S_OK),
        (AuthenticodeTs, TrustError::IS_REVOKED, S::IGNOREREVOCATIONONTS, false, hresult::S_OK),
        (
            Authenticode,
            TrustError::IS_REVOKED,
            DEFAULT_REG_POLICY_SETTINGS,
            false,
            hresult::CERT_E_REVOKED,
        ),
        (Authenticode, TrustError::IS_REVOKED, S::IGNOREREVOKATION, false, hresult::S_OK),
        (Authenticode, TrustError::IS_NOT_TIME_VALID, S::IGNOREEXPIRATION, false, hresult::S_OK),
        (Authenticode, TrustError::IS_NOT_TIME_VALID, S(0), false, hresult::CERT_E_EXPIRED),
    ] {
        let found = code(policy, bits, settings, commercial);
        assert_eq!(found, expected, "{policy} {bits:?} {settings:?} {commercial}");
    }
    let request =
        PolicyRequest { reg_policy_settings: S::IGNOREREVOKATION, ..request(Authenticode) };
    let status = judge(&at(0, TrustError::IS_REVOKED), &request);
    assert!(status.note.unwrap().contains("revoked is excused"));
}

#[test]
fn partial_and_cyclic_chains() {
    for bit in [TrustError::IS_PARTIAL_CHAIN, TrustError::IS_CYCLIC] {
        for context in [chain([NONE; 3], bit), at(2, bit)] {
            for (policy, code) in [
                (Base, hresult::CERT_E_CHAINING),
                (Authenticode, hresult::CERT_E_CHAINING),
                (Ssl, hresult::CERT_E_UNTRUSTEDROOT),
            ] {
                assert_eq!(verdict(&judge(&context, &request(policy))), (code, 0, -1));
                let allowed = with_flags(&context, policy, PolicyFlags::ALLOW_UNKNOWN_CA);
                assert_eq!(allowed, hresult::S_OK);
            }
        }
    }
}

#[test]
fn the_first_element_with_the_bit_is_reported() {
    let expired = TrustError::IS_NOT_TIME_VALID;
    let status = judge(&chain([NONE, expired, expired], NONE), &request(Base));
    assert_eq!(verdict(&status), (hresult::CERT_E_EXPIRED, 0, 1));
    let mut two = chain([NONE; 3], NONE);
    two.chains.push(simple_chain([NONE, expired, NONE], NONE));
    two.status.error = expired;
    assert_eq!(verdict(&judge(&two, &request(Base))), (hresult::CERT_E_EXPIRED, 1, 1));
}

#[test]
fn bits_of_a_chain_or_a_context_alone_have_no_element() {
    let list = chain([NONE; 3], TrustError::CTL_IS_NOT_TIME_VALID);
    assert_eq!(verdict(&judge(&list, &request(Base))), (hresult::CERT_E_EXPIRED, 0, -1));
    let excused = with_flags(&list, Base, PolicyFlags::IGNORE_CTL_NOT_TIME_VALID);
    assert_eq!(excused, hresult::S_OK);
    assert_eq!(
        with_flags(&list, Base, PolicyFlags::IGNORE_NOT_TIME_VALID),
        hresult::CERT_E_EXPIRED
    );
    for (bit, code) in [
        (TrustError::CTL_IS_NOT_SIGNATURE_VALID, hresult::TRUST_E_CERT_SIGNATURE),
        (TrustError::CTL_IS_NOT_VALID_FOR_USAGE, hresult::CERT_E_WRONG_USAGE),
    ] {
        assert_eq!(verdict(&judge(&chain([NONE; 3], bit), &request(Base))), (code, 0, -1));
    }
    let mut whole = chain([NONE; 3], NONE);
    whole.status.error = TrustError::IS_EXPLICIT_DISTRUST;
    let expected = (hresult::TRUST_E_EXPLICIT_DISTRUST, -1, -1);
    assert_eq!(verdict(&judge(&whole, &request(Base))), expected);
}

#[test]
fn precedence_and_what_it_hides() {
    let errors = [
        TrustError::IS_NOT_TIME_VALID,
        TrustError::IS_NOT_SIGNATURE_VALID | TrustError::INVALID_BASIC_CONSTRAINTS,
        TrustError::IS_UNTRUSTED_ROOT,
    ];
    let status = judge(&chain(errors, NONE), &request(Base));
    assert_eq!(verdict(&status), (hresult::TRUST_E_CERT_SIGNATURE, 0, 1));
    assert_eq!(
        status.hidden,
        [
            PolicyError::new(hresult::CERT_E_UNTRUSTEDROOT, 0, 2),
            PolicyError::new(hresult::CERT_E_EXPIRED, 0, 0),
            PolicyError::new(hresult::TRUST_E_BASIC_CONSTRAINTS, 0, 1),
        ]
    );
    let precedence = vec![ErrorClass::BasicConstraints];
    let options = PolicyOptions { precedence, ..PolicyOptions::default() };
    let policy_context = PolicyContext { options, ..PolicyContext::default() };
    let status = verify(&chain(errors, NONE), &request(Base), &policy_context);
    assert_eq!(verdict(&status), (hresult::TRUST_E_BASIC_CONSTRAINTS, 0, 1));
    assert_eq!(status.hidden.len(), 3, "classes left out of the list still count");
}

#[test]
fn an_order_that_nobody_saw_is_noted() {
    let lesser = TrustError::IS_NOT_TIME_VALID | TrustError::IS_NOT_VALID_FOR_USAGE;
    let status = judge(&at(0, lesser), &request(Base));
    assert_eq!(status.error, hresult::CERT_E_WRONG_USAGE);
    assert!(status.note.unwrap().contains("Usage comes before Expired"));
    let seen = TrustError::IS_NOT_TIME_VALID | TrustError::IS_UNTRUSTED_ROOT;
    assert_eq!(judge(&at(2, seen), &request(Base)).note, None);
}

#[test]
fn bits_without_a_code_are_noted_not_judged() {
    let status = judge(&at(0, TrustError::HAS_WEAK_HYGIENE), &request(Base));
    assert!(status.is_ok());
    assert!(status.note.unwrap().contains("HAS_WEAK_HYGIENE"));
    assert_eq!(judge(&at(0, TrustError::HAS_MIN_TELEMETRY_RSA), &request(Base)).note, None);
}

#[test]
fn a_weak_signature_is_excused_a_bad_one_is_not() {
    let bits = TrustError::IS_NOT_SIGNATURE_VALID | TrustError::HAS_WEAK_SIGNATURE;
    let finding = |bits| Finding { bits, what: String::new(), rule: "" };
    let mut context = at(0, bits);
    context.chains[0].elements[0].findings = vec![finding(bits)];
    let flag = PolicyFlags::IGNORE_WEAK_SIGNATURE;
    assert_eq!(with_flags(&context, Base, flag), hresult::S_OK);
    let checks = PolicyRequest { checks: Checks::IGNORE_WEAK_SIGNATURE, ..request(Ssl) };
    assert_eq!(judge(&context, &checks).error, hresult::S_OK);
    context.chains[0].elements[0].findings.push(finding(TrustError::IS_NOT_SIGNATURE_VALID));
    assert_eq!(with_flags(&context, Base, flag), hresult::TRUST_E_CERT_SIGNATURE);
    assert_eq!(with_flags(&at(0, bits), Base, PolicyFlags(0)), hresult::TRUST_E_CERT_SIGNATURE);
}

#[test]
fn unknown_revocation_is_excused_by_place() {
    let unknown = TrustError::REVOCATION_STATUS_UNKNOWN;
    let flags = [
        PolicyFlags::IGNORE_END_REV_UNKNOWN,
        PolicyFlags::IGNORE_CA_REV_UNKNOWN,
        PolicyFlags::IGNORE_ROOT_REV_UNKNOWN,
    ];
    for position in 0..3 {
        for (of, flag) in flags.into_iter().enumerate() {
            let excused = with_flags(&at(position, unknown), Base, flag) == hresult::S_OK;
            assert_eq!(excused, of == position);
        }
    }
    let mut signer = chain([NONE; 3], NONE);
    signer.chains.push(simple_chain([unknown, NONE, NONE], NONE));
    signer.status.error = unknown;
    let flag = PolicyFlags::IGNORE_CTL_SIGNER_REV_UNKNOWN;
    assert_eq!(with_flags(&signer, Base, flag), hresult::S_OK);
    let flag = PolicyFlags::IGNORE_END_REV_UNKNOWN;
    assert_eq!(with_flags(&signer, Base, flag), hresult::CRYPT_E_NO_REVOCATION_CHECK);
    let next = judge(
        &chain([unknown, unknown, NONE], NONE),
        &PolicyRequest { flags: PolicyFlags::IGNORE_END_REV_UNKNOWN, ..request(Base) },
    );
    assert_eq!(verdict(&next), (hresult::CRYPT_E_NO_REVOCATION_CHECK, 0, 1));
}

#[test]
fn test_roots() {
    let context = at(2, TrustError::IS_UNTRUSTED_ROOT);
    let mut policy_context = PolicyContext::default();
    policy_context.test_roots.insert(crate::base::digest::sha256(root().spki()));
    let code = |flags, reg_policy_settings, policy| {
        let request = PolicyRequest { flags, reg_policy_settings, ..request(policy) };
        verify(&context, &request, &policy_context).error
    };
    let none = RegPolicySettings(0);
    assert_eq!(code(PolicyFlags(0), none, Base), hresult::CERT_E_UNTRUSTEDTESTROOT);
    for flags in [PolicyFlags::TRUST_TESTROOT, PolicyFlags::ALLOW_TESTROOT] {
        assert_eq!(code(flags, none, Ssl), hresult::S_OK);
        assert_eq!(with_flags(&context, Base, flags), hresult::CERT_E_UNTRUSTEDROOT);
    }
    for settings in [RegPolicySettings::TRUSTTEST, RegPolicySettings::TESTCANBEVALID] {
        assert_eq!(code(PolicyFlags(0), settings, Authenticode), hresult::S_OK);
    }
    let name = "Microsoft Test Root Authority";
    let named = Builder::default().issuer(name).subject(&oid::COMMON_NAME, name).build();
    let mut context = at(2, TrustError::IS_UNTRUSTED_ROOT);
    context.chains[0].elements[2].certificate = named;
    let status = judge(&context, &request(Base));
    assert_eq!(status.error, hresult::CERT_E_UNTRUSTEDROOT);
    assert!(status.note.unwrap().contains("UNTRUSTEDTESTROOT"));
}

#[test]
fn peer_trust_can_be_refused() {
    for (certificate, code, place) in
        [(root(), hresult::CERT_E_UNTRUSTEDROOT, 0), (end(), hresult::CERT_E_CHAINING, -1)]
    {
        let mut context = ChainContext::default();
        let mut only = element(certificate, NONE);
        only.status.info = TrustInfo::IS_PEER_TRUSTED;
        context.chains.push(SimpleChain { elements: vec![only], ..SimpleChain::default() });
        assert!(judge(&context, &request(Base)).is_ok());
        let flags = PolicyFlags::IGNORE_PEER_TRUST;
        let status = judge(&context, &PolicyRequest { flags, ..request(Base) });
        assert_eq!(verdict(&status), (code, 0, place));
    }
}

fn ssl_for(server: &str) -> PolicyRequest {
    PolicyRequest { server: Some(server.to_owned()), ..request(Ssl) }
}

#[test]
fn the_name_is_compared_last() {
    let good = chain([NONE; 3], NONE);
    assert!(judge(&good, &ssl_for("WWW.example.com")).is_ok());
    let mismatch = judge(&good, &ssl_for("example.com"));
    assert_eq!(verdict(&mismatch), (hresult::CERT_E_CN_NO_MATCH, 0, 0));
    let untrusted = judge(&at(2, TrustError::IS_UNTRUSTED_ROOT), &ssl_for("example.com"));
    assert_eq!(verdict(&untrusted), (hresult::CERT_E_UNTRUSTEDROOT, 0, 2));
    assert_eq!(untrusted.hidden, [PolicyError::new(hresult::CERT_E_CN_NO_MATCH, 0, 0)]);
}

#[test]
fn when_no_name_is_compared() {
    let good = chain([NONE; 3], NONE);
    let client = PolicyRequest { auth: AuthType::Client, ..ssl_for("x") };
    let ignored = PolicyRequest { checks: Checks::IGNORE_CERT_CN_INVALID, ..ssl_for("x") };
    for request in [client, ignored, request(Ssl)] {
        assert!(judge(&good, &request).is_ok(), "{request:?}");
    }
}

#[test]
fn checks_of_the_ssl_policy() {
    for (check, bits) in [
        (Checks::IGNORE_REVOCATION, TrustError::REVOCATION_STATUS_UNKNOWN),
        (Checks::IGNORE_REVOCATION, TrustError::IS_REVOKED),
        (Checks::IGNORE_UNKNOWN_CA, TrustError::IS_UNTRUSTED_ROOT),
        (Checks::IGNORE_UNKNOWN_CA, TrustError::IS_PARTIAL_CHAIN),
        (Checks::IGNORE_WRONG_USAGE, TrustError::IS_NOT_VALID_FOR_USAGE),
        (Checks::IGNORE_CERT_DATE_INVALID, TrustError::IS_NOT_TIME_VALID),
    ] {
        for (other, ..) in Checks::TABLE {
            let request = PolicyRequest { checks: Checks(*other), ..request(Ssl) };
            assert_eq!(judge(&at(0, bits), &request).is_ok(), *other == check.0, "{bits:?}");
        }
    }
    let options =
        PolicyOptions { ignore_revocation_covers_revoked: false, ..PolicyOptions::default() };
    let policy_context = PolicyContext { options, ..PolicyContext::default() };
    let request = PolicyRequest { checks: Checks::IGNORE_REVOCATION, ..request(Ssl) };
    let status = verify(&at(0, TrustError::IS_REVOKED), &request, &policy_context);
    assert_eq!(status.error, hresult::CRYPT_E_REVOKED);
}

fn end_with_constraints(value: &[u8]) -> ChainContext {
    let mut context = at(2, TrustError::IS_UNTRUSTED_ROOT | TrustError::IS_NOT_TIME_VALID);
    context.chains[0].elements[0].certificate = Builder::default()
        .issuer("CA")
        .subject(&oid::COMMON_NAME, "x")
        .extension(&oid::BASIC_CONSTRAINTS, value)
        .build();
    context
}

#[test]
fn basic_constraints_alone() {
    let policy = PolicyName::BasicConstraints;
    let bad = at(1, TrustError::INVALID_BASIC_CONSTRAINTS | TrustError::IS_NOT_SIGNATURE_VALID);
    let expected = (hresult::TRUST_E_BASIC_CONSTRAINTS, 0, 1);
    assert_eq!(verdict(&judge(&bad, &request(policy))), expected);

    let ca = PolicyFlags(BasicConstraintsFlags::CA.0);
    let end_entity = PolicyFlags(BasicConstraintsFlags::END_ENTITY.0);
    let is_ca = end_with_constraints(&tlv(0x30, &[&[1, 1, 0xff]]));
    let is_none = end_with_constraints(&tlv(0x30, &[]));
    let unreadable = end_with_constraints(&[0x04, 0]);
    for (context, as_ca, as_end_entity) in [
        (&is_ca, true, false),
        (&is_none, false, true),
        (&unreadable, false, false),
        (&chain([NONE; 3], NONE), true, true),
    ] {
        assert_eq!(with_flags(context, policy, ca).is_ok(), as_ca);
        assert_eq!(with_flags(context, policy, end_entity).is_ok(), as_end_entity);
        assert!(with_flags(context, policy, ca | end_entity).is_ok());
        assert!(with_flags(context, policy, PolicyFlags(0)).is_ok());
    }
    let mut linked = chain([NONE; 3], NONE);
    linked.chains.extend(is_ca.chains.iter().cloned());
    let status = judge(&linked, &request(policy));
    assert_eq!(verdict(&status), (hresult::TRUST_E_BASIC_CONSTRAINTS, 1, 0));

    let mut peer = is_ca;
    peer.chains[0].elements[0].status.info = TrustInfo::IS_PEER_TRUSTED;
    assert!(with_flags(&peer, policy, end_entity).is_ok());
    let strict = end_entity | PolicyFlags::IGNORE_PEER_TRUST;
    assert_eq!(with_flags(&peer, policy, strict), hresult::TRUST_E_BASIC_CONSTRAINTS);
}

#[test]
fn nt_authentication() {
    let good = chain([NONE; 3], NONE);
    let status = judge(&good, &request(PolicyName::NtAuth));
    assert_eq!(verdict(&status), (hresult::CERT_E_UNTRUSTEDCA, 0, 1));
    let listed = [ca()];
    let policy_context = PolicyContext { nt_auth: &listed, ..PolicyContext::default() };
    let code = |context: &ChainContext, flags| {
        let request = PolicyRequest { flags, ..request(PolicyName::NtAuth) };
        verify(context, &request, &policy_context).error
    };
    assert_eq!(code(&good, PolicyFlags(0)), hresult::S_OK);
    let expired = at(0, TrustError::IS_NOT_TIME_VALID);
    assert_eq!(code(&expired, PolicyFlags(0)), hresult::CERT_E_EXPIRED);
    assert_eq!(code(&expired, PolicyFlags::IGNORE_NOT_TIME_VALID), hresult::S_OK);
    // the upper half of the flags is for basic constraints
    let weak = at(0, TrustError::HAS_WEAK_SIGNATURE);
    let code_of_weak = code(&weak, PolicyFlags::IGNORE_WEAK_SIGNATURE);
    assert_eq!(code_of_weak, hresult::TRUST_E_CERT_SIGNATURE);
    let mut is_ca = end_with_constraints(&tlv(0x30, &[&[1, 1, 0xff]]));
    is_ca.chains[0].elements[2].status.error = NONE;
    is_ca.chains[0].status.error = NONE;
    is_ca.status.error = NONE;
    let end_entity = PolicyFlags(BasicConstraintsFlags::END_ENTITY.0);
    assert_eq!(code(&is_ca, end_entity), hresult::TRUST_E_BASIC_CONSTRAINTS);

    let mut constrained = good;
    constrained.chains[0].status.info = TrustInfo::HAS_VALID_NAME_CONSTRAINTS;
    assert!(!judge(&constrained, &request(PolicyName::NtAuth)).is_ok());
    let accepts =
        PolicyContext { nt_auth_accepts_name_constraints: true, ..PolicyContext::default() };
    assert!(verify(&constrained, &request(PolicyName::NtAuth), &accepts).is_ok());
}

#[test]
fn microsoft_roots_by_key_and_flag() {
    let context = at(0, TrustError::IS_NOT_TIME_VALID);
    let key = crate::base::digest::sha256(root().spki());
    let set = || {
        let mut keys = KeySet::default();
        keys.insert(key);
        keys
    };
    let code = |policy_context: &PolicyContext<'_>, flags: MicrosoftRootFlags| {
        let flags = PolicyFlags(flags.0);
        let request = PolicyRequest { flags, ..request(PolicyName::MicrosoftRoot) };
        verdict(&verify(&context, &request, policy_context))
    };
    let none = MicrosoftRootFlags(0);
    let good = (hresult::S_OK, 0, 0);
    let bad = (hresult::CERT_E_UNTRUSTEDROOT, 0, 2);
    assert_eq!(code(&PolicyContext::default(), none), bad);
    let product = PolicyContext { microsoft_roots: set(), ..PolicyContext::default() };
    assert_eq!(code(&product, none), good);
    assert_eq!(code(&product, MicrosoftRootFlags::CHECK_APPLICATION_ROOT), bad);
    let application = PolicyContext { application_roots: set(), ..PolicyContext::default() };
    assert_eq!(code(&application, none), bad);
    assert_eq!(code(&application, MicrosoftRootFlags::CHECK_APPLICATION_ROOT), good);
    let test = PolicyContext { test_roots: set(), ..PolicyContext::default() };
    assert_eq!(code(&test, none), bad);
    assert_eq!(code(&test, MicrosoftRootFlags::ENABLE_TEST_ROOT), good);
    let flight = PolicyContext { flight_roots: set(), ..PolicyContext::default() };
    assert_eq!(code(&flight, none), good);
    assert_eq!(code(&flight, MicrosoftRootFlags::DISABLE_FLIGHT_ROOT), bad);
    assert_eq!(KeySet::microsoft_product_roots().len(), 3);
    assert_eq!(KeySet::microsoft_application_roots().len(), 1);
}

#[test]
fn third_party_roots() {
    let context = chain([NONE; 3], NONE);
    let status = judge(&context, &request(PolicyName::ThirdPartyRoot));
    assert_eq!(verdict(&status), (hresult::CERT_E_UNTRUSTEDROOT, 0, 2));
    let is_root = |certificate: &Certificate| *certificate == root();
    let policy_context = PolicyContext { third_party: &is_root, ..PolicyContext::default() };
    let status = verify(&context, &request(PolicyName::ThirdPartyRoot), &policy_context);
    assert_eq!(verdict(&status), (hresult::S_OK, -1, -1));
}

#[test]
fn extended_validation_compares_policies_and_qualifiers() {
    let policy: oid::Oid = "2.23.140.1.1".parse().unwrap();
    let allowed = |_: &Certificate| {
        vec![PolicyInformation {
            policy: "2.23.140.1.1".parse().unwrap(),
            qualifiers: vec![(oid::ROOT_PROGRAM_FLAGS, vec![3, 2, 0, 0xc0])],
        }]
    };
    let policy_context =
        PolicyContext { root_program_policies: &allowed, ..PolicyContext::default() };
    let code = |context: &ChainContext, ev_qualifiers| {
        let request = PolicyRequest { ev_qualifiers, ..request(PolicyName::Ev) };
        verify(context, &request, &policy_context)
    };
    let mut context = chain([NONE; 3], NONE);
    let without = code(&context, 0);
    assert_eq!(without.error, hresult::CERT_E_WRONG_USAGE);
    assert!(without.note.is_some());
    context.chains[0].elements[0].issuance_usage = Some(vec![oid::ANY_POLICY, policy]);
    let status = code(&context, 0x80);
    assert!(status.is_ok());
    assert_eq!(status.extra, PolicyExtra::Ev { qualifiers: 0xc0, issuance_usage_index: 1 });
    assert_eq!(code(&context, 0x20).error, hresult::CERT_E_WRONG_USAGE);
    assert_eq!(judge(&context, &request(PolicyName::Ev)).error, hresult::CERT_E_WRONG_USAGE);
    context.chains[0].status.error = TrustError::IS_PARTIAL_CHAIN;
    assert_eq!(verdict(&code(&context, 0)), (hresult::CERT_E_CHAINING, 0, -1));
}

#[test]
fn f12_warns_of_weak_cryptography() {
    let request = request(PolicyName::SslF12);
    let good = judge(&chain([NONE; 3], NONE), &request);
    assert_eq!(
        (good.error, good.extra),
        (hresult::S_OK, PolicyExtra::F12 { level: 0, category: 0 })
    );
    let weak = at(1, TrustError::HAS_WEAK_SIGNATURE);
    let status = judge(&weak, &request);
    assert_eq!(verdict(&status), (hresult::TRUST_E_CERT_SIGNATURE, 0, 1));
    assert_eq!(status.extra, PolicyExtra::F12 { level: 1, category: 1 });
    let policy_context = PolicyContext { third_party: &|_| true, ..PolicyContext::default() };
    let status = verify(&weak, &request, &policy_context);
    assert_eq!(status.extra, PolicyExtra::F12 { level: 2, category: 1 });
}

#[test]
fn what_cannot_be_judged_is_refused() {
    for (policy, code) in [
        (PolicyName::SslHpkpHeader, hresult::ERROR_SERVICE_DISABLED),
        (PolicyName::Ct, hresult::E_FAIL),
    ] {
        let status = judge(&chain([NONE; 3], NONE), &request(policy));
        assert_eq!(verdict(&status), (code, -1, -1));
        assert!(!status.evaluated && !status.is_ok() && status.note.is_some());
    }
}

#[test]
fn an_empty_context_does_not_panic() {
    for policy in PolicyName::ALL {
        let status = judge(&ChainContext::default(), &request(policy));
        assert_eq!(status.policy, policy);
    }
}

mod pins {
    use super::*;

    fn entry(domain: &str, index: Option<u8>, flags: Option<u8>) -> Vec<u8> {
        let attribute = |kind: &oid::Oid, value: u8| {
            tlv(0x30, &[&tlv(6, &[kind.as_octets()]), &tlv(0x31, &[&[2, 1, value]])])
        };
        let mut attributes = Vec::new();
        attributes.extend(index.map_or(Vec::new(), |i| attribute(&oid::PIN_RULES_INDEX, i)));
        attributes.extend(flags.map_or(Vec::new(), |f| attribute(&oid::PIN_RULES_FLAGS, f)));
        tlv(0x30, &[&tlv(4, &[domain.as_bytes()]), &tlv(0x31, &[&attributes])])
    }

    /// Rule 0 pins the CA's key, rule 1 another.
    fn list() -> TrustList {
        let rule = |key: [u8; 32]| {
            let pin = tlv(0x30, &[&tlv(4, &[&[0; 16]]), &tlv(4, &[&key]), &[5, 0]]);
            tlv(0x30, &[&[2, 1, 0, 2, 1, 1], &tlv(0x30, &[&pin])])
        };
        let good = rule(crate::base::digest::sha256(ca().public_key_octets()));
        let rules = tlv(0x30, &[&good, &rule([7; 32])]);
        let extension =
            tlv(0x30, &[&tlv(6, &[oid::PIN_RULES_EXT.as_octets()]), &tlv(4, &[&rules])]);
        let entries = [
            entry("pinned.example", Some(0), Some(1)),
            entry("free.pinned.example", None, None),
            entry("other.example", Some(1), None),
            entry(".suffix.example", Some(1), None),
        ];
        let list = tlv(
            0x30,
            &[
                &tlv(0x30, &[&tlv(6, &[oid::PIN_RULES_CTL.as_octets()])]),
                &tlv(0x17, &[b"170531000000Z"]),
                &tlv(0x17, &[b"180531000000Z"]),
                &tlv(0x30, &[&tlv(6, &[oid::PIN_RULES_DOMAIN_NAME.as_octets()])]),
                &tlv(0x30, &[&entries.concat()]),
                &tlv(0xa0, &[&tlv(0x30, &[&extension])]),
            ],
        );
        TrustList::from_der(&list).unwrap()
    }

    fn status(server: &str, third_party: bool) -> (HResult, PolicyExtra) {
        let list = list();
        let decide = move |_: &Certificate| third_party;
        let policy_context = PolicyContext {
            pin_rules: Some(&list),
            third_party: &decide,
            ..PolicyContext::default()
        };
        let request =
            PolicyRequest { server: Some(server.to_owned()), ..request(PolicyName::SslKeyPin) };
        let status = verify(&chain([NONE; 3], NONE), &request, &policy_context);
        (status.error, status.extra)
    }

    #[test]
    fn rules_by_domain() {
        let fine = (hresult::S_OK, PolicyExtra::KeyPin { status: 0 });
        let mismatch = (hresult::CERT_E_CN_NO_MATCH, PolicyExtra::KeyPin { status: -2 });
        let mitm = (hresult::CERT_E_CN_NO_MATCH, PolicyExtra::KeyPin { status: -1 });
        for (server, third_party, expected) in [
            ("pinned.example", true, fine),
            ("WWW.pinned.example.", true, fine),
            ("pinned.example", false, mitm),
            ("www.pinned.example", false, mitm),
            ("notpinned.example", false, fine),
            ("free.pinned.example", false, fine),
            ("other.example", true, mismatch),
            ("www.other.example", true, fine),
            ("www.suffix.example", true, mismatch),
            ("suffix.example", true, fine),
            ("", true, fine),
        ] {
            assert_eq!(status(server, third_party), expected, "{server} {third_party}");
        }
    }
}
