//! GeneralName and the structures made of it.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::name::Name;
use crate::base::der::{self, DerError, DerErrorKind, Reader, Tlv, tag};
use crate::base::digest::hex;
use crate::base::oid::Oid;

/// A name of any kind (RFC 5280, section 4.2.1.6).
///
/// ```asn1
/// GeneralName ::= CHOICE {
///   otherName [0] OtherName, rfc822Name [1] IA5String, dNSName [2] IA5String,
///   x400Address [3] ORAddress, directoryName [4] EXPLICIT Name, ediPartyName [5] EDIPartyName,
///   uniformResourceIdentifier [6] IA5String, iPAddress [7] OCTET STRING,
///   registeredID [8] OBJECT IDENTIFIER }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GeneralName {
    /// otherName: its type and its encoded value.
    OtherName {
        /// What kind of name it is.
        type_id: Oid,
        /// The encoded value, inside the `[0]`.
        value: Vec<u8>,
    },
    /// rfc822Name
    Rfc822Name(String),
    /// dNSName
    DnsName(String),
    /// x400Address, not decoded
    X400Address(Vec<u8>),
    /// directoryName: the encoded name
    DirectoryName(Vec<u8>),
    /// ediPartyName, not decoded
    EdiPartyName(Vec<u8>),
    /// uniformResourceIdentifier
    Uri(String),
    /// iPAddress: 4 or 16 octets in a name, 8 or 32 in a constraint; other lengths as found
    IpAddress(Vec<u8>),
    /// registeredID
    RegisteredId(Oid),
}

impl GeneralName {
    /// The address, if it is a uniformResourceIdentifier.
    #[must_use]
    pub fn uri(&self) -> Option<&str> {
        match self {
            Self::Uri(uri) => Some(uri),
            _ => None,
        }
    }

    /// Reads one name.
    ///
    /// # Errors
    /// If the value is no GeneralName, or a dNSName or URI holds a NUL: CAPI2 refuses those since
    /// MS09-056 (observed).
    pub fn from_tlv(value: &Tlv<'_>) -> der::Result<Self> {
        Self::read(value).map_err(|e| e.within("GeneralName"))
    }

    fn read(value: &Tlv<'_>) -> der::Result<Self> {
        Ok(match value.tag & !0x20 {
            0x80 => {
                let mut parts = value.reader();
                let type_id = Oid::from_octets(parts.oid()?);
                let inner = parts.expect(tag::context_constructed(0))?.reader().any()?;
                Self::OtherName { type_id, value: inner.raw.to_vec() }
            }
            0x81 => Self::Rfc822Name(latin1(value.content)),
            0x82 => Self::DnsName(text_without_nul(value)?),
            0x83 => Self::X400Address(value.content.to_vec()),
            0x84 => {
                let name = value.reader().expect(tag::SEQUENCE)?;
                Self::DirectoryName(name.raw.to_vec())
            }
            0x85 => Self::EdiPartyName(value.content.to_vec()),
            0x86 => Self::Uri(text_without_nul(value)?),
            0x87 => Self::IpAddress(value.content.to_vec()),
            0x88 => Self::RegisteredId(Oid::from_octets(value.content)),
            _ => {
                return Err(value.error(DerErrorKind::Value("no kind of GeneralName")));
            }
        })
    }

    /// Reads a SEQUENCE OF GeneralName, whatever tag the sequence itself carries.
    ///
    /// # Errors
    /// If one of the names cannot be read.
    pub fn list(sequence: &Tlv<'_>) -> der::Result<Vec<Self>> {
        let mut names = Vec::new();
        let mut reader = sequence.reader();
        while let Some(value) = reader.next()? {
            names.push(Self::from_tlv(&value)?);
        }
        Ok(names)
    }

    /// The user principal name, if this is one (otherName 1.3.6.1.4.1.311.20.2.3).
    #[must_use]
    pub fn user_principal_name(&self) -> Option<String> {
        match self {
            Self::OtherName { type_id, value }
                if *type_id == crate::base::oid::NT_PRINCIPAL_NAME =>
            {
                let value = Reader::new(value).any().ok()?;
                super::name::decode_string(value.tag, value.content)
            }
            _ => None,
        }
    }
}

fn latin1(octets: &[u8]) -> String {
    octets.iter().copied().map(char::from).collect()
}

fn text_without_nul(value: &Tlv<'_>) -> der::Result<String> {
    if value.content.contains(&0) {
        return Err(DerError::new(DerErrorKind::Value("NUL inside a name"), value.offset));
    }
    Ok(latin1(value.content))
}

impl fmt::Display for GeneralName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherName { type_id, value } => match self.user_principal_name() {
                Some(name) => write!(f, "UPN:{name}"),
                None => write!(f, "other:{type_id}:{}", hex(value)),
            },
            Self::Rfc822Name(name) => write!(f, "email:{name}"),
            Self::DnsName(name) => write!(f, "DNS:{name}"),
            Self::X400Address(octets) => write!(f, "x400:{}", hex(octets)),
            Self::DirectoryName(name) => write!(f, "dir:{}", Name::new(name)),
            Self::EdiPartyName(octets) => write!(f, "edi:{}", hex(octets)),
            Self::Uri(uri) => write!(f, "URI:{uri}"),
            Self::IpAddress(octets) => write_address(f, octets),
            Self::RegisteredId(id) => write!(f, "RID:{id}"),
        }
    }
}

fn write_address(f: &mut fmt::Formatter<'_>, octets: &[u8]) -> fmt::Result {
    if let Ok(v4) = <[u8; 4]>::try_from(octets) {
        return write!(f, "IP:{}", Ipv4Addr::from(v4));
    }
    if let Ok(v6) = <[u8; 16]>::try_from(octets) {
        return write!(f, "IP:{}", Ipv6Addr::from(v6));
    }
    match (octets.split_first_chunk::<4>(), octets.split_first_chunk::<16>()) {
        (Some((address, mask)), _) if mask.len() == 4 => write!(
            f,
            "IP:{}/{}",
            Ipv4Addr::from(*address),
            Ipv4Addr::from(<[u8; 4]>::try_from(mask).unwrap_or_default())
        ),
        (_, Some((address, mask))) if mask.len() == 16 => write!(
            f,
            "IP:{}/{}",
            Ipv6Addr::from(*address),
            Ipv6Addr::from(<[u8; 16]>::try_from(mask).unwrap_or_default())
        ),
        _ => write!(f, "IP:{}", hex(octets)),
    }
}
