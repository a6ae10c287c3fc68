use std::io::{Cursor, Write as _};

use chaincheck_testdata::list::bundle;
use chaincheck_testdata::{cabinet, der, fixtures};

use crate::base::digest::hex;
use crate::base::hresult;
use crate::format::pfx::PfxErrorKind;
use crate::format::{Contents, FormatErrorKind, Kind, Limits, Passwords, detect, open, open_with};

fn certificates() -> Vec<Vec<u8>> {
    fixtures::pfx().bags.into_iter().map(|bag| bag.certificate).collect()
}

fn open_all(octets: &[u8]) -> Contents {
    open(octets, &Limits::default()).unwrap()
}

/// Origin and octets of every certificate.
fn found(contents: &Contents) -> Vec<(&str, &[u8])> {
    let items = contents.items.iter().filter(|item| item.kind == Kind::Certificate);
    items.map(|item| (item.origin.as_str(), &*item.octets)).collect()
}

fn notes(contents: &Contents) -> Vec<String> {
    contents.notes.iter().map(ToString::to_string).collect()
}

#[test]
fn a_pfx_opens_with_its_password_only() {
    let octets = fixtures::pfx().encode();
    let passwords = Passwords::new([fixtures::PFX_PASSWORD]);
    let contents = open_with(&octets, &Limits::default(), &passwords).unwrap();
    let [server, authority] = &certificates()[..] else { panic!() };
    let expected = [
        ("certificate 1 in PKCS #12", server.as_slice()),
        ("certificate 2 in PKCS #12", authority.as_slice()),
    ];
    assert_eq!(found(&contents), expected);
    let properties: Vec<_> = contents.items[0].properties.iter().map(|p| p.id).collect();
    assert_eq!(properties, [11, 9]);
    assert!(contents.items[0].properties[0].value.starts_with(b"E\0x\0a\0m\0"));
    assert_eq!(contents.notes.len(), 1);
    assert_eq!(contents.notes[0].kind, FormatErrorKind::NotOpened(Kind::PrivateKey));
    assert_eq!(contents.notes[0].context, "key 1 of certificate 1 in PKCS #12");

    let contents = open_all(&octets);
    assert_eq!((contents.kind, contents.items.len()), (Kind::Pfx, 0));
    let last = contents.notes.last().unwrap();
    assert!(matches!(&last.kind, FormatErrorKind::Pfx(e) if e.kind == PfxErrorKind::Password));
    assert_eq!(last.hresult(), hresult::ERROR_INVALID_PASSWORD);
}

#[test]
fn iterations_of_all_stores_in_a_file_are_bounded_together() {
    let octets = [fixtures::pfx().encode(), fixtures::pfx().encode()].concat();
    let passwords = Passwords::new([fixtures::PFX_PASSWORD]);
    // MAC, key and initial value: 2,000, 4,000 and 2,000
    let limits = Limits { max_iterations: 8_000, ..Limits::default() };
    let contents = open_with(&octets, &limits, &passwords).unwrap();
    assert_eq!(found(&contents).len(), 2);
    let is_iterations = |kind: &FormatErrorKind| matches!(kind, FormatErrorKind::Pfx(e) if matches!(e.kind, PfxErrorKind::Iterations(_)));
    assert!(contents.notes.iter().any(|note| is_iterations(&note.kind)));
}

fn content_info(id: &str, content: &[u8]) -> Vec<u8> {
    der::sequence(&[der::oid(id), der::tlv(0xa0, content)])
}

/// SignedData over nothing with these certificates, and messages in its signer's attributes.
fn signed(certificates: &[Vec<u8>], attached: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let attributes: Vec<Vec<u8>> = attached
        .iter()
        .map(|(id, message)| {
            der::sequence(&[der::oid(id), der::set(std::slice::from_ref(message))])
        })
        .collect();
    let algorithm = der::sequence(&[der::oid("2.16.840.1.101.3.4.2.1")]);
    let signer = der::sequence(&[
        der::integer(&[1]),
        der::sequence(&[der::sequence(&[]), der::integer(&[1])]),
        algorithm.clone(),
        algorithm.clone(),
        der::octet_string(b"signature"),
        der::tlv(0xa1, &attributes.concat()),
    ]);
    let data = der::sequence(&[
        der::integer(&[1]),
        der::set(&[algorithm]),
        der::sequence(&[der::oid("1.3.6.1.4.1.311.2.1.4")]),
        der::tlv(0xa0, &certificates.concat()),
        der::set(&[signer]),
    ]);
    content_info("1.2.840.113549.1.7.2", &data)
}

const NESTED: &str = "1.3.6.1.4.1.311.2.4.1";
const TIME_STAMP: &str = "1.3.6.1.4.1.311.3.3.1";

/// A signature with another inside, and a time stamp in each.
fn signature() -> Vec<u8> {
    let [server, authority] = &certificates()[..] else { panic!() };
    let stamp = signed(std::slice::from_ref(authority), &[]);
    let inner = signed(std::slice::from_ref(server), &[(TIME_STAMP, stamp.clone())]);
    let attached = [(NESTED, inner), ("1.2.3", der::null()), (TIME_STAMP, stamp)];
    signed(std::slice::from_ref(server), &attached)
}

const IN_SIGNATURE: [&str; 4] = [
    "certificate 1 in PKCS #7",
    "certificate 1 in PKCS #7 in nested signature 1",
    "certificate 1 in PKCS #7 in time stamp 1 in nested signature 1",
    "certificate 1 in PKCS #7 in time stamp 1",
];

fn origins_behind(contents: &Contents, place: &str) -> Vec<String> {
    let origins = contents.items.iter().map(|item| item.origin.as_str());
    origins.map(|origin| origin.strip_suffix(place).unwrap_or(origin).to_owned()).collect()
}

#[test]
fn nested_signatures_and_time_stamps_give_their_certificates() {
    let contents = open_all(&signature());
    assert_eq!(origins_behind(&contents, ""), IN_SIGNATURE);
    assert_eq!(contents.notes, []);
    let broken = signed(&certificates(), &[(TIME_STAMP, vec![0x30, 1, 0xff])]);
    let contents = open_all(&broken);
    assert_eq!((contents.items.len(), contents.notes.len()), (2, 1));
    assert_eq!(contents.notes[0].context, "time stamp 1");
}

#[test]
fn a_list_gives_its_signers_certificates() {
    let list = fixtures::all().into_iter().find(|f| f.path == "list/authroot.stl").unwrap();
    let contents = open_all(&list.octets);
    let kinds: Vec<_> = contents.items.iter().map(|item| item.kind).collect();
    assert_eq!(kinds, [Kind::CertificateTrustList, Kind::Certificate, Kind::Certificate]);
    assert_eq!(*contents.items[0].octets, *list.octets);
    assert_eq!(contents.items[1].origin, "certificate 1 in PKCS #7");
    let companions: Vec<_> = contents.items.iter().map(|item| item.is_companion).collect();
    assert_eq!(companions, [false, true, true]);
}

#[test]
fn an_installer_package_gives_its_signature() {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    let padded = [signature(), vec![0; 3]].concat();
    for (name, octets) in [
        ("\u{5}DigitalSignature", padded.as_slice()),
        ("\u{5}MsiDigitalSignatureEx", &[7; 32]),
        ("certificate", &certificates()[1]),
        ("text", b"0 is where this begins"),
    ] {
        file.create_stream(name).unwrap().write_all(octets).unwrap();
    }
    file.flush().unwrap();
    let octets = file.into_inner().into_inner();
    let contents = open_all(&octets);
    assert_eq!(contents.kind, Kind::CompoundFile);
    assert_eq!(contents.items.len(), 5);
    let origins = origins_behind(&contents, " in stream \\u{5}DigitalSignature in compound file");
    assert!(IN_SIGNATURE.iter().all(|origin| origins.contains(&(*origin).to_owned())));
    assert!(origins.contains(&"stream certificate in compound file".to_owned()));
    assert_eq!(contents.notes.len(), 1);
    assert!(matches!(contents.notes[0].kind, FormatErrorKind::NotRead(_)));
}

/// The cabinet with a signature behind it, as signing tools write it.
fn signed_cabinet(signature: &[u8]) -> Vec<u8> {
    const RESERVE: u32 = 24;
    let plain = cabinet::cabinet("a.txt", b"text", cabinet::Compression::Stored);
    let number = |at: usize| u32::from_le_bytes(plain[at..at + 4].try_into().unwrap());
    let size = number(8) + RESERVE;
    let mut octets = plain[..36].to_vec();
    octets[8..12].copy_from_slice(&size.to_le_bytes());
    octets[16..20].copy_from_slice(&(number(16) + RESERVE).to_le_bytes());
    octets[30] |= 4;
    octets.extend([20, 0, 0, 0]);
    let length = u32::try_from(signature.len()).unwrap();
    for field in [0x0010_0000, size, length, 0, 0] {
        octets.extend(field.to_le_bytes());
    }
    octets.extend((number(36) + RESERVE).to_le_bytes());
    octets.extend(&plain[40..]);
    octets.extend(signature);
    octets
}

#[test]
fn a_signed_cabinet_gives_its_signature() {
    let mut octets = signed_cabinet(&[signature(), vec![0; 5]].concat());
    let contents = open_all(&octets);
    assert_eq!((contents.kind, contents.trailing), (Kind::Cabinet, 0));
    assert_eq!(origins_behind(&contents, " in signature in cabinet"), IN_SIGNATURE);
    assert_eq!(notes(&contents), ["a.txt in cabinet: unknown format at offset 0"]);
    octets.extend(b"behind");
    assert_eq!(open_all(&octets).trailing, 6);
    octets.truncate(octets.len() - 100);
    let contents = open_all(&octets);
    assert_eq!(contents.items.len(), 0);
    assert!(notes(&contents)[1].contains("outside the file"));
}

/// A PE32 file of headers and a certificate table with these entries: type and octets.
fn executable(entries: &[(u16, &[u8])]) -> Vec<u8> {
    const PE: usize = 0x40;
    const TABLE: u32 = 0x180;
    let mut octets = vec![0; TABLE as usize];
    octets[..2].copy_from_slice(b"MZ");
    octets[0x3c] = PE as u8;
    octets[PE..PE + 4].copy_from_slice(b"PE\0\0");
    octets[PE + 24..PE + 26].copy_from_slice(&0x010b_u16.to_le_bytes());
    octets[PE + 24 + 92] = 16;
    for (kind, content) in entries {
        octets.extend(u32::try_from(8 + content.len()).unwrap().to_le_bytes());
        octets.extend([0, 2]);
        octets.extend(kind.to_le_bytes());
        octets.extend(*content);
        octets.resize(octets.len().next_multiple_of(8), 0);
    }
    let length = u32::try_from(octets.len()).unwrap() - TABLE;
    octets[PE + 24 + 128..PE + 24 + 132].copy_from_slice(&TABLE.to_le_bytes());
    octets[PE + 24 + 132..PE + 24 + 136].copy_from_slice(&length.to_le_bytes());
    octets
}

#[test]
fn an_executable_gives_its_signatures_and_says_what_else_there_is() {
    let signature = signature();
    let octets = executable(&[(2, &signature), (1, b"X.509"), (2, &signature)]);
    let contents = open_all(&octets);
    assert_eq!((contents.kind, contents.items.len()), (Kind::Pe, 8));
    assert_eq!(origins_behind(&contents, " in signature 1 in PE file")[..4], IN_SIGNATURE);
    assert_eq!(origins_behind(&contents, " in signature 3 in PE file")[4..], IN_SIGNATURE);
    assert!(notes(&contents)[0].starts_with("signature 2 in PE file: an entry"));
    // cut inside the third entry: the first is still read
    let contents = open_all(&octets[..octets.len() - 20]);
    assert_eq!(contents.items.len(), 4);
    assert!(notes(&contents)[1].contains("reaches beyond the file"));
}

#[test]
fn an_appx_package_gives_its_signature() {
    let message = [b"PKCX", &signature()[..]].concat();
    let name = b"AppxSignature.p7x";
    let long = |n: usize| u32::try_from(n).unwrap().to_le_bytes();
    let crc = message.iter().fold(!0u32, |crc, octet| {
        (0..8).fold(crc ^ u32::from(*octet), |crc, _| crc >> 1 ^ 0xedb8_8320 * (crc & 1))
    });
    let crc = (!crc).to_le_bytes();
    let sizes =
        [&[0; 8][..], &crc, &long(message.len()), &long(message.len()), &[17, 0, 0, 0]].concat();
    let mut octets = [b"PK\x03\x04\x14\0\0\0\0\0", &sizes[4..], name, &message].concat();
    let start = octets.len();
    octets
        .extend([b"PK\x01\x02\x14\0\x14\0\0\0\0\0", &sizes[4..], &[0; 10], &[0; 4], name].concat());
    let length = octets.len() - start;
    octets.extend([b"PK\x05\x06\0\0\0\0\x01\0\x01\0", &long(length)[..], &long(start)].concat());
    octets.extend([0, 0]);
    let contents = open_all(&octets);
    assert_eq!((contents.kind, notes(&contents)), (Kind::Zip, vec![]));
    let place = " in AppX signature in AppxSignature.p7x in zip archive";
    assert_eq!(origins_behind(&contents, place), IN_SIGNATURE);
}

#[test]
fn a_zip_archive_without_a_signature_is_not_opened() {
    let contents = open_all(b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    assert_eq!(contents.notes[0].kind, FormatErrorKind::NotOpened(Kind::Zip));
}

#[test]
fn pairs_of_certificates() {
    let [server, authority] = &certificates()[..] else { panic!() };
    let (first, second) = (der::tlv(0xa0, server), der::tlv(0xa1, authority));
    let both = der::sequence(&[first.clone(), second.clone()]);
    let contents = open_all(&both);
    assert_eq!(contents.kind, Kind::CertificatePair);
    let expected = [
        ("certificate issued to this CA in certificate pair", server.as_slice()),
        ("certificate issued by this CA in certificate pair", authority.as_slice()),
    ];
    assert_eq!(found(&contents), expected);
    assert_eq!(found(&open_all(&der::sequence(&[second]))), expected[1..]);
    assert_eq!(detect(&der::sequence(&[first, der::tlv(0xa1, &der::null())])), Kind::Unknown);
}

#[test]
fn responses_of_time_stamping_authorities() {
    let token = bundle(&certificates());
    let granted = der::sequence(&[der::sequence(&[der::integer(&[0])]), token]);
    let contents = open_all(&granted);
    assert_eq!((contents.kind, contents.items.len()), (Kind::TimeStampResponse, 2));
    let text = der::sequence(&[der::tlv(0x0c, b"no")]);
    let refused = der::sequence(&[der::sequence(&[der::integer(&[2]), text])]);
    let contents = open_all(&refused);
    assert_eq!((contents.kind, contents.items.len()), (Kind::TimeStampResponse, 0));
    assert!(matches!(contents.notes[0].kind, FormatErrorKind::NotRead(_)));
}

#[test]
fn an_ocsp_response_gives_its_certificates() {
    let basic = der::sequence(&[
        der::sequence(&[]),
        der::sequence(&[der::oid("1.2.840.10045.4.3.2")]),
        der::bit_string(b"signature"),
        der::tlv(0xa0, &der::sequence(&certificates())),
    ]);
    let response = |basic: &[u8]| {
        let bytes = der::sequence(&[der::oid("1.3.6.1.5.5.7.48.1.1"), der::octet_string(basic)]);
        der::sequence(&[vec![10, 1, 0], der::tlv(0xa0, &bytes)])
    };
    let octets = response(&basic);
    let contents = open_all(&octets);
    assert_eq!((contents.items[0].kind, contents.items.len()), (Kind::OcspResponse, 3));
    assert_eq!(contents.items[0].origin, "");
    assert_eq!(contents.items[1].origin, "certificate 1 in OCSP response");
    let item = &contents.items[2];
    assert_eq!(octets[item.offset..item.offset + item.octets.len()], *item.octets);
    let contents = open_all(&response(&basic[..basic.len() - 5]));
    assert_eq!(contents.items.len(), 1);
    assert_eq!(contents.notes.len(), 1);
}

#[test]
fn recovery_agents_of_efs() {
    let certificate = &certificates()[0];
    let length = u32::try_from(certificate.len()).unwrap();
    let mut octets = [1u16, 1, 1, 0].map(u16::to_le_bytes).concat();
    for field in [32 + length, 28 + length, 0, 2, length, 28, 0, 0] {
        octets.extend(field.to_le_bytes());
    }
    octets.extend(certificate);
    let contents = open_all(&octets);
    assert_eq!(contents.kind, Kind::EfsBlob);
    assert_eq!(found(&contents), [("key 1 in EFS blob", certificate.as_slice())]);
    assert_eq!(contents.items[0].offset, 40);
}

#[test]
fn certutil_texts_give_what_they_hold_and_name_the_rest() {
    let [server, authority] = &certificates()[..] else { panic!() };
    let printed = |octets: &[u8]| hex(&crate::base::digest::sha1(octets));
    let dump: String = authority
        .chunks(16)
        .enumerate()
        .map(|(line, octets)| {
            let pairs: Vec<_> = octets.iter().map(|octet| format!("{octet:02x}")).collect();
            format!("    {:04x}  {}   ....\r\n", 16 * line, pairs.join(" "))
        })
        .collect();
    let frame = |n: usize| format!("================ Certificate {n} ================\r\n");
    let text = format!(
        "CA \"Zwischenzertifizierungsstellen\"\r\n{}Zertifikathash(sha1): {}\r\n{}\
         Zertifikathash(sha1): {}\r\n{dump}{}Zertifikathash(sha1): {}\r\n\
         CertUtil: -store-Befehl wurde erfolgreich ausgef\u{fc}hrt.\r\n\
         CertUtil: -store FAILED: 0x80090011 (-2146893807 NTE_NOT_FOUND)\r\n",
        frame(0),
        printed(server),
        frame(1),
        printed(authority),
        frame(2),
        "11".repeat(20),
    );
    let contents = open_all(text.as_bytes());
    assert_eq!(contents.kind, Kind::CertutilText);
    assert_eq!(found(&contents), [("hexadecimal dump", authority.as_slice())]);
    let found_notes = notes(&contents);
    assert_eq!(found_notes.len(), 3, "{found_notes:?}");
    assert!(found_notes[0].starts_with("Certificate 0 in store CA: only its SHA-1"));
    assert_eq!(contents.notes[1].kind, FormatErrorKind::OnlyHash([0x11; 20]));
    assert_eq!(contents.notes[1].offset, text.find("== Certificate 2").unwrap() - 14);
    assert_eq!(
        contents.notes[2].kind,
        FormatErrorKind::CommandFailed(hresult::HResult(0x8009_0011))
    );
}
