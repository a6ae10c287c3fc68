//! A revocation list of half a million entries: reading, indexing and looking up, beside the
//! x509-parser crate in the same run, and beside OpenSSL as a whole process, where there is one.
//! `cargo bench --bench crl`.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)] // a bench

use std::hint::black_box;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chaincheck_engine::object::crl::Crl;
use x509_parser::prelude::{CertificateRevocationList, FromDer as _};

const ENTRIES: u32 = 500_000;
const RUNS: usize = 5;
const LOOK_UPS: u32 = 1_000;

/// Octets the index has for each entry (said by the list's documentation).
const INDEX_OCTETS: usize = 8;

fn main() {
    let octets = list();
    println!("list: {ENTRIES} entries, {} octets", octets.len());

    let parse = best(|| Crl::from_der(black_box(&octets)).unwrap());
    let theirs = best(|| CertificateRevocationList::from_der(black_box(&octets)).unwrap());
    report("parse", parse, theirs);

    let absent = serial(ENTRIES + 1);
    let open = || Crl::from_der(&octets).unwrap();
    let look_up = |list: &Crl| assert!(list.find(&absent).next().is_none());
    let walk = best_of(open, look_up);
    let (_, their_list) = CertificateRevocationList::from_der(&octets).unwrap();
    let scan = best(|| assert!(their_find(&their_list, &absent).is_none()));
    report("parse and first look-up (a walk)", parse + walk, theirs + scan);
    let searched = || {
        let list = open();
        look_up(&list);
        list
    };
    let index = best_of(searched, look_up);
    println!(
        "second look-up (sorts an index): {index:?}; memory: list {} + index {} octets = {:.2} \
        times the list",
        octets.len(),
        INDEX_OCTETS * ENTRIES as usize,
        1.0 + (INDEX_OCTETS * ENTRIES as usize) as f64 / octets.len() as f64
    );
    report("parse and two look-ups", parse + walk + index, theirs + 2 * scan);

    let list = Crl::from_der(&octets).unwrap();
    (0..2).for_each(|_| look_up(&list)); // indexed
    let ours = best(|| {
        for step in 0..LOOK_UPS {
            let wanted = serial(step * (ENTRIES / LOOK_UPS));
            assert!(list.find(black_box(&wanted)).next().is_some());
        }
    }) / LOOK_UPS;
    // a walk takes too long to be repeated as often
    let few = LOOK_UPS / 100;
    let theirs = best(|| {
        for step in 0..few {
            let wanted = serial(step * (ENTRIES / few));
            assert!(their_find(&their_list, black_box(&wanted)).is_some());
        }
    }) / few;
    report("each further look-up (theirs: a walk)", ours, theirs);
    beside_openssl(&octets, parse);
}

/// `openssl crl` reads the list from a file and writes nothing; what the same command takes for a
/// list of no entries, its start, is taken off.
fn beside_openssl(octets: &[u8], ours: Duration) {
    let folder = tempfile::tempdir().unwrap();
    let time = |name: &str, octets: &[u8]| {
        let file = folder.path().join(name);
        std::fs::write(&file, octets).unwrap();
        let run = || {
            Command::new("openssl")
                .args(["crl", "-inform", "DER", "-noout", "-in"])
                .arg(&file)
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
        };
        run().then(|| best(run))
    };
    match (time("large.crl", octets), time("empty.crl", &list_of(0))) {
        (Some(large), Some(empty)) => {
            let theirs = large.saturating_sub(empty);
            let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
            println!(
                "parse: {ours:?}; openssl crl {theirs:?} (whole process {large:?}, of which start \
                 {empty:?}); {ratio:.1} times as fast"
            );
        }
        _ => println!("skipped: there is no openssl command that reads the list"),
    }
}

fn their_find(list: &CertificateRevocationList<'_>, wanted: &[u8]) -> Option<usize> {
    list.iter_revoked_certificates().position(|entry| entry.raw_serial() == wanted)
}

fn report(what: &str, ours: Duration, theirs: Duration) {
    let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
    println!("{what}: {ours:?}; x509-parser {theirs:?}; {ratio:.1} times as fast");
}

fn best<T>(mut work: impl FnMut() -> T) -> Duration {
    best_of(|| (), |()| work())
}

/// The shortest of some runs of `work`, without its preparation and the drop of its result.
fn best_of<S, T>(mut prepare: impl FnMut() -> S, mut work: impl FnMut(&S) -> T) -> Duration {
    let run = || {
        let state = prepare();
        let start = Instant::now();
        let result = work(&state);
        let elapsed = start.elapsed();
        drop(result);
        elapsed
    };
    std::iter::repeat_with(run).take(RUNS).min().unwrap()
}

/// A serial number of 16 octets, as public CAs give them: in no order, none negative.
fn serial(number: u32) -> Vec<u8> {
    let mixed = number.wrapping_mul(0x9e37_79b1);
    [&[0x40][..], &mixed.to_be_bytes(), &[0x5a; 7], &number.to_be_bytes()].concat()
}

fn list() -> Vec<u8> {
    list_of(ENTRIES)
}

fn list_of(count: u32) -> Vec<u8> {
    let entry = |number| {
        let fields = [der(2, &serial(number)), der(0x17, b"250101000000Z")];
        der(0x30, &fields.concat())
    };
    let entries: Vec<u8> = (0..count).flat_map(entry).collect();
    // ecdsa-with-SHA256
    let algorithm = der(0x30, b"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02");
    let common_name = [der(6, &[0x55, 4, 3]), der(0x0c, b"CA")].concat();
    let name = der(0x30, &der(0x31, &der(0x30, &common_name)));
    let tbs = [
        der(2, &[1]),
        algorithm.clone(),
        name,
        der(0x17, b"250101000000Z"),
        der(0x17, b"250201000000Z"),
        if count == 0 { Vec::new() } else { der(0x30, &entries) },
    ];
    let signature = der(3, &[0; 65]);
    der(0x30, &[der(0x30, &tbs.concat()), algorithm, signature].concat())
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut octets = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => octets.push(short),
        _ => {
            let digits = u32::try_from(length).unwrap().to_be_bytes();
            let significant = digits.iter().skip_while(|digit| **digit == 0);
            let significant: Vec<u8> = significant.copied().collect();
            octets.push(0x80 | u8::try_from(significant.len()).unwrap());
            octets.extend(significant);
        }
    }
    octets.extend(content);
    octets
}
