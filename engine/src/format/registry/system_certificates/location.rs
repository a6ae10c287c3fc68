//! Where stores lie in the registry (reference, stores-and-formats 1 and 2).

use std::fmt;

use super::object::ObjectKind;

/// A system store location (documented, wincrypt.h), or another place stores are found in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum StoreLocation {
    /// CERT_SYSTEM_STORE_CURRENT_USER
    CurrentUser,
    /// CERT_SYSTEM_STORE_LOCAL_MACHINE
    LocalMachine,
    /// CERT_SYSTEM_STORE_SERVICES: the owner is the service.
    Services,
    /// CERT_SYSTEM_STORE_USERS: the owner is the user's security identifier.
    Users,
    /// CERT_SYSTEM_STORE_CURRENT_USER_GROUP_POLICY
    CurrentUserGroupPolicy,
    /// CERT_SYSTEM_STORE_LOCAL_MACHINE_GROUP_POLICY
    LocalMachineGroupPolicy,
    /// CERT_SYSTEM_STORE_LOCAL_MACHINE_ENTERPRISE
    LocalMachineEnterprise,
    /// CERT_SYSTEM_STORE_LOCAL_MACHINE_WCOS
    LocalMachineWcos,
    /// The stores of an app container: the owner is the package. No location of `wincrypt.h`.
    AppContainer,
    /// A group policy's stores, the machine's or a user's: the file does not say.
    GroupPolicy,
    /// A place of system stores; whose, the file does not say.
    Unknown,
    /// Under no place of system stores: no engine opens it (observed: stores of programs' own).
    Elsewhere,
}

impl StoreLocation {
    /// The name, as reports have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CurrentUser => "CURRENT_USER",
            Self::LocalMachine => "LOCAL_MACHINE",
            Self::Services => "SERVICES",
            Self::Users => "USERS",
            Self::CurrentUserGroupPolicy => "CURRENT_USER_GROUP_POLICY",
            Self::LocalMachineGroupPolicy => "LOCAL_MACHINE_GROUP_POLICY",
            Self::LocalMachineEnterprise => "LOCAL_MACHINE_ENTERPRISE",
            Self::LocalMachineWcos => "LOCAL_MACHINE_WCOS",
            Self::AppContainer => "app container",
            Self::GroupPolicy => "group policy",
            Self::Unknown => "unknown",
            Self::Elsewhere => "elsewhere",
        }
    }

    /// CERT_SYSTEM_STORE_*: the value for CertOpenStore. `None` if it is none of these.
    #[must_use]
    pub const fn flag(self) -> Option<u32> {
        let id = match self {
            Self::CurrentUser => 1,
            Self::LocalMachine => 2,
            Self::Services => 5,
            Self::Users => 6,
            Self::CurrentUserGroupPolicy => 7,
            Self::LocalMachineGroupPolicy => 8,
            Self::LocalMachineEnterprise => 9,
            Self::LocalMachineWcos => 10,
            Self::AppContainer | Self::GroupPolicy | Self::Unknown | Self::Elsewhere => {
                return None;
            }
        };
        Some(id << 16)
    }

    /// Whether chains of the machine's or a user's programs are built with stores of this location:
    /// those of services and app containers are their own, and what lies elsewhere is no system
    /// store, whatever its name.
    #[must_use]
    pub const fn is_of_chains(self) -> bool {
        !matches!(self, Self::Services | Self::AppContainer | Self::Elsewhere)
    }
}

impl fmt::Display for StoreLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which store an object is in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StoreId {
    /// The location.
    pub location: StoreLocation,
    /// The service, the user's security identifier or the package, where the location has such.
    pub owner: Option<String>,
    /// The store's name, as the registry has it. Names are the same in any case.
    pub name: String,
}

impl StoreId {
    /// The store in which the object of this key lies, if the key is an object's.
    #[must_use]
    pub fn of_object_key(path: &str) -> Option<Self> {
        let names: Vec<&str> = path.split('\\').collect();
        match place_of(&names)? {
            Place::Object(store, ..) => Some(store),
            Place::Store(_) | Place::Physical(_) => None,
        }
    }

    /// The logical store in which an engine finds the object: AuthRoot is part of the machine's
    /// Root (documented, system store locations).
    #[must_use]
    pub fn logical_name(&self) -> &str {
        if self.is_auth_root() { "Root" } else { &self.name }
    }

    /// The physical store that it is there, e.g. `.Default`. The view of another location is not
    /// told: a user's Root shows all of this as `.LocalMachine`.
    #[must_use]
    pub fn physical_name(&self) -> &'static str {
        match self.location {
            StoreLocation::CurrentUserGroupPolicy
            | StoreLocation::LocalMachineGroupPolicy
            | StoreLocation::GroupPolicy => ".GroupPolicy",
            StoreLocation::LocalMachineEnterprise => ".Enterprise",
            _ if self.is_auth_root() => ".AuthRoot",
            _ => ".Default",
        }
    }

    fn is_auth_root(&self) -> bool {
        let locations = [StoreLocation::LocalMachine, StoreLocation::LocalMachineGroupPolicy];
        self.name.eq_ignore_ascii_case("AuthRoot") && locations.contains(&self.location)
    }
}

impl fmt::Display for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\\", self.location)?;
        if let Some(owner) = &self.owner {
            write!(f, "{owner}\\")?;
        }
        f.write_str(&self.name)
    }
}

const PHYSICAL_STORES: &str = "PhysicalStores";

/// What a key is to certificate stores.
pub(super) enum Place {
    /// The key of a store.
    Store(StoreId),
    /// The key of an object; whether it is in a store for certain, or only looks like it.
    Object(StoreId, ObjectKind, bool),
    /// A physical store's registration.
    Physical(StoreId),
}

/// Whether a key is a store's or an object's; costs little for one that is not.
pub(super) fn matters(path: &[&str]) -> bool {
    match path {
        [.., parent, name] if ObjectKind::of_folder(parent).is_some() && is_thumbprint(name) => {
            true
        }
        [.., parent, _] if is_base(parent) => true,
        [.., base, _, parent, _] if is_base(base) => {
            ObjectKind::of_folder(parent).is_some() || is(parent, PHYSICAL_STORES)
        }
        _ => false,
    }
}

/// What the key is. Objects are found wherever a key named as a thumbprint stands in a folder
/// `Certificates`, `CRLs`, `CTLs` or `Keys`: stores of other names and places occur (observed:
/// `HistoryJournalCertificate`).
pub(super) fn place_of(path: &[&str]) -> Option<Place> {
    if !matters(path) {
        return None;
    }
    if let [.., parent, name] = path
        && is_base(parent)
        && let Some(store) = store_of(path.split_last()?.1, name)
    {
        return Some(Place::Store(store));
    }
    let [base @ .., store, folder, _] = path else { return None };
    if is(folder, PHYSICAL_STORES) {
        return store_of(base, store).map(Place::Physical);
    }
    let kind = ObjectKind::of_folder(folder)?;
    Some(match store_of(base, store) {
        Some(store) => Place::Object(store, kind, true),
        None => Place::Object(elsewhere(base, store), kind, false),
    })
}

fn is(name: &str, other: &str) -> bool {
    name.eq_ignore_ascii_case(other)
}

fn is_base(name: &str) -> bool {
    is(name, "SystemCertificates")
        || is(name, "EnterpriseCertificates")
        || is(name, "WCOSCertificates")
}

fn is_thumbprint(name: &str) -> bool {
    name.len() == 40 && name.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Whose part of the registry a path is in, and the path in it.
enum Owner<'p> {
    Machine,
    CurrentUser,
    User(&'p str),
    Unknown,
}

/// The store with this name whose key stands under `base`, if that is a place of stores.
fn store_of(base: &[&str], name: &str) -> Option<StoreId> {
    let (owner, rest) = match base {
        ["HKLM", rest @ ..] => (Owner::Machine, rest),
        ["HKCU", rest @ ..] => (Owner::CurrentUser, rest),
        ["HKU", sid, rest @ ..] => (Owner::User(sid), rest),
        ["?", rest @ ..] => (Owner::Unknown, rest),
        _ => return None,
    };
    if let Some(package) = app_container(rest) {
        return Some(id(StoreLocation::AppContainer, Some(package), name));
    }
    let lower: Vec<String> = rest.iter().map(|name| name.to_ascii_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    let below = match lower.as_slice() {
        ["osdata", "software", "microsoft", "wcoscertificates"] => {
            return Some(id(StoreLocation::LocalMachineWcos, None, name));
        }
        ["software", below @ ..] => below,
        _ => return None,
    };
    let location = match (below, &owner) {
        (["microsoft", "systemcertificates"], Owner::Machine) => StoreLocation::LocalMachine,
        (["microsoft", "systemcertificates"], Owner::CurrentUser) => StoreLocation::CurrentUser,
        (["microsoft", "systemcertificates"], Owner::User(sid)) => {
            return Some(id(StoreLocation::Users, Some(sid), name));
        }
        (["microsoft", "systemcertificates"], Owner::Unknown) => StoreLocation::Unknown,
        (["policies", "microsoft", "systemcertificates"], owner) => match owner {
            Owner::Machine => StoreLocation::LocalMachineGroupPolicy,
            Owner::CurrentUser => StoreLocation::CurrentUserGroupPolicy,
            Owner::User(sid) => {
                return Some(id(StoreLocation::CurrentUserGroupPolicy, Some(sid), name));
            }
            Owner::Unknown => StoreLocation::GroupPolicy,
        },
        (["microsoft", "enterprisecertificates"], _) => StoreLocation::LocalMachineEnterprise,
        (["microsoft", "cryptography", "services", _, "systemcertificates"], _) => {
            let service = rest.get(rest.len().checked_sub(2)?).copied();
            return Some(id(StoreLocation::Services, service, name));
        }
        _ => return None,
    };
    Some(id(location, None, name))
}

/// The package whose `SystemCertificates` this is (observed, stores-and-formats 1).
fn app_container<'p>(path: &[&'p str]) -> Option<&'p str> {
    match path {
        [.., container, storage, package, software, microsoft, base]
            if is(container, "AppContainer")
                && is(storage, "Storage")
                && is(software, "Software")
                && is(microsoft, "Microsoft")
                && is(base, "SystemCertificates") =>
        {
            Some(package)
        }
        _ => None,
    }
}

/// A store outside the known places. In an app container it is still the package's.
fn elsewhere(base: &[&str], name: &str) -> StoreId {
    let storage = base.windows(3).find_map(|names| match names {
        [container, storage, package]
            if is(container, "AppContainer") && is(storage, "Storage") =>
        {
            Some(*package)
        }
        _ => None,
    });
    let location = match storage {
        Some(_) => StoreLocation::AppContainer,
        None => StoreLocation::Elsewhere,
    };
    id(location, storage, name)
}

fn id(location: StoreLocation, owner: Option<&str>, name: &str) -> StoreId {
    StoreId { location, owner: owner.map(str::to_owned), name: name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "27AC9369FAF25207BB2627CEFACCBE4EF9C319B8";

    fn object(path: &str) -> (String, &'static str, String, bool) {
        let path = format!("{path}\\{HASH}");
        let names: Vec<&str> = path.split('\\').collect();
        match place_of(&names) {
            Some(Place::Object(store, _, certain)) => {
                let logical = store.logical_name().to_owned();
                (store.to_string(), store.physical_name(), logical, certain)
            }
            _ => panic!("{path} is no object's"),
        }
    }

    #[test]
    fn every_location_of_the_reference() {
        let cases = [
            (r"HKLM\SOFTWARE\Microsoft\SystemCertificates\ROOT", r"LOCAL_MACHINE\ROOT", ".Default"),
            (
                r"HKLM\Software\Microsoft\systemcertificates\AuthRoot",
                r"LOCAL_MACHINE\AuthRoot",
                ".AuthRoot",
            ),
            (r"HKCU\Software\Microsoft\SystemCertificates\CA", r"CURRENT_USER\CA", ".Default"),
            (
                r"HKLM\SOFTWARE\Microsoft\EnterpriseCertificates\NTAuth",
                r"LOCAL_MACHINE_ENTERPRISE\NTAuth",
                ".Enterprise",
            ),
            (
                r"HKLM\SOFTWARE\Policies\Microsoft\SystemCertificates\CA",
                r"LOCAL_MACHINE_GROUP_POLICY\CA",
                ".GroupPolicy",
            ),
            (
                r"HKCU\SOFTWARE\Policies\Microsoft\SystemCertificates\CA",
                r"CURRENT_USER_GROUP_POLICY\CA",
                ".GroupPolicy",
            ),
            (
                r"?\Software\Policies\Microsoft\SystemCertificates\CA",
                r"group policy\CA",
                ".GroupPolicy",
            ),
            (
                r"HKU\S-1-5-18\Software\Microsoft\SystemCertificates\My",
                r"USERS\S-1-5-18\My",
                ".Default",
            ),
            (
                r"HKLM\SOFTWARE\Microsoft\Cryptography\Services\NTDS\SystemCertificates\My",
                r"SERVICES\NTDS\My",
                ".Default",
            ),
            (
                r"HKLM\OSDATA\Software\Microsoft\WCOSCertificates\Root",
                r"LOCAL_MACHINE_WCOS\Root",
                ".Default",
            ),
            (r"?\SOFTWARE\Microsoft\SystemCertificates\Root", r"unknown\Root", ".Default"),
            (
                r"HKCU\SOFTWARE\Classes\Local Settings\Software\Microsoft\Windows\CurrentVersion\AppContainer\Storage\p\Software\Microsoft\SystemCertificates\CA",
                r"app container\p\CA",
                ".Default",
            ),
        ];
        for (path, store, physical) in cases {
            let (found, found_physical, logical, certain) =
                object(&format!("{path}\\Certificates"));
            assert_eq!(
                (found.as_str(), found_physical, certain),
                (store, physical, true),
                "{path}"
            );
            let auth_root = store.ends_with("AuthRoot");
            assert_eq!(logical == "Root", auth_root || store.ends_with("\\Root"), "{path}");
        }
    }

    #[test]
    fn stores_and_what_only_looks_like_one() {
        let store = place_of(&["HKLM", "SOFTWARE", "Microsoft", "SystemCertificates", "Trust"]);
        assert!(matches!(store, Some(Place::Store(id)) if id.name == "Trust"));
        let (id, _, _, certain) = object(r"HKCU\AppContainer\Storage\p\MicrosoftEdge\H\CRLs");
        assert_eq!((id.as_str(), certain), (r"app container\p\H", false));
        // a program's own store is no ROOT by its name
        let (id, _, _, certain) = object(r"HKLM\SOFTWARE\Program\ROOT\Certificates");
        assert_eq!((id.as_str(), certain), (r"elsewhere\ROOT", false));
        assert!(!StoreLocation::Elsewhere.is_of_chains());
        let of_key = |path: &str| StoreId::of_object_key(&format!(r"{path}\{HASH}"));
        let root = of_key(r"HKLM\SOFTWARE\Microsoft\SystemCertificates\ROOT\Certificates").unwrap();
        assert_eq!((root.name.as_str(), root.location.is_of_chains()), ("ROOT", true));
        assert_eq!(of_key(r"HKLM\SOFTWARE\Program"), None);
        assert!(!matters(&["HKLM", "SOFTWARE", "Certificates", "short"]));
        assert!(!matters(&["HKLM", "SOFTWARE", "Other", HASH]));
        // in a store, any name stands in an object's place
        let odd = ["HKLM", "SOFTWARE", "Microsoft", "SystemCertificates", "CA", "CRLs", "odd"];
        assert!(matches!(place_of(&odd), Some(Place::Object(_, ObjectKind::Crl, true))));
    }

    #[test]
    fn flags_are_those_of_wincrypt() {
        assert_eq!(StoreLocation::CurrentUser.flag(), Some(0x0001_0000));
        assert_eq!(StoreLocation::LocalMachineWcos.flag(), Some(0x000a_0000));
        assert_eq!(StoreLocation::AppContainer.flag(), None);
    }
}
