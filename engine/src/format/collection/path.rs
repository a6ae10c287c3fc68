//! Where a member of a collection lay: in the collection, and on the Windows machine it came from.

use std::fmt;

/// The path of a file in what the user named.
///
/// Names from archives are anyone's: they are cut into their parts at `/` and `\`, and parts that
/// are empty, `.` or `..` are dropped, so that `../../etc/passwd` is shown as `etc/passwd`. The path
/// is a name; nothing is opened or written by it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MemberPath {
    /// What the user named: a file or a folder.
    input: String,
    /// The parts below it.
    parts: Vec<String>,
    /// 2 for the second member of the same path, and so on.
    copy: u32,
}

/// Longest name of one member, in characters: Windows' own limit.
const MAX_NAME: usize = 32_767;

impl MemberPath {
    /// A file or folder that the user named.
    #[must_use]
    pub fn new(input: impl Into<String>) -> Self {
        Self { input: input.into(), parts: Vec::new(), copy: 1 }
    }

    /// What is called `name` below this path.
    #[must_use]
    pub fn member(&self, name: &str) -> Self {
        let is_name = |part: &&str| !matches!(*part, "" | "." | "..");
        let mut member = self.clone();
        member.copy = 1;
        let before = member.parts.len();
        let parts = name.split(['/', '\\']).filter(is_name);
        member.parts.extend(parts.map(|part| part.chars().take(MAX_NAME).collect()));
        if member.parts.len() == before {
            member.parts.push("(no name)".to_owned());
        }
        member
    }

    pub(super) fn with_copy(&self, copy: u32) -> Self {
        Self { copy, ..self.clone() }
    }

    /// The last part's name without what marks a gzip stream.
    pub(super) fn without_gz(&self) -> String {
        let lower = self.name().to_ascii_lowercase();
        let length = match () {
            () if lower.ends_with(".gz") => lower.len() - 3,
            () if lower.ends_with(".tgz") => lower.len() - 4,
            () => lower.len(),
        };
        self.name().get(..length).filter(|name| !name.is_empty()).unwrap_or("content").to_owned()
    }

    /// The last part: the file's own name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self.parts.last() {
            Some(name) => name,
            None => self.input.rsplit(['/', '\\']).next().unwrap_or_default(),
        }
    }

    /// The parts below what the user named.
    #[must_use]
    pub fn parts(&self) -> &[String] {
        &self.parts
    }

    /// Whether this is a member of a collection, not what the user named itself.
    #[must_use]
    pub fn is_member(&self) -> bool {
        !self.parts.is_empty()
    }

    /// Where the file lay on the Windows machine, as far as the path tells: from the last drive
    /// (`C:`, as Velociraptor writes it `C%3A`, as KAPE does `C`), else from the first folder that
    /// stands at the top of a Windows drive.
    ///
    /// Only the parts inside the collection are looked at, so that a folder of the analyst's own
    /// machine is not taken for one of the machine examined.
    #[must_use]
    pub fn windows_path(&self) -> Option<WindowsPath> {
        let parts: Vec<String> = self
            .parts
            .iter()
            .map(|part| percent_decode(part))
            .flat_map(|part| part.split(['/', '\\']).map(str::to_owned).collect::<Vec<_>>())
            .filter(|part| !matches!(part.as_str(), "" | "." | "?"))
            .collect();
        let below = |index: usize| parts.get(index + 1);
        let drive = parts.iter().enumerate().rev().find_map(|(index, part)| {
            let is_marked = below(index).is_some_and(|next| is_top_folder(next));
            drive_letter(part, is_marked).map(|letter| (letter, index + 1))
        });
        let first = || parts.iter().position(|part| is_top_folder(part));
        let (drive, start) = match drive {
            Some((letter, start)) => (Some(letter), start),
            None => (None, first()?),
        };
        let parts = parts.get(start..)?.to_vec();
        (!parts.is_empty()).then_some(WindowsPath { drive, parts })
    }

    /// Whose profile the file lay in.
    #[must_use]
    pub fn account(&self) -> Option<Account> {
        self.windows_path()?.account()
    }

    /// Under which key Windows mounts the hive that lies here, where the hive itself does not tell:
    /// the profiles of the services (documented, well-known security identifiers).
    #[must_use]
    pub fn registry_mount(&self) -> Option<&'static str> {
        let is_profile = self.name().eq_ignore_ascii_case("NTUSER.DAT");
        match self.account().filter(|_| is_profile)? {
            Account::System | Account::SystemWow64 => Some("HKU\\S-1-5-18"),
            Account::LocalService => Some("HKU\\S-1-5-19"),
            Account::NetworkService => Some("HKU\\S-1-5-20"),
            Account::User(_) => None,
        }
    }

    /// The file-system store the file belongs to: `…\SystemCertificates\My\Certificates\<SHA-1>`
    /// (reference, stores-and-formats 2.1).
    #[must_use]
    pub fn system_store(&self) -> Option<SystemStorePath> {
        let (name, rest) = self.parts.split_last()?;
        let (kind, rest) = rest.split_last()?;
        let (store, rest) = rest.split_last()?;
        let kinds = ["Certificates", "CRLs", "CTLs"];
        let is_store = rest.last()?.eq_ignore_ascii_case("SystemCertificates")
            && kinds.iter().any(|known| known.eq_ignore_ascii_case(kind));
        is_store.then(|| SystemStorePath { store: store.clone(), name: name.clone() })
    }
}

impl fmt::Display for MemberPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.input)?;
        for part in &self.parts {
            write!(f, "/{part}")?;
        }
        match self.copy {
            1 => Ok(()),
            copy => write!(f, " ({copy})"),
        }
    }
}

/// A path on a Windows machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowsPath {
    /// The drive's letter, if it is known.
    pub drive: Option<char>,
    /// Folders, and the file's name.
    pub parts: Vec<String>,
}

impl WindowsPath {
    /// Whose profile this lies in.
    #[must_use]
    pub fn account(&self) -> Option<Account> {
        let lower: Vec<String> = self.parts.iter().map(|part| part.to_ascii_lowercase()).collect();
        let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
        match lower.as_slice() {
            ["windows", "serviceprofiles", "localservice", ..]
            | ["documents and settings", "localservice", ..] => Some(Account::LocalService),
            ["windows", "serviceprofiles", "networkservice", ..]
            | ["documents and settings", "networkservice", ..] => Some(Account::NetworkService),
            ["windows" | "winnt", "system32", "config", "systemprofile", ..] => {
                Some(Account::System)
            }
            ["windows", "syswow64", "config", "systemprofile", ..] => Some(Account::SystemWow64),
            ["users" | "documents and settings", name, _, ..] if !is_nobody(name) => {
                self.parts.get(1).map(|name| Account::User(name.clone()))
            }
            _ => None,
        }
    }
}

impl fmt::Display for WindowsPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(drive) = self.drive {
            write!(f, "{drive}:")?;
        }
        self.parts.iter().try_for_each(|part| write!(f, "\\{part}"))
    }
}

/// Whose profile something lay in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Account {
    /// A user, by the profile's folder.
    User(String),
    /// LocalService
    LocalService,
    /// NetworkService
    NetworkService,
    /// SYSTEM
    System,
    /// SYSTEM, for programs of 32 bits: its profile below `SysWOW64`.
    SystemWow64,
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User(name) => name,
            Self::LocalService => "LocalService",
            Self::NetworkService => "NetworkService",
            Self::System => "SYSTEM",
            Self::SystemWow64 => "SYSTEM (SysWOW64)",
        })
    }
}

/// A file of a store that is kept as files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemStorePath {
    /// The store's name, as it is written: `My`.
    pub store: String,
    /// The file's name: SHA-1 of the object in upper-case hexadecimal.
    pub name: String,
}

/// Folders at the top of a drive by which Windows is known.
fn is_top_folder(part: &str) -> bool {
    const KNOWN: [&str; 7] = [
        "Users",
        "Documents and Settings",
        "Windows",
        "WINNT",
        "ProgramData",
        "Program Files",
        "Program Files (x86)",
    ];
    KNOWN.iter().any(|known| known.eq_ignore_ascii_case(part))
}

/// Folders among the profiles that are nobody's.
fn is_nobody(name: &str) -> bool {
    matches!(name, "public" | "all users" | "default" | "default user")
}

/// `C:`; `C` only where a folder of Windows follows.
fn drive_letter(part: &str, is_marked: bool) -> Option<char> {
    let mut characters = part.chars();
    let letter = characters.next().filter(char::is_ascii_alphabetic)?;
    let is_drive = match characters.as_str() {
        ":" => true,
        "" => is_marked,
        _ => false,
    };
    is_drive.then_some(letter.to_ascii_uppercase())
}

/// `C%3A` as `C:`. What is no UTF-8 afterwards stays as it is.
fn percent_decode(part: &str) -> String {
    let mut octets = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let digits = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let decoded = digits
            .filter(|digits| *first == b'%' && digits.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match decoded {
            Some(octet) => {
                octets.push(octet);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                octets.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(octets).unwrap_or_else(|_| part.to_owned())
}

/// A name as an archive holds it: UTF-8, else each octet a character.
pub(super) fn decode(name: &[u8]) -> String {
    match std::str::from_utf8(name) {
        Ok(name) => name.to_owned(),
        Err(_) => name.iter().copied().map(char::from).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inside(name: &str) -> MemberPath {
        MemberPath::new("case/triage.zip").member(name)
    }

    #[test]
    fn names_lead_nowhere() {
        for (name, shown) in [
            ("../../etc/passwd", "etc/passwd"),
            ("/etc/passwd", "etc/passwd"),
            ("C:\\Windows\\..\\x", "C:/Windows/x"),
            ("./a//b/", "a/b"),
            ("..", "(no name)"),
            ("", "(no name)"),
        ] {
            assert_eq!(inside(name).to_string(), format!("case/triage.zip/{shown}"));
        }
        assert_eq!(inside("a").with_copy(2).to_string(), "case/triage.zip/a (2)");
        assert_eq!(decode(b"\xfcber"), "über");
        assert_eq!(decode("über".as_bytes()), "über");
    }

    #[test]
    fn a_path_on_windows_is_found() {
        for (name, path) in [
            ("C/Users/bob/NTUSER.DAT", Some("C:\\Users\\bob\\NTUSER.DAT")),
            ("uploads/ntfs/%5C%5C.%5CC%3A/Windows/a", Some("C:\\Windows\\a")),
            ("uploads/auto/d%3A/x", Some("D:\\x")),
            ("HOST1/C:/C/Windows/a", Some("C:\\Windows\\a")),
            ("Windows/System32/config/SOFTWARE", Some("\\Windows\\System32\\config\\SOFTWARE")),
            (
                "Users/bob/AppData/Local/Microsoft/Windows/UsrClass.dat",
                Some("\\Users\\bob\\AppData\\Local\\Microsoft\\Windows\\UsrClass.dat"),
            ),
            ("C/other", None),
            ("SOFTWARE", None),
            ("100%/x", None),
        ] {
            assert_eq!(
                inside(name).windows_path().map(|p| p.to_string()).as_deref(),
                path,
                "{name}"
            );
        }
        // the analyst's own folders say nothing about the machine examined
        assert_eq!(MemberPath::new("/Users/ann/C/Users/bob/NTUSER.DAT").windows_path(), None);
    }

    #[test]
    fn profiles_are_told_apart() {
        let user = |name: &str| Some(Account::User(name.to_owned()));
        for (name, account) in [
            ("C/Users/bob/NTUSER.DAT", user("bob")),
            ("c%3a/documents and settings/Ann Lee/ntuser.dat", user("Ann Lee")),
            ("C/Windows/ServiceProfiles/LocalService/NTUSER.DAT", Some(Account::LocalService)),
            ("C/Windows/ServiceProfiles/NetworkService/x", Some(Account::NetworkService)),
            ("Windows/System32/config/systemprofile/AppData/x", Some(Account::System)),
            ("C/Windows/SysWOW64/config/systemprofile/x", Some(Account::SystemWow64)),
            ("C/Users/Public/x", None),
            ("C/Users/desktop.ini", None),
            ("C/Windows/System32/config/SOFTWARE", None),
        ] {
            assert_eq!(inside(name).account(), account, "{name}");
        }
        let hive = inside("C/Windows/ServiceProfiles/NetworkService/NTUSER.DAT");
        assert_eq!(hive.registry_mount(), Some("HKU\\S-1-5-20"));
        assert_eq!(inside("C/Users/bob/NTUSER.DAT").registry_mount(), None);
    }

    #[test]
    fn a_store_kept_as_files() {
        let path = "Users/b/AppData/Roaming/Microsoft/SystemCertificates/My/Certificates/AB";
        let store = inside(path).system_store().unwrap();
        assert_eq!((store.store.as_str(), store.name.as_str()), ("My", "AB"));
        assert!(inside("SystemCertificates/My/AB").system_store().is_none());
        assert!(inside("Other/My/Certificates/AB").system_store().is_none());
    }
}
