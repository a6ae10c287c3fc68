//! Extensions in words.

use super::{Extent, Field, name, octets};
use crate::base::der::{self, DerErrorKind, Reader, Tlv, tag};
use crate::base::digest::hex;
use crate::base::oid::{self, Oid};
use crate::base::time::Time;
use crate::object::certificate::RawExtension;
use crate::object::extension::{
    AuthorityKeyIdentifier, BasicConstraints, CertificateTemplate, CrossCertDistPoints,
    DistributionPoint, GeneralSubtree, KeyUsage, NameConstraints, PolicyConstraints,
    PolicyInformation, read_access_descriptions, read_oid_list, read_policy_mappings,
};
use crate::object::general_name::GeneralName;
use crate::object::name::{Name, decode_string};

/// An extension: its name and identifier, whether it is critical, and what it says.
#[must_use]
pub fn extension(raw: &RawExtension<'_>, extent: Extent) -> Field {
    let id = Oid::from_octets(raw.oid);
    let critical = if raw.critical { "critical" } else { "not critical" };
    let children = match value(&id, raw.value, raw.offset, extent) {
        Some(Ok(fields)) => fields,
        Some(Err(error)) => vec![
            Field::new("PROBLEM", format!("cannot be read: {error}")),
            Field::new("Octets", octets(raw.value, extent)),
        ],
        None => vec![Field::new("Octets", octets(raw.value, extent))],
    };
    Field::of(name::oid(&id), critical, children)
}

/// The value of an extension. `None` if its type is not known here.
pub(super) fn value(
    id: &Oid,
    value: &[u8],
    base: usize,
    extent: Extent,
) -> Option<der::Result<Vec<Field>>> {
    let is = |known: &Oid| known == id;
    let found = if is(&oid::BASIC_CONSTRAINTS) {
        BasicConstraints::read(value, base).map(basic_constraints)
    } else if is(&oid::OBSOLETE_BASIC_CONSTRAINTS) {
        BasicConstraints::read_obsolete(value, base).map(basic_constraints)
    } else if is(&oid::KEY_USAGE) {
        key_usage(value, base)
    } else if is(&oid::AUTHORITY_KEY_IDENTIFIER) || is(&oid::OBSOLETE_AUTHORITY_KEY_IDENTIFIER) {
        AuthorityKeyIdentifier::read(value, base).map(|found| authority_key_identifier(&found))
    } else if is(&oid::SUBJECT_KEY_IDENTIFIER) || is(&oid::CERTSRV_PREVIOUS_CERT_HASH) {
        let label = if is(&oid::SUBJECT_KEY_IDENTIFIER) { "Key Identifier" } else { "Hash" };
        let found = Reader::with_offset(value, base).octet_string();
        found.map(|octets| vec![Field::new(label, hex(&octets))])
    } else if is(&oid::EXT_KEY_USAGE) {
        read_oid_list(value, base).map(|found| oid_list("Usage", &found))
    } else if is(&oid::CERTIFICATE_POLICIES) || is(&oid::APPLICATION_CERT_POLICIES) {
        PolicyInformation::list(value, base).map(|found| policies(&found, extent))
    } else if is(&oid::POLICY_MAPPINGS) || is(&oid::APPLICATION_POLICY_MAPPINGS) {
        read_policy_mappings(value, base).map(|found| policy_mappings(&found))
    } else if is(&oid::POLICY_CONSTRAINTS) || is(&oid::APPLICATION_POLICY_CONSTRAINTS) {
        PolicyConstraints::read(value, base).map(policy_constraints)
    } else if is(&oid::NAME_CONSTRAINTS) {
        NameConstraints::read(value, base).map(|found| name_constraints(&found))
    } else if is_alternative_name(id) {
        let names = Reader::with_offset(value, base)
            .expect(tag::SEQUENCE)
            .and_then(|list| GeneralName::list(&list));
        names.map(|names| general_names(&names))
    } else if is(&oid::CRL_DISTRIBUTION_POINTS) || is(&oid::FRESHEST_CRL) || is(&oid::CRL_SELF_CDP)
    {
        DistributionPoint::list(value, base).map(|found| distribution_points(&found))
    } else if is(&oid::AUTHORITY_INFO_ACCESS) || is(&oid::SUBJECT_INFO_ACCESS) {
        read_access_descriptions(value, base).map(|found| access_descriptions(&found))
    } else {
        return microsoft(id, value, base).or_else(|| other(id, value, base, extent));
    };
    Some(found)
}

fn is_alternative_name(id: &Oid) -> bool {
    [
        oid::SUBJECT_ALT_NAME,
        oid::ISSUER_ALT_NAME,
        oid::OBSOLETE_SUBJECT_ALT_NAME,
        oid::OBSOLETE_ISSUER_ALT_NAME,
        oid::CERTIFICATE_ISSUER,
    ]
    .contains(id)
}

fn microsoft(id: &Oid, value: &[u8], base: usize) -> Option<der::Result<Vec<Field>>> {
    let is = |known: &Oid| known == id;
    let mut reader = Reader::with_offset(value, base);
    Some(if is(&oid::CERTIFICATE_TEMPLATE) {
        CertificateTemplate::read(value, base).map(|found| template(&found))
    } else if is(&oid::ENROLL_CERTTYPE) {
        any_text(&mut reader).map(|text| vec![Field::new("Template", text)])
    } else if is(&oid::CERTSRV_CA_VERSION) {
        // the certificate's index in the low 16 bits, the key's in the high ones
        reader.small_integer().map(|version| {
            let (key, certificate) = (version >> 16, version & 0xffff);
            vec![Field::new("CA Version", format!("V{certificate}.{key}"))]
        })
    } else if is(&oid::CROSS_CERT_DIST_POINTS) {
        CrossCertDistPoints::read(value, base).map(|found| cross_certificates(&found))
    } else if is(&oid::CRL_NEXT_PUBLISH) {
        reader
            .any()
            .and_then(|time| Time::from_tlv(&time))
            .map(|time| vec![Field::new("Next Publish", time.to_string())])
    } else if is(&oid::NTDS_CA_SECURITY) {
        reader.expect(tag::SEQUENCE).and_then(|list| object_sid(&list))
    } else {
        return None;
    })
}

fn other(id: &Oid, value: &[u8], base: usize, extent: Extent) -> Option<der::Result<Vec<Field>>> {
    let is = |known: &Oid| known == id;
    let mut reader = Reader::with_offset(value, base);
    Some(if is(&oid::INHIBIT_ANY_POLICY) {
        reader.small_integer().map(|skip| {
            vec![Field::new("Skip Certs", format!("{skip} certificates below may still use it"))]
        })
    } else if is(&oid::CRL_NUMBER) || is(&oid::DELTA_CRL_INDICATOR) || is(&oid::CRL_VIRTUAL_BASE) {
        let label = if is(&oid::CRL_NUMBER) { "CRL Number" } else { "Number of the base CRL" };
        reader.integer().map(|number| vec![Field::new(label, integer(number))])
    } else if is(&oid::OCSP_NOCHECK) {
        Ok(vec![Field::new("Meaning", "the signer's own revocation is not to be checked")])
    } else if is(&oid::NETSCAPE_CERT_TYPE) {
        reader.bit_string().map(|(_, bits)| netscape_type(bits.first().copied().unwrap_or(0)))
    } else if is(&oid::PRIVATE_KEY_USAGE_PERIOD) {
        reader.expect(tag::SEQUENCE).and_then(|period| usage_period(&period))
    } else if is(&oid::TLS_FEATURE) {
        reader.sequence().and_then(tls_features)
    } else if is(&oid::SCT_LIST) {
        reader.octet_string().map(|list| sct_list(&list))
    } else if is(&oid::CT_POISON) {
        Ok(vec![Field::new("Meaning", "a precertificate: not to be used as a certificate")])
    } else if is(&oid::QC_STATEMENTS) || is(&oid::SMIME_CAPABILITIES) {
        reader.sequence().and_then(|list| identified(list, extent))
    } else {
        return None;
    })
}

/// The value of an INTEGER in hexadecimal, as certutil writes numbers of CRLs.
pub(super) fn integer(octets: &[u8]) -> String {
    let digits = hex(octets);
    let short = digits.trim_start_matches('0');
    let short = if short.is_empty() { "0" } else { short };
    match u64::from_str_radix(short, 16) {
        Ok(number) => format!("{number} (0x{short})"),
        Err(_) => format!("0x{short}"),
    }
}

fn basic_constraints(found: BasicConstraints) -> Vec<Field> {
    let subject = if found.ca { "CA" } else { "End Entity" };
    let length = match found.path_len {
        Some(length) => format!("{length} (CA certificates that may follow)"),
        None => "None".to_owned(),
    };
    vec![Field::new("Subject Type", subject), Field::new("Path Length Constraint", length)]
}

/// The dialogs' words for the bits of keyUsage.
const KEY_USAGES: [&str; 9] = [
    "Digital Signature",
    "Non-Repudiation",
    "Key Encipherment",
    "Data Encipherment",
    "Key Agreement",
    "Certificate Signing",
    "CRL Signing",
    "Encipher Only",
    "Decipher Only",
];

fn key_usage(value: &[u8], base: usize) -> der::Result<Vec<Field>> {
    let usage = KeyUsage::read(value, base)?;
    let (_, bits) = Reader::with_offset(value, base).bit_string()?;
    let words: Vec<_> =
        (0u32..).zip(KEY_USAGES).filter(|(bit, _)| usage.bit(*bit)).map(|(_, word)| word).collect();
    let words = if words.is_empty() { "none".to_owned() } else { words.join(", ") };
    Ok(vec![Field::new("Key Usage", format!("{words} ({})", hex(bits)))])
}

fn authority_key_identifier(found: &AuthorityKeyIdentifier) -> Vec<Field> {
    let mut fields = Vec::new();
    if let Some(id) = &found.key_identifier {
        fields.push(Field::new("KeyID", hex(id)));
    }
    if let Some(issuer) = &found.issuer {
        fields.push(Field::new("Certificate Issuer", Name::new(issuer).to_string()));
    }
    if let Some(serial) = &found.serial_number {
        fields.push(Field::new("Certificate SerialNumber", hex(serial)));
    }
    if fields.is_empty() {
        fields.push(Field::new("KeyID", "none: the extension is empty"));
    }
    fields
}

/// Identifiers with their names.
pub(super) fn oid_list(label: &str, oids: &[Oid]) -> Vec<Field> {
    match oids {
        [] => vec![Field::new(label, "none: the list is empty")],
        oids => oids.iter().map(|id| Field::new(label, name::oid(id))).collect(),
    }
}

/// Policies with their qualifiers.
pub(super) fn policies(found: &[PolicyInformation], extent: Extent) -> Vec<Field> {
    let policy = |info: &PolicyInformation| {
        let qualifiers = info.qualifiers.iter().map(|(id, value)| qualifier(id, value, extent));
        Field::of("Policy Identifier", name::oid(&info.policy), qualifiers.collect())
    };
    found.iter().map(policy).collect()
}

fn qualifier(id: &Oid, value: &[u8], extent: Extent) -> Field {
    let text = match *id == oid::USER_NOTICE_QUALIFIER {
        true => user_notice(value),
        false => any_text(&mut Reader::new(value)).ok(),
    };
    Field::new(name::oid(id), text.unwrap_or_else(|| octets(value, extent)))
}

/// UserNotice ::= SEQUENCE { noticeRef OPTIONAL, explicitText DisplayText OPTIONAL }
fn user_notice(value: &[u8]) -> Option<String> {
    let mut fields = Reader::new(value).sequence().ok()?;
    let mut texts = Vec::new();
    while let Some(field) = fields.next().ok()? {
        if field.tag == tag::SEQUENCE {
            texts.extend(any_text(&mut field.reader()).ok());
        } else {
            texts.extend(decode_string(field.tag, field.content));
        }
    }
    Some(texts.join("; "))
}

fn any_text(reader: &mut Reader<'_>) -> der::Result<String> {
    let value = reader.any()?;
    decode_string(value.tag, value.content)
        .ok_or_else(|| value.error(DerErrorKind::Value("no text")))
}

fn policy_mappings(found: &[(Oid, Oid)]) -> Vec<Field> {
    let mapping = |(issuer, subject): &(Oid, Oid)| {
        Field::new("Issuer Domain", format!("{} = {}", name::oid(issuer), name::oid(subject)))
    };
    found.iter().map(mapping).collect()
}

fn policy_constraints(found: PolicyConstraints) -> Vec<Field> {
    let mut fields = Vec::new();
    let after = |skip: i64| format!("after {skip} certificates");
    if let Some(skip) = found.require_explicit_policy {
        fields.push(Field::new("Required Explicit Policy Skip Certs", after(skip)));
    }
    if let Some(skip) = found.inhibit_policy_mapping {
        fields.push(Field::new("Inhibit Policy Mapping Skip Certs", after(skip)));
    }
    fields
}

fn name_constraints(found: &NameConstraints) -> Vec<Field> {
    let subtree = |subtree: &GeneralSubtree| {
        let maximum = subtree.maximum.map_or_else(|| "Max".to_owned(), |max| max.to_string());
        let (label, value) = general_name(&subtree.base);
        let depth = match (subtree.minimum, subtree.maximum) {
            (0, None) => String::new(),
            (minimum, _) => format!(" (levels {minimum}..{maximum})"),
        };
        Field::new(label, format!("{value}{depth}"))
    };
    let list = |label: &str, subtrees: &[GeneralSubtree]| match subtrees {
        [] => Field::new(label, "None"),
        subtrees => Field::of(label, "", subtrees.iter().map(subtree).collect()),
    };
    vec![list("Permitted", &found.permitted), list("Excluded", &found.excluded)]
}

/// A name's kind, in the dialogs' words, and its value.
fn general_name(name: &GeneralName) -> (String, String) {
    if let Some(upn) = name.user_principal_name() {
        return ("Principal Name".to_owned(), upn);
    }
    let (label, value) = match name {
        GeneralName::OtherName { type_id, value } => {
            return (format!("Other Name {}", self::name::oid(type_id)), hex(value));
        }
        GeneralName::Rfc822Name(text) => ("RFC822 Name", text.clone()),
        GeneralName::DnsName(text) => ("DNS Name", text.clone()),
        GeneralName::X400Address(octets) => ("X400 Address", hex(octets)),
        GeneralName::DirectoryName(name) => ("Directory Address", Name::new(name).to_string()),
        GeneralName::EdiPartyName(octets) => ("EDI Party Name", hex(octets)),
        GeneralName::Uri(url) => ("URL", url.clone()),
        GeneralName::IpAddress(_) => {
            ("IP Address", name.to_string().trim_start_matches("IP:").to_owned())
        }
        GeneralName::RegisteredId(id) => ("Registered ID", self::name::oid(id)),
    };
    (label.to_owned(), value)
}

/// Names of any kind.
pub(super) fn general_names(names: &[GeneralName]) -> Vec<Field> {
    let field = |name: &GeneralName| {
        let (label, value) = general_name(name);
        Field::new(label, value)
    };
    names.iter().map(field).collect()
}

fn distribution_points(points: &[DistributionPoint]) -> Vec<Field> {
    let point = |(index, point): (usize, &DistributionPoint)| {
        let mut parts = general_names(&point.full_name);
        if let Some(relative) = &point.relative_name {
            parts.push(Field::new("Name relative to the issuer", hex(relative)));
        }
        if let Some(reasons) = &point.reasons {
            parts.push(Field::new("Reasons", reason_flags(reasons)));
        }
        if !point.crl_issuer.is_empty() {
            parts.push(Field::of("CRL Issuer", "", general_names(&point.crl_issuer)));
        }
        Field::of(format!("[{}] CRL Distribution Point", index + 1), "", parts)
    };
    points.iter().enumerate().map(point).collect()
}

/// ReasonFlags (RFC 5280, section 4.2.1.13) in the dialogs' words.
pub(super) fn reason_flags(bits: &[u8]) -> String {
    const REASONS: [&str; 9] = [
        "Unused",
        "Key Compromise",
        "CA Compromise",
        "Affiliation Changed",
        "Superseded",
        "Cessation of Operation",
        "Certificate Hold",
        "Privilege Withdrawn",
        "AA Compromise",
    ];
    let is_set =
        |bit: usize| bits.get(bit / 8).is_some_and(|octet| octet & (0x80 >> (bit % 8)) != 0);
    let set: Vec<_> =
        REASONS.iter().enumerate().filter(|(bit, _)| is_set(*bit)).map(|(_, name)| *name).collect();
    format!("{} ({})", set.join(", "), hex(bits))
}

fn access_descriptions(found: &[(Oid, GeneralName)]) -> Vec<Field> {
    let access = |(method, location): &(Oid, GeneralName)| {
        Field::of("Access Method", name::oid(method), general_names(std::slice::from_ref(location)))
    };
    found.iter().map(access).collect()
}

fn template(found: &CertificateTemplate) -> Vec<Field> {
    let mut fields = vec![Field::new("Template", name::oid(&found.template))];
    for (label, version) in [
        ("Major Version Number", found.major_version),
        ("Minor Version Number", found.minor_version),
    ] {
        fields.extend(version.map(|version| Field::new(label, version.to_string())));
    }
    fields
}

fn cross_certificates(found: &CrossCertDistPoints) -> Vec<Field> {
    let mut fields = Vec::new();
    if let Some(seconds) = found.sync_delta_time {
        fields.push(Field::new("Delta Sync Time", format!("{seconds} seconds")));
    }
    for (index, names) in found.points.iter().enumerate() {
        let label = format!("[{}] Distribution Point", index + 1);
        fields.push(Field::of(label, "", general_names(names)));
    }
    fields
}

/// The account's security identifier, in an otherName whose value is its text (documented,
/// KB5014754).
fn object_sid(list: &Tlv<'_>) -> der::Result<Vec<Field>> {
    let field = |name: &GeneralName| match name {
        GeneralName::OtherName { type_id, value } if *type_id == oid::NTDS_OBJECTSID => {
            let value = Reader::new(value).octet_string().unwrap_or_default();
            Field::new("Object SID", String::from_utf8_lossy(&value))
        }
        name => {
            let (label, value) = general_name(name);
            Field::new(label, value)
        }
    };
    Ok(GeneralName::list(list)?.iter().map(field).collect())
}

fn netscape_type(bits: u8) -> Vec<Field> {
    const TYPES: [&str; 8] = [
        "SSL Client Authentication",
        "SSL Server Authentication",
        "SMIME",
        "Signature",
        "Reserved",
        "SSL CA",
        "SMIME CA",
        "Signature CA",
    ];
    let set: Vec<_> = (0..).zip(TYPES).filter(|(n, _)| bits & (0x80 >> n) != 0).collect();
    let set: Vec<_> = set.into_iter().map(|(_, name)| name).collect();
    vec![Field::new("Type", format!("{} ({bits:02x})", set.join(", ")))]
}

/// PrivateKeyUsagePeriod ::= SEQUENCE { notBefore [0] GeneralizedTime OPTIONAL, notAfter [1] ... }
fn usage_period(period: &Tlv<'_>) -> der::Result<Vec<Field>> {
    let mut fields = Vec::new();
    let mut reader = period.reader();
    while let Some(time) = reader.next()? {
        let label = if time.tag == 0x80 { "NotBefore" } else { "NotAfter" };
        let text = String::from_utf8_lossy(time.content).into_owned();
        let length = u8::try_from(time.content.len()).unwrap_or(0);
        let explicit = [&[tag::GENERALIZED_TIME, length], time.content].concat();
        let read = Reader::new(&explicit).any().and_then(|time| Time::from_tlv(&time));
        let text = read.map_or(text, |time| time.to_string());
        fields.push(Field::new(label, text));
    }
    Ok(fields)
}

/// TLS extensions that a server must answer with (RFC 7633).
fn tls_features(mut list: Reader<'_>) -> der::Result<Vec<Field>> {
    let mut fields = Vec::new();
    while !list.is_empty() {
        let meaning = match list.small_integer()? {
            5 => "status_request (5): a stapled OCSP response is demanded".to_owned(),
            17 => "status_request_v2 (17): stapled OCSP responses are demanded".to_owned(),
            other => format!("TLS extension {other}"),
        };
        fields.push(Field::new("Feature", meaning));
    }
    Ok(fields)
}

/// SignedCertificateTimestampList (RFC 6962, section 3.3): lengths of two octets, then version,
/// log identifier of 32 octets and milliseconds since 1970.
fn sct_list(list: &[u8]) -> Vec<Field> {
    let mut fields = Vec::new();
    let mut rest = list.get(2..).unwrap_or_default();
    while let Some((length, tail)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length));
        let Some((sct, behind)) = tail.split_at_checked(length) else {
            fields.push(Field::new("PROBLEM", "a timestamp is cut short"));
            break;
        };
        rest = behind;
        let log = sct.get(1..33).map(hex).unwrap_or_default();
        let time = sct.get(33..41).and_then(|field| field.try_into().ok()).map(u64::from_be_bytes);
        let time = time.and_then(|milliseconds| i64::try_from(milliseconds / 1000).ok());
        let time = time.map_or_else(String::new, |seconds| Time::from_unix(seconds).to_string());
        fields.push(Field::of("Timestamp", time, vec![Field::new("Log ID", log)]));
    }
    fields
}

/// A SEQUENCE OF SEQUENCE { OBJECT IDENTIFIER, ANY }: statements, capabilities.
fn identified(mut list: Reader<'_>, extent: Extent) -> der::Result<Vec<Field>> {
    let mut fields = Vec::new();
    while !list.is_empty() {
        let mut entry = list.sequence()?;
        let id = Oid::from_octets(entry.oid()?);
        let value = octets(entry.rest(), extent);
        fields.push(Field::new(name::oid(&id), value));
    }
    Ok(fields)
}
