//! Questions that are meant to cost as much as they can, each made ready to be asked.

use chaincheck_engine::base::der::Reader;
use chaincheck_engine::chain::engine::{ChainEngine, ChainFlags, ChainRequest, UsageMatch};
use chaincheck_engine::format::{Limits, open};
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::object::crl::Crl;
use chaincheck_engine::store::{Store, StoreBuilder, SystemStores};
use chaincheck_testdata::certificate::{ca, cert_sign, crl, extension, name, usages};
use chaincheck_testdata::der;
use chaincheck_testdata::hostile::{Parts, rsa_spki};
use chaincheck_testdata::key::{Digest, Key};
use chaincheck_testdata::list::bundle;

use crate::support::{
    authority, end, engine, explicit_policy, key, now, oid, policies, root, store,
};

/// A costly question.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// The limits that may end it; none if it is answered in full.
    pub(crate) bounds: &'static [&'static str],
    ask: Box<dyn Fn() -> String>,
}

impl Case {
    /// Asks, and tells how it ended: what was reached, in words.
    pub(crate) fn ask(&self) -> String {
        (self.ask)()
    }
}

fn case(
    name: &'static str,
    bounds: &'static [&'static str],
    ask: impl Fn() -> String + 'static,
) -> Case {
    Case { name, bounds, ask: Box::new(ask) }
}

/// Every case. Making them takes longer than asking them.
pub(crate) fn all() -> Vec<Case> {
    vec![
        mesh("cross-signing, 40 CAs, no root", 40, false),
        mesh("cross-signing, 40 CAs, a root", 40, true),
        ladder(),
        one_name(),
        layers(),
        names_and_constraints("4,000 dNSNames, 4,000 dNSName constraints", 4_000, dns),
        names_and_constraints("2,000 directoryNames and constraints", 2_000, directory),
        names_and_constraints("200 dNSNames of 20,000 octets, 200 constraints", 200, long_dns),
        constrained_mesh(),
        policy_tree(),
        policy_mappings(),
        policy_mesh(),
        many_usages(),
        giant_rsa(),
        giant_keys(),
        deep_values(),
        many_extensions(),
        many_crls(),
        long_crl(),
        many_certificates(),
    ]
}

/// A question of which nothing is kept from one time to the next.
fn chain(
    name: &'static str,
    bounds: &'static [&'static str],
    end: Certificate,
    given: Vec<Certificate>,
    roots: Vec<Certificate>,
    change: impl Fn(&mut ChainRequest<'_>) + 'static,
) -> Case {
    let (end, given, roots) = (end.der().to_vec(), encoded(given), encoded(roots));
    case(name, bounds, move || {
        let read = |list: &[Vec<u8>]| {
            list.iter().map(|der| Certificate::from_der(der).unwrap()).collect::<Vec<_>>()
        };
        let stores = SystemStores { root: Store::of(read(&roots)), ..SystemStores::default() };
        let engine: ChainEngine = engine(stores);
        let mut request = ChainRequest::new(Certificate::from_der(&end).unwrap(), now());
        request.additional = Store::of(read(&given));
        change(&mut request);
        let found = engine.chain(&request).unwrap();
        let said: Vec<_> =
            found.elements().iter().flat_map(|e| &e.findings).map(|f| f.what.clone()).collect();
        format!("{:?} {:?} {}", found.status.error, found.search, said.join("; "))
    })
}

fn encoded(certificates: Vec<Certificate>) -> Vec<Vec<u8>> {
    certificates.iter().map(|certificate| certificate.der().to_vec()).collect()
}

fn numbered(subject: usize) -> String {
    format!("CA {subject}")
}

/// One of a few keys: what differs is the names.
fn few(number: usize) -> Key {
    key(&format!("key {}", number % 4))
}

fn cross(subject: usize, issuer: usize, extensions: &[Vec<u8>]) -> Certificate {
    let cert = authority(&numbered(subject), &numbered(issuer));
    let cert = extensions.iter().cloned().fold(cert, |cert, extension| cert.with(extension));
    cert.key(few(subject).spki()).signed_by(few(issuer)).make()
}

fn anchor(number: usize) -> Certificate {
    root(&numbered(number)).serial(99).key(few(number).spki()).signed_by(few(number)).make()
}

fn leaf_of(issuer: usize, extensions: &[Vec<u8>]) -> Certificate {
    let cert = end("end", &numbered(issuer));
    extensions
        .iter()
        .cloned()
        .fold(cert, |cert, extension| cert.with(extension))
        .signed_by(few(issuer))
        .make()
}

fn mesh_of(count: usize, extensions: &[Vec<u8>]) -> Vec<Certificate> {
    let pairs = (0..count).flat_map(|subject| (0..count).map(move |issuer| (subject, issuer)));
    pairs.filter(|(s, i)| s != i).map(|(s, i)| cross(s, i, extensions)).collect()
}

/// Every CA has certified every other: the number of paths is factorial.
fn mesh(name: &'static str, count: usize, trusted: bool) -> Case {
    let roots = if trusted { vec![anchor(7)] } else { Vec::new() };
    let bounds = &["max_paths", "max_steps", "max_signatures", "max_signature_work"];
    chain(name, bounds, leaf_of(3, &[]), mesh_of(count, &[]), roots, |_| {})
}

/// Each of 60 levels has two CAs, both certified by both above: 2^60 paths, and no root.
fn ladder() -> Case {
    let mut given = Vec::new();
    for level in 0..60 {
        for (a, b) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            given.push(cross(2 * level + a, 2 * level + 2 + b, &[]));
        }
    }
    let bounds = &["max_paths", "max_steps"];
    chain("two CAs on each of 60 levels, no root", bounds, leaf_of(0, &[]), given, vec![], |_| {})
}

/// A thousand CAs with one name and one key each, none of which has signed.
fn one_name() -> Case {
    let make = |number: u32| {
        let mut parts = Parts::new("I", "I 2", &key("one"), &key("R"));
        parts.serial_number = der::integer(&number.to_be_bytes());
        parts.spki = [&key("one").spki()[..]].concat();
        parts.extensions = vec![ca(None), cert_sign(), usages(&["1.3.6.1.5.5.7.3.1"])];
        Certificate::from_der(&parts.with_signature(&[0x30, 6, 2, 1, 1, 2, 1, 1])).unwrap()
    };
    let given = (0..20_000).map(make).collect();
    let bounds = &["max_candidates", "max_paths", "max_steps"];
    chain("20,000 issuers of one name", bounds, end("end", "I").make(), given, vec![], |_| {})
}

/// 200 levels of 100 certificates each: every step has 100 ways.
fn layers() -> Case {
    let mut given = Vec::new();
    for level in 0..200 {
        for serial in 1..=100u8 {
            let mut parts =
                Parts::new(&numbered(level), &numbered(level + 1), &few(level), &few(level + 1));
            parts.serial_number = der::integer(&[serial]);
            parts.extensions = vec![ca(None), cert_sign()];
            let signature = [0x30, 6, 2, 1, 1, 2, 1, 1];
            given.push(Certificate::from_der(&parts.with_signature(&signature)).unwrap());
        }
    }
    let bounds = &["max_paths", "max_steps", "max_signatures", "max_signature_work"];
    chain("200 levels of 100 certificates", bounds, leaf_of(0, &[]), given, vec![], |_| {})
}

fn dns(number: usize) -> Vec<u8> {
    der::tlv(0x82, format!("host-{number}.example.test").as_bytes())
}

fn long_dns(number: usize) -> Vec<u8> {
    der::tlv(0x82, format!("{number}.{}", "a".repeat(20_000)).as_bytes())
}

fn directory(number: usize) -> Vec<u8> {
    der::tlv(0xa4, &name(&format!("somebody {number}")))
}

fn alternative_names(count: usize, form: fn(usize) -> Vec<u8>) -> Vec<u8> {
    let names: Vec<u8> = (0..count).flat_map(form).collect();
    extension("2.5.29.17", false, &der::tlv(0x30, &names))
}

/// Excluded subtrees that no name is in, and one permitted that every name is in.
fn constraints(count: usize, form: fn(usize) -> Vec<u8>) -> Vec<u8> {
    let subtrees: Vec<u8> = (0..count).flat_map(|n| der::tlv(0x30, &form(n + 1_000_000))).collect();
    extension("2.5.29.30", true, &der::sequence(&[der::tlv(0xa1, &subtrees)]))
}

fn names_and_constraints(name: &'static str, count: usize, form: fn(usize) -> Vec<u8>) -> Case {
    let middle = authority("I", "R").with(constraints(count, form)).make();
    let leaf = end("end", "I").with(alternative_names(count, form)).make();
    chain(name, &["max_comparisons"], leaf, vec![middle], vec![root("R").make()], |_| {})
}

/// A mesh each of whose certificates has names and constraints: the product on every path.
fn constrained_mesh() -> Case {
    let both = [alternative_names(60, dns), constraints(60, dns)];
    let given = mesh_of(14, &both);
    let bounds = &["max_comparisons", "max_paths"];
    let name = "cross-signing, 14 CAs with 60 names and 60 constraints each";
    chain(name, bounds, leaf_of(3, &both[..1]), given, vec![anchor(7)], |_| {})
}

fn policy(level: usize, number: usize) -> String {
    format!("1.3.6.1.4.1.99999.{level}.{number}")
}

fn mappings(pairs: &[(String, String)]) -> Vec<u8> {
    let pairs: Vec<_> =
        pairs.iter().map(|(from, to)| der::sequence(&[der::oid(from), der::oid(to)])).collect();
    extension("2.5.29.33", false, &der::sequence(&pairs))
}

fn stated(level: usize, count: usize) -> Vec<u8> {
    let list: Vec<_> = (0..count).map(|number| policy(level, number)).collect();
    policies(&list.iter().map(String::as_str).collect::<Vec<_>>())
}

/// CVE-2023-0464: on each level every policy is mapped to every policy of the next.
fn policy_tree() -> Case {
    let (depth, width) = (12, 40);
    let given = (0..depth)
        .map(|level| {
            let pairs: Vec<_> = (0..width * width)
                .map(|n| (policy(level + 1, n / width), policy(level, n % width)))
                .collect();
            cross(level, level + 1, &[stated(level + 1, width), mappings(&pairs)])
        })
        .collect();
    let leaf = leaf_of(0, &[stated(0, width)]);
    let bounds = &["MAX_POLICY_PAIRS", "max_comparisons"];
    let name = "12 levels, 40 policies mapped to 40 on each (CVE-2023-0464)";
    chain(name, bounds, leaf, given, vec![anchor(depth)], |request| {
        request.issuance = UsageMatch::all(vec![oid("1.3.6.1.4.1.99999.12.0")]);
    })
}

/// Ten thousand policies become one, and that one ten thousand again.
fn policy_mappings() -> Case {
    let count = 10_000;
    let middle = || "1.3.6.1.4.1.99999.7".to_owned();
    let narrow: Vec<_> = (0..count).map(|n| (policy(2, n), middle())).collect();
    let wide: Vec<_> = (0..count).map(|n| (middle(), policy(1, n))).collect();
    let given = vec![
        cross(1, 2, &[policies(&["2.5.29.32.0"]), mappings(&narrow)]),
        cross(0, 1, &[policies(&[&middle(), "2.5.29.32.0"]), mappings(&wide)]),
    ];
    let leaf = leaf_of(0, &[stated(1, count)]);
    let bounds = &["MAX_POLICY_PAIRS", "max_comparisons"];
    let name = "10,000 policies mapped to one, that one to 10,000";
    chain(name, bounds, leaf, given, vec![anchor(2)], |_| {})
}

/// Policies on every path of a mesh.
fn policy_mesh() -> Case {
    let pairs: Vec<_> = (0..900).map(|n| (policy(1, n / 30), policy(1, n % 30))).collect();
    let given = mesh_of(12, &[stated(1, 30), mappings(&pairs), explicit_policy()]);
    let bounds = &["MAX_POLICY_PAIRS", "max_comparisons", "max_paths"];
    let name = "cross-signing, 12 CAs with 900 mappings each";
    chain(name, bounds, leaf_of(3, &[stated(1, 30)]), given, vec![anchor(7)], |_| {})
}

fn many_usages() -> Case {
    let list: Vec<_> = (0..10_000).map(|number| policy(3, number)).collect();
    let usage = usages(&list.iter().map(String::as_str).collect::<Vec<_>>());
    let reversed: Vec<_> = list.iter().rev().map(String::as_str).collect();
    let given = (0..8)
        .map(|level| {
            cross(
                level,
                level + 1,
                &[if level % 2 == 0 { usage.clone() } else { usages(&reversed) }],
            )
        })
        .collect();
    let name = "10,000 usages on each of 8 levels";
    chain(name, &["max_comparisons"], leaf_of(0, &[usage]), given, vec![anchor(8)], |request| {
        request.usage = UsageMatch::all(vec![oid("1.3.6.1.4.1.99999.3.5")]);
    })
}

/// A modulus of this many bits that nobody can factor or sign with.
fn modulus(bits: usize) -> Vec<u8> {
    let mut modulus = vec![0xff; bits / 8];
    modulus[0] = 0xfe;
    modulus
}

/// Issuers of one name whose keys are as large as is allowed: every signature is tried.
fn giant_rsa() -> Case {
    let make = |number: u8| {
        let mut key = modulus(16_384);
        key[100] = number;
        let mut parts = Parts::new("I", "R", &few(0), &few(1));
        parts.serial_number = der::integer(&[number]);
        parts.spki = rsa_spki(&key, &[0xff; 32]);
        parts.extensions = vec![ca(None), cert_sign()];
        Certificate::from_der(&parts.sign(&few(1))).unwrap()
    };
    let mut leaf = Parts::new("end", "I", &few(2), &few(1));
    leaf.algorithm = der::sequence(&[der::oid("1.2.840.113549.1.1.11"), der::null()]);
    let leaf = Certificate::from_der(&leaf.with_signature(&[0x7f; 2_048])).unwrap();
    let bounds = &["max_signature_work"];
    let given = (1..=100).map(make).collect();
    chain("100 issuers with RSA 16384, exponents of 256 bits", bounds, leaf, given, vec![], |_| {})
}

/// Larger than is allowed: refused before anything is computed.
fn giant_keys() -> Case {
    let make = |number: u8| {
        let mut parts = Parts::new("I", "R", &few(0), &few(1));
        parts.serial_number = der::integer(&[number]);
        let exponent = if number.is_multiple_of(2) { vec![0xff; 100_000] } else { vec![3] };
        parts.spki = rsa_spki(&modulus(800_000), &exponent);
        parts.extensions = vec![ca(None), cert_sign()];
        Certificate::from_der(&parts.sign(&few(1))).unwrap()
    };
    let mut leaf = Parts::new("end", "I", &few(2), &few(1));
    leaf.algorithm = der::sequence(&[der::oid("1.2.840.113549.1.1.11"), der::null()]);
    let leaf = Certificate::from_der(&leaf.with_signature(&[0x7f; 100_000])).unwrap();
    let given = (1..=50).map(make).collect();
    chain("50 issuers with RSA of 800,000 bits", &[], leaf, given, vec![], |_| {})
}

fn deep_values() -> Case {
    let open_ended: Vec<u8> = [0x30, 0x80].repeat(2_000_000);
    let wide: Vec<u8> = [&[0x30, 0x80][..], &[0x30, 0x80, 0, 0].repeat(500_000), &[0, 0]].concat();
    let mut string = vec![0x24, 0x80];
    string.extend([0x24, 0x80].repeat(60));
    string.extend([4, 1, 0x61].repeat(300_000));
    string.extend([0, 0].repeat(61));
    let inputs = [open_ended, wide, string];
    case("4 MB of nested values", &[], move || {
        let mut said = String::new();
        for octets in &inputs {
            said.push_str(&format!("{:?} ", Certificate::from_der(octets).is_ok()));
            said.push_str(&format!("{:?} ", open(octets, &Limits::default()).is_ok()));
            if let Ok(value) = Reader::new(octets).any() {
                said.push_str(&format!("{:?} ", value.string_octets(4).map(|s| s.len()).ok()));
            }
        }
        said
    })
}

fn many_extensions() -> Case {
    let make = |count: usize| {
        let mut parts = Parts::new("end", "I", &few(0), &few(1));
        let one = |n: usize| extension(&policy(4, n), true, &[0; 1000]);
        parts.extensions = (0..count).map(one).collect();
        parts.sign(&few(1))
    };
    let (allowed, over) = (make(512), make(100_000));
    case("100,000 extensions", &["MAX_EXTENSIONS"], move || {
        let sound = Certificate::from_der(&allowed).unwrap();
        let found =
            engine(SystemStores::default()).chain(&ChainRequest::new(sound, now())).unwrap();
        format!("{:?} {}", found.status.error, Certificate::from_der(&over).unwrap_err())
    })
}

/// A store full of lists that claim to be the issuer's.
fn many_crls() -> Case {
    let signer = key("I");
    let lists: Vec<_> = (0..4_000u32)
        .map(|number| {
            let mut list = crl(
                "I",
                &signer,
                "20260101000000",
                "20300101000000",
                &[(&number.to_be_bytes(), "20260101000000")],
            );
            let last = list.len() - 1;
            list[last] ^= 1; // no signature verifies
            list
        })
        .collect();
    let (middle, top) = (authority("I", "R").make(), root("R").make());
    let leaf = end("end", "I").make();
    case("4,000 CRLs with bad signatures", &["MAX_SIGNATURE_WORK"], move || {
        let engine = engine(SystemStores { root: store(&[&top]), ..SystemStores::default() });
        let mut builder = StoreBuilder::new();
        builder.certificate(middle.clone().into());
        for list in &lists {
            builder.crl(Crl::from_der(list).unwrap());
        }
        let mut request = ChainRequest::new(leaf.clone(), now());
        request.additional = builder.build();
        request.flags = ChainFlags::REVOCATION_CHECK_END_CERT;
        let found = engine.chain(&request).unwrap();
        let notes = found.elements()[0].revocation.as_ref().map(|r| r.notes.join("; "));
        format!("{:?} {}", found.status.error, notes.unwrap_or_default())
    })
}

/// A list of two million entries: 70 MB.
fn long_crl() -> Case {
    let entries: Vec<u8> = (0..2_000_000u32)
        .flat_map(|number| {
            let mut serial = vec![0x02, 9, 0x11, 0x22, 0x33, 0x44, 0x55];
            serial.extend(number.to_be_bytes());
            let date = der::tlv(0x17, b"260101000000Z");
            der::tlv(0x30, &[serial, date].concat())
        })
        .collect();
    let algorithm = key("I").signature_algorithm(Digest::Sha256);
    let tbs = der::sequence(&[
        der::integer(&[1]),
        algorithm.clone(),
        name("I"),
        der::time("20260101000000"),
        der::time("20300101000000"),
        der::tlv(0x30, &entries),
    ]);
    let list = der::sequence(&[tbs, algorithm, der::bit_string(&[0; 64])]);
    case("a CRL of 2,000,000 entries", &[], move || {
        let crl = Crl::from_der(&list).unwrap();
        let last = [&[0x11, 0x22, 0x33, 0x44, 0x55][..], &1_999_999u32.to_be_bytes()].concat();
        format!("{} entries, {} found", crl.entry_count(), crl.find(&last).count())
    })
}

/// A bundle of more certificates than a file may hold objects.
fn many_certificates() -> Case {
    let one = |number: u32| {
        let mut parts = Parts::new("same", "same", &few(0), &few(0));
        parts.serial_number = der::integer(&number.to_be_bytes());
        parts.with_signature(&[0x30, 6, 2, 1, 1, 2, 1, 1])
    };
    let file = bundle(&(0..70_000).map(one).collect::<Vec<_>>());
    case("a bundle of 70,000 certificates of one name", &["max_items"], move || {
        let contents = open(&file, &Limits::default());
        let notes = contents.as_ref().map_or_else(
            |error| error.to_string(),
            |contents| contents.notes.iter().map(ToString::to_string).collect(),
        );
        let items = contents.map(|contents| contents.items).unwrap_or_default();
        let read = items.iter().filter_map(|item| Certificate::from_der(&item.octets).ok());
        format!("{} {notes}", Store::of(read).certificates().len())
    })
}
