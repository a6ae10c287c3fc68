use super::*;
use crate::format::tests::shared;

fn sample(name: &str) -> Option<Vec<u8>> {
    Some(std::fs::read(shared("data/samples/pfx")?.join(name)).unwrap())
}

#[test]
fn windows_files_open_with_their_password_and_only_with_it() {
    for (name, password, certificates) in [
        ("My.noRC2.pfx", "12345", 1),
        ("test.noRC2.pfx", "test", 3),
        ("testclienteku.contoso.com.noRC2.pfx", "testcertificate", 2),
        ("testclienteku.contoso.com.pfx", "testcertificate", 2),
    ] {
        let Some(octets) = sample(name) else { return };
        let contents = read(&octets, &Passwords::new(["wrong", password])).unwrap();
        assert_eq!(contents.integrity, Integrity::Verified, "{name}");
        assert_eq!(contents.problems, []);
        assert_eq!(contents.certificates().count(), certificates);
        assert_eq!(contents.keys.len(), 1);
        assert!(contents.keys[0].certificate.is_some());
    }
}
