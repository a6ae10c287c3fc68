//! Distinguished names, and how Windows writes them (CertNameToStr).

use std::borrow::Cow;
use std::fmt;

use crate::base::der::{self, Reader, tag};
use crate::base::oid::{self, Oid};

/// A distinguished name.
///
/// ```asn1
/// Name ::= SEQUENCE OF SET OF SEQUENCE { type OBJECT IDENTIFIER, value ANY }
/// ```
///
/// RFC 5280, section 4.1.2.4. Two names are the same for CAPI2 exactly if their encodings are
/// (CertCompareCertificateName; documented and observed), so comparison is on [`Name::raw`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name<'a> {
    raw: &'a [u8],
}

/// One attribute of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameAttribute<'a> {
    /// Which RDN it belongs to, counted from 0 in the order of the encoding.
    pub rdn: usize,
    /// Contents octets of its type.
    pub kind: &'a [u8],
    /// Identifier octet of its value.
    pub tag: u8,
    /// Contents octets of its value.
    pub value: &'a [u8],
}

/// The forms of CertNameToStr.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameForm {
    /// CERT_SIMPLE_NAME_STR: values only.
    Simple,
    /// CERT_OID_NAME_STR: dotted types.
    Oid,
    /// CERT_X500_NAME_STR: `CN=`, `O=`, ...
    X500,
}

impl<'a> Name<'a> {
    /// A view of an encoded name, which need not be well formed.
    #[must_use]
    pub const fn new(raw: &'a [u8]) -> Self {
        Self { raw }
    }

    /// The encoding.
    #[must_use]
    pub const fn raw(self) -> &'a [u8] {
        self.raw
    }

    /// Whether the name has no attribute.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.raw.len() <= 2
    }

    /// The attributes in the order of the encoding.
    ///
    /// # Errors
    /// If the octets are no name.
    pub fn attributes(self) -> der::Result<Vec<NameAttribute<'a>>> {
        let mut attributes = Vec::new();
        let mut rdns = Reader::new(self.raw).sequence().map_err(|e| e.within("Name"))?;
        let mut rdn = 0;
        while !rdns.is_empty() {
            let mut set = rdns.set().map_err(|e| e.within("RelativeDistinguishedName"))?;
            while !set.is_empty() {
                let mut pair = set.sequence().map_err(|e| e.within("AttributeTypeAndValue"))?;
                let kind = pair.oid().map_err(|e| e.within("AttributeType"))?;
                let value = pair.any().map_err(|e| e.within("AttributeValue"))?;
                attributes.push(NameAttribute { rdn, kind, tag: value.tag, value: value.content });
            }
            rdn += 1;
        }
        Ok(attributes)
    }

    /// The values of every attribute of this type, as text, in the order of the encoding.
    #[must_use]
    pub fn values(self, kind: &Oid) -> Vec<String> {
        self.attributes()
            .unwrap_or_default()
            .iter()
            .filter(|attribute| attribute.kind == kind.as_octets())
            .filter_map(NameAttribute::text)
            .collect()
    }

    /// The text of the name as CertNameToStr writes it: RDNs in the order of the encoding, or the
    /// reverse of it (CERT_NAME_STR_REVERSE_FLAG, as certutil and the dialogs show names), values
    /// quoted where they need it (observed: 13 of wine-test-facts).
    #[must_use]
    pub fn to_text(self, form: NameForm, reverse: bool) -> String {
        let Ok(attributes) = self.attributes() else {
            return format!("(undecodable name {})", crate::base::digest::hex(self.raw));
        };
        let mut rdns: Vec<Vec<String>> = Vec::new();
        for attribute in &attributes {
            let value = attribute.text().map_or_else(
                || format!("#{}", crate::base::digest::hex(attribute.value)),
                |text| quote(&text).into_owned(),
            );
            let text = match form {
                NameForm::Simple => value,
                NameForm::Oid => format!("{}={value}", oid::dotted(attribute.kind)),
                NameForm::X500 => format!("{}={value}", x500_key(attribute.kind)),
            };
            if rdns.len() <= attribute.rdn {
                rdns.resize_with(attribute.rdn + 1, Vec::new);
            }
            if let Some(rdn) = rdns.get_mut(attribute.rdn) {
                rdn.push(text);
            }
        }
        if reverse {
            rdns.reverse();
        }
        let parts: Vec<String> = rdns.iter().map(|rdn| rdn.join(" + ")).collect();
        parts.join(", ")
    }

    /// The short name a person would call the holder by: CN, else OU, O, e-mail, else all of it
    /// (CERT_NAME_SIMPLE_DISPLAY_TYPE).
    #[must_use]
    pub fn display_name(self) -> String {
        for kind in [
            oid::COMMON_NAME,
            oid::ORGANIZATIONAL_UNIT_NAME,
            oid::ORGANIZATION_NAME,
            oid::EMAIL_ADDRESS,
        ] {
            if let Some(value) = self.values(&kind).pop() {
                return value;
            }
        }
        self.to_string()
    }
}

impl NameAttribute<'_> {
    /// The value as text. `None` if it is no string type, is malformed for its type, or holds a
    /// NUL that is not its last character: such a value is an opaque blob since MS09-056
    /// (documented), so that `good.example\0.evil.example` matches nothing.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        let mut text = decode_string(self.tag, self.value)?;
        if text.ends_with('\0') {
            text.pop();
        }
        (!text.contains('\0')).then_some(text)
    }
}

/// The text of an ASN.1 string value with this identifier octet. `None` if it is none.
///
/// CAPI2 does not check the character sets of the restricted types when it decodes (observed), so
/// neither does this: octets above 127 are taken as Latin-1.
#[must_use]
pub fn decode_string(string_tag: u8, octets: &[u8]) -> Option<String> {
    match string_tag {
        tag::UTF8_STRING => std::str::from_utf8(octets).ok().map(str::to_owned),
        tag::PRINTABLE_STRING
        | tag::IA5_STRING
        | tag::NUMERIC_STRING
        | tag::VISIBLE_STRING
        | tag::TELETEX_STRING => Some(octets.iter().copied().map(char::from).collect()),
        tag::BMP_STRING => {
            let (units, rest) = octets.as_chunks::<2>();
            let units = units.iter().map(|unit| u16::from_be_bytes(*unit));
            (rest.is_empty()).then(|| char::decode_utf16(units).collect::<Result<_, _>>().ok())?
        }
        tag::UNIVERSAL_STRING => {
            let (units, rest) = octets.as_chunks::<4>();
            let mut characters = units.iter().map(|unit| char::from_u32(u32::from_be_bytes(*unit)));
            (rest.is_empty()).then(|| characters.by_ref().collect::<Option<_>>())?
        }
        _ => None,
    }
}

fn quote(value: &str) -> Cow<'_, str> {
    let special = |c: char| matches!(c, ',' | '+' | '=' | '"' | '\n' | '<' | '>' | '#' | ';');
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_whitespace());
    if value.contains(special) || edge(value.chars().next()) || edge(value.chars().last()) {
        Cow::Owned(format!("\"{}\"", value.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(value)
    }
}

/// The keys of CERT_X500_NAME_STR (wincrypt.h and its documentation).
fn x500_key(kind: &[u8]) -> Cow<'static, str> {
    let known: [(Oid, &'static str); 23] = [
        (oid::COMMON_NAME, "CN"),
        (oid::ORGANIZATION_NAME, "O"),
        (oid::ORGANIZATIONAL_UNIT_NAME, "OU"),
        (oid::COUNTRY_NAME, "C"),
        (oid::LOCALITY_NAME, "L"),
        (oid::STATE_OR_PROVINCE_NAME, "S"),
        (oid::EMAIL_ADDRESS, "E"),
        (oid::DOMAIN_COMPONENT, "DC"),
        (oid::SERIAL_NUMBER, "SERIALNUMBER"),
        (oid::STREET_ADDRESS, "STREET"),
        (oid::TITLE, "T"),
        (oid::GIVEN_NAME, "G"),
        (oid::INITIALS, "I"),
        (oid::SURNAME, "SN"),
        (oid::POSTAL_CODE, "PostalCode"),
        (oid::TELEPHONE_NUMBER, "Phone"),
        (oid::DESCRIPTION, "Description"),
        (oid::BUSINESS_CATEGORY, "BusinessCategory"),
        (oid::DN_QUALIFIER, "dnQualifier"),
        (oid::UNSTRUCTURED_NAME, "OID.1.2.840.113549.1.9.2"),
        (oid::JURISDICTION_LOCALITY, "OID.1.3.6.1.4.1.311.60.2.1.1"),
        (oid::JURISDICTION_STATE, "OID.1.3.6.1.4.1.311.60.2.1.2"),
        (oid::JURISDICTION_COUNTRY, "OID.1.3.6.1.4.1.311.60.2.1.3"),
    ];
    known.iter().find(|(known, _)| known.as_octets() == kind).map_or_else(
        || Cow::Owned(format!("OID.{}", oid::dotted(kind))),
        |(_, key)| Cow::Borrowed(*key),
    )
}

impl fmt::Display for Name<'_> {
    /// The X.500 form, most specific attribute first, as Windows' dialogs have it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text(NameForm::X500, true))
    }
}

impl fmt::Debug for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let content = parts.concat();
        let mut octets = vec![tag, u8::try_from(content.len()).unwrap()];
        octets.extend(content);
        octets
    }

    fn attribute(kind: &Oid, string_tag: u8, value: &[u8]) -> Vec<u8> {
        tlv(0x30, &[&tlv(0x06, &[kind.as_octets()]), &tlv(string_tag, &[value])])
    }

    #[test]
    fn text_forms_follow_certnametostr() {
        let name = tlv(
            0x30,
            &[
                &tlv(0x31, &[&attribute(&oid::COUNTRY_NAME, 0x13, b"US")]),
                &tlv(
                    0x31,
                    &[
                        &attribute(&oid::ORGANIZATION_NAME, 0x0c, "Müller, Sohn".as_bytes()),
                        &attribute(&oid::COMMON_NAME, 0x1e, &[0, b'a', 0, b'"']),
                    ],
                ),
            ],
        );
        let name = Name::new(&name);
        assert_eq!(name.to_string(), "O=\"Müller, Sohn\" + CN=\"a\"\"\", C=US");
        assert_eq!(name.to_text(NameForm::Simple, false), "US, \"Müller, Sohn\" + \"a\"\"\"");
        assert!(name.to_text(NameForm::Oid, false).starts_with("2.5.4.6=US, 2.5.4.10="));
        assert_eq!(name.display_name(), "a\"");
    }

    #[test]
    fn an_embedded_nul_makes_a_value_opaque() {
        let bad = tlv(0x30, &[&tlv(0x31, &[&attribute(&oid::COMMON_NAME, 0x13, b"a\0b")])]);
        assert!(Name::new(&bad).values(&oid::COMMON_NAME).is_empty());
        let good = tlv(0x30, &[&tlv(0x31, &[&attribute(&oid::COMMON_NAME, 0x13, b"ab\0")])]);
        assert_eq!(Name::new(&good).values(&oid::COMMON_NAME), ["ab"]);
    }

    #[test]
    fn strings_of_each_type() {
        assert_eq!(decode_string(tag::UTF8_STRING, &[0xff]), None);
        assert_eq!(decode_string(tag::BMP_STRING, &[0]), None);
        assert_eq!(decode_string(tag::UNIVERSAL_STRING, &[0, 1, 0xf6, 0]).unwrap(), "😀");
        assert_eq!(decode_string(tag::TELETEX_STRING, &[0xfc]).unwrap(), "ü");
        assert_eq!(decode_string(tag::INTEGER, &[1]), None);
    }
}
