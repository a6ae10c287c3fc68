//! Whether a certificate is for a host (reference, chain-policy 4.4.1; windows-facts 11).

use std::net::IpAddr;

use super::puny_code;
use crate::base::oid;
use crate::object::certificate::Certificate;
use crate::object::general_name::GeneralName;

/// When the common names of the subject count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CommonNameRule {
    /// If there is no dNSName in subjectAltName; an iPAddress does not matter (observed with 3,645
    /// certificates on Windows 10).
    #[default]
    WithoutDnsName,
    /// If there is neither a dNSName nor an iPAddress.
    WithoutDnsNameOrAddress,
    /// If there is no subjectAltName.
    WithoutAltName,
    /// Never.
    Never,
}

/// What domain components in the subject mean where the subject's names count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DomainComponentRule {
    /// They, in order, must be the labels of the host, and no common name counts (inferred).
    #[default]
    Instead,
    /// They may be the labels of the host, or a common name may match.
    Also,
    /// Nothing.
    Ignore,
}

/// How the SSL policy compares names. The defaults are the reference's, chain-policy 4.4.1.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NameOptions {
    /// When common names count.
    pub common_name: CommonNameRule,
    /// What domain components mean.
    pub domain_components: DomainComponentRule,
    /// A host that is an address is compared with iPAddress names (observed on current Windows).
    pub address: bool,
    /// It is also compared, as text, with dNSNames (unknown).
    pub address_in_dns_name: bool,
    /// A host name that is not ASCII is also compared in its A-label form (unknown, so off).
    pub idn_to_ascii: bool,
    /// One dot at the end of the host name is dropped (unknown).
    pub strip_trailing_dot: bool,
}

impl Default for NameOptions {
    fn default() -> Self {
        Self {
            common_name: CommonNameRule::default(),
            domain_components: DomainComponentRule::default(),
            address: true,
            address_in_dns_name: true,
            idn_to_ascii: false,
            strip_trailing_dot: true,
        }
    }
}

/// Whether a certificate is for a host, and how that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostMatch {
    /// The answer.
    pub matched: bool,
    /// The name that matched.
    pub by: Option<String>,
    /// What in the answer is not proven on Windows.
    pub unproven: Option<&'static str>,
}

/// Compares the names of a certificate with a host name or address. Case does not matter in ASCII
/// (observed).
#[must_use]
pub fn match_host(certificate: &Certificate, server: &str, options: &NameOptions) -> HostMatch {
    let names = match &certificate.extensions().subject_alt_name {
        None => None,
        Some(decoded) => match &decoded.value {
            Ok(names) => Some(names.as_slice()),
            // Whether Windows then falls back on the subject is unknown: the safe answer is no.
            Err(_) => return no_match(Some("subjectAltName cannot be read (unknown)")),
        },
    };
    let Some(host) = Host::new(server, options) else { return no_match(None) };
    let names_or_none = names.unwrap_or_default();
    if options.address
        && let Some(name) = names_or_none.iter().find(|name| host.is_address(name))
    {
        return HostMatch { matched: true, by: Some(name.to_string()), unproven: None };
    }
    let dns_names: Vec<&str> = names_or_none.iter().filter_map(dns_name).collect();
    let mut doubt = None;
    if host.address.is_none() || options.address_in_dns_name {
        for name in &dns_names {
            if let Some(mut found) = host.compare(name, &mut doubt) {
                if host.address.is_some() {
                    found.unproven = Some("an address as text in a dNSName matches (unknown)");
                }
                return found;
            }
        }
    }
    let has_address = names_or_none.iter().any(|name| matches!(name, GeneralName::IpAddress(_)));
    let subject_counts = match options.common_name {
        CommonNameRule::WithoutDnsName => dns_names.is_empty(),
        CommonNameRule::WithoutDnsNameOrAddress => dns_names.is_empty() && !has_address,
        CommonNameRule::WithoutAltName => names.is_none(),
        CommonNameRule::Never => false,
    };
    if subject_counts {
        return match_subject(certificate, &host, options, doubt);
    }
    no_match(doubt)
}

/// Compares the subject with the host: one matching common name among any number suffices
/// (observed).
fn match_subject(
    certificate: &Certificate,
    host: &Host,
    options: &NameOptions,
    mut doubt: Option<&'static str>,
) -> HostMatch {
    let subject = certificate.subject();
    let components = subject.values(&oid::DOMAIN_COMPONENT);
    let by_components =
        !components.is_empty() && options.domain_components != DomainComponentRule::Ignore;
    if by_components {
        let unproven = Some("that domain components in the subject are compared is inferred");
        let joined = components.join(".");
        if let Some(found) = host.compare(&joined, &mut doubt) {
            return HostMatch { unproven, ..found };
        }
        if options.domain_components == DomainComponentRule::Instead {
            return no_match(unproven);
        }
    }
    for name in subject.values(&oid::COMMON_NAME) {
        if let Some(found) = host.compare(&name, &mut doubt) {
            return found;
        }
    }
    no_match(doubt)
}

const fn no_match(unproven: Option<&'static str>) -> HostMatch {
    HostMatch { matched: false, by: None, unproven }
}

fn dns_name(name: &GeneralName) -> Option<&str> {
    match name {
        GeneralName::DnsName(name) => Some(name),
        _ => None,
    }
}

/// A host in every spelling that is compared.
struct Host {
    /// The spellings, each with what is unproven about comparing it.
    spellings: Vec<(String, Option<&'static str>)>,
    address: Option<IpAddr>,
}

impl Host {
    /// `None` if nothing can match the text: it is empty, or a lone dot.
    fn new(server: &str, options: &NameOptions) -> Option<Self> {
        const DOT: &str = "how a dot at the end of the host name is taken is unknown";
        const IDN: &str = "that the host name is compared in its A-label form is unknown";
        let bare = server.strip_suffix('.').filter(|_| options.strip_trailing_dot);
        let mut spellings = vec![(server.to_owned(), server.ends_with('.').then_some(DOT))];
        spellings.extend(bare.map(|bare| (bare.to_owned(), Some(DOT))));
        if options.idn_to_ascii && !server.is_ascii() {
            spellings.extend(
                puny_code::to_ascii(bare.unwrap_or(server)).map(|ascii| (ascii, Some(IDN))),
            );
        }
        let empty = server.is_empty() || server == ".";
        (!empty).then(|| Self { spellings, address: server.parse().ok() })
    }

    fn is_address(&self, name: &GeneralName) -> bool {
        match (name, self.address) {
            (GeneralName::IpAddress(octets), Some(IpAddr::V4(v4))) => *octets == v4.octets(),
            (GeneralName::IpAddress(octets), Some(IpAddr::V6(v6))) => *octets == v6.octets(),
            _ => false,
        }
    }

    /// Compares one name. What makes a refusal doubtful goes to `doubt`.
    fn compare(&self, name: &str, doubt: &mut Option<&'static str>) -> Option<HostMatch> {
        const SHORT: &str =
            "that a wildcard stands before a single label is accepted is not proven";
        const ODD: &str = "a name has a wildcard of another form, which does not match (unknown)";
        const NAME_DOT: &str = "a name ends in a dot, which is not dropped (unknown)";
        let wildcard = name.strip_prefix("*.").filter(|_| self.address.is_none());
        for (host, unproven) in &self.spellings {
            let by = Some(name.to_owned());
            if host.eq_ignore_ascii_case(name) {
                return Some(HostMatch { matched: true, by, unproven: *unproven });
            }
            // `*.` stands for exactly one whole label at the left (observed).
            if let (Some(suffix), Some((label, rest))) = (wildcard, host.split_once('.'))
                && !label.is_empty()
                && !rest.is_empty()
                && rest.eq_ignore_ascii_case(suffix)
            {
                let short = (!suffix.contains('.')).then_some(SHORT);
                return Some(HostMatch { matched: true, by, unproven: unproven.or(short) });
            }
        }
        let odd = name.strip_prefix("*.").unwrap_or(name).contains('*');
        let dot = name.len() > 1 && name.ends_with('.');
        *doubt = doubt
            .or(odd.then_some(ODD))
            .or(dot.then_some(NAME_DOT))
            .or(self.spellings.first().and_then(|(_, unproven)| *unproven));
        None
    }
}

#[cfg(test)]
mod tests;
