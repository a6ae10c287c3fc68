//! The outer shape of PKCS #7 and CMS messages: which type, which content, which certificates and
//! CRLs travel along. Signatures are not this module's business.

use super::kind::{Kind, MessageType};
use crate::base::der::{self, DerErrorKind, Reader, Tlv, tag};
use crate::base::oid::{self, Oid};

/// ```asn1
/// ContentInfo ::= SEQUENCE {
///     contentType ContentType,
///     content     [0] EXPLICIT ANY DEFINED BY contentType OPTIONAL }
/// ```
/// (RFC 2315 section 7)
#[derive(Debug)]
pub(super) struct ContentInfo<'a> {
    content_type: &'a [u8],
    content: Option<Tlv<'a>>,
    offset: usize,
}

const TYPES: &[(&Oid, MessageType)] = &[
    (&oid::PKCS7_DATA, MessageType::Data),
    (&oid::PKCS7_SIGNED_DATA, MessageType::Signed),
    (&oid::PKCS7_ENVELOPED_DATA, MessageType::Enveloped),
    (&oid::PKCS7_SIGNED_ENVELOPED_DATA, MessageType::SignedAndEnveloped),
    (&oid::PKCS7_DIGESTED_DATA, MessageType::Digested),
    (&oid::PKCS7_ENCRYPTED_DATA, MessageType::Encrypted),
];

impl<'a> ContentInfo<'a> {
    /// Reads the outermost SEQUENCE.
    ///
    /// # Errors
    /// If it is no ContentInfo.
    pub(super) fn read(outer: &Tlv<'a>) -> der::Result<Self> {
        let mut reader = outer.reader();
        let content_type = reader.oid().map_err(|e| e.within("ContentInfo"))?;
        let content = match reader.optional(tag::context_constructed(0))? {
            Some(explicit) => explicit.reader().next()?,
            None => None,
        };
        Ok(Self { content_type, content, offset: outer.offset })
    }

    /// The type, if it is one of PKCS #7.
    pub(super) fn message_type(&self) -> Option<MessageType> {
        TYPES.iter().find(|(oid, _)| oid.as_octets() == self.content_type).map(|(_, kind)| *kind)
    }

    /// What is signed, as an OID's contents octets.
    ///
    /// # Errors
    /// If the content is no SignedData.
    pub(super) fn signed_content_type(&self) -> der::Result<&'a [u8]> {
        self.signed_data().map(|(content_type, _)| content_type)
    }

    /// The certificates and CRLs of a SignedData, in its order, each with its kind. What is neither
    /// (attribute certificates, other revocation information) comes as [`Kind::Unknown`].
    ///
    /// # Errors
    /// If the content is no SignedData. An error behind some objects comes after them.
    pub(super) fn objects(&self) -> der::Result<Vec<der::Result<(Kind, Tlv<'a>)>>> {
        let (_, mut reader) = self.signed_data()?;
        let mut objects = Vec::new();
        for (set_tag, kind) in [(0, Kind::Certificate), (1, Kind::Crl)] {
            let set = match reader.optional(tag::context_constructed(set_tag)) {
                Ok(Some(set)) => set,
                Ok(None) => continue,
                Err(error) => {
                    objects.push(Err(error));
                    break;
                }
            };
            let mut values = set.reader();
            loop {
                match values.next() {
                    Ok(Some(value)) if value.tag == tag::SEQUENCE => {
                        objects.push(Ok((kind, value)))
                    }
                    Ok(Some(value)) => objects.push(Ok((Kind::Unknown, value))),
                    Ok(None) => break,
                    Err(error) => {
                        objects.push(Err(error.within("SignedData")));
                        break;
                    }
                }
            }
        }
        Ok(objects)
    }

    /// The messages in the signers' unsigned attributes: further signatures and time stamps. What
    /// [`Self::objects`] has already failed at is not said again.
    ///
    /// # Errors
    /// If the content is no SignedData. An error behind some messages comes after them.
    pub(super) fn attached(&self) -> der::Result<Vec<der::Result<(Attached, Tlv<'a>)>>> {
        let (_, mut reader) = self.signed_data()?;
        let mut found = Vec::new();
        for set_tag in [0, 1] {
            if reader.optional(tag::context_constructed(set_tag)).is_err() {
                return Ok(found);
            }
        }
        if let Err(error) = attached_to_signers(&mut reader, &mut found) {
            found.push(Err(error.within("SignerInfo")));
        }
        Ok(found)
    }

    /// ```asn1
    /// SignedData ::= SEQUENCE {
    ///     version          INTEGER,
    ///     digestAlgorithms SET OF AlgorithmIdentifier,
    ///     contentInfo      ContentInfo,
    ///     certificates [0] IMPLICIT SET OPTIONAL,
    ///     crls         [1] IMPLICIT SET OPTIONAL,
    ///     signerInfos      SET OF SignerInfo }
    /// ```
    /// (RFC 2315 section 9.1) The content's type, and a reader that stands behind contentInfo.
    fn signed_data(&self) -> der::Result<(&'a [u8], Reader<'a>)> {
        let missing =
            || der::DerError::new(DerErrorKind::UnexpectedEnd, self.offset).within("ContentInfo");
        let read = |content: Tlv<'a>| {
            let mut reader = content.expect(tag::SEQUENCE)?.reader();
            reader.integer()?;
            reader.set()?;
            let content_type = reader.sequence()?.oid()?;
            Ok((content_type, reader))
        };
        let content = self.content.ok_or_else(missing)?;
        read(content).map_err(|error: der::DerError| error.within("SignedData"))
    }
}

/// What a message in an unsigned attribute is to the signature it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attached {
    /// szOID_NESTED_SIGNATURE: another signature over the same file.
    Signature,
    /// A time stamp of RFC 3161.
    TimeStamp,
}

/// ```asn1
/// SignerInfo ::= SEQUENCE { version, signer, digest algorithm, [0] signed attributes OPTIONAL,
///     signature algorithm, signature, unsignedAttrs [1] IMPLICIT SET OF Attribute OPTIONAL }
/// ```
/// (RFC 5652 section 5.3)
fn attached_to_signers<'a>(
    reader: &mut Reader<'a>,
    found: &mut Vec<der::Result<(Attached, Tlv<'a>)>>,
) -> der::Result<()> {
    const KINDS: [(&Oid, Attached); 3] = [
        (&oid::NESTED_SIGNATURE, Attached::Signature),
        (&oid::RFC3161_COUNTER_SIGNATURE, Attached::TimeStamp),
        (&oid::TIME_STAMP_TOKEN, Attached::TimeStamp),
    ];
    let Some(signers) = reader.next()? else { return Ok(()) };
    let mut signers = signers.expect(tag::SET)?.reader();
    while let Some(signer) = signers.next()? {
        let mut fields = signer.expect(tag::SEQUENCE)?.reader();
        while let Some(field) = fields.next()? {
            // only the last field may have this tag
            if field.tag != tag::context_constructed(1) {
                continue;
            }
            let mut attributes = field.reader();
            while !attributes.is_empty() {
                let mut attribute = attributes.sequence()?;
                let id = attribute.oid()?;
                let Some((_, kind)) = KINDS.iter().find(|(known, _)| known.as_octets() == id)
                else {
                    continue;
                };
                let mut values = attribute.set()?;
                while let Some(value) = values.next()? {
                    found.push(Ok((*kind, value)));
                }
            }
        }
    }
    Ok(())
}
