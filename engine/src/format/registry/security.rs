//! Security descriptors, decoded far enough to say who may read a key.
//!
//! Documented: MS-DTYP 2.4 (SID, ACE, ACL, SECURITY_DESCRIPTOR in its self-relative form).

use std::fmt;
use std::str::FromStr;

use super::error::RegistryError;
use crate::format::octets::{size, slice_at, u8_at, u16_at, u32_at};

/// KEY_QUERY_VALUE: values may be read.
pub const KEY_QUERY_VALUE: u32 = 0x0001;
/// KEY_ENUMERATE_SUB_KEYS: subkeys may be listed.
pub const KEY_ENUMERATE_SUB_KEYS: u32 = 0x0008;
/// KEY_READ: READ_CONTROL, query, enumerate, notify.
pub const KEY_READ: u32 = 0x0002_0019;
/// KEY_ALL_ACCESS
pub const KEY_ALL_ACCESS: u32 = 0x000f_003f;
/// What opening and reading a store asks of its keys.
const READ_STORE: u32 = KEY_QUERY_VALUE | KEY_ENUMERATE_SUB_KEYS;

/// Entries of a list of access rights that are read; a list's size field allows fewer than 8192.
const MOST_ENTRIES: usize = 8192;

/// A security identifier.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sid {
    authority: u64,
    parts: Vec<u32>,
}

impl Sid {
    /// Reads one from the beginning of `octets`.
    #[must_use]
    pub fn from_octets(octets: &[u8]) -> Option<Self> {
        let (revision, count) = (u8_at(octets, 0)?, usize::from(u8_at(octets, 1)?));
        let authority = slice_at(octets, 2, 6)?;
        if revision != 1 || count > 15 {
            return None;
        }
        let parts = slice_at(octets, 8, count * 4)?.as_chunks::<4>().0;
        Some(Self {
            authority: authority.iter().fold(0, |value, octet| value << 8 | u64::from(*octet)),
            parts: parts.iter().map(|part| u32::from_le_bytes(*part)).collect(),
        })
    }

    /// Whether it is a user's or group's of a domain, a machine or a cloud directory.
    #[must_use]
    pub fn is_account(&self) -> bool {
        self.authority == 5 && self.parts.first() == Some(&21)
            || self.authority == 12 && self.parts.first() == Some(&1)
    }

    /// Its name, if it is one that is the same on every machine, and in domains by its last part.
    #[must_use]
    pub fn well_known(&self) -> Option<&'static str> {
        let text = self.to_string();
        if let Some((_, name)) = WELL_KNOWN.iter().find(|(known, _)| *known == text) {
            return Some(name);
        }
        match (self.authority, self.parts.as_slice()) {
            (5, [21, .., 500]) => Some("Administrator"),
            (5, [21, .., 501]) => Some("Guest"),
            (5, [21, .., 512]) => Some("Domain Admins"),
            (5, [21, .., 513]) => Some("Domain Users"),
            (5, [21, .., 515]) => Some("Domain Computers"),
            (5, [21, .., 516]) => Some("Domain Controllers"),
            (5, [21, .., 519]) => Some("Enterprise Admins"),
            (5, [80, ..]) => Some("a service"),
            (15, [3, ..]) => Some("a capability"),
            (15, [2, ..]) => Some("an app container"),
            _ => None,
        }
    }
}

/// Documented: MS-DTYP 2.4.2.4 and "Well-known SIDs".
const WELL_KNOWN: [(&str, &str); 24] = [
    ("S-1-1-0", "Everyone"),
    ("S-1-2-0", "Local"),
    ("S-1-3-0", "Creator Owner"),
    ("S-1-3-1", "Creator Group"),
    ("S-1-3-4", "Owner Rights"),
    ("S-1-5-2", "Network"),
    ("S-1-5-4", "Interactive"),
    ("S-1-5-6", "Service"),
    ("S-1-5-7", "Anonymous"),
    ("S-1-5-11", "Authenticated Users"),
    ("S-1-5-12", "Restricted Code"),
    ("S-1-5-13", "Terminal Server Users"),
    ("S-1-5-18", "SYSTEM"),
    ("S-1-5-19", "LOCAL SERVICE"),
    ("S-1-5-20", "NETWORK SERVICE"),
    ("S-1-5-32-544", "Administrators"),
    ("S-1-5-32-545", "Users"),
    ("S-1-5-32-546", "Guests"),
    ("S-1-5-32-547", "Power Users"),
    ("S-1-5-32-555", "Remote Desktop Users"),
    ("S-1-15-2-1", "All Application Packages"),
    ("S-1-15-2-2", "All Restricted Application Packages"),
    ("S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464", "TrustedInstaller"),
    ("S-1-5-80-242729624-280608522-2219052887-3187409060-2225943459", "CryptSvc"),
];

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // authorities beyond 32 bits are written in hexadecimal (MS-DTYP 2.4.2.1)
        if self.authority > u64::from(u32::MAX) {
            write!(f, "S-1-{:#014x}", self.authority)?;
        } else {
            write!(f, "S-1-{}", self.authority)?;
        }
        self.parts.iter().try_for_each(|part| write!(f, "-{part}"))
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Sid {
    type Err = ();

    /// Reads the form `S-1-5-18`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let mut numbers = text.strip_prefix("S-1-").ok_or(())?.split('-');
        let authority = numbers.next().ok_or(())?;
        let authority = match authority.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16),
            None => authority.parse(),
        };
        let parts: Result<Vec<u32>, _> = numbers.map(str::parse).collect();
        let (authority, parts) = (authority.map_err(|_| ())?, parts.map_err(|_| ())?);
        let fits = authority < 1 << 48 && parts.len() <= 15;
        if fits { Ok(Self { authority, parts }) } else { Err(()) }
    }
}

/// What an entry of a list does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AceKind {
    /// It allows (types 0, 5, 9, 11).
    Allow,
    /// It denies (types 1, 6, 10, 12).
    Deny,
    /// Another type: audits, labels.
    Other(u8),
}

/// An entry of a list of access rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ace {
    /// What it does.
    pub kind: AceKind,
    /// AceFlags
    pub flags: u8,
    /// The rights it is about.
    pub mask: u32,
    /// Whom it is about; `None` where that cannot be read.
    pub sid: Option<Sid>,
}

impl Ace {
    /// Whether it is for subkeys alone and not for this key (INHERIT_ONLY_ACE).
    #[must_use]
    pub const fn is_inherit_only(&self) -> bool {
        self.flags & 0x08 != 0
    }

    /// The rights on a key, generic ones as registry keys have them (documented, "Registry Key
    /// Security and Access Rights").
    #[must_use]
    pub const fn key_rights(&self) -> u32 {
        let mut rights = self.mask & 0x01ff_ffff;
        if self.mask & 0xa000_0000 != 0 {
            rights |= KEY_READ; // GENERIC_READ, GENERIC_EXECUTE
        }
        if self.mask & 0x4000_0000 != 0 {
            rights |= 0x0002_0006; // GENERIC_WRITE is KEY_WRITE
        }
        if self.mask & 0x1000_0000 != 0 {
            rights |= KEY_ALL_ACCESS; // GENERIC_ALL
        }
        rights
    }
}

/// A key's security descriptor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityDescriptor {
    /// The owner.
    pub owner: Option<Sid>,
    /// The primary group.
    pub group: Option<Sid>,
    /// The discretionary list. `None`: there is none, and everyone may do everything.
    pub dacl: Option<Vec<Ace>>,
    /// SE_DACL_PROTECTED: nothing is inherited from the parent.
    pub is_protected: bool,
}

impl SecurityDescriptor {
    /// Reads a self-relative descriptor that begins at `offset` of its file.
    ///
    /// # Errors
    /// If it is none, or its lists do not lie in it.
    pub fn from_octets(octets: &[u8], offset: usize) -> Result<Self, RegistryError> {
        const DACL_PRESENT: u16 = 0x0004;
        const DACL_PROTECTED: u16 = 0x1000;
        const SELF_RELATIVE: u16 = 0x8000;
        let malformed = |what, at| RegistryError::malformed(what, offset + at);
        let control = u16_at(octets, 2).filter(|_| octets.first() == Some(&1));
        let field = |at| u32_at(octets, at).map(size);
        let fields = (control, field(4), field(8), field(16));
        let (Some(control), Some(owner), Some(group), Some(dacl)) = fields else {
            return Err(malformed("not a security descriptor", 0));
        };
        if control & SELF_RELATIVE == 0 {
            return Err(malformed("a security descriptor that is not self-relative", 2));
        }
        let sid = |at: usize| match at {
            0 => Ok(None),
            at => match octets.get(at..).and_then(Sid::from_octets) {
                Some(sid) => Ok(Some(sid)),
                None => Err(malformed("not a security identifier", at)),
            },
        };
        let dacl = if control & DACL_PRESENT == 0 || dacl == 0 {
            None
        } else {
            let list = octets.get(dacl..).and_then(read_acl);
            Some(list.ok_or_else(|| malformed("a list of access rights is malformed", dacl))?)
        };
        let is_protected = control & DACL_PROTECTED != 0;
        Ok(Self { owner: sid(owner)?, group: sid(group)?, dacl, is_protected })
    }

    /// The rights on the key that a token with these identifiers (the user's, and all its groups')
    /// has by the list: the first entry that speaks of a right decides (documented, MS-DTYP 2.5.3).
    /// An owner's right to read and change the list itself is not counted.
    #[must_use]
    pub fn rights(&self, token: &[Sid]) -> u32 {
        let Some(dacl) = &self.dacl else { return KEY_ALL_ACCESS };
        let (mut granted, mut denied) = (0, 0);
        for ace in dacl.iter().filter(|ace| !ace.is_inherit_only()) {
            if !ace.sid.as_ref().is_some_and(|sid| token.contains(sid)) {
                continue;
            }
            match ace.kind {
                AceKind::Allow => granted |= ace.key_rights() & !denied,
                AceKind::Deny => denied |= ace.key_rights() & !granted,
                AceKind::Other(_) => {}
            }
        }
        granted
    }

    /// Whether a token with these identifiers may read values and list subkeys.
    #[must_use]
    pub fn allows_reading(&self, token: &[Sid]) -> bool {
        self.rights(token) & READ_STORE == READ_STORE
    }

    /// Whether entries that name `sid` alone grant reading, groups not counted.
    #[must_use]
    pub fn grants_read(&self, sid: &Sid) -> bool {
        self.allows_reading(std::slice::from_ref(sid))
    }

    /// Whether an entry that names `sid` denies reading values or listing subkeys, and none that
    /// names it and stands before grants them.
    #[must_use]
    pub fn denies_read(&self, sid: &Sid) -> bool {
        let Some(dacl) = &self.dacl else { return false };
        let mut open = READ_STORE;
        for ace in dacl.iter().filter(|ace| !ace.is_inherit_only()) {
            if ace.sid.as_ref() != Some(sid) {
                continue;
            }
            match ace.kind {
                AceKind::Allow => open &= !ace.key_rights(),
                AceKind::Deny if ace.key_rights() & open != 0 => return true,
                _ => {}
            }
        }
        false
    }
}

fn read_acl(octets: &[u8]) -> Option<Vec<Ace>> {
    let length = usize::from(u16_at(octets, 2)?);
    let count = usize::from(u16_at(octets, 4)?).min(MOST_ENTRIES);
    let mut rest = slice_at(octets, 8, length.checked_sub(8)?)?;
    let mut entries = Vec::new();
    for _ in 0..count {
        let (ace_type, flags, length) = (u8_at(rest, 0)?, u8_at(rest, 1)?, u16_at(rest, 2)?);
        let (ace, behind) = rest.split_at_checked(usize::from(length))?;
        rest = behind;
        if ace.len() < 4 {
            return None;
        }
        let kind = match ace_type {
            0 | 5 | 9 | 11 => AceKind::Allow,
            1 | 6 | 10 | 12 => AceKind::Deny,
            other => AceKind::Other(other),
        };
        // object entries have up to two GUIDs before the identifier
        let sid_at = match ace_type {
            5..=8 | 11 | 12 => 12 + 16 * size(u32_at(ace, 8)? & 3).count_ones() as usize,
            _ => 8,
        };
        let sid = ace.get(sid_at..).and_then(Sid::from_octets);
        entries.push(Ace { kind, flags, mask: u32_at(ace, 4).unwrap_or(0), sid });
    }
    Some(entries)
}

#[cfg(test)]
mod tests;
