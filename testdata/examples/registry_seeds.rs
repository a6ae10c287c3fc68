//! Writes the fuzz seeds of the registry's formats to `fuzz/seeds`, the same octets every time:
//! `cargo run -p chaincheck-testdata --example registry_seeds`.
#![forbid(unsafe_code)]

use std::fs;
use std::path::Path;

use chaincheck_testdata::hive::{Hive, Key, Lists, LogEntry, Value, descriptor, log};
use chaincheck_testdata::reg::{Form, export, policy_file};
use sha1::{Digest as _, Sha1};

const CERTIFICATE: &[u8] = include_bytes!("../generated/tls/good.cer");
const STORES: &str = r"Software\Microsoft\SystemCertificates";
const POLICY: &str = r"Software\Policies\Microsoft\SystemCertificates\AuthRoot";

fn main() -> std::io::Result<()> {
    let put = |target: &str, name: &str, octets: &[u8]| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds").join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(name), octets)
    };
    for (name, lists) in [("lh", Lists::Lh), ("li", Lists::Li), ("ri", Lists::Ri(1))] {
        put("hive", name, &Hive { lists, ..Hive::new(user()) }.to_octets())?;
    }
    let mut big = Key::new("ROOT");
    big.set("a", Value::binary("big", &[7; 16_345]));
    put("hive", "big", &Hive::new(big).to_octets())?;
    let dirty = Hive { sequence: (9, 8), ..Hive::new(Key::new("ROOT")) }.to_octets();
    let page = dirty.get(4096..).unwrap_or_default().to_vec();
    let entry = LogEntry { sequence: 8, bins_length: 4096, pages: vec![(0, page)] };
    let mut both = dirty.clone();
    both.extend(log(&dirty, &[entry]));
    both.resize(2 * dirty.len(), 0);
    put("hive", "dirty-and-log", &both)?;

    let values = [
        Value::binary("Blob", &blob()),
        Value::number("n", 7),
        Value::text("t\"", "a\\b"),
        Value::new("m", 7, b"a\0b\0\0\0\0\0"),
        Value::new("e", 2, b"%\0\0\0"),
    ];
    let path = format!("HKEY_LOCAL_MACHINE\\{STORES}\\ROOT\\Certificates\\{}", thumbprint());
    for (name, form) in
        [("utf16", Form::Version5), ("utf8", Form::Version5Utf8), ("ansi", Form::Version4)]
    {
        put("reg", name, &export(form, &[(&path, &values), ("HKEY_USERS\\S-1-5-18\\a", &[])]))?;
    }
    let certificate = format!("{STORES}\\CA\\Certificates\\{}", thumbprint());
    let entries = [
        (POLICY, Value::number("DisableRootAutoUpdate", 1)),
        (POLICY, Value::text("**Del.Flags", " ")),
        (POLICY, Value::text("**DeleteKeys", "a;b")),
        (certificate.as_str(), Value::binary("Blob", &blob())),
    ];
    put("registry_policy", "certificate", &policy_file(&entries))
}

fn thumbprint() -> String {
    Sha1::digest(CERTIFICATE).iter().map(|octet| format!("{octet:02X}")).collect()
}

/// A serialized element: a friendly name and the certificate.
fn blob() -> Vec<u8> {
    let mut octets = Vec::new();
    for (id, value) in [(11u32, &b"n\0\0\0"[..]), (32, CERTIFICATE)] {
        octets.extend([id, 1, value.len() as u32].iter().flat_map(|field| field.to_le_bytes()));
        octets.extend(value);
    }
    octets
}

fn user() -> Key {
    let mut root = Key::new("ROOT");
    let denied = [(1, 2, 0x0002_0019, "S-1-5-20"), (0, 2, 0x000f_003f, "S-1-1-0")];
    root.at(&format!("{STORES}\\Root")).descriptor = Some(descriptor("S-1-5-18", &denied));
    root.at("Console").class = Some("c".to_owned());
    let update = format!("{STORES}\\AuthRoot\\AutoUpdate");
    root.set(&update, Value::binary("LastSyncTime", &[1; 8]));
    root.set(&update, Value::number("Flags", 4));
    root.set(POLICY, Value::number("DisableRootAutoUpdate", 1));
    let key = format!("{STORES}\\CA\\Certificates\\{}", thumbprint());
    root.set(&key, Value::binary("Blob", &blob()));
    root
}
