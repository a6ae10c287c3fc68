//! The files of the test data.

use crate::Fixture;
use crate::cabinet::{Compression, cabinet};
use crate::certificate::{
    Certificate, authority_key_identifier, ca, cert_sign, crl, distribution_point, dns_names,
    extension, permitted_dns, subject_key_identifier, usages,
};
use crate::der;
use crate::key::{Digest, Key};
use crate::list::{Entry, List, Signer, bundle, sign_message};
use crate::pfx::{Bag, Mac, Pfx, Protection};

const ROOT_LIST_SIGNER: &str = "1.3.6.1.4.1.311.10.3.9";
const DISALLOWED_LIST: &str = "1.3.6.1.4.1.311.10.3.30";
const KP_CTL_USAGE_SIGNING: &str = "1.3.6.1.4.1.311.10.3.1";
const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";
const CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";
const SZOID_CTL: &str = "1.3.6.1.4.1.311.10.1";

macro_rules! key {
    ($name:literal) => {
        Key::from_pem(include_str!(concat!("../keys/", $name, ".pem")))
    };
}

/// Every file, in a fixed order.
#[must_use]
pub fn all() -> Vec<Fixture> {
    let mut files = lists();
    files.extend(chains());
    files.extend(stores());
    files
}

fn fixture(path: &'static str, what: &'static str, octets: Vec<u8>) -> Fixture {
    Fixture { path, what, octets }
}

struct ListMaker {
    authority: Key,
    publisher: Key,
    authority_certificate: Vec<u8>,
    root_certificate: Vec<u8>,
}

const LIST_ROOT: &str = "Example Root Certificate Authority 2020";
/// The CN of the CA of list signers.
pub const LIST_CA: &str = "Example Certificate List CA 2020";
const PUBLISHER: &str = "Example Certificate Trust List Publisher";

impl ListMaker {
    fn new() -> Self {
        let (root, authority) = (key!("root.rsa"), key!("list-ca.rsa"));
        let root_certificate = Certificate {
            subject: LIST_ROOT,
            issuer: LIST_ROOT,
            serial_number: &[1],
            not_before: "20200101000000",
            not_after: "20450101000000",
            extensions: vec![ca(None), cert_sign(), subject_key_identifier(&root)],
        }
        .sign(&root, &root);
        let authority_certificate = Certificate {
            subject: LIST_CA,
            issuer: LIST_ROOT,
            serial_number: &[2],
            not_before: "20200102000000",
            not_after: "20400101000000",
            extensions: vec![
                ca(Some(0)),
                cert_sign(),
                usages(&[ROOT_LIST_SIGNER, KP_CTL_USAGE_SIGNING]),
                subject_key_identifier(&authority),
                authority_key_identifier(&root),
            ],
        }
        .sign(&authority, &root);
        Self {
            authority,
            publisher: key!("publisher.rsa"),
            authority_certificate,
            root_certificate,
        }
    }

    fn publisher(&self, serial: u8, not_before: &str, not_after: &str, usage: &str) -> Vec<u8> {
        Certificate {
            subject: PUBLISHER,
            issuer: LIST_CA,
            serial_number: &[serial],
            not_before,
            not_after,
            extensions: vec![
                usages(&[usage]),
                subject_key_identifier(&self.publisher),
                authority_key_identifier(&self.authority),
            ],
        }
        .sign(&self.publisher, &self.authority)
    }

    fn signed(&self, list: &[u8], serial: u8, certificates: Vec<Vec<u8>>) -> Vec<u8> {
        let signer = Signer {
            key: &self.publisher,
            issuer: LIST_CA,
            serial_number: &[serial],
            certificates,
            digest: Digest::Sha256,
        };
        sign_message(SZOID_CTL, list, &signer)
    }
}

/// The root above every list.
#[must_use]
pub fn list_root() -> Vec<u8> {
    ListMaker::new().root_certificate
}

/// The CA between that root and the lists' signers.
#[must_use]
pub fn list_authority() -> Vec<u8> {
    ListMaker::new().authority_certificate
}

/// The octets of a FILETIME from seconds since 1970.
fn filetime(unix: u64) -> Vec<u8> {
    ((unix + 11_644_473_600) * 10_000_000).to_le_bytes().to_vec()
}

fn sequence_number(unix: u64) -> Vec<u8> {
    let ticks = (unix + 11_644_473_600) * 10_000_000;
    [&[0x14], ticks.to_be_bytes().as_slice()].concat()
}

/// Six roots that between them have every property, with and without a value.
fn root_entries() -> Vec<Entry> {
    let oids =
        |list: &[&str]| der::sequence(&list.iter().map(|id| der::oid(id)).collect::<Vec<_>>());
    let policies = der::sequence(&[der::sequence(&[
        der::oid("1.3.6.1.4.1.99999.1.1"),
        der::sequence(&[der::sequence(&[
            der::oid("1.3.6.1.4.1.311.60.1.1"),
            der::tlv(0x03, &[0, 0xc0]),
        ])]),
    ])]);
    let base = |n: u8, label: &str| {
        vec![
            (29, vec![n ^ 0x55; 16]),
            (20, vec![n ^ 0xaa; 20]),
            (98, vec![n; 32]),
            (11, der::utf16(label)),
        ]
    };
    let mut entries = Vec::new();
    let mut add = |n: u8, label: &str, more: Vec<(u32, Vec<u8>)>| {
        let mut properties = more;
        properties.extend(base(n, label));
        entries.push(Entry { identifier: vec![n; 20], properties });
    };
    add(1, "Example unrestricted root", vec![]);
    add(2, "Example server root", vec![(9, oids(&[SERVER_AUTH, CLIENT_AUTH])), (83, policies)]);
    add(
        3,
        "Example disabled root",
        vec![(104, filetime(1_600_000_000)), (9, oids(&[CODE_SIGNING]))],
    );
    add(
        4,
        "Example root that issues no more",
        vec![
            (126, filetime(1_700_000_000)),
            (127, oids(&[SERVER_AUTH])),
            (122, oids(&[CODE_SIGNING])),
        ],
    );
    add(5, "Example root with withdrawn dates", vec![(104, vec![]), (126, vec![])]);
    add(6, "Example root with chain policies", vec![(105, oids(&["1.3.6.1.4.1.311.60.3.2"]))]);
    entries
}

fn root_list(this_update: &str, unix: u64) -> List<'_> {
    List {
        usage: ROOT_LIST_SIGNER,
        identifier: None,
        sequence_number: sequence_number(unix),
        this_update,
        next_update: None,
        subject_algorithm: "1.3.14.3.2.26",
        entries: root_entries(),
    }
}

const SOUND: (&str, &str) = ("20251001000000", "20271231235959");

fn lists() -> Vec<Fixture> {
    let maker = ListMaker::new();
    let list = root_list("20260115120000", 1_768_478_400).to_der();
    let newer = root_list("20260601000000", 1_780_272_000).to_der();
    let with_ca = |publisher: &[u8]| vec![publisher.to_vec(), maker.authority_certificate.clone()];
    let publisher = maker.publisher(0x10, SOUND.0, SOUND.1, ROOT_LIST_SIGNER);
    let expired = maker.publisher(0x11, "20230110080000", "20240410080000", ROOT_LIST_SIGNER);
    let future = maker.publisher(0x12, "20300101000000", "20310401000000", ROOT_LIST_SIGNER);
    let wrong_usage = maker.publisher(0x13, SOUND.0, SOUND.1, SERVER_AUTH);

    let sound = maker.signed(&list, 0x10, with_ca(&publisher));
    let pack = |list: &[u8]| cabinet("authroot.stl", list, Compression::MsZip);
    let sound_cabinet = pack(&sound);
    let changed_content = replace(&sound, b"E\0x\0a\0m\0p\0l\0e\0", b"E\0x\0a\0m\0p\0l\0f\0");
    let mut changed_signature = sound.clone();
    if let Some(last) = changed_signature.last_mut() {
        *last ^= 1;
    }
    let mut bad_checksum = sound_cabinet.clone();
    if let Some(octet) = bad_checksum.get_mut(200) {
        *octet ^= 0xff;
    }
    let disallowed = List {
        usage: DISALLOWED_LIST,
        identifier: Some("DisallowedCert_AutoUpdate_1"),
        subject_algorithm: "1.3.6.1.4.1.311.10.11.15",
        entries: vec![
            Entry { identifier: vec![0xd1; 16], properties: vec![] },
            Entry { identifier: vec![0xd2; 48], properties: vec![] },
        ],
        ..root_list("20260115120000", 1_768_478_400)
    }
    .to_der();
    let half = sound_cabinet.get(..sound_cabinet.len() / 2).unwrap_or_default().to_vec();
    let web_page = b"<!DOCTYPE html>\n<html><head><title>Access denied</title></head>\n\
        <body><h1>Access denied</h1><p>Your organisation blocks this address.</p></body></html>\n";
    vec![
        fixture("list/root.cer", "the root above every list here", maker.root_certificate.clone()),
        fixture("list/authroot.stl", "a sound root list", sound.clone()),
        fixture("list/authrootstl.cab", "the same in its cabinet", sound_cabinet.clone()),
        fixture(
            "list/stored.cab",
            "the same, stored without compression",
            cabinet("authroot.stl", &sound, Compression::Stored),
        ),
        fixture(
            "list/newer.cab",
            "the list with a higher sequence number",
            pack(&maker.signed(&newer, 0x10, with_ca(&publisher))),
        ),
        fixture(
            "list/expired.cab",
            "the list, its signer valid 2023-01-10T08:00:00Z to 2024-04-10T08:00:00Z",
            pack(&maker.signed(&list, 0x11, with_ca(&expired))),
        ),
        fixture(
            "list/not-yet-valid.cab",
            "the list, its signer valid from 2030-01-01T00:00:00Z",
            pack(&maker.signed(&list, 0x12, with_ca(&future))),
        ),
        fixture(
            "list/wrong-usage.cab",
            "the list, its signer for server authentication only",
            pack(&maker.signed(&list, 0x13, with_ca(&wrong_usage))),
        ),
        fixture(
            "list/missing-intermediate.cab",
            "the list without the CA of its signer",
            pack(&maker.signed(&list, 0x10, vec![publisher.clone()])),
        ),
        fixture(
            "list/tampered-content.cab",
            "the list with one octet of a name changed after signing",
            pack(&changed_content),
        ),
        fixture(
            "list/tampered-signature.cab",
            "the list with one bit of its signature changed",
            pack(&changed_signature),
        ),
        fixture(
            "list/trailing.cab",
            "the sound cabinet with octets behind it",
            [sound_cabinet.as_slice(), b"behind"].concat(),
        ),
        fixture("list/truncated.cab", "the first half of the sound cabinet", half),
        fixture("list/bad-checksum.cab", "the sound cabinet with a changed block", bad_checksum),
        fixture("list/web-page.cab", "a proxy's page instead of the cabinet", web_page.to_vec()),
        fixture("list/empty.cab", "an empty file", Vec::new()),
        fixture(
            "list/other-content.cab",
            "a cabinet that holds a text file",
            cabinet("readme.txt", b"not a list\n", Compression::MsZip),
        ),
        fixture(
            "list/disallowedcertstl.cab",
            "a disallowed list of two entries",
            cabinet(
                "disallowedcert.stl",
                &maker.signed(&disallowed, 0x10, with_ca(&publisher)),
                Compression::MsZip,
            ),
        ),
    ]
}

fn replace(octets: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut changed = octets.to_vec();
    if let Some(at) = octets.windows(from.len()).position(|window| window == from)
        && let Some(place) = changed.get_mut(at..at + to.len())
    {
        place.copy_from_slice(to);
    }
    changed
}

const TLS_ROOT: &str = "Example TLS Root";
const TLS_CA: &str = "Example TLS CA";
const HOST: &str = "www.example.test";

struct TlsMaker {
    root: Key,
    authority: Key,
    server: Key,
}

impl TlsMaker {
    fn root(&self) -> Vec<u8> {
        Certificate {
            subject: TLS_ROOT,
            issuer: TLS_ROOT,
            serial_number: &[1],
            not_before: "20200101000000",
            not_after: "20450101000000",
            extensions: vec![ca(None), cert_sign(), subject_key_identifier(&self.root)],
        }
        .sign(&self.root, &self.root)
    }

    fn authority(&self, more: Vec<Vec<u8>>) -> Vec<u8> {
        let mut extensions = vec![
            ca(Some(0)),
            cert_sign(),
            subject_key_identifier(&self.authority),
            authority_key_identifier(&self.root),
        ];
        extensions.extend(more);
        Certificate {
            subject: TLS_CA,
            issuer: TLS_ROOT,
            serial_number: &[2],
            not_before: "20200101000000",
            not_after: "20400101000000",
            extensions,
        }
        .sign(&self.authority, &self.root)
    }

    fn server(&self, serial: u8, not_after: &str, usage: &str, more: Vec<Vec<u8>>) -> Vec<u8> {
        let mut extensions =
            vec![usages(&[usage]), dns_names(&[HOST]), authority_key_identifier(&self.authority)];
        extensions.extend(more);
        Certificate {
            subject: HOST,
            issuer: TLS_CA,
            serial_number: &[serial],
            not_before: "20250101000000",
            not_after,
            extensions,
        }
        .sign(&self.server, &self.authority)
    }
}

fn chains() -> Vec<Fixture> {
    let rsa = TlsMaker {
        root: key!("root.rsa"),
        authority: key!("server-ca.rsa"),
        server: key!("server.rsa"),
    };
    let ec = TlsMaker {
        root: key!("ec-root.p256"),
        authority: key!("ec-ca.p256"),
        server: key!("ec-server.p256"),
    };
    let until = "20301231235959";
    let cdp = distribution_point("http://crl.example.test/ca.crl");
    let good = rsa.server(0x20, until, SERVER_AUTH, vec![cdp]);
    let authority = rsa.authority(vec![]);
    let mut bad_signature = good.clone();
    if let Some(last) = bad_signature.last_mut() {
        *last ^= 1;
    }
    let unknown = extension("1.3.6.1.4.1.99999.2.1", true, &der::null());
    let pem = |parts: &[&Vec<u8>]| parts.iter().map(|part| pem(part)).collect::<String>();
    let chain = |parts: &[&Vec<u8>]| pem(parts).into_bytes();
    vec![
        fixture("tls/root.pem", "the root of the RSA chain", chain(&[&rsa.root()])),
        fixture("tls/good.pem", "server and CA, RSA", chain(&[&good, &authority])),
        fixture("tls/good.cer", "the server certificate alone, DER", good.clone()),
        fixture(
            "tls/good.p7b",
            "server, CA and root as PKCS #7",
            bundle(&[good.clone(), authority.clone(), rsa.root()]),
        ),
        fixture(
            "tls/expired.pem",
            "server certificate ended 2025-06-30T23:59:59Z, and CA",
            chain(&[&rsa.server(0x21, "20250630235959", SERVER_AUTH, vec![]), &authority]),
        ),
        fixture(
            "tls/client-only.pem",
            "server certificate for client authentication only, and CA",
            chain(&[&rsa.server(0x22, until, CLIENT_AUTH, vec![]), &authority]),
        ),
        fixture(
            "tls/unknown-critical.pem",
            "server certificate with an unknown critical extension, and CA",
            chain(&[&rsa.server(0x23, until, SERVER_AUTH, vec![unknown]), &authority]),
        ),
        fixture(
            "tls/bad-signature.pem",
            "server certificate with one bit of its signature changed, and CA",
            chain(&[&bad_signature, &authority]),
        ),
        fixture(
            "tls/name-constraints.pem",
            "server certificate outside the names its CA may issue for",
            chain(&[&good, &rsa.authority(vec![permitted_dns("other.test")])]),
        ),
        fixture("tls/ec-root.pem", "the root of the P-256 chain", chain(&[&ec.root()])),
        fixture(
            "tls/ec-good.pem",
            "server and CA, P-256",
            chain(&[&ec.server(0x20, until, SERVER_AUTH, vec![]), &ec.authority(vec![])]),
        ),
        fixture(
            "tls/good.crl",
            "the CA's CRL, nothing revoked, until 2030",
            crl(TLS_CA, &rsa.authority, "20260101000000", "20300101000000", &[]),
        ),
        fixture(
            "tls/revoked.crl",
            "the CA's CRL, the server certificate revoked on 2026-01-10",
            crl(
                TLS_CA,
                &rsa.authority,
                "20260115000000",
                "20300101000000",
                &[(&[0x20], "20260110000000")],
            ),
        ),
    ]
}

/// The password of the PKCS #12 stores that have one.
pub const PFX_PASSWORD: &str = "Pa$$w\u{f6}rd";

/// A PKCS #12 store of two certificates, the first with its key, a name and a property.
#[must_use]
pub fn pfx() -> Pfx<'static> {
    let ec = TlsMaker {
        root: key!("ec-root.p256"),
        authority: key!("ec-ca.p256"),
        server: key!("ec-server.p256"),
    };
    let server = ec.server(0x20, "20301231235959", SERVER_AUTH, vec![]);
    let identifier = ec.server.identifier();
    let usage = der::sequence(&[der::oid(SERVER_AUTH)]);
    let bags = vec![
        Bag {
            certificate: server,
            friendly_name: Some("Example \u{1f511} server"),
            local_key_id: Some(identifier.clone()),
            properties: vec![(9, usage)],
        },
        Bag {
            certificate: ec.authority(vec![]),
            friendly_name: None,
            local_key_id: None,
            properties: vec![],
        },
    ];
    Pfx {
        password: Some(PFX_PASSWORD),
        protection: Some(Protection::TripleDes3Key),
        mac: Some(Mac::Sha1),
        bags,
        key: Some((ec.server.pkcs8(), identifier)),
        iterations: 2000,
        is_indefinite: false,
    }
}

/// PKCS #12 stores in every protection.
fn stores() -> Vec<Fixture> {
    let base = pfx();
    let with = |protection| Pfx { protection: Some(protection), ..base.clone() }.encode();
    vec![
        fixture(
            "pfx/rc2-40.pfx",
            "40-bit RC2, as old Windows writes",
            with(Protection::Rc2With40Bits),
        ),
        fixture("pfx/rc2-128.pfx", "128-bit RC2", with(Protection::Rc2With128Bits)),
        fixture("pfx/3des.pfx", "3DES with three keys", base.encode()),
        fixture("pfx/2des.pfx", "3DES with two keys", with(Protection::TripleDes2Key)),
        fixture(
            "pfx/aes-256.pfx",
            "AES-256 and SHA-256, as new Windows writes",
            Pfx { protection: Some(Protection::Aes256), mac: Some(Mac::Sha256), ..base.clone() }
                .encode(),
        ),
        fixture(
            "pfx/pbmac1.pfx",
            "AES-256 and the MAC of RFC 9579",
            Pfx { protection: Some(Protection::Aes256), mac: Some(Mac::Pbmac1), ..base.clone() }
                .encode(),
        ),
        fixture(
            "pfx/open.pfx",
            "certificates that are not encrypted, under a MAC with a password",
            Pfx { protection: None, ..base.clone() }.encode(),
        ),
        fixture(
            "pfx/no-mac.pfx",
            "encrypted, without a MAC",
            Pfx { mac: None, ..base.clone() }.encode(),
        ),
        fixture(
            "pfx/no-password.pfx",
            "encrypted without a password",
            Pfx { password: None, ..base.clone() }.encode(),
        ),
        fixture(
            "pfx/empty-password.pfx",
            "encrypted with an empty password",
            Pfx { password: Some(""), ..base.clone() }.encode(),
        ),
        fixture(
            "pfx/indefinite.pfx",
            "BER: lengths left open, strings in parts",
            Pfx { is_indefinite: true, ..base }.encode(),
        ),
    ]
}

fn pem(certificate: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in certificate.chunks(3) {
        let mut group = [0; 3];
        for (place, octet) in group.iter_mut().zip(chunk) {
            *place = *octet;
        }
        let value = u32::from(group[0]) << 16 | u32::from(group[1]) << 8 | u32::from(group[2]);
        for digit in 0..4 {
            if digit <= chunk.len() {
                let index = (value >> (18 - 6 * digit) & 0x3f) as usize;
                text.push(char::from(ALPHABET.get(index).copied().unwrap_or(b'=')));
            } else {
                text.push('=');
            }
        }
    }
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}
