//! The values of properties as stores keep them.

use super::{PropertyKind, property};
use crate::base::der::{self, DerError, DerErrorKind};
use crate::base::oid::Oid;
use crate::base::time::Time;
use crate::object::extension::{PolicyInformation, read_oid_list};
use crate::object::trust_list::utf16_text;

/// A property's value, decoded (reference, stores-and-formats 5).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoredValue {
    /// Text.
    Text(String),
    /// Object identifiers.
    OidList(Vec<Oid>),
    /// A point in time.
    Time(Time),
    /// A point in time without octets: an earlier value is withdrawn.
    Withdrawn,
    /// Policies with qualifiers.
    Policies(Vec<PolicyInformation>),
    /// A number.
    Number(u32),
    /// That it is there is all it says.
    Present,
    /// Where the private key is kept (property 2).
    KeyProvider(KeyProviderInfo),
    /// Whether the key was backed up, and when (property 69).
    BackedUp(bool, Time),
    /// How it was enrolled (property 26): request number, the CA's DNS name, the CA's name, a
    /// friendly name.
    Enrollment(u32, [String; 3]),
    /// The smart card a root came from (property 76): its identifier and the local identifier of
    /// the logon.
    SmartCardRoot([u8; 16], u64),
    /// The enrolment policy server it came from (property 87): version, property flags,
    /// authentication, address flags, authentication of the enrolment server; then address,
    /// identifier, address of the enrolment server, request.
    EnrollmentServer([u32; 5], [String; 4]),
    /// A DER value.
    Der(Vec<u8>),
    /// Octets that are their own meaning, or whose meaning is not published.
    Octets(Vec<u8>),
}

/// CRYPT_KEY_PROV_INFO (reference, stores-and-formats 3.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyProviderInfo {
    /// The key container.
    pub container: String,
    /// The provider.
    pub provider: String,
    /// dwProvType: 0 a CNG key storage provider, 1 PROV_RSA_FULL, 24 PROV_RSA_AES.
    pub provider_type: u32,
    /// dwFlags: 0x20 CRYPT_MACHINE_KEYSET.
    pub flags: u32,
    /// dwKeySpec: 1 AT_KEYEXCHANGE, 2 AT_SIGNATURE, 0 for CNG.
    pub key_spec: u32,
}

const KEY_PROVIDER_INFO: u32 = 2;
const ENROLLMENT: u32 = 26;
const BACKED_UP: u32 = 69;
const SMART_CARD_ROOT_INFO: u32 = 76;
const ENROLLMENT_SERVER: u32 = 87;

/// Decodes the octets a store has for a property.
///
/// # Errors
/// If they do not fit the property. Octets of a property without a published form are
/// [`StoredValue::Octets`].
pub fn decode(id: u32, octets: &[u8]) -> der::Result<StoredValue> {
    let malformed = |what| DerError::new(DerErrorKind::Value(what), 0).within("property");
    let value = match id {
        KEY_PROVIDER_INFO => KeyProviderInfo::read(octets).map(StoredValue::KeyProvider),
        ENROLLMENT => enrollment(octets),
        BACKED_UP => backed_up(octets),
        SMART_CARD_ROOT_INFO => smart_card_root(octets),
        ENROLLMENT_SERVER => enrollment_server(octets),
        _ => return by_kind(property(id).map(|known| known.kind), octets),
    };
    value.ok_or_else(|| malformed("not of the property's structure"))
}

fn by_kind(kind: Option<PropertyKind>, octets: &[u8]) -> der::Result<StoredValue> {
    let malformed = |what| DerError::new(DerErrorKind::Value(what), 0).within("property");
    Ok(match kind {
        Some(PropertyKind::Text) => {
            StoredValue::Text(utf16_text(octets).ok_or_else(|| malformed("not UTF-16 text"))?)
        }
        Some(PropertyKind::OidList) => StoredValue::OidList(read_oid_list(octets, 0)?),
        Some(PropertyKind::FileTime) if octets.is_empty() => StoredValue::Withdrawn,
        Some(PropertyKind::FileTime) => StoredValue::Time(Time::from_filetime_octets(
            octets.try_into().map_err(|_| malformed("a FILETIME has eight octets"))?,
        )),
        Some(PropertyKind::Policies) => StoredValue::Policies(PolicyInformation::list(octets, 0)?),
        Some(PropertyKind::Dword) => {
            let field = octets.try_into().map_err(|_| malformed("a number has four octets"))?;
            StoredValue::Number(u32::from_le_bytes(field))
        }
        Some(PropertyKind::Flag) => StoredValue::Present,
        Some(PropertyKind::Der) => StoredValue::Der(octets.to_vec()),
        _ => StoredValue::Octets(octets.to_vec()),
    })
}

fn number(octets: &[u8], offset: usize) -> Option<u32> {
    let field = octets.get(offset..offset.checked_add(4)?)?;
    field.try_into().ok().map(u32::from_le_bytes)
}

/// UTF-16LE text at `offset` up to its NUL.
fn text_at(octets: &[u8], offset: usize) -> Option<String> {
    let rest = octets.get(offset..)?;
    let end = rest.chunks_exact(2).position(|unit| unit == [0, 0])?;
    utf16_text(rest.get(..end * 2)?)
}

impl KeyProviderInfo {
    fn read(octets: &[u8]) -> Option<Self> {
        let text = |field: usize| {
            let offset = usize::try_from(number(octets, field)?).ok()?;
            text_at(octets, offset)
        };
        Some(Self {
            container: text(0)?,
            provider: text(4)?,
            provider_type: number(octets, 8)?,
            flags: number(octets, 12)?,
            key_spec: number(octets, 24)?,
        })
    }
}

/// A VARIANT_BOOL, filled up to 4 octets, and a FILETIME; whether there is filling is not
/// documented, so the length decides.
fn backed_up(octets: &[u8]) -> Option<StoredValue> {
    let (flag, time) = match octets.len() {
        10 => octets.split_at_checked(2)?,
        12 => octets.split_at_checked(4)?,
        16 => octets.split_at_checked(8)?,
        _ => return None,
    };
    let time = Time::from_filetime_octets(time.try_into().ok()?);
    Some(StoredValue::BackedUp(flag.iter().take(2).any(|octet| *octet != 0), time))
}

fn enrollment(octets: &[u8]) -> Option<StoredValue> {
    let mut position = 4;
    let mut next = || {
        let characters = usize::try_from(number(octets, position)?).ok()?;
        let start = position + 4;
        position = start.checked_add(characters.checked_mul(2)?)?;
        utf16_text(octets.get(start..position)?)
    };
    let texts = [next()?, next()?, next()?];
    Some(StoredValue::Enrollment(number(octets, 0)?, texts))
}

fn smart_card_root(octets: &[u8]) -> Option<StoredValue> {
    let (card, logon) = octets.split_first_chunk::<16>()?;
    Some(StoredValue::SmartCardRoot(*card, u64::from_le_bytes(logon.try_into().ok()?)))
}

fn enrollment_server(octets: &[u8]) -> Option<StoredValue> {
    const TEXTS: usize = 20;
    let mut numbers = [0; 5];
    for (index, place) in numbers.iter_mut().enumerate() {
        *place = number(octets, 4 * index)?;
    }
    let mut position = TEXTS;
    let mut next = || {
        let text = text_at(octets, position)?;
        position += 2 * (text.encode_utf16().count() + 1);
        Some(text)
    };
    Some(StoredValue::EnrollmentServer(numbers, [next()?, next()?, next()?, next()?]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str) -> Vec<u8> {
        text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn values_by_kind() {
        assert_eq!(decode(11, &utf16("Name")).unwrap(), StoredValue::Text("Name".to_owned()));
        assert_eq!(decode(92, &[0, 8, 0, 0]).unwrap(), StoredValue::Number(2048));
        assert_eq!(decode(19, &[]).unwrap(), StoredValue::Present);
        assert_eq!(decode(104, &[]).unwrap(), StoredValue::Withdrawn);
        let time = Time::from_filetime(9);
        assert_eq!(decode(27, &9u64.to_le_bytes()).unwrap(), StoredValue::Time(time));
        assert_eq!(decode(9, &[0x30, 0]).unwrap(), StoredValue::OidList(Vec::new()));
        assert_eq!(decode(3, &[1]).unwrap(), StoredValue::Octets(vec![1]));
        assert_eq!(decode(40_000, &[1]).unwrap(), StoredValue::Octets(vec![1]));
        for (id, octets) in [(11, &[1][..]), (92, &[1]), (104, &[1]), (9, &[1]), (2, &[1; 27])] {
            assert!(decode(id, octets).is_err(), "property {id}");
        }
    }

    /// The first sample of the reference: offsets 28 and, behind a gap, the provider.
    #[test]
    fn where_a_key_is_kept() {
        let container = utf16("container");
        let gap = container.len().next_multiple_of(8);
        let provider = u32::try_from(28 + gap).unwrap();
        let mut octets: Vec<u8> =
            [28, provider, 24, 0x20, 0, 0, 2].iter().flat_map(|n: &u32| n.to_le_bytes()).collect();
        octets.extend(&container);
        octets.resize(28 + gap, 0);
        octets.extend(utf16("Provider"));
        let StoredValue::KeyProvider(info) = decode(2, &octets).unwrap() else { panic!() };
        assert_eq!((info.container.as_str(), info.provider.as_str()), ("container", "Provider"));
        assert_eq!((info.provider_type, info.flags, info.key_spec), (24, 0x20, 2));
        octets[0] = 0xff;
        octets[1] = 0xff;
        assert!(decode(2, &octets).is_err());
    }

    #[test]
    fn structures_of_windows() {
        let mut octets = 7u32.to_le_bytes().to_vec();
        for text in ["ca.example", "CA", ""] {
            let units = u32::try_from(text.encode_utf16().count() + 1).unwrap();
            octets.extend(units.to_le_bytes());
            octets.extend(utf16(text));
        }
        let texts = ["ca.example".to_owned(), "CA".to_owned(), String::new()];
        assert_eq!(decode(26, &octets).unwrap(), StoredValue::Enrollment(7, texts));
        octets[4] = 0xff;
        assert!(decode(26, &octets).is_err());
        let backed = [&[0xff, 0xff][..], &5u64.to_le_bytes()].concat();
        let expected = StoredValue::BackedUp(true, Time::from_filetime(5));
        assert_eq!(decode(69, &backed).unwrap(), expected);
        let card = [&[1; 16][..], &2u64.to_le_bytes()].concat();
        assert_eq!(decode(76, &card).unwrap(), StoredValue::SmartCardRoot([1; 16], 2));
        let numbers: Vec<u8> = (1u32..6).flat_map(u32::to_le_bytes).collect();
        let server = [numbers, utf16("https://a"), utf16("id"), utf16(""), utf16("")].concat();
        let texts = ["https://a", "id", "", ""].map(str::to_owned);
        let expected = StoredValue::EnrollmentServer([1, 2, 3, 4, 5], texts);
        assert_eq!(decode(87, &server).unwrap(), expected);
    }
}
