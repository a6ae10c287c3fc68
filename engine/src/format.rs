//! Floor 3: files in, raw objects out.
//!
//! [`detect`] names a file's kind by its octets; [`open`] takes certificates, CRLs, trust lists and
//! the like out of whatever wraps them: armour, base64, PKCS #7, serialized stores, cabinets,
//! executables, one in another. Nothing here knows what a valid certificate is: an [`Item`] is
//! octets that have the shape of their [`Kind`].
//!
//! A part that cannot be read becomes a note with its place, and the rest goes on; only a file that
//! as a whole is nothing, or nothing that could hold objects, is an error.

pub mod cabinet;
pub mod certutil_text;
pub mod collection;
pub mod compound_file;
mod detect;
mod efs_blob;
mod error;
pub mod event_log;
mod hex_text;
mod kind;
mod limits;
mod octets;
mod parts;
mod pe;
pub mod pfx;
mod pkcs7;
pub mod registry;
pub mod serialized_store;
mod text;
pub mod url_cache;

use std::sync::Arc;

pub use detect::detect;
pub use error::{FormatError, FormatErrorKind};
pub use kind::{Kind, MessageType};
pub use limits::{Limit, Limits, RATIO_FLOOR};
pub use pfx::Passwords;

use crate::base::der::{DerError, DerErrorKind, Reader, Tlv, tag};
use cabinet::Cabinet;
use pkcs7::ContentInfo;
use registry::policy_file::PolicyScope;
use registry::system_certificates::{RegistryEvidence, SettingValue};
use registry::{RegistryError, RegistryErrorKind};

/// A property as it was stored beside an object: not interpreted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawProperty {
    /// CERT_*_PROP_ID
    pub id: u32,
    /// The value's octets.
    pub value: Vec<u8>,
}

/// An object found in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What it has the shape of. Never a container, except [`Kind::CertificateTrustList`].
    pub kind: Kind,
    /// Its octets, without anything behind it.
    pub octets: Arc<[u8]>,
    /// What was stored beside it, in the file's order.
    pub properties: Vec<RawProperty>,
    /// Where it was found, innermost first, e.g. `authroot.stl in cabinet`; empty if the file is
    /// the object.
    pub origin: String,
    /// Octets from the beginning of its innermost container; for text, where its block begins.
    pub offset: usize,
    /// Whether it is there for a signature's sake alone: with a list, a response, an executable, a
    /// package, in a time stamp. A store that is filled from the file does without it.
    pub is_companion: bool,
}

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// The file's own kind.
    pub kind: Kind,
    /// Its objects, in the file's order.
    pub items: Vec<Item>,
    /// What could not be read or was not opened.
    pub notes: Vec<FormatError>,
    /// Octets behind the file's end as its format has it.
    pub trailing: usize,
}

/// Takes the objects out of a file.
///
/// # Errors
/// The file is nothing known, is larger than [`Limits::max_input`], is a PKCS #7 message that can
/// hold no objects, or its outermost structure cannot be read. Everything else is a note.
pub fn open(octets: &[u8], limits: &Limits) -> Result<Contents, FormatError> {
    open_with(octets, limits, &Passwords::default())
}

/// [`open`] with passwords for what is encrypted. No password, and an empty one, are always tried;
/// a PKCS #12 store that none of them opens is a note of [`pfx::PfxErrorKind::Password`].
///
/// # Errors
/// As [`open`].
pub fn open_with(
    octets: &[u8],
    limits: &Limits,
    passwords: &Passwords,
) -> Result<Contents, FormatError> {
    if octets.len() > limits.max_input {
        return Err(too_large(Limit::MaxInput));
    }
    let contents =
        Contents { kind: detect(octets), items: Vec::new(), notes: Vec::new(), trailing: 0 };
    let iterations = pfx::Budget::new(limits.max_iterations);
    let mut opener = Opener { limits, passwords, contents, decoded: 0, iterations };
    let root = Place { origin: String::new(), offset: 0, depth: 0, is_companion: false };
    opener.part(octets, &root)?;
    Ok(opener.contents)
}

fn too_large(limit: Limit) -> FormatError {
    FormatError::new(FormatErrorKind::TooLarge(limit), 0)
}

/// Where a part lies.
struct Place {
    origin: String,
    offset: usize,
    depth: usize,
    /// [`Item::is_companion`] for what is in it.
    is_companion: bool,
}

impl Place {
    /// A part of this one.
    fn part(&self, name: &str, offset: usize) -> Self {
        let origin = match self.origin.as_str() {
            "" => name.to_owned(),
            outer => format!("{name} in {outer}"),
        };
        Self { origin, offset, depth: self.depth + 1, is_companion: self.is_companion }
    }

    /// This place, for what is there for a signature's sake.
    fn companion(&self) -> Self {
        Self { origin: self.origin.clone(), is_companion: true, ..*self }
    }

    fn is_root(&self) -> bool {
        self.depth == 0
    }
}

struct Opener<'l> {
    limits: &'l Limits,
    passwords: &'l Passwords,
    contents: Contents,
    /// Octets that decoding has given so far.
    decoded: usize,
    /// What is left of [`Limits::max_iterations`].
    iterations: pfx::Budget,
}

impl Opener<'_> {
    /// Opens a part, whatever it is. Errors are about the part as a whole.
    fn part(&mut self, octets: &[u8], place: &Place) -> Result<(), FormatError> {
        if place.depth > self.limits.max_depth {
            return Err(too_large(Limit::MaxDepth));
        }
        match detect(octets) {
            Kind::Pem => self.pem(octets, place),
            Kind::Base64 => {
                let decoded = text::bare_base64(octets)
                    .ok_or_else(|| FormatError::new(FormatErrorKind::Base64, 0))?;
                self.decoded(&decoded, &place.part("base64", 0))
            }
            Kind::AsciiHex => {
                let decoded = match hex_text::decode(octets) {
                    Some(decoded) => decoded,
                    None => text::hexadecimal(octets)?,
                };
                self.decoded(&decoded, &place.part("hexadecimal", 0))
            }
            Kind::SerializedStore => self.serialized_store(octets, place),
            Kind::SerializedElement => self.serialized_element(octets, place),
            Kind::Cabinet => self.cabinet(octets, place),
            Kind::Pe => self.pe(octets, place),
            kind @ (Kind::RegistryHive | Kind::RegistryExport | Kind::RegistryPolicy) => {
                self.registry(kind, octets, place)
            }
            Kind::AppxSignature => {
                const MAGIC_LENGTH: usize = 4;
                let message = octets.get(MAGIC_LENGTH..).unwrap_or_default();
                self.part(message, &place.part("AppX signature", MAGIC_LENGTH))
            }
            Kind::CertutilText => self.certutil_text(octets, place),
            Kind::CompoundFile => self.compound_file(octets, place),
            Kind::EfsBlob => self.efs_blob(octets, place),
            Kind::Zip => self.zip(octets, place),
            Kind::Unknown if octets.first() == Some(&tag::SEQUENCE) => Err(der_problem(octets)),
            Kind::Unknown => Err(FormatError::new(FormatErrorKind::Unrecognised, 0)),
            kind if is_der(kind) => self.der(octets, place),
            // events name objects and hold none: see event_log
            kind if kind.is_event_log() => Ok(()),
            kind => {
                self.note(FormatError::new(FormatErrorKind::NotOpened(kind), 0), place);
                Ok(())
            }
        }
    }

    /// Opens a part of a container; what is wrong with it does not concern its siblings.
    fn nested(&mut self, octets: &[u8], place: &Place) {
        if let Err(error) = self.part(octets, place) {
            self.note(error, place);
        }
    }

    /// Opens what a decoder has given, within the bound on all decoding.
    fn decoded(&mut self, octets: &[u8], place: &Place) -> Result<(), FormatError> {
        self.charge(octets.len())?;
        self.part(octets, place)
    }

    fn charge(&mut self, length: usize) -> Result<(), FormatError> {
        self.decoded = self.decoded.saturating_add(length);
        if self.decoded > self.limits.max_decompressed {
            return Err(too_large(Limit::MaxDecompressed));
        }
        Ok(())
    }

    /// Notes a problem, unless there are as many as there may be items: then the last one says so.
    fn note(&mut self, error: FormatError, place: &Place) {
        let notes = &mut self.contents.notes;
        match notes.len().cmp(&self.limits.max_items) {
            std::cmp::Ordering::Less => notes.push(error.within(&place.origin)),
            std::cmp::Ordering::Equal => notes.push(too_large(Limit::MaxItems)),
            std::cmp::Ordering::Greater => {}
        }
    }

    fn item(
        &mut self,
        kind: Kind,
        octets: &[u8],
        properties: Vec<RawProperty>,
        place: &Place,
    ) -> Result<(), FormatError> {
        if self.contents.items.len() >= self.limits.max_items {
            return Err(too_large(Limit::MaxItems));
        }
        self.contents.items.push(Item {
            kind,
            octets: octets.into(),
            properties,
            origin: place.origin.clone(),
            offset: place.offset,
            is_companion: place.is_companion,
        });
        Ok(())
    }

    /// Octets behind a part's end: counted for the file, noted for what is in it.
    fn trailing(&mut self, length: usize, offset: usize, place: &Place) {
        if place.is_root() {
            self.contents.trailing = length;
        } else if length > 0 {
            self.note(FormatError::new(FormatErrorKind::Trailing(length), offset), place);
        }
    }

    /// DER objects, one behind the other.
    fn der(&mut self, octets: &[u8], place: &Place) -> Result<(), FormatError> {
        let mut reader = Reader::new(octets);
        let mut number = 0usize;
        while !reader.is_empty() {
            let kind = detect::detect_der(reader.rest());
            if number > 0 && !is_der(kind) {
                break;
            }
            let offset = reader.offset();
            let value = reader.any()?;
            number += 1;
            let behind;
            let value_place = if number == 1 {
                place
            } else {
                behind = place.part(&format!("value {number}"), offset);
                &behind
            };
            match (self.der_value(kind, &value, value_place), number) {
                (Ok(()), _) => {}
                (Err(error), 1) => return Err(error),
                (Err(error), _) => self.note(error, value_place),
            }
        }
        self.trailing(reader.rest().len(), reader.offset(), place);
        Ok(())
    }

    fn der_value(&mut self, kind: Kind, value: &Tlv<'_>, place: &Place) -> Result<(), FormatError> {
        match kind {
            Kind::SignedData => self.signed_data(value, place),
            Kind::CertificateTrustList => {
                self.item(kind, value.raw, Vec::new(), place)?;
                if let Err(error) = self.signed_data(value, &place.companion()) {
                    self.note(error, place);
                }
                Ok(())
            }
            Kind::OcspResponse => self.ocsp_response(value, place),
            Kind::CertificatePair => self.certificate_pair(value, place),
            Kind::TimeStampResponse => self.time_stamp_response(value, place),
            Kind::OtherPkcs7(message) => {
                // CAPI2 (observed, wine-test-facts, store tests): DigestedData is no store, and the
                // error is that of a wrong message type.
                Err(FormatError::new(FormatErrorKind::MessageType(message), value.offset))
            }
            Kind::Pfx => self.pfx(value, place),
            Kind::PrivateKey => {
                self.note(FormatError::new(FormatErrorKind::NotOpened(kind), value.offset), place);
                Ok(())
            }
            _ => self.item(kind, value.raw, Vec::new(), place),
        }
    }

    fn signed_data(&mut self, value: &Tlv<'_>, place: &Place) -> Result<(), FormatError> {
        let message = ContentInfo::read(value)?;
        let (mut certificates, mut crls) = (0usize, 0usize);
        for object in message.objects()? {
            let (kind, object) = match object {
                Ok(object) => object,
                Err(error) => {
                    self.note(error.into(), &place.part("PKCS #7", 0));
                    break;
                }
            };
            let count = if kind == Kind::Crl { &mut crls } else { &mut certificates };
            *count += 1;
            let name = match kind {
                Kind::Crl => format!("CRL {count} in PKCS #7"),
                _ => format!("certificate {count} in PKCS #7"),
            };
            let object_place = place.part(&name, object.offset);
            if kind == Kind::Unknown {
                let skipped = "neither an X.509 certificate nor a CRL";
                let kind = FormatErrorKind::Malformed(skipped);
                self.note(FormatError::new(kind, object.offset), &object_place);
            } else {
                self.item(kind, object.raw, Vec::new(), &object_place)?;
            }
        }
        self.attached_messages(message.attached()?, place);
        Ok(())
    }

    fn serialized_store(&mut self, octets: &[u8], place: &Place) -> Result<(), FormatError> {
        let store = serialized_store::read_store(octets)?;
        for (index, element) in store.elements.into_iter().enumerate() {
            let name = format!("element {} in serialized store", index + 1);
            let element_place = place.part(&name, element.offset);
            self.item(element.kind, element.object, element.properties, &element_place)?;
        }
        for problem in store.problems {
            self.note(problem, &place.part("serialized store", 0));
        }
        self.trailing(octets.len().saturating_sub(store.end), store.end, place);
        Ok(())
    }

    fn serialized_element(&mut self, octets: &[u8], place: &Place) -> Result<(), FormatError> {
        let element = serialized_store::read_element(octets)?;
        let element_place = place.part("serialized element", element.offset);
        self.item(element.kind, element.object, element.properties, &element_place)?;
        self.trailing(octets.len().saturating_sub(element.end), element.end, place);
        Ok(())
    }

    fn pem(&mut self, octets: &[u8], place: &Place) -> Result<(), FormatError> {
        let text = text::Text::of(octets);
        for (index, block) in text::blocks(&text).enumerate() {
            if index >= self.limits.max_items {
                return Err(too_large(Limit::MaxItems));
            }
            let name = format!("PEM block {} ({})", index + 1, block.label);
            let block_place = place.part(&name, block.offset);
            if block.label.ends_with("PRIVATE KEY") {
                let kind = FormatErrorKind::NotOpened(Kind::PrivateKey);
                self.note(FormatError::new(kind, block.offset), &block_place);
                continue;
            }
            let result = block.octets.and_then(|decoded| self.decoded(&decoded, &block_place));
            if let Err(error) = result {
                self.note(error, &block_place);
            }
        }
        Ok(())
    }

    fn cabinet(&mut self, octets: &[u8], place: &Place) -> Result<(), FormatError> {
        let cabinet = Cabinet::parse(octets)?;
        let mut by_folder: Vec<_> = cabinet.members().iter().collect();
        if by_folder.len() > self.limits.max_items {
            return Err(too_large(Limit::MaxItems));
        }
        by_folder.sort_by_key(|member| member.folder);
        for members in by_folder.chunk_by(|a, b| a.folder == b.folder) {
            let folder = members.first().map_or(0, |member| member.folder);
            let wanted = members.iter().map(|member| member.end()).max().unwrap_or(0);
            let left = self.limits.max_decompressed.saturating_sub(self.decoded);
            let limits = Limits { max_decompressed: left, ..*self.limits };
            let data = cabinet.decompress(folder, wanted, &limits);
            self.charge(data.octets.len())?;
            for member in members {
                let name = format!("{} in cabinet", member.name);
                let member_place = place.part(&name, member.offset);
                match member.cut(&data) {
                    Ok(member_octets) => {
                        self.charge(member_octets.len())?;
                        self.nested(member_octets, &member_place);
                    }
                    Err(error) => self.note(error.into(), &member_place),
                }
            }
        }
        self.cabinet_signature(&cabinet, octets, place);
        Ok(())
    }

    /// The objects of the stores in a registry file, and the trust lists the root update keeps.
    fn registry(&mut self, kind: Kind, octets: &[u8], place: &Place) -> Result<(), FormatError> {
        let evidence = match kind {
            Kind::RegistryHive => RegistryEvidence::from_hive(octets, &[], self.limits)?,
            Kind::RegistryExport => RegistryEvidence::from_export(octets, self.limits)?,
            _ => RegistryEvidence::from_policy_file(octets, PolicyScope::Unknown, self.limits)?,
        };
        let RegistryEvidence {
            objects,
            unreachable,
            refused,
            auto_updates,
            settings,
            problems,
            ..
        } = evidence;
        let objects = objects.into_iter().map(|object| (object, ""));
        let unreachable = unreachable.into_iter().map(|object| (object, " (unreachable)"));
        for (object, how) in objects.chain(unreachable) {
            let name = format!("{}{how}", object.path);
            let object_place = place.part(&name, object.offset);
            for difference in &object.differences {
                let kind = RegistryErrorKind::Property(difference.id);
                let (offset, key) = (object.offset, object.path.clone());
                self.note(RegistryError { kind, offset, key }.into(), place);
            }
            if object.trailing > 0 {
                let kind = FormatErrorKind::Trailing(object.trailing);
                self.note(FormatError::new(kind, object.offset), &object_place);
            }
            // a key's properties are no object
            let Some(kind) = object.kind.kind() else { continue };
            if self.contents.items.len() >= self.limits.max_items {
                return Err(too_large(Limit::MaxItems));
            }
            let Place { origin, offset, .. } = object_place;
            let (octets, properties) = (object.octets, object.properties);
            self.contents.items.push(Item {
                kind,
                octets,
                properties,
                origin,
                offset,
                is_companion: false,
            });
        }
        for update in auto_updates {
            for (name, list) in update.lists() {
                if let Some(encoded) = &list.encoded_ctl {
                    let name = format!("{}!{name}", update.path);
                    self.nested(encoded, &place.part(&name, list.encoded_ctl_offset));
                }
            }
        }
        for setting in settings {
            if let SettingValue::Octets(octets) = &setting.value
                && setting.name.ends_with("!EFSBlob")
            {
                self.nested(octets, &place.part(&setting.name, setting.offset));
            }
        }
        for object in refused {
            self.note(object.error(), place);
        }
        for problem in problems {
            self.note(problem.into(), place);
        }
        Ok(())
    }
}

/// Whether objects of this kind are DER, and so may stand one behind the other.
fn is_der(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Certificate
            | Kind::Crl
            | Kind::CertificateTrustList
            | Kind::SignedData
            | Kind::OtherPkcs7(_)
            | Kind::CertificateRequest
            | Kind::OcspResponse
            | Kind::OcspRequest
            | Kind::Pfx
            | Kind::PrivateKey
            | Kind::PublicKey
            | Kind::ToBeSignedCertificate
            | Kind::ToBeSignedCrl
            | Kind::BareCtl
            | Kind::CertificatePair
            | Kind::TimeStampResponse
    )
}

/// Why octets that begin with a SEQUENCE are nothing known: cut short, or just something else.
fn der_problem(octets: &[u8]) -> FormatError {
    fn walk(mut reader: Reader<'_>, levels: usize) -> Result<(), DerError> {
        while let Some(value) = reader.next()? {
            if levels > 0 && value.tag & 0x20 != 0 {
                walk(value.reader(), levels - 1)?;
            }
        }
        Ok(())
    }
    const LEVELS: usize = 2;
    match Reader::new(octets).any() {
        Ok(value) => match walk(value.reader(), LEVELS) {
            Err(error) if error.kind != DerErrorKind::TrailingData => error.into(),
            _ => FormatError::new(FormatErrorKind::Unrecognised, 0),
        },
        Err(error) => error.into(),
    }
}

#[cfg(test)]
mod tests;
