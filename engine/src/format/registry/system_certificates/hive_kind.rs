//! Which hive it is, told from its contents.

use std::fmt;

use super::super::hive::{Hive, Key};
use super::super::security::{AceKind, KEY_ALL_ACCESS, SecurityDescriptor, Sid};

/// Which hive it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HiveKind {
    /// `SOFTWARE`: HKLM\SOFTWARE.
    Software,
    /// `SYSTEM`: HKLM\SYSTEM.
    System,
    /// `NTUSER.DAT`: HKCU.
    User,
    /// `UsrClass.dat`: HKCU\SOFTWARE\Classes.
    UserClasses,
    /// A part of a user's hive whose root is his `Software`.
    UserSoftware,
    /// A part whose root is somebody's `Software`.
    Partial,
    /// A part whose root is somebody's `SystemCertificates`.
    Stores,
    /// Another hive, or too little of one.
    Other,
}

impl HiveKind {
    /// Tells a hive by its root's subkeys and, where the machine's and a user's `Software` look
    /// alike, by what only one of them has.
    #[must_use]
    pub fn of(hive: &Hive<'_>) -> Self {
        let Ok(root) = hive.root() else { return Self::Other };
        let names: Vec<String> =
            root.subkeys().0.iter().map(|key| key.name().to_ascii_lowercase()).collect();
        let has = |name: &str| names.iter().any(|found| found == name);
        if has("select") && names.iter().any(|name| name.starts_with("controlset")) {
            Self::System
        } else if has("software") && (has("control panel") || has("environment") || has("console"))
        {
            Self::User
        } else if root.name().to_ascii_lowercase().ends_with("_classes") || has("local settings") {
            Self::UserClasses
        } else if has("microsoft") {
            software(hive, has("classes"))
        } else if STORES.iter().filter(|name| has(name)).count() >= 2 {
            Self::Stores
        } else if has("software") {
            Self::User
        } else {
            Self::Other
        }
    }

    /// Where the hive's root is mounted; `?` where whose it is is not known.
    #[must_use]
    pub const fn mount(self) -> &'static str {
        match self {
            Self::Software => r"HKLM\SOFTWARE",
            Self::System => r"HKLM\SYSTEM",
            Self::User => "HKCU",
            Self::UserClasses => r"HKCU\SOFTWARE\Classes",
            Self::UserSoftware => r"HKCU\SOFTWARE",
            Self::Partial => r"?\SOFTWARE",
            Self::Stores => r"?\SOFTWARE\Microsoft\SystemCertificates",
            Self::Other => "?",
        }
    }

    /// Whether it is a user's.
    #[must_use]
    pub const fn is_users(self) -> bool {
        matches!(self, Self::User | Self::UserClasses | Self::UserSoftware)
    }
}

impl fmt::Display for HiveKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Software => "SOFTWARE",
            Self::System => "SYSTEM",
            Self::User => "NTUSER.DAT",
            Self::UserClasses => "UsrClass.dat",
            Self::UserSoftware => "part of NTUSER.DAT",
            Self::Partial => "part of SOFTWARE or NTUSER.DAT",
            Self::Stores => "certificate stores",
            Self::Other => "another hive",
        })
    }
}

const STORES: [&str; 8] =
    ["my", "root", "ca", "authroot", "disallowed", "trust", "trustedpeople", "trustedpublisher"];

/// The machine's `SOFTWARE` knows the system's version; a user's `Software` what he opened.
fn software(hive: &Hive<'_>, has_classes: bool) -> HiveKind {
    let version = hive.key(&["Microsoft", "Windows NT", "CurrentVersion"]);
    let names_system = |key: &Key<'_, '_>| {
        ["CurrentBuild", "CurrentBuildNumber", "ProductName", "CurrentVersion"]
            .iter()
            .any(|name| key.value(name).is_some())
    };
    if version.is_some_and(|key| names_system(&key)) {
        return HiveKind::Software;
    }
    let explorer = hive.key(&["Microsoft", "Windows", "CurrentVersion", "Explorer"]);
    let used = ["RecentDocs", "UserAssist", "TypedPaths", "RunMRU", "MountPoints2", "ComDlg32"];
    if explorer.is_some_and(|key| used.iter().any(|name| key.subkey(name).is_some())) {
        return HiveKind::UserSoftware;
    }
    // a cut or damaged hive may lack both; the loaded path and the machine's classes are left
    let file = hive.base().file_name.to_ascii_lowercase();
    match () {
        () if file.ends_with(r"config\software") || has_classes => HiveKind::Software,
        () if file.ends_with("ntuser.dat") => HiveKind::UserSoftware,
        () => HiveKind::Partial,
    }
}

/// The user whose hive it is: `<SID>_Classes` is the root's name in `UsrClass.dat` (observed), and
/// the only account with full control over the root of `NTUSER.DAT` (inferred).
pub(super) fn user_of(hive: &Hive<'_>) -> Option<Sid> {
    let root = hive.root().ok()?;
    if let Some(sid) = root.name().strip_suffix("_Classes").and_then(|text| text.parse().ok()) {
        return Some(sid);
    }
    let (_, octets, offset) = root.security().ok()?;
    let dacl = SecurityDescriptor::from_octets(octets, offset).ok()?.dacl?;
    let mut accounts: Vec<Sid> = dacl
        .into_iter()
        .filter(|ace| {
            ace.kind == AceKind::Allow && ace.key_rights() & KEY_ALL_ACCESS == KEY_ALL_ACCESS
        })
        .filter_map(|ace| ace.sid)
        .filter(Sid::is_account)
        .collect();
    accounts.sort();
    accounts.dedup();
    match accounts.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    }
}
