//! Opening the containers that have readers of their own: what is in them becomes items and notes.

use super::error::{FormatError, FormatErrorKind};
use super::kind::Kind;
use super::pfx::{self, PfxErrorKind};
use super::{Opener, Place, RawProperty};
use crate::base::der::Tlv;
use crate::object::property;

impl Opener<'_> {
    /// A PKCS #12 store. One that needs a password is a note, not an error: the file is sound.
    pub(super) fn pfx(&mut self, value: &Tlv<'_>, place: &Place) -> Result<(), FormatError> {
        let contents = match pfx::read_bounded(value.raw, self.passwords, &mut self.iterations) {
            Ok(contents) => contents,
            Err(error) if error.kind == PfxErrorKind::Password => {
                self.note(error.into(), &place.part("PKCS #12", 0));
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let (mut certificates, mut crls) = (0usize, 0usize);
        for object in &contents.objects {
            let name = if object.kind == Kind::Crl {
                crls += 1;
                format!("CRL {crls} in PKCS #12")
            } else {
                certificates += 1;
                format!("certificate {certificates} in PKCS #12")
            };
            let object_place = place.part(&name, object.offset);
            self.charge(object.octets.len())?;
            let properties = pfx_properties(&object.attributes);
            self.item(object.kind, &object.octets, properties, &object_place)?;
        }
        for (index, key) in contents.keys.iter().enumerate() {
            let name = match key.certificate {
                Some(certificate) => {
                    let before = contents.objects.iter().take(certificate + 1);
                    let number = before.filter(|object| object.kind == Kind::Certificate).count();
                    format!("key {} of certificate {number} in PKCS #12", index + 1)
                }
                None => format!("key {} in PKCS #12", index + 1),
            };
            let skipped = FormatErrorKind::NotOpened(Kind::PrivateKey);
            self.note(FormatError::new(skipped, key.offset), &place.part(&name, key.offset));
        }
        for problem in contents.problems {
            self.note(problem.into(), &place.part("PKCS #12", 0));
        }
        Ok(())
    }
}

/// What importing would make of a bag's attributes: the friendly name, and the extended properties
/// as they stand (PKCS12_INCLUDE_EXTENDED_PROPERTIES).
fn pfx_properties(attributes: &pfx::Attributes) -> Vec<RawProperty> {
    let name = attributes.friendly_name.as_ref().map(|name| RawProperty {
        id: property::FRIENDLY_NAME,
        value: name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect(),
    });
    name.into_iter().chain(attributes.properties.iter().cloned()).collect()
}
