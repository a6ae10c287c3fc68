//! Name constraints (reference, chain-engine 7.7; windows-facts 6).
//!
//! The marks stand on the CA that carries the constraint, not on the certificate that breaks it
//! (observed).

use std::cell::OnceCell;

use super::Findings;
use crate::base::oid;
use crate::chain::issuer::Sources;
use crate::chain::path::{Path, PathElement};
use crate::chain::status::{TrustError, TrustInfo};
use crate::chain::work::MAX_COMPARISONS;
use crate::object::certificate::Certificate;
use crate::object::extension::{GeneralSubtree, NameConstraints};
use crate::object::general_name::GeneralName;
use crate::object::name::Name;

const RULE: &str = "chain-engine 7.7, windows-facts 6 (observed)";

/// How many times longer two directory names take than two texts of the same length: they are read.
const DIRECTORY_COST: usize = 16;

/// Checks every CA's constraints against the names below it.
pub(super) fn check(sources: &Sources<'_>, path: &Path, findings: &mut Findings) {
    if !path.elements.iter().skip(1).any(is_constraining) {
        return;
    }
    // the names of a certificate are gathered once for all the CAs above it
    let names: Vec<OnceCell<Result<Vec<GeneralName>, String>>> =
        path.elements.iter().map(|_| OnceCell::new()).collect();
    for (index, element) in path.elements.iter().enumerate().skip(1) {
        let extensions = element.context.certificate().extensions();
        let Some(decoded) = &extensions.name_constraints else { continue };
        let constraints = match &decoded.value {
            Ok(constraints) => constraints,
            Err(error) => {
                let bits = TrustError::INVALID_NAME_CONSTRAINTS | TrustError::INVALID_EXTENSION;
                findings.error(index, bits, RULE, || error.to_string());
                continue;
            }
        };
        let mut judge = Judge { sources, constraints, names: &names, found: Vec::new() };
        judge.check_support();
        judge.check_names(path, index);
        if judge.found.is_empty() {
            findings.info(index, TrustInfo::HAS_VALID_NAME_CONSTRAINTS);
        }
        for (bits, what) in std::mem::take(&mut judge.found) {
            findings.error(index, bits, RULE, || what);
        }
    }
    // the good news rises to the chain if every constraining element has it
    let elements = path.elements.iter().enumerate().skip(1);
    let constraining = elements.filter(|(_, element)| is_constraining(element));
    let mut any = false;
    let all = constraining.fold(true, |all, (index, _)| {
        any = true;
        all && findings
            .elements
            .get(index)
            .is_some_and(|found| found.status.info.contains(TrustInfo::HAS_VALID_NAME_CONSTRAINTS))
    });
    if any && all {
        findings.chain_info |= TrustInfo::HAS_VALID_NAME_CONSTRAINTS;
    }
}

fn is_constraining(element: &PathElement) -> bool {
    element.context.certificate().extensions().name_constraints.is_some()
}

struct Judge<'a> {
    sources: &'a Sources<'a>,
    constraints: &'a NameConstraints,
    names: &'a [OnceCell<Result<Vec<GeneralName>, String>>],
    found: Vec<(TrustError, String)>,
}

impl Judge<'_> {
    fn report(&mut self, bits: TrustError, what: String) {
        if !self.found.iter().any(|(known, _)| *known == bits) {
            self.found.push((bits, what));
        }
    }

    /// minimum, maximum and unsupported forms (documented in CERT_TRUST_STATUS).
    fn check_support(&mut self) {
        let constraints = self.constraints;
        for subtree in constraints.permitted.iter().chain(&constraints.excluded) {
            if subtree.minimum != 0 || subtree.maximum.is_some() {
                self.report(
                    TrustError::HAS_NOT_SUPPORTED_NAME_CONSTRAINT,
                    format!("the constraint {} has a minimum or maximum", subtree.base),
                );
            }
            if Form::of(&subtree.base).is_none() {
                self.report(
                    TrustError::HAS_NOT_SUPPORTED_NAME_CONSTRAINT,
                    format!("constraints of the form {} are not supported", subtree.base),
                );
            }
        }
    }

    fn check_names(&mut self, path: &Path, holder: usize) {
        let only_end = self.sources.engine.options.disable_ca_name_constraints;
        for (index, element) in path.elements.iter().enumerate().take(holder) {
            let certificate = element.context.certificate();
            if index > 0 && (only_end || certificate.is_self_issued()) {
                continue;
            }
            let Some(names) = self.names.get(index) else { continue };
            match names.get_or_init(|| names_of(certificate, index == 0)) {
                Ok(names) => {
                    for name in names {
                        self.check_name(name);
                    }
                    self.check_absent(names, index);
                }
                Err(what) => {
                    let bits = TrustError::INVALID_NAME_CONSTRAINTS | TrustError::INVALID_EXTENSION;
                    self.report(bits, what.clone());
                }
            }
        }
    }

    fn check_name(&mut self, name: &GeneralName) {
        let Some(form) = Form::of(name) else { return };
        let constraints = self.constraints;
        let subtrees = constraints.permitted.len() + constraints.excluded.len();
        if !self.sources.work.take(subtrees) {
            return self.report_spent();
        }
        let of_form = |subtree: &&GeneralSubtree| Form::of(&subtree.base) == Some(form);
        let mut permitted = constraints.permitted.iter().filter(of_form).peekable();
        if permitted.peek().is_some() && !permitted.any(|s| self.matches(&s.base, name)) {
            self.report(
                TrustError::HAS_NOT_PERMITTED_NAME_CONSTRAINT,
                format!("{name} lies outside every permitted subtree"),
            );
        }
        let excluded: Vec<_> = constraints.excluded.iter().filter(of_form).collect();
        if let Some(subtree) = excluded.into_iter().find(|s| self.matches(&s.base, name)) {
            self.report(
                TrustError::HAS_EXCLUDED_NAME_CONSTRAINT,
                format!("{name} lies inside the excluded subtree {}", subtree.base),
            );
        }
    }

    /// Names that are not there: old systems have rules about them.
    fn check_absent(&mut self, names: &[GeneralName], index: usize) {
        let profile = self.sources.engine.options.profile;
        if index == 0 && profile.has_not_defined_name_constraint() {
            self.check_defined(names);
        }
        let has = |form| names.iter().any(|name| Form::of(name) == Some(form));
        let constrained =
            self.constraints.permitted.iter().any(|s| Form::of(&s.base) == Some(Form::Dns));
        if index == 0
            && constrained
            && profile.absent_dns_name_violates_permitted()
            && !profile.has_not_defined_name_constraint()
            && !has(Form::Dns)
        {
            self.report(
                TrustError::HAS_NOT_PERMITTED_NAME_CONSTRAINT,
                "DNS names are constrained, and the end certificate has none".to_owned(),
            );
        }
    }

    /// A name of the end certificate for whose form there is no constraint (documented for XP and
    /// 2003 only).
    fn check_defined(&mut self, names: &[GeneralName]) {
        let constraints = self.constraints;
        let subtrees = || constraints.permitted.iter().chain(&constraints.excluded);
        for name in names {
            let Some(form) = Form::of(name) else { continue };
            if !subtrees().any(|subtree| Form::of(&subtree.base) == Some(form)) {
                self.report(
                    TrustError::HAS_NOT_DEFINED_NAME_CONSTRAINT,
                    format!("no constraint is defined for names of the form of {name}"),
                );
            }
        }
    }

    fn matches(&mut self, constraint: &GeneralName, name: &GeneralName) -> bool {
        let octets = match (constraint, name) {
            (GeneralName::DirectoryName(a), GeneralName::DirectoryName(b)) => {
                (a.len() + b.len()) * DIRECTORY_COST
            }
            (GeneralName::IpAddress(_), _) => 0,
            (constraint, name) => text_length(constraint) + text_length(name),
        };
        if !self.sources.work.take_octets(octets) {
            self.report_spent();
            return false;
        }
        is_within(constraint, name)
    }

    fn report_spent(&mut self) {
        self.report(
            TrustError::INVALID_NAME_CONSTRAINTS,
            format!("more comparisons than {MAX_COMPARISONS} allows"),
        );
    }
}

/// The forms that are supported (documented in CERT_TRUST_STATUS).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    UserPrincipalName,
    Rfc822,
    Dns,
    Directory,
    Uri,
    Ip,
}

impl Form {
    fn of(name: &GeneralName) -> Option<Self> {
        match name {
            GeneralName::OtherName { type_id, .. } if *type_id == oid::NT_PRINCIPAL_NAME => {
                Some(Self::UserPrincipalName)
            }
            GeneralName::Rfc822Name(_) => Some(Self::Rfc822),
            GeneralName::DnsName(_) => Some(Self::Dns),
            GeneralName::DirectoryName(_) => Some(Self::Directory),
            GeneralName::Uri(_) => Some(Self::Uri),
            GeneralName::IpAddress(_) => Some(Self::Ip),
            _ => None,
        }
    }
}

/// The names of a certificate that constraints are about: its subject, its alternative names, and
/// for an end certificate without a dNSName every CN as a DNS name (observed, windows-facts 6.5,
/// 6.6 and 6.10).
fn names_of(certificate: &Certificate, is_end: bool) -> Result<Vec<GeneralName>, String> {
    let mut names = Vec::new();
    if !certificate.subject().is_empty() {
        names.push(GeneralName::DirectoryName(certificate.subject().raw().to_vec()));
    }
    if let Some(decoded) = &certificate.extensions().subject_alt_name {
        match &decoded.value {
            Ok(alternative) => names.extend(alternative.iter().cloned()),
            Err(error) => return Err(error.to_string()),
        }
    }
    if is_end && !names.iter().any(|name| matches!(name, GeneralName::DnsName(_))) {
        let common_names = certificate.subject().values(&oid::COMMON_NAME);
        names.extend(common_names.into_iter().map(GeneralName::DnsName));
    }
    Ok(names)
}

/// The octets of a name that is text; 0 for the others.
fn text_length(name: &GeneralName) -> usize {
    match name {
        GeneralName::Rfc822Name(text) | GeneralName::DnsName(text) | GeneralName::Uri(text) => {
            text.len()
        }
        GeneralName::OtherName { value, .. } => value.len(),
        _ => 0,
    }
}

/// Whether `name` lies within the subtree at `constraint`; both are of the same form.
#[must_use]
pub fn is_within(constraint: &GeneralName, name: &GeneralName) -> bool {
    match (constraint, name) {
        (GeneralName::DnsName(constraint), GeneralName::DnsName(name)) => {
            dns_within(constraint, name)
        }
        (GeneralName::Rfc822Name(constraint), GeneralName::Rfc822Name(name)) => {
            mailbox_within(constraint, name)
        }
        (GeneralName::DirectoryName(constraint), GeneralName::DirectoryName(name)) => {
            directory_within(constraint, name)
        }
        (GeneralName::Uri(constraint), GeneralName::Uri(name)) => {
            host_of(name).is_some_and(|host| uri_host_within(constraint, host))
        }
        (GeneralName::IpAddress(constraint), GeneralName::IpAddress(name)) => {
            address_within(constraint, name)
        }
        (constraint, name) => {
            match (constraint.user_principal_name(), name.user_principal_name()) {
                (Some(constraint), Some(name)) => mailbox_within(&constraint, &name),
                _ => false,
            }
        }
    }
}

/// RFC 5280: the constraint and everything that adds labels in front of it. A leading dot is
/// taken to mean the same without the name itself. `*` is an ordinary character (observed).
fn dns_within(constraint: &str, name: &str) -> bool {
    if constraint.is_empty() || name.eq_ignore_ascii_case(constraint) {
        return true;
    }
    let Some(front) = strip_suffix_ignore_case(name, constraint) else { return false };
    constraint.starts_with('.') || front.ends_with('.')
}

/// What stands before `suffix`, if the text ends with it whatever the case.
fn strip_suffix_ignore_case<'a>(text: &'a str, suffix: &str) -> Option<&'a str> {
    let (front, end) = text.split_at_checked(text.len().checked_sub(suffix.len())?)?;
    end.eq_ignore_ascii_case(suffix).then_some(front)
}

/// RFC 5280: a mailbox, a host (exactly), or a domain (`.example.com`: the hosts in it).
fn mailbox_within(constraint: &str, name: &str) -> bool {
    let Some((local, host)) = name.rsplit_once('@') else { return false };
    if constraint.is_empty() {
        return true;
    }
    match constraint.rsplit_once('@') {
        Some(("", domain)) => host.eq_ignore_ascii_case(domain),
        Some((mailbox, domain)) => mailbox == local && host.eq_ignore_ascii_case(domain),
        None => uri_host_within(constraint, host),
    }
}

fn uri_host_within(constraint: &str, host: &str) -> bool {
    if constraint.starts_with('.') {
        strip_suffix_ignore_case(host, constraint).is_some()
    } else {
        host.eq_ignore_ascii_case(constraint)
    }
}

/// The host of a URI: between `//` and the next `/`, `?`, `#` or `:`, without user information.
fn host_of(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = host.split(':').next()?;
    (!host.is_empty()).then_some(host)
}

/// RFC 5280: the constraint's RDNs begin the name. RDNs compare by their encoding.
fn directory_within(constraint: &[u8], name: &[u8]) -> bool {
    let rdns = |raw| {
        let mut list = Vec::new();
        let mut reader = crate::base::der::Reader::new(raw).sequence().ok()?;
        while let Some(rdn) = reader.next().ok()? {
            list.push(rdn.raw);
        }
        Some(list)
    };
    match (rdns(constraint), rdns(name)) {
        (Some(constraint), Some(name)) => {
            name.len() >= constraint.len()
                && constraint.iter().zip(&name).all(|(a, b)| a == b || rdn_equals(a, b))
        }
        _ => Name::new(constraint) == Name::new(name),
    }
}

/// Whether two RDNs are equal when strings compare as text, without case and surplus blanks
/// (RFC 5280, section 7.1).
fn rdn_equals(a: &[u8], b: &[u8]) -> bool {
    let read = |rdn: &[u8]| {
        let mut name = vec![0x30];
        if rdn.len() > 0x7f {
            name.push(0x84);
            name.extend(u32::try_from(rdn.len()).ok()?.to_be_bytes());
        } else {
            name.push(u8::try_from(rdn.len()).ok()?);
        }
        name.extend_from_slice(rdn);
        let attributes = Name::new(&name).attributes().ok()?;
        attributes
            .iter()
            .map(|attribute| {
                let words = attribute.text()?.to_lowercase();
                let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
                Some((attribute.kind.to_vec(), words))
            })
            .collect::<Option<Vec<_>>>()
    };
    matches!((read(a), read(b)), (Some(a), Some(b)) if a == b)
}

fn address_within(constraint: &[u8], name: &[u8]) -> bool {
    if constraint.len() != name.len() * 2 {
        return false;
    }
    let (address, mask) = constraint.split_at(name.len());
    address.iter().zip(mask).zip(name).all(|((address, mask), name)| address & mask == name & mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dns(constraint: &str, name: &str) -> bool {
        is_within(&GeneralName::DnsName(constraint.into()), &GeneralName::DnsName(name.into()))
    }

    #[test]
    fn dns_subtrees() {
        for (constraint, name) in [
            ("a.com", "A.com"),
            ("a.com", "b.A.COM"),
            (".example.com", "www.example.com"),
            ("localhost", "test.localhost"),
            ("", "anything"),
        ] {
            assert!(dns(constraint, name), "{constraint} {name}");
        }
        for (constraint, name) in [
            ("a.com", "ba.com"),
            (".example.com", "example.com"),
            ("*.com", "foo.com"),
            ("foo.*.com", "foo.bar.com"),
            ("winehq.org", "winehq.com"),
        ] {
            assert!(!dns(constraint, name), "{constraint} {name}");
        }
    }

    #[test]
    fn mailboxes_hosts_and_addresses() {
        let mail = |constraint: &str, name: &str| {
            is_within(
                &GeneralName::Rfc822Name(constraint.into()),
                &GeneralName::Rfc822Name(name.into()),
            )
        };
        assert!(mail("example.com", "a@EXAMPLE.com"));
        assert!(!mail("example.com", "a@mail.example.com"));
        assert!(mail(".example.com", "a@mail.example.com"));
        assert!(!mail(".example.com", "a@example.com"));
        assert!(mail("a@example.com", "a@example.com"));
        assert!(!mail("b@example.com", "a@example.com"));
        let uri = |constraint: &str, name: &str| {
            is_within(&GeneralName::Uri(constraint.into()), &GeneralName::Uri(name.into()))
        };
        assert!(uri("host.example", "https://user@HOST.example:8080/x"));
        assert!(!uri("host.example", "https://a.host.example/"));
        assert!(uri(".example", "ldap://a.example"));
        assert!(!uri(".example", "not-a-uri"));
        let ip = |constraint: &[u8], name: &[u8]| {
            is_within(
                &GeneralName::IpAddress(constraint.into()),
                &GeneralName::IpAddress(name.into()),
            )
        };
        assert!(ip(&[10, 0, 0, 0, 255, 0, 0, 0], &[10, 1, 2, 3]));
        assert!(!ip(&[10, 0, 0, 0, 255, 0, 0, 0], &[11, 1, 2, 3]));
        assert!(!ip(&[10, 0, 0, 0], &[10, 0, 0, 0]));
    }
}
