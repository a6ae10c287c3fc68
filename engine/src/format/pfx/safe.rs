//! The bags of a PKCS #12 file.

use super::cipher::Encryption;
use super::error::{PfxError, PfxErrorKind};
use super::{Attributes, MAX_SAFE_DEPTH, PfxContents, PfxKey, PfxObject};
use crate::base::der::{self, Reader, Tlv, tag};
use crate::base::oid::{self, Oid};
use crate::format::RawProperty;
use crate::format::kind::Kind;

/// Reads SafeContents into `contents`. What stands in a bag and cannot be read is a problem there.
///
/// ```asn1
/// SafeContents ::= SEQUENCE OF SafeBag
/// ```
/// (RFC 7292 section 4.2)
///
/// # Errors
/// The SEQUENCE is malformed; bags before that place are kept.
pub(super) fn read(
    octets: &[u8],
    number: usize,
    contents: &mut PfxContents,
) -> Result<(), PfxError> {
    let mut safe = SafeReader { number, contents, depth: 0 };
    safe.bags(Reader::new(octets))
}

struct SafeReader<'c> {
    number: usize,
    contents: &'c mut PfxContents,
    depth: usize,
}

/// What a bag holds, by its bagId.
struct Bag<'a> {
    offset: usize,
    value: Tlv<'a>,
    attributes: Attributes,
}

impl SafeReader<'_> {
    fn bags(&mut self, mut reader: Reader<'_>) -> Result<(), PfxError> {
        let mut bags = reader.sequence().map_err(|e| e.within("SafeContents"))?;
        while let Some(bag) = bags.next().map_err(|e| e.within("SafeContents"))? {
            if let Err(error) = self.bag(&bag) {
                self.contents.problems.push(error.within("SafeBag").in_safe(self.number));
            }
        }
        Ok(())
    }

    /// ```asn1
    /// SafeBag ::= SEQUENCE {
    ///     bagId         OBJECT IDENTIFIER,
    ///     bagValue      [0] EXPLICIT ANY DEFINED BY bagId,
    ///     bagAttributes SET OF PKCS12Attribute OPTIONAL }
    /// ```
    fn bag(&mut self, bag: &Tlv<'_>) -> Result<(), PfxError> {
        let mut fields = bag.expect(tag::SEQUENCE)?.reader();
        let id = fields.oid()?;
        let value = fields.expect(tag::context_constructed(0))?.reader().any()?;
        let attributes = match fields.next()? {
            Some(set) => self.attributes(&set),
            None => Attributes::default(),
        };
        let bag = Bag { offset: bag.offset, value, attributes };
        let is = |known: &Oid| id == known.as_octets();
        match () {
            () if is(&oid::PKCS12_CERT_BAG) => self.object(bag, Kind::Certificate),
            () if is(&oid::PKCS12_CRL_BAG) => self.object(bag, Kind::Crl),
            () if is(&oid::PKCS12_KEY_BAG) => self.key(bag, false),
            () if is(&oid::PKCS12_SHROUDED_KEY_BAG) => self.key(bag, true),
            () if is(&oid::PKCS12_SAFE_CONTENTS_BAG) => self.nested(&bag),
            () if is(&oid::PKCS12_SECRET_BAG) => {
                Err(PfxError::new(PfxErrorKind::Unsupported("a secret is not read"), bag.offset))
            }
            () => {
                let what = "a bag of a kind that is not known here";
                Err(PfxError::new(PfxErrorKind::Unsupported(what), bag.offset))
            }
        }
    }

    fn nested(&mut self, bag: &Bag<'_>) -> Result<(), PfxError> {
        if self.depth >= MAX_SAFE_DEPTH {
            let what = "SafeContents nest deeper than MAX_SAFE_DEPTH";
            return Err(PfxError::new(PfxErrorKind::Unsupported(what), bag.offset));
        }
        self.depth += 1;
        let result = self.bags(Reader::with_offset(bag.value.raw, bag.value.offset));
        self.depth -= 1;
        result
    }

    /// ```asn1
    /// CertBag ::= SEQUENCE {
    ///     certId    OBJECT IDENTIFIER,
    ///     certValue [0] EXPLICIT ANY DEFINED BY certId }
    /// CRLBag ::= the same with crlId and crlValue
    /// ```
    fn object(&mut self, bag: Bag<'_>, kind: Kind) -> Result<(), PfxError> {
        let mut fields = bag.value.expect(tag::SEQUENCE)?.reader();
        let id = fields.oid()?;
        let known = match kind {
            Kind::Crl => oid::X509_CRL_BAG,
            _ => oid::X509_CERTIFICATE_BAG,
        };
        if id != known.as_octets() {
            let what = "a certificate or CRL that is not of X.509";
            return Err(PfxError::new(PfxErrorKind::Unsupported(what), bag.offset));
        }
        let value = fields.expect(tag::context_constructed(0))?.reader().any()?;
        let octets = value.string_octets(tag::OCTET_STRING)?.into_owned();
        self.contents.objects.push(PfxObject {
            kind,
            octets,
            attributes: bag.attributes,
            safe: self.number,
            offset: value.content_offset(),
        });
        Ok(())
    }

    fn key(&mut self, bag: Bag<'_>, is_shrouded: bool) -> Result<(), PfxError> {
        // EncryptedPrivateKeyInfo ::= SEQUENCE { AlgorithmIdentifier, OCTET STRING }
        let algorithm = match is_shrouded {
            true => Some(bag.value.expect(tag::SEQUENCE)?.reader().expect(tag::SEQUENCE)?),
            false => None,
        };
        self.contents.keys.push(PfxKey {
            encryption: algorithm.and_then(|algorithm| Encryption::read(&algorithm).ok()),
            is_shrouded,
            attributes: bag.attributes,
            safe: self.number,
            offset: bag.offset,
            certificate: None,
        });
        Ok(())
    }

    /// ```asn1
    /// PKCS12Attribute ::= SEQUENCE { attrId OBJECT IDENTIFIER, attrValues SET OF ANY }
    /// ```
    /// An attribute that cannot be read is a problem; the bag is read all the same.
    fn attributes(&mut self, set: &Tlv<'_>) -> Attributes {
        let mut attributes = Attributes::default();
        let mut reader = set.reader();
        loop {
            let read = match reader.next() {
                Ok(Some(value)) => attribute(&value, &mut attributes),
                Ok(None) => return attributes,
                Err(error) => {
                    let error = PfxError::from(error.within("bagAttributes"));
                    self.contents.problems.push(error.in_safe(self.number));
                    return attributes;
                }
            };
            if let Err(error) = read {
                let error = PfxError::from(error.within("bagAttributes"));
                self.contents.problems.push(error.in_safe(self.number));
            }
        }
    }
}

fn attribute(value: &Tlv<'_>, attributes: &mut Attributes) -> der::Result<()> {
    let mut fields = value.expect(tag::SEQUENCE)?.reader();
    let kind = fields.oid()?;
    let set = fields.expect(tag::SET)?;
    let mut values = set.reader();
    let is = |known: &Oid| kind == known.as_octets();
    match () {
        () if is(&oid::FRIENDLY_NAME) => attributes.friendly_name = Some(bmp_string(&mut values)?),
        () if is(&oid::KEY_PROVIDER_NAME) => {
            attributes.key_provider_name = Some(bmp_string(&mut values)?);
        }
        () if is(&oid::LOCAL_KEY_ID) => {
            attributes.local_key_id = Some(values.octet_string()?.into_owned());
        }
        () if is(&oid::LOCAL_MACHINE_KEYSET) => attributes.is_machine_key = true,
        () => match property_id(kind) {
            Some(id) => {
                let value = values.octet_string()?.into_owned();
                attributes.properties.push(RawProperty { id, value });
            }
            None => attributes.other.push((Oid::from_octets(kind), set.raw.to_vec())),
        },
    }
    Ok(())
}

fn bmp_string(values: &mut Reader<'_>) -> der::Result<String> {
    let value = values.expect(tag::BMP_STRING)?;
    let (units, rest) = value.content.as_chunks::<2>();
    let units = units.iter().map(|unit| u16::from_be_bytes(*unit));
    let text = char::decode_utf16(units).collect::<Result<String, _>>();
    let wrong = value.error(der::DerErrorKind::Value("not a BMPString"));
    text.ok().filter(|_| rest.is_empty()).ok_or(wrong)
}

/// The number behind szOID_CERT_PROP_ID_PREFIX.
fn property_id(kind: &[u8]) -> Option<u32> {
    let arcs = kind.strip_prefix(oid::CERT_PROP_ID_PREFIX.as_octets())?;
    let (last, first) = arcs.split_last()?;
    let mut id = 0u32;
    for octet in first {
        let digit = octet.checked_sub(0x80)?;
        id = id.checked_mul(128)? | u32::from(digit);
    }
    (last & 0x80 == 0).then_some(())?;
    Some(id.checked_mul(128)? | u32::from(*last))
}
