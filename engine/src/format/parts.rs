//! Opening the containers that have readers of their own: what is in them becomes items and notes.

use std::ops::ControlFlow;

use super::cabinet::Cabinet;
use super::collection::{self, CollectionLimits, Found, MemberPath};
use super::compound_file::CompoundFile;
use super::error::{FormatError, FormatErrorKind};
use super::kind::Kind;
use super::octets::{size, slice_at, u32_at};
use super::pfx::{self, PfxErrorKind};
use super::pkcs7::Attached;
use super::{Opener, Place, RawProperty, certutil_text, detect, efs_blob, is_der, pe, text};
use crate::base::der::{self, Reader, Tlv, tag};
use crate::base::digest::sha1;
use crate::base::oid;
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

    /// The messages beside a signature: further signatures, time stamps.
    pub(super) fn attached_messages(
        &mut self,
        attached: Vec<der::Result<(Attached, Tlv<'_>)>>,
        place: &Place,
    ) {
        let (mut signatures, mut stamps) = (0usize, 0usize);
        for message in attached {
            let (kind, message) = match message {
                Ok(found) => found,
                Err(error) => {
                    self.note(error.into(), &place.part("PKCS #7", 0));
                    return;
                }
            };
            let name = if kind == Attached::Signature {
                signatures += 1;
                format!("nested signature {signatures}")
            } else {
                stamps += 1;
                format!("time stamp {stamps}")
            };
            self.nested(message.raw, &place.part(&name, message.offset).companion());
        }
    }

    /// The response, and the certificates that travel in it (RFC 6960, section 4.2.1).
    pub(super) fn ocsp_response(
        &mut self,
        value: &Tlv<'_>,
        place: &Place,
    ) -> Result<(), FormatError> {
        self.item(Kind::OcspResponse, value.raw, Vec::new(), place)?;
        let octets = match basic_response(value) {
            Ok(Some((octets, offset))) => (octets, offset),
            Ok(None) => return Ok(()),
            Err(error) => {
                self.note(error.within("OCSPResponse").into(), place);
                return Ok(());
            }
        };
        let (octets, offset) = octets;
        if let Err(error) = self.responder_certificates(&octets, offset, place) {
            self.note(error, place);
        }
        Ok(())
    }

    /// ```asn1
    /// BasicOCSPResponse ::= SEQUENCE {
    ///     tbsResponseData, signatureAlgorithm, signature,
    ///     certs [0] EXPLICIT SEQUENCE OF Certificate OPTIONAL }
    /// ```
    fn responder_certificates(
        &mut self,
        octets: &[u8],
        offset: usize,
        place: &Place,
    ) -> Result<(), FormatError> {
        let read = |error: der::DerError| error.within("BasicOCSPResponse");
        let mut fields = Reader::with_offset(octets, offset).sequence().map_err(read)?;
        for field in [tag::SEQUENCE, tag::SEQUENCE, tag::BIT_STRING] {
            fields.expect(field).map_err(read)?;
        }
        let certificates = fields.optional(tag::context_constructed(0)).map_err(read)?;
        let Some(certificates) = certificates else { return Ok(()) };
        let mut certificates = certificates.reader().sequence().map_err(read)?;
        let mut number = 0usize;
        while let Some(certificate) = certificates.next().map_err(read)? {
            number += 1;
            let name = format!("certificate {number} in OCSP response");
            let certificate_place = place.part(&name, certificate.offset).companion();
            self.item(Kind::Certificate, certificate.raw, Vec::new(), &certificate_place)?;
        }
        Ok(())
    }

    /// Both certificates of a pair, whichever there are.
    pub(super) fn certificate_pair(
        &mut self,
        value: &Tlv<'_>,
        place: &Place,
    ) -> Result<(), FormatError> {
        let mut fields = value.reader();
        for (number, name) in [(0, "issued to this CA"), (1, "issued by this CA")] {
            if let Some(explicit) = fields.optional(tag::context_constructed(number))? {
                let certificate = explicit.reader().expect(tag::SEQUENCE)?;
                let name = format!("certificate {name} in certificate pair");
                let certificate_place = place.part(&name, certificate.offset);
                self.item(Kind::Certificate, certificate.raw, Vec::new(), &certificate_place)?;
            }
        }
        Ok(())
    }

    /// The token of a time-stamp response.
    pub(super) fn time_stamp_response(
        &mut self,
        value: &Tlv<'_>,
        place: &Place,
    ) -> Result<(), FormatError> {
        let mut fields = value.reader();
        fields.expect(tag::SEQUENCE)?;
        match fields.next()? {
            Some(token) => {
                let token_place = place.part("token in time-stamp response", token.offset);
                self.nested(token.raw, &token_place.companion());
            }
            None => {
                let kind = FormatErrorKind::NotRead("a time-stamp response without a token");
                self.note(FormatError::new(kind, value.offset), place);
            }
        }
        Ok(())
    }

    /// A signature at the end of something, with the zeros that pad it.
    fn padded_signature(&mut self, octets: &[u8], place: &Place) {
        let message = Reader::new(octets).any().map_or(octets, |value| value.raw);
        self.nested(message, &place.companion());
    }

    pub(super) fn pe(&mut self, octets: &[u8], place: &Place) -> Result<(), FormatError> {
        let (entries, problem) = pe::certificate_table(octets)?;
        for (index, entry) in entries.iter().enumerate() {
            let name = format!("signature {} in PE file", index + 1);
            let entry_place = place.part(&name, entry.offset);
            if entry.certificate_type == pe::TYPE_PKCS_SIGNED_DATA {
                self.padded_signature(entry.octets, &entry_place);
            } else {
                let what = "an entry of the certificate table that is no PKCS #7 signature";
                let kind = FormatErrorKind::NotRead(what);
                self.note(FormatError::new(kind, entry.offset), &entry_place);
            }
        }
        if let Some(problem) = problem {
            self.note(problem, &place.part("PE file", 0));
        }
        Ok(())
    }

    /// An Authenticode signature behind a cabinet, and what else is behind it.
    ///
    /// The header's reserve has 20 octets then: 0x00100000, the signature's offset and length, and
    /// eight more (observed: every signed cabinet of Windows Update).
    pub(super) fn cabinet_signature(
        &mut self,
        cabinet: &Cabinet<'_>,
        octets: &[u8],
        place: &Place,
    ) {
        const MARK: u32 = 0x0010_0000;
        let trailing = cabinet.trailing().len();
        let end = octets.len() - trailing;
        let field = |index: usize| u32_at(cabinet.header_reserve, 4 * index);
        let (offset, length) = match (field(0), field(1).map(size), field(2).map(size)) {
            (Some(MARK), Some(offset), Some(length)) if length > 0 => (offset, length),
            _ => return self.trailing(trailing, end, place),
        };
        let signature_place = place.part("signature in cabinet", offset);
        let Some(signature) = slice_at(octets, offset, length) else {
            let kind = FormatErrorKind::Malformed("the signature lies outside the file");
            self.note(FormatError::new(kind, offset), &signature_place);
            return self.trailing(trailing, end, place);
        };
        self.padded_signature(signature, &signature_place);
        let behind = octets.len().saturating_sub(offset.saturating_add(length));
        let (length, offset) = match offset == end {
            true => (behind, octets.len() - behind),
            false => (trailing, end),
        };
        self.trailing(length, offset, place);
    }

    /// The signature of an installer package, and certificates that are streams of their own
    /// (table MsiDigitalCertificate).
    pub(super) fn compound_file(
        &mut self,
        octets: &[u8],
        place: &Place,
    ) -> Result<(), FormatError> {
        const SIGNATURE: &str = "\u{5}DigitalSignature";
        const METADATA_DIGEST: &str = "\u{5}MsiDigitalSignatureEx";
        /// No certificate is longer; other streams are left alone.
        const LONGEST_CERTIFICATE: u64 = 65_536;
        let file = CompoundFile::parse(octets)?;
        for stream in file.streams() {
            let name = format!("stream {} in compound file", stream.installer_name());
            let stream_place = place.part(&name, stream.offset);
            if stream.name == METADATA_DIGEST {
                let what = "the digest of the package's metadata is not checked here";
                let kind = FormatErrorKind::NotRead(what);
                self.note(FormatError::new(kind, stream.offset), &stream_place);
                continue;
            }
            let is_signature = stream.name == SIGNATURE;
            if !is_signature && stream.length > LONGEST_CERTIFICATE {
                continue;
            }
            self.charge(usize::try_from(stream.length).unwrap_or(usize::MAX).min(octets.len()))?;
            match file.read(stream, usize::MAX) {
                Ok(content) if is_signature => self.padded_signature(&content, &stream_place),
                Ok(content) if is_der(detect(&content)) => self.nested(&content, &stream_place),
                Ok(_) => {}
                Err(problem) => self.note(problem, &stream_place),
            }
        }
        for problem in file.problems() {
            self.note(problem.clone(), &place.part("compound file", 0));
        }
        Ok(())
    }

    /// The signatures of an AppX package or a Java archive. Other members stay closed here; a
    /// collection is walked by [`collection`].
    pub(super) fn zip(&mut self, octets: &[u8], place: &Place) -> Result<(), FormatError> {
        let limits = CollectionLimits {
            max_member: self.limits.max_decompressed,
            max_members: self.limits.max_items,
            max_depth: 0,
            ..CollectionLimits::default()
        };
        let mut has_signature = false;
        let path = MemberPath::new("");
        // nothing breaks the walk off
        let _: ControlFlow<()> =
            collection::for_each_member(&path, octets, &limits, &mut |found| {
                match found {
                    Found::Member(member) => {
                        let name = member.path.parts().join("/");
                        if is_signature_name(&name) {
                            has_signature = true;
                            let member_place = place.part(&format!("{name} in zip archive"), 0);
                            if let Some(damage) = member.damage {
                                self.note(damage, &member_place);
                            }
                            self.nested(member.octets, &member_place.companion());
                        }
                    }
                    Found::Problem(path, problem) => {
                        let name = path.parts().join("/");
                        self.note(problem, &place.part(&format!("{name} in zip archive"), 0));
                    }
                }
                ControlFlow::Continue(())
            });
        if !has_signature {
            self.note(FormatError::new(FormatErrorKind::NotOpened(Kind::Zip), 0), place);
        }
        Ok(())
    }

    /// The certificates of EFS recovery agents.
    pub(super) fn efs_blob(&mut self, octets: &[u8], place: &Place) -> Result<(), FormatError> {
        let (keys, problem, end) = efs_blob::read(octets);
        for (index, key) in keys.iter().enumerate() {
            let name = format!("key {} in EFS blob", index + 1);
            self.nested(key.certificate, &place.part(&name, key.offset));
        }
        if let Some(problem) = problem {
            self.note(problem, &place.part("EFS blob", 0));
        }
        self.trailing(octets.len().saturating_sub(end), end, place);
        Ok(())
    }

    /// The objects whose octets a certutil text has, and the digests of those whose it has not.
    pub(super) fn certutil_text(
        &mut self,
        octets: &[u8],
        place: &Place,
    ) -> Result<(), FormatError> {
        let before = self.contents.items.len();
        if text::has_armour(octets) {
            self.pem(octets, place)?;
        }
        let found = certutil_text::read(octets);
        for dump in &found.dumps {
            // most dumps are fields of an object, and none of their own
            if is_whole_object(detect::detect_der(&dump.octets)) {
                self.decoded(&dump.octets, &place.part("hexadecimal dump", dump.offset))?;
            }
        }
        let items = self.contents.items.iter().skip(before);
        let given: std::collections::HashSet<_> = items.map(|item| sha1(&item.octets)).collect();
        for entry in &found.entries {
            let kind = match entry.sha1 {
                Some(sha1) if given.contains(&sha1) => continue,
                Some(sha1) => FormatErrorKind::OnlyHash(sha1),
                None => FormatErrorKind::NotRead("no SHA-1 is printed, nor its octets"),
            };
            let title = if entry.title.is_empty() { "object" } else { &entry.title };
            let name = match &entry.store {
                Some(store) => format!("{title} in store {store}"),
                None => title.to_owned(),
            };
            self.note(FormatError::new(kind, entry.offset), &place.part(&name, entry.offset));
        }
        for failure in &found.failures {
            let kind = FormatErrorKind::CommandFailed(failure.code);
            self.note(FormatError::new(kind, failure.offset), &place.part("certutil text", 0));
        }
        if found.is_cut {
            return Err(super::too_large(super::Limit::MaxItems));
        }
        Ok(())
    }
}

/// The octets of a BasicOCSPResponse, and where they begin; none if the response has none or is of
/// another type.
fn basic_response<'a>(value: &Tlv<'a>) -> der::Result<Option<(std::borrow::Cow<'a, [u8]>, usize)>> {
    let mut fields = value.reader();
    fields.expect(tag::ENUMERATED)?;
    let Some(explicit) = fields.optional(tag::context_constructed(0))? else { return Ok(None) };
    let mut bytes = explicit.reader().sequence()?;
    if bytes.oid()? != oid::OCSP_BASIC.as_octets() {
        return Ok(None);
    }
    let response = bytes.any()?;
    Ok(Some((response.string_octets(tag::OCTET_STRING)?, response.content_offset())))
}

/// `AppxSignature.p7x`, or the signature block of a Java archive.
fn is_signature_name(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let is_block = |end: &&str| upper.starts_with("META-INF/") && upper.ends_with(end);
    upper == "APPXSIGNATURE.P7X" || [".RSA", ".DSA", ".EC"].iter().any(is_block)
}

/// Whether certutil prints such a thing as a whole, rather than as a field of another.
fn is_whole_object(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Certificate
            | Kind::Crl
            | Kind::CertificateTrustList
            | Kind::SignedData
            | Kind::CertificateRequest
            | Kind::OcspResponse
    )
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

#[cfg(test)]
mod tests;
