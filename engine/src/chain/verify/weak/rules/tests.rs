use super::*;

const ON: u64 = 0x8000_0000;
const SERVER: u64 = 0x0010_0000;
const CODE: u64 = 0x0040_0000;

fn now() -> Time {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

fn call(usages: &[Oid]) -> Call<'_> {
    Call { usages, flags: ChainFlags(0), now: now(), stamped: None, third_party: true }
}

fn rules(values: &[(&str, bool, u64)]) -> WeakRules {
    let mut rules = WeakRules::default();
    for (name, shipped, number) in values {
        assert!(rules.set(name, *shipped, WeakValue::Number(*number)), "{name}");
    }
    rules
}

fn refuses(rules: &WeakRules, hash: HashAlgorithm, call: &Call<'_>) -> bool {
    rules.judge_hash(hash, call).weak
}

#[test]
fn names_of_values() {
    for (name, expected) in [
        ("weakmd5thirdpartyflags", Some((WeakAlgorithm::Md5, WeakScope::ThirdParty, "flags"))),
        ("weaksha1allhygiene", Some((WeakAlgorithm::Sha1, WeakScope::All, "hygiene"))),
        ("weakecdsaallminbitlength", Some((WeakAlgorithm::Ecdsa, WeakScope::All, "minbitlength"))),
        (
            "weakdsathirdpartyaftertime",
            Some((WeakAlgorithm::Dsa, WeakScope::ThirdParty, "aftertime")),
        ),
        ("weakrsapubkeytime", None),
        ("weaksignaturelogdir", None),
        ("md5allflags", None),
    ] {
        assert_eq!(parse(name), expected, "{name}");
    }
    let mut rules = WeakRules::default();
    assert!(!rules.set("WeakMd5AllMinBitLength", false, WeakValue::Number(1)));
    assert!(!rules.set("WeakRsaAllHygiene", false, WeakValue::Number(1)));
    assert!(!rules.set("WeakRsaAllFlags", false, WeakValue::Time(now())));
    assert!(rules.set("WEAKSHA1AllFileHashAfterTime", false, WeakValue::Time(now())));
}

#[test]
fn each_usage_has_a_flag() {
    let usages = [oid::SERVER_AUTH, oid::CODE_SIGNING, oid::TIME_STAMPING, oid::CLIENT_AUTH];
    let motw = ChainFlags::HAS_MOTW;
    let opt_in = ChainFlags::OPT_IN_WEAK_SIGNATURE;
    let none = ChainFlags(0);
    for (bits, flags, expected) in [
        (0, none, [false; 4]),
        (0x0001_0000, none, [true; 4]),
        (SERVER, none, [true, false, false, false]),
        (0x0004_0000, none, [false; 4]),
        (0x0004_0000, opt_in, [true, false, false, false]),
        (CODE, none, [false, true, false, false]),
        (0x0080_0000, none, [false; 4]),
        (0x0080_0000, motw, [false, true, false, false]),
        (0x0400_0000, none, [false, false, true, false]),
        (0x0800_0000, motw, [false, false, true, false]),
        (0x0001_0008, none, [false; 4]),
    ] {
        let rules = rules(&[("WeakSha1AllFlags", false, ON | bits)]);
        for (usage, expected) in usages.iter().zip(expected) {
            let asked = std::slice::from_ref(usage);
            let call = Call { flags, third_party: false, ..call(asked) };
            assert_eq!(refuses(&rules, HashAlgorithm::Sha1, &call), expected, "{bits:x} {usage}");
            assert!(!refuses(&rules, HashAlgorithm::Md5, &call));
        }
    }
}

#[test]
fn a_rule_that_is_not_switched_on_is_none() {
    let usages = [oid::SERVER_AUTH];
    let off = rules(&[("WeakMd5AllFlags", false, 0x0001_0000)]);
    assert!(!refuses(&off, HashAlgorithm::Md5, &call(&usages)));
    let windows = ("WeakMd5ThirdPartyFlags", true, ON | SERVER);
    let verdict = rules(&[windows]).judge_hash(HashAlgorithm::Md5, &call(&usages));
    assert!(verdict.weak && verdict.shipped);
    // the administrator's replaces Windows', and may say nothing
    let cancelled = rules(&[windows, ("WeakMd5ThirdPartyFlags", false, ON)]);
    assert!(!refuses(&cancelled, HashAlgorithm::Md5, &call(&usages)));
    let not_switched_on = rules(&[windows, ("WeakMd5ThirdPartyFlags", false, CODE)]);
    assert!(refuses(&not_switched_on, HashAlgorithm::Md5, &call(&usages)));
    let own_root = Call { third_party: false, ..call(&usages) };
    assert!(!refuses(&rules(&[windows]), HashAlgorithm::Md5, &own_root));
}

#[test]
fn the_rule_for_all_sharpens_that_for_third_parties() {
    let rules = rules(&[
        ("WeakRsaThirdPartyFlags", false, ON | SERVER),
        ("WeakRsaThirdPartyMinBitLength", false, 1024),
        ("WeakRsaAllFlags", false, ON | CODE | 0x8),
        ("WeakRsaAllMinBitLength", false, 2048),
    ]);
    let found = rules.effective(WeakAlgorithm::Rsa, true).unwrap();
    assert_eq!(u64::from(found.flags.0), ON | SERVER | CODE);
    assert_eq!(found.min_bits, Some(2048));
    let usages = [oid::SERVER_AUTH];
    assert!(rules.judge_key(WeakAlgorithm::Rsa, 2047, &call(&usages)).weak);
    assert!(!rules.judge_key(WeakAlgorithm::Rsa, 2048, &call(&usages)).weak);
    // only logging, for all others
    let own_root = Call { third_party: false, ..call(&usages) };
    assert!(!rules.judge_key(WeakAlgorithm::Rsa, 512, &own_root).weak);
    assert_eq!(rules.effective(WeakAlgorithm::Dsa, true), None);
}

#[test]
fn a_time_stamp_from_before_after_time_rescues() {
    let time = |text: &str| text.parse::<Time>().unwrap();
    let mut rules = rules(&[("WeakSha1AllFlags", false, ON | 0x0001_0000)]);
    assert!(rules.set(
        "WeakSha1AllAfterTime",
        false,
        WeakValue::Time(time("2016-01-01T00:00:00Z"))
    ));
    let usages = [oid::CODE_SIGNING];
    let stamped = |text: &str| Call { stamped: Some(time(text)), ..call(&usages) };
    assert!(refuses(&rules, HashAlgorithm::Sha1, &call(&usages)));
    assert!(!refuses(&rules, HashAlgorithm::Sha1, &stamped("2015-12-31T23:59:59Z")));
    assert!(refuses(&rules, HashAlgorithm::Sha1, &stamped("2016-01-01T00:00:00Z")));
    let stamp_chain = [oid::TIME_STAMPING];
    let call = Call { usages: &stamp_chain, ..stamped("2015-12-31T23:59:59Z") };
    assert!(refuses(&rules, HashAlgorithm::Sha1, &call));
    // with the mark of the web the time may be ignored
    assert!(rules.set("WeakSha1AllFlags", false, WeakValue::Number(ON | 0x4001_0000)));
    let marked = Call { flags: ChainFlags::HAS_MOTW, ..stamped("2015-12-31T23:59:59Z") };
    assert!(refuses(&rules, HashAlgorithm::Sha1, &marked));
    // a time to come is now
    assert!(rules.set(
        "WeakSha1AllAfterTime",
        false,
        WeakValue::Time(time("2030-01-01T00:00:00Z"))
    ));
    assert!(refuses(&rules, HashAlgorithm::Sha1, &stamped("2026-06-01T00:00:00Z")));
    assert!(!refuses(&rules, HashAlgorithm::Sha1, &stamped("2026-05-31T00:00:00Z")));
}

#[test]
fn after_times_of_both_scopes() {
    let time = |text: &str| text.parse::<Time>().unwrap();
    let (early, late) = (time("2016-01-01T00:00:00Z"), time("2018-01-01T00:00:00Z"));
    for (third_party, all, expected) in [
        (Some(late), Some(early), Some(early)),
        (Some(early), Some(late), Some(early)),
        (Some(late), None, Some(late)),
        (Some(late), Some(Time::from_filetime(0)), Some(late)),
        (None, Some(late), None),
    ] {
        let mut rules = rules(&[
            ("WeakMd5ThirdPartyFlags", false, ON | SERVER),
            ("WeakMd5AllFlags", false, ON | SERVER),
        ]);
        for (name, value) in
            [("WeakMd5ThirdPartyAfterTime", third_party), ("WeakMd5AllAfterTime", all)]
        {
            if let Some(value) = value {
                assert!(rules.set(name, false, WeakValue::Time(value)));
            }
        }
        let found = rules.effective(WeakAlgorithm::Md5, true).unwrap();
        assert_eq!(found.after_time, expected, "{third_party:?} {all:?}");
    }
}

#[test]
fn thumbprints_that_are_allowed() {
    let mut rules = WeakRules::default();
    let text = |octet: u8| (0..32).map(|_| format!("{octet:02X} ")).collect::<String>();
    let texts = [text(0xab), "not a thumbprint".to_owned(), text(0x01).replace(' ', ":")];
    assert!(rules.set("WeakMd5AllSha256Allow", true, WeakValue::Texts(&texts)));
    assert!(rules.allows(&[0xab; 32]) && rules.allows(&[1; 32]));
    assert!(!rules.allows(&[2; 32]));
    assert!(rules.is_empty());
}

#[test]
fn hygiene_is_asked_where_the_hash_is_not_refused() {
    let usages = [oid::SERVER_AUTH];
    let wanted = [("WeakSha1AllFlags", false, ON | 0x0020_0000), ("WeakSha1AllHygiene", false, 1)];
    assert!(rules(&wanted).judge_hash(HashAlgorithm::Sha1, &call(&usages)).hygiene);
    let refused = [wanted[0], wanted[1], ("WeakSha1ThirdPartyFlags", false, ON | SERVER)];
    let verdict = rules(&refused).judge_hash(HashAlgorithm::Sha1, &call(&usages));
    assert!(verdict.weak && !verdict.hygiene);
}

#[test]
fn keys_that_bring_their_own_curve() {
    let refused = rules(&[("WeakEcdsaAllFlags", false, ON | 0x10)]);
    assert!(refused.refuses_ecc_parameters(false) && refused.refuses_ecc_parameters(true));
    assert!(!rules(&[("WeakEcdsaAllFlags", false, 0x10)]).refuses_ecc_parameters(true));
}
