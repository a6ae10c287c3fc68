use super::*;

/// Laid out as the reference has it (certutil-output 1.6): a store, a nested dump, Windows 7's
/// digests with blanks.
const STORE: &str = "\
root \"Trusted Root Certification Authorities\"\r
================ Certificate 0 ================\r
Serial Number: 79ad16a14aa0a5ad4c7358f407132e65\r
Issuer: CN=Microsoft Root Certificate Authority, DC=microsoft, DC=com\r
 NotBefore: 5/9/2001 4:19 PM\r
Subject: CN=Microsoft Root Certificate Authority, DC=microsoft, DC=com\r
  Name Hash(sha1): 00000000000000000000000000000000000000ff\r
Cert Hash(sha1): cd d4 ee ae 60 00 ac 7f 40 c3 80 2c 17 1e 30 14 80 30 c0 72\r
No key provider information\r
\r
================ CRL 0 ================\r
CRL Hash(sha1): dee7ed3ef3eb81141e20f06109a2fbef40f12510\r
CertUtil: -store command completed successfully.\r
";

const NESTED: &str = "\
================ Certificate 0 ================
================ Begin Nesting Level 1 ================
Element 0:
Cert Hash(sha1): 0101010101010101010101010101010101010101
----------------  End Nesting Level 1  ----------------
  Provider = Microsoft Software Key Storage Provider
================ Begin Nesting Level 1 ================
Element 1:
Serial Number: 01
CertUtil: -dump command completed successfully.
";

fn sha1(digits: &str) -> Option<[u8; 20]> {
    digest(digits.as_bytes())
}

#[test]
fn entries_of_a_store() {
    assert!(looks_like(STORE.as_bytes()));
    let found = read(STORE.as_bytes());
    let [certificate, crl] = &found.entries[..] else { panic!("{found:?}") };
    assert_eq!(certificate.store.as_deref(), Some("root"));
    assert_eq!(certificate.title, "Certificate 0");
    assert_eq!(certificate.sha1, sha1("cdd4eeae6000ac7f40c3802c171e30148030c072"));
    assert_eq!(certificate.offset, STORE.find("====").unwrap());
    assert_eq!((crl.title.as_str(), crl.store.as_deref()), ("CRL 0", Some("root")));
    assert_eq!(crl.sha1, sha1("dee7ed3ef3eb81141e20f06109a2fbef40f12510"));
    assert_eq!(found.failures, []);
}

#[test]
fn wide_characters_and_stores_behind_one_another() {
    let text = format!("{STORE}My \"Personal\"\n{}", &STORE[STORE.find('=').unwrap()..]);
    let wide: Vec<u8> =
        [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let found = read(&wide);
    let stores: Vec<_> = found.entries.iter().map(|entry| entry.store.as_deref()).collect();
    assert_eq!(stores, [Some("root"), Some("root"), Some("My"), Some("My")]);
    assert_eq!(found.entries[0].offset, 2 + 2 * STORE.find("====").unwrap());
}

#[test]
fn elements_nest_in_frames() {
    let found = read(NESTED.as_bytes());
    let titles: Vec<_> =
        found.entries.iter().map(|entry| (entry.title.as_str(), entry.sha1.is_some())).collect();
    assert_eq!(
        titles,
        [("Certificate 0, Element 0", true), ("Begin Nesting Level 1, Element 1", false)]
    );
}

#[test]
fn elements_of_a_chain() {
    let text = "\
CertContext[0][0]: dwInfoStatus=102 dwErrorStatus=1000040
  Issuer: CN=E6, O=Let's Encrypt
  Cert: 529a16f685face3d0845db74184a950544fb2e25
    CRL: dee7ed3ef3eb81141e20f06109a2fbef40f12510
CertContext[0][1]: dwInfoStatus=102 dwErrorStatus=0
  Cert: c94dc4831a901a9fec0fb49b71bd49b5aad4fad0
Full chain:
  Chain: 3ff36a34e17545033f80d6c8921c366d0a81b386
  Cert: 529a16f685face3d0845db74184a950544fb2e25
CertUtil: -verify command completed successfully.
";
    let found = read(text.as_bytes());
    let digests: Vec<_> = found.entries.iter().map(|entry| entry.sha1).collect();
    assert_eq!(
        digests,
        [
            sha1("529a16f685face3d0845db74184a950544fb2e25"),
            sha1("c94dc4831a901a9fec0fb49b71bd49b5aad4fad0")
        ]
    );
    assert_eq!(found.entries[1].title, "CertContext[0][1]");
}

/// With -v the digests of a key's identifier come first, and there is no frame.
#[test]
fn the_last_digest_is_the_objects() {
    let text = "X509 Certificate:\nKey Id Hash(sha1): 0202020202020202020202020202020202020202\n\
                Cert Hash(md5): 03030303030303030303030303030303\n\
                Cert Hash(sha1): 0404040404040404040404040404040404040404\n\
                CertUtil: -dump command completed successfully.\n";
    let found = read(text.as_bytes());
    assert_eq!(found.entries.len(), 1);
    assert_eq!(found.entries[0].sha1, Some([4; 20]));
    assert_eq!(found.entries[0].title, "");
}

#[test]
fn failures_have_their_code() {
    let text = "CertUtil: -store command FAILED: 0x80090011 (-2146893807 NTE_NOT_FOUND)\n";
    let found = read(text.as_bytes());
    assert_eq!(found.failures, [Failure { code: HResult(0x8009_0011), offset: 0 }]);
}

#[test]
fn other_texts_are_not_certutils() {
    for text in [
        "",
        "==== x ====\n",
        "================================\n",
        "================  ================\n",
        "CertUtil is a program\n",
        "Cert Hash(sha1): 0404040404040404040404040404040404040404\n",
    ] {
        assert!(!looks_like(text.as_bytes()), "{text}");
    }
}

#[test]
fn cuts_and_changes_never_panic() {
    for text in [STORE, NESTED] {
        for at in 0..text.len() {
            let mut octets = text.as_bytes().to_vec();
            let found = read(&octets[..at]);
            assert!(found.entries.iter().all(|entry| entry.offset < at));
            octets[at] ^= 0x1f;
            assert!(read(&octets).entries.len() <= 4);
        }
    }
}
