use chaincheck_testdata::hive::{self as make, LogEntry, Value, descriptor, log};
use chaincheck_testdata::reg::{Form, export, policy_file};

use super::*;
use crate::base::digest::{hex, md5, sha256};
use crate::format::serialized_store::write_element;
use crate::format::{FormatErrorKind, Item, Kind, RawProperty, open};
use crate::object::certificate::Certificate;

const CERTIFICATE: &[u8] = include_bytes!("../../../../../testdata/generated/list/root.cer");
const LIST: &[u8] = include_bytes!("../../../../../testdata/generated/list/authroot.stl");

fn thumbprint() -> String {
    hex(&sha1(CERTIFICATE)).to_uppercase()
}

fn sha1(octets: &[u8]) -> [u8; 20] {
    crate::base::digest::sha1(octets)
}

fn blob(kind: Kind, object: &[u8], properties: &[(u32, &[u8])]) -> Vec<u8> {
    let properties: Vec<RawProperty> = properties
        .iter()
        .map(|(id, value)| RawProperty { id: *id, value: value.to_vec() })
        .collect();
    let mut octets = Vec::new();
    write_element(&mut octets, kind, object, &properties).unwrap();
    octets
}

const STORES: &str = r"Microsoft\SystemCertificates";
const POLICIES: &str = r"Policies\Microsoft\SystemCertificates";
const CONFIG: &str =
    r"Microsoft\Cryptography\OID\EncodingType 0\CertDllCreateCertificateChainEngine\Config";

/// A machine's SOFTWARE with something of everything.
fn software() -> make::Key {
    let mut root = make::Key::new("ROOT");
    root.set(r"Microsoft\Windows NT\CurrentVersion", Value::text("CurrentBuild", "19045"));
    root.at("Classes");
    let good = blob(Kind::Certificate, CERTIFICATE, &[(3, &sha1(CERTIFICATE)), (11, b"n\0\0\0")]);
    for store in [
        format!("{STORES}\\ROOT"),
        format!("{STORES}\\AuthRoot"),
        format!("{POLICIES}\\CA"),
        r"Microsoft\EnterpriseCertificates\NTAuth".to_owned(),
        r"Microsoft\Cryptography\Services\NTDS\SystemCertificates\My".to_owned(),
    ] {
        root.set(&format!("{store}\\Certificates\\{}", thumbprint()), Value::binary("Blob", &good));
        root.at(&format!("{store}\\CRLs"));
    }
    let list = blob(Kind::CertificateTrustList, LIST, &[]);
    let list_key = format!("{STORES}\\Trust\\CTLs\\{}", hex(&sha1(LIST)).to_uppercase());
    root.set(&list_key, Value::binary("Blob", &list));
    let denied =
        descriptor("S-1-5-18", &[(1, 2, 0x0002_0019, "S-1-5-20"), (0, 2, 0x000f_003f, "S-1-1-0")]);
    root.at(&format!("{STORES}\\Disallowed")).descriptor = Some(denied);
    let update = format!("{STORES}\\AuthRoot\\AutoUpdate");
    root.set(&update, Value::binary("EncodedCtl", LIST));
    root.set(&update, Value::binary("LastSyncTime", &0x01db_1111_2222_3333u64.to_le_bytes()));
    root.set(&update, Value::number("DisallowedCertSyncDeltaTime", 60));
    root.set(&update, Value::text("rootdirurl", "http://host/dir"));
    root.set(&update, Value::number("Flags", 4));
    let policy = format!("{POLICIES}\\AuthRoot");
    root.set(&policy, Value::number("disablerootautoupdate", 1));
    root.set(&policy, Value::number("EnableDisallowedCertAutoUpdate", 1));
    root.set(&format!("{POLICIES}\\Root\\ProtectedRoots"), Value::number("Flags", 0x21));
    let usages = Value::new("PeerUsages", 7, b"1\0.\x002\0\0\0\0\0");
    root.set(&format!("{POLICIES}\\Root\\ProtectedRoots"), usages);
    root.set(
        &format!("{STORES}\\TrustedPublisher\\Safer"),
        Value::number("AuthenticodeFlags", 0x300),
    );
    root.set(CONFIG, Value::number("MinRsaPubKeyBitLength", 2048));
    root.set(&format!("{CONFIG}\\Default"), Value::number("WeakMD5ThirdPartyFlags", 0x8000_0000));
    let connections = r"Microsoft\Windows\CurrentVersion\Internet Settings\Connections";
    root.set(connections, Value::binary("WinHttpSettings", &[0x18, 0, 0, 0]));
    root.set(connections, Value::binary("SavedLegacySettings", &[1]));
    root
}

fn read(root: make::Key) -> RegistryEvidence {
    let file = make::Hive::new(root).to_octets();
    RegistryEvidence::from_hive(&file, &[], &Limits::default()).unwrap()
}

#[test]
fn a_machine_with_something_of_everything() {
    let evidence = read(software());
    assert_eq!(evidence.source, RegistrySource::Hive(HiveKind::Software));
    assert_eq!((evidence.mount.as_str(), evidence.user.clone()), (r"HKLM\SOFTWARE", None));
    assert_eq!((evidence.problems.as_slice(), evidence.refused.as_slice()), (&[][..], &[][..]));
    let mut stores: Vec<_> = evidence
        .objects
        .iter()
        .map(|object| (object.store.to_string(), object.store.physical_name(), object.kind))
        .collect();
    stores.sort_by(|a, b| a.0.cmp(&b.0));
    let certificate = ObjectKind::Certificate;
    let expected = [
        (r"LOCAL_MACHINE\AuthRoot".to_owned(), ".AuthRoot", certificate),
        (r"LOCAL_MACHINE\ROOT".to_owned(), ".Default", certificate),
        (r"LOCAL_MACHINE\Trust".to_owned(), ".Default", ObjectKind::Ctl),
        (r"LOCAL_MACHINE_ENTERPRISE\NTAuth".to_owned(), ".Enterprise", certificate),
        (r"LOCAL_MACHINE_GROUP_POLICY\CA".to_owned(), ".GroupPolicy", certificate),
        (r"SERVICES\NTDS\My".to_owned(), ".Default", certificate),
    ];
    assert_eq!(stores, expected);
    let object = evidence.objects.iter().find(|o| o.store.name == "ROOT").unwrap();
    assert_eq!((&*object.octets, object.key_name.clone()), (CERTIFICATE, thumbprint()));
    assert_eq!(object.property(11), Some(&b"n\0\0\0"[..]));
    let [update] = evidence.auto_updates.as_slice() else { panic!() };
    assert_eq!(update.roots.encoded_ctl.as_deref(), Some(LIST));
    assert_eq!(update.roots.last_sync_time, Some(Time::from_filetime(0x01db_1111_2222_3333)));
    assert_eq!(update.disallowed.sync_delta_time, Some(60));
    assert_eq!(update.root_dir_url.as_deref(), Some("http://host/dir"));
    assert_eq!(update.flags, Some(4));
}

#[test]
fn settings_are_spelled_as_documented() {
    let evidence = read(software());
    let number = |name: &str| match evidence.settings.iter().find(|s| s.name == name) {
        Some(Setting { value: SettingValue::Number(number), .. }) => *number,
        other => panic!("{name}: {other:?}"),
    };
    let policy = r"HKLM\SOFTWARE\Policies\Microsoft\SystemCertificates\AuthRoot";
    assert_eq!(number(&format!("{policy}!DisableRootAutoUpdate")), 1);
    assert_eq!(number(&format!("HKLM\\SOFTWARE\\{CONFIG}!MinRsaPubKeyBitLength")), 2048);
    let weak = format!("HKLM\\SOFTWARE\\{CONFIG}\\Default!WeakMD5ThirdPartyFlags");
    assert_eq!(number(&weak), 0x8000_0000);
    let update = r"HKLM\SOFTWARE\Microsoft\SystemCertificates\AuthRoot\AutoUpdate";
    let url = evidence.setting(&format!("{update}!RootDirUrl")).unwrap();
    assert_eq!(url.name, format!("{update}!RootDirUrl"));
    assert_eq!(url.value, SettingValue::Text("http://host/dir".to_owned()));
    let list = evidence.setting(&format!("{update}!EncodedCtl")).unwrap();
    assert_eq!(list.value, SettingValue::Octets(LIST.into()));
    let names: Vec<_> = evidence.settings.iter().map(|setting| setting.name.as_str()).collect();
    assert!(names.iter().any(|name| name.ends_with("!WinHttpSettings")));
    assert!(!names.iter().any(|name| name.contains("SavedLegacySettings")));
    let policies = &evidence.policies;
    assert_eq!(policies.disable_root_auto_update, Some(true));
    assert_eq!(policies.enable_disallowed_cert_auto_update, Some(true));
    assert_eq!(policies.disable_pin_rules_auto_update, None);
    assert_eq!(policies.protected_roots_flags, Some(0x21));
    assert_eq!(policies.peer_usages, Some(vec!["1.2".to_owned()]));
    assert_eq!(policies.authenticode_flags, Some(0x300));
}

#[test]
fn who_may_not_read_a_store() {
    let evidence = read(software());
    let disallowed = evidence.stores.iter().find(|key| key.store.name == "Disallowed").unwrap();
    let security = disallowed.security.as_ref().unwrap();
    let network: Sid = "S-1-5-20".parse().unwrap();
    assert!(security.denies_read(&network));
    assert!(!security.allows_reading(&[network.clone(), "S-1-1-0".parse().unwrap()]));
    let root = evidence.stores.iter().find(|key| key.store.name == "ROOT").unwrap();
    assert!(!root.security.as_ref().unwrap().denies_read(&network));
}

#[test]
fn what_windows_would_not_use_is_told() {
    let mut root = software();
    let store = format!("{STORES}\\CA");
    let other = "00".repeat(20);
    let good = blob(Kind::Certificate, CERTIFICATE, &[]);
    root.set(&format!("{store}\\Certificates\\{other}"), Value::binary("Blob", &good));
    let lying = blob(Kind::Certificate, CERTIFICATE, &[(3, &[0; 20])]);
    let key = format!("{store}\\Certificates\\{}", thumbprint());
    root.set(&key, Value::binary("Blob", &lying));
    root.set(&format!("{store}\\CRLs\\{other}"), Value::binary("Blob", &good));
    root.set(&format!("{store}\\CTLs\\odd"), Value::binary("Blob", &[1, 2, 3]));
    root.at(&format!("{store}\\CTLs\\{other}"));
    let evidence = read(root.clone());
    assert_eq!(evidence.objects.len(), 6);
    let mut reasons = Vec::new();
    for refused in &evidence.refused {
        assert_eq!(refused.store.name, "CA");
        reasons.push(match &refused.reason {
            Refusal::NoBlob => "no blob".to_owned(),
            Refusal::Blob(error) => format!("{:?}", error.kind),
            Refusal::Kind => "kind".to_owned(),
            Refusal::Thumbprint(object, mismatch) => {
                assert_eq!(&*object.octets, CERTIFICATE);
                format!("name {} property {}", mismatch.key_name, mismatch.property)
            }
        });
    }
    reasons.sort();
    let short = "Malformed(\"the data end before the end record\")";
    let expected =
        [short, "kind", "name false property true", "name true property false", "no blob"];
    assert_eq!(reasons, expected);
    let contents = open(&make::Hive::new(root).to_octets(), &Limits::default()).unwrap();
    let own = contents.items.iter().filter(|item| item.origin.starts_with("HKLM"));
    assert_eq!((own.count(), contents.notes.len()), (6 + 1, 5));
    assert!(contents.notes.iter().all(|note| note.to_string().contains(r"SystemCertificates\CA")));
}

#[test]
fn properties_that_somebody_wrote() {
    let certificate = Certificate::from_der(CERTIFICATE).unwrap();
    let name: Vec<u8> = "RSA/SHA256\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let right: Vec<(u32, Vec<u8>)> = vec![
        (4, md5(CERTIFICATE).to_vec()),
        (15, sha256(certificate.tbs()).to_vec()),
        (20, certificate.key_identifier().to_vec()),
        (25, certificate.public_key_md5().to_vec()),
        (29, certificate.subject_name_md5().to_vec()),
        (89, name),
        (92, 2048u32.to_le_bytes().to_vec()),
        (107, sha256(CERTIFICATE).to_vec()),
        (104, vec![0; 8]),
    ];
    let differences = |properties: &[(u32, Vec<u8>)]| {
        let properties: Vec<(u32, &[u8])> =
            properties.iter().map(|(id, value)| (*id, value.as_slice())).collect();
        let mut root = make::Key::new("ROOT");
        let key = format!("Software\\{STORES}\\Root\\Certificates\\{}", thumbprint());
        let octets = blob(Kind::Certificate, CERTIFICATE, &properties);
        root.set(&key, Value::binary("Blob", &octets));
        let evidence = read(root);
        let [object] = evidence.objects.as_slice() else { panic!("{evidence:?}") };
        object.differences.iter().map(|difference| difference.id).collect::<Vec<_>>()
    };
    assert_eq!(bits_and_name(&certificate), (2048, "RSA/SHA256"), "the fixture's root");
    assert_eq!(differences(&right), [0u32; 0]);
    for index in 0..right.len() {
        let mut wrong = right.clone();
        wrong[index].1[0] ^= 1;
        let id = wrong[index].0;
        let expected: &[u32] = if id == 104 { &[] } else { &[id] };
        assert_eq!(differences(&wrong), expected, "property {id}");
    }
}

/// Bits of the key and name of the signature, from the certificate itself.
fn bits_and_name(certificate: &Certificate) -> (u32, &'static str) {
    let spki = crate::crypto::SubjectPublicKeyInfo::from_der(&mut crate::base::der::Reader::new(
        certificate.spki(),
    ))
    .unwrap();
    let bits = crate::crypto::PublicKey::from_spki(&spki, None).unwrap().bit_length();
    let rsa = crate::base::oid::SHA256_WITH_RSA;
    let algorithm = crate::crypto::AlgorithmIdentifier::parse(certificate.signature_algorithm());
    (bits, if algorithm.unwrap().oid == rsa.as_octets() { "RSA/SHA256" } else { "another" })
}

#[test]
fn a_keys_properties_are_an_element_of_their_own() {
    let mut element = Vec::new();
    for (id, value) in [(2u32, &b"provider"[..]), (35, b"identifier")] {
        element.extend([id, 1, value.len() as u32].iter().flat_map(|field| field.to_le_bytes()));
        element.extend(value);
    }
    let mut root = make::Key::new("ROOT");
    let key = format!("Software\\{STORES}\\My\\Keys\\{}", "AB".repeat(20));
    root.set(&key, Value::binary("Blob", &element));
    let file = make::Hive::new(root).to_octets();
    let evidence = RegistryEvidence::from_hive(&file, &[], &Limits::default()).unwrap();
    let [object] = evidence.objects.as_slice() else { panic!("{evidence:?}") };
    assert_eq!((object.kind, &*object.octets), (ObjectKind::KeyIdentifier, &b"identifier"[..]));
    assert_eq!(object.property(2), Some(&b"provider"[..]));
    assert!(open(&file, &Limits::default()).unwrap().items.is_empty());
}

fn user_root(root_name: &str) -> make::Key {
    let mut root = make::Key::new(root_name);
    root.at("Control Panel");
    let blob = blob(Kind::Certificate, CERTIFICATE, &[]);
    let key = format!("Software\\{STORES}\\CA\\Certificates\\{}", thumbprint());
    root.set(&key, Value::binary("Blob", &blob));
    let mut list = vec![0x18, 0, 0, 0, 1, 0, 0, 0];
    list.extend(0x01db_0000_0000_0001u64.to_le_bytes());
    list.extend([1, 0, 0, 0, 0x18, 0, 0, 0]);
    list.extend(sha1(CERTIFICATE));
    let protected = format!("Software\\{STORES}\\Root\\ProtectedRoots");
    root.set(&protected, Value::binary("Certificates", &list));
    root
}

#[test]
fn whose_hive_it_is() {
    let user = "S-1-5-21-1-2-3-1001";
    let mut root = user_root("ROOT");
    root.descriptor =
        Some(descriptor(user, &[(0, 2, 0x000f_003f, user), (0, 2, 0x1000_0000, "S-1-5-18")]));
    let evidence = read(root.clone());
    assert_eq!(evidence.source, RegistrySource::Hive(HiveKind::User));
    assert_eq!(evidence.user, user.parse().ok());
    assert_eq!(evidence.objects[0].store.location, StoreLocation::CurrentUser);
    assert_eq!(evidence.protected_roots[0].thumbprints, [sha1(CERTIFICATE)]);
    // two accounts: not told
    let two = [(0, 2, 0x000f_003f, user), (0, 2, 0x000f_003f, "S-1-5-21-1-2-3-1002")];
    root.descriptor = Some(descriptor(user, &two));
    let evidence = read(root.clone());
    assert_eq!(evidence.user, None);
    assert_eq!(evidence.notes, ["whose hive it is cannot be told from its contents"]);
    // the caller knows
    let file = make::Hive::new(root).to_octets();
    let mount = Some(r"HKU\S-1-5-19");
    let limits = Limits::default();
    let evidence = RegistryEvidence::from_mounted_hive(&file, &[], mount, &limits).unwrap();
    assert_eq!(evidence.objects[0].store.to_string(), r"USERS\S-1-5-19\CA");
}

#[test]
fn parts_of_hives() {
    let kind = |root: make::Key| match read(root).source {
        RegistrySource::Hive(kind) => kind,
        other => panic!("{other:?}"),
    };
    let mut part = make::Key::new("Software");
    part.at(STORES);
    assert_eq!(kind(part.clone()), HiveKind::Partial);
    part.at(r"Microsoft\Windows\CurrentVersion\Explorer\RecentDocs");
    assert_eq!(kind(part), HiveKind::UserSoftware);
    let mut stores = make::Key::new("SystemCertificates");
    stores.at("ROOT");
    let blob = blob(Kind::Certificate, CERTIFICATE, &[]);
    let key = format!("CA\\Certificates\\{}", thumbprint());
    stores.set(&key, Value::binary("Blob", &blob));
    let evidence = read(stores.clone());
    assert_eq!(evidence.source, RegistrySource::Hive(HiveKind::Stores));
    assert_eq!(evidence.objects[0].store.to_string(), r"unknown\CA");
    assert_eq!(evidence.notes.len(), 1);
    let mut system = make::Key::new("ROOT");
    system.at("Select");
    system.at("ControlSet001");
    assert_eq!(kind(system), HiveKind::System);
    assert_eq!(kind(make::Key::new("x")), HiveKind::Other);
    assert_eq!(kind(make::Key::new("S-1-5-21-1-2-3-4_Classes")), HiveKind::UserClasses);
}

#[test]
fn a_dirty_hive_with_and_without_its_log() {
    let before = make::Hive { sequence: (5, 4), ..make::Hive::new(user_root("ROOT")) }.to_octets();
    let mut changed = user_root("ROOT");
    changed.set(&format!("Software\\{STORES}\\AuthRoot\\AutoUpdate"), Value::number("Flags", 1));
    let after = make::Hive { sequence: (5, 4), ..make::Hive::new(changed) }.to_octets();
    let pages = after[4096..].chunks(4096).enumerate();
    let pages = pages.map(|(n, page)| (n as u32 * 4096, page.to_vec())).collect();
    let bins_length = (after.len() - 4096) as u32;
    let log = log(&before, &[LogEntry { sequence: 4, bins_length, pages }]);
    let limits = Limits::default();
    let alone = RegistryEvidence::from_hive(&before, &[], &limits).unwrap();
    assert_eq!(alone.problems[0].kind, RegistryErrorKind::Dirty);
    assert!(alone.auto_updates.is_empty() && alone.replay.is_none());
    let whole = RegistryEvidence::from_hive(&before, &[&log], &limits).unwrap();
    assert_eq!((whole.problems.as_slice(), whole.auto_updates.len()), (&[][..], 1));
    assert!(whole.replay.unwrap().is_clean);
}

#[test]
fn exports_and_policy_files_say_the_same() {
    let octets = blob(Kind::Certificate, CERTIFICATE, &[]);
    let values = [Value::binary("Blob", &octets)];
    let key = format!(
        "HKEY_CURRENT_USER\\Software\\Policies\\Microsoft\\SystemCertificates\\Root\\Certificates\\{}",
        thumbprint()
    );
    let flag = [Value::number("DisableRootAutoUpdate", 1)];
    let policy = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\SystemCertificates\AuthRoot";
    for form in [Form::Version5, Form::Version4] {
        let file = export(form, &[(key.as_str(), &values), (policy, &flag)]);
        let evidence = RegistryEvidence::from_export(&file, &Limits::default()).unwrap();
        assert_eq!(evidence.objects[0].store.to_string(), r"CURRENT_USER_GROUP_POLICY\Root");
        assert_eq!(evidence.policies.disable_root_auto_update, Some(true));
        let [item] = open(&file, &Limits::default()).unwrap().items.try_into().unwrap();
        let Item { kind, octets, origin, .. } = item;
        assert_eq!((kind, &*octets), (Kind::Certificate, CERTIFICATE));
        let below = r"Software\Policies\Microsoft\SystemCertificates\Root\Certificates";
        assert_eq!(origin, format!("HKCU\\{below}\\{}", thumbprint()));
    }
    let below = |path: &str| path.split_once('\\').unwrap().1.to_owned();
    let (key, policy) = (below(&key), below(policy));
    let file = policy_file(&[(&key, values[0].clone()), (&policy, flag[0].clone())]);
    for (scope, location) in [
        (PolicyScope::Machine, StoreLocation::LocalMachineGroupPolicy),
        (PolicyScope::User, StoreLocation::CurrentUserGroupPolicy),
        (PolicyScope::Unknown, StoreLocation::GroupPolicy),
    ] {
        let limits = Limits::default();
        let evidence = RegistryEvidence::from_policy_file(&file, scope, &limits).unwrap();
        assert_eq!(evidence.objects[0].store.location, location);
        assert_eq!(evidence.policies.disable_root_auto_update, Some(true));
        assert_eq!(evidence.notes.len(), usize::from(scope == PolicyScope::Unknown));
    }
    assert_eq!(open(&file, &Limits::default()).unwrap().items.len(), 1);
}

#[test]
fn opening_takes_the_root_updates_lists_too() {
    let contents = open(&make::Hive::new(software()).to_octets(), &Limits::default()).unwrap();
    let lists: Vec<_> =
        contents.items.iter().filter(|i| i.kind == Kind::CertificateTrustList).collect();
    assert_eq!(lists.len(), 2);
    let update = r"HKLM\SOFTWARE\Microsoft\SystemCertificates\AuthRoot\AutoUpdate!EncodedCtl";
    assert_eq!((lists[1].origin.as_str(), &*lists[1].octets), (update, LIST));
    assert_eq!(contents.notes, []);
    // as are a policy's certificates for EFS recovery
    let mut root = software();
    let mut blob = vec![1, 0, 1, 0, 1, 0, 0, 0];
    let length = CERTIFICATE.len() as u32;
    let sid = make::sid("S-1-5-18");
    let sid_length = sid.len() as u32;
    let whole = 32 + sid_length + length;
    for field in [whole, whole - 4, 28, 2, length, 28 + sid_length, 0, 0] {
        blob.extend(field.to_le_bytes());
    }
    blob.extend(sid);
    blob.extend(CERTIFICATE);
    root.set(&format!("{POLICIES}\\EFS"), Value::binary("EFSBlob", &blob));
    let contents = open(&make::Hive::new(root).to_octets(), &Limits::default()).unwrap();
    let recovery = r"HKLM\SOFTWARE\Policies\Microsoft\SystemCertificates\EFS!EFSBlob";
    let found = contents.items.iter().any(|i| {
        i.kind == Kind::Certificate && i.origin.ends_with(recovery) && &*i.octets == CERTIFICATE
    });
    assert!(found, "{:?}", contents.notes);
    // an empty value is told, not hidden
    let mut root = software();
    root.set(&format!("{STORES}\\AuthRoot\\AutoUpdate"), Value::binary("PinRulesEncodedCtl", b""));
    let notes = open(&make::Hive::new(root).to_octets(), &Limits::default()).unwrap().notes;
    assert_eq!(notes[0].kind, FormatErrorKind::NotOpened(Kind::Empty));
}

#[test]
fn limits_hold() {
    let limits = Limits { max_items: 3, ..Limits::default() };
    let file = make::Hive::new(software()).to_octets();
    let evidence = RegistryEvidence::from_hive(&file, &[], &limits).unwrap();
    let count = evidence.objects.len() + evidence.stores.len() + evidence.settings.len();
    assert!(count <= 6 + 8, "{count}");
    let too_large = RegistryErrorKind::TooLarge(Limit::MaxItems);
    assert!(evidence.problems.iter().any(|problem| problem.kind == too_large));
}

#[test]
fn physical_stores_that_are_switched_off() {
    let mut root = software();
    let key = format!("{STORES}\\Root\\PhysicalStores\\.AuthRoot");
    root.set(&key, Value::number("Flags", 2));
    root.set(&key, Value::text("OpenStoreProvider", "SystemRegistry"));
    let evidence = read(root);
    let [store] = evidence.physical_stores.as_slice() else { panic!("{evidence:?}") };
    assert_eq!(
        (store.name.as_str(), store.store.to_string().as_str()),
        (".AuthRoot", r"LOCAL_MACHINE\ROOT")
    );
    assert!(store.is_disabled());
    assert_eq!(store.provider.as_deref(), Some("SystemRegistry"));
}

#[test]
fn objects_of_a_damaged_hive_are_kept_apart() {
    let mut file = make::Hive::new(user_root("ROOT")).to_octets();
    let key = format!("Software\\{STORES}\\CA");
    let path: Vec<&str> = key.split('\\').collect();
    let hive = Hive::parse(&file).unwrap();
    let store = hive.key(&path).unwrap().offset();
    // its list of subkeys points to nothing
    file[store + 28..store + 32].copy_from_slice(&8u32.to_le_bytes());
    let evidence = RegistryEvidence::from_hive(&file, &[], &Limits::default()).unwrap();
    assert_eq!((evidence.objects.len(), evidence.unreachable.len()), (0, 1));
    assert_eq!(evidence.unreachable[0].store.to_string(), r"CURRENT_USER\CA");
    let told = evidence.problems.iter().any(|p| p.kind == RegistryErrorKind::Unreachable);
    assert!(told, "{:?}", evidence.problems);
    let contents = open(&file, &Limits::default()).unwrap();
    assert!(contents.items[0].origin.ends_with("(unreachable)"), "{}", contents.items[0].origin);
}

/// 65,536 times one value with a long name would otherwise be 2 GiB of names.
#[test]
fn a_list_that_names_one_value_many_times_ends() {
    let mut root = make::Key::new("ROOT");
    let key = format!("{STORES}\\ROOT\\Certificates\\{}", thumbprint());
    root.set(&key, Value::number(&"n".repeat(16_000), 7));
    root.set(&key, Value::binary("Blob", &vec![0; 4 * 4000]));
    let mut file = make::Hive::new(root).to_octets();
    let number = |file: &[u8], at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
    let (cell, blob) = {
        let hive = Hive::parse(&file).unwrap();
        let path: Vec<&str> = key.split('\\').collect();
        let key = hive.key(&path).unwrap();
        (key.offset(), key.value("Blob").unwrap().offset())
    };
    let list = 0x1000 + 4 + number(&file, cell + 40) as usize;
    let value = number(&file, list);
    let data = number(&file, blob + 8);
    let octets = 0x1000 + 4 + data as usize;
    for place in 0..4000 {
        file[octets + 4 * place..octets + 4 * place + 4].copy_from_slice(&value.to_le_bytes());
    }
    file[cell + 36..cell + 40].copy_from_slice(&4000u32.to_le_bytes());
    file[cell + 40..cell + 44].copy_from_slice(&data.to_le_bytes());
    let evidence = RegistryEvidence::from_hive(&file, &[], &Limits::default()).unwrap();
    let further = "values hold more octets than the hive: further ones are left out";
    let kinds: Vec<_> = evidence.problems.iter().map(|problem| &problem.kind).collect();
    assert_eq!(kinds, [&RegistryErrorKind::Malformed(further)]);
}
