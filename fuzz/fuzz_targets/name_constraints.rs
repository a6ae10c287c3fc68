//! Subtrees against a naive model: the first octet says which form, then constraint and name on a
//! line each (for addresses: the first third is the name, the rest the constraint).
#![no_main]

use chaincheck_engine::chain::verify::name_constraints::is_within;
use chaincheck_engine::object::general_name::GeneralName as G;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let Some((&form, rest)) = octets.split_first() else { return };
    if form % 4 == 3 {
        let (name, constraint) = rest.split_at(rest.len() / 3);
        let found = is_within(&G::IpAddress(constraint.into()), &G::IpAddress(name.into()));
        assert_eq!(found, address(constraint, name), "{constraint:?} {name:?}");
        return;
    }
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let Some((constraint, name)) = text.split_once('\n') else { return };
    let (found, expected) = match form % 4 {
        0 => (
            is_within(&G::DnsName(constraint.into()), &G::DnsName(name.into())),
            dns(constraint, name),
        ),
        1 => (
            is_within(&G::Rfc822Name(constraint.into()), &G::Rfc822Name(name.into())),
            mailbox(constraint, name),
        ),
        _ => {
            let uri = format!("http://{name}/path");
            let host = name.split(['/', '?', '#']).next().unwrap_or_default();
            let host = host.rsplit('@').next().unwrap_or_default();
            let host = host.split(':').next().unwrap_or_default();
            (
                is_within(&G::Uri(constraint.into()), &G::Uri(uri)),
                !host.is_empty() && in_hosts(constraint, host),
            )
        }
    };
    assert_eq!(found, expected, "{form} {constraint:?} {name:?}");
    // a name is within itself, unless there is nothing to be within
    if form % 4 == 0 {
        assert!(dns(name, name));
    }
});

fn lower(text: &str) -> String {
    text.to_ascii_lowercase()
}

/// The labels of the constraint end those of the name; a leading dot wants one more.
fn dns(constraint: &str, name: &str) -> bool {
    let (constraint, name) = (lower(constraint), lower(name));
    constraint.is_empty()
        || name == constraint
        || if constraint.starts_with('.') {
            name.ends_with(&constraint)
        } else {
            name.ends_with(&format!(".{constraint}"))
        }
}

fn in_hosts(constraint: &str, host: &str) -> bool {
    let (constraint, host) = (lower(constraint), lower(host));
    if constraint.starts_with('.') { host.ends_with(&constraint) } else { host == constraint }
}

fn mailbox(constraint: &str, name: &str) -> bool {
    let Some(at) = name.rfind('@') else { return false };
    let (local, host) = (&name[..at], &name[at + 1..]);
    match constraint.rfind('@') {
        _ if constraint.is_empty() => true,
        None => in_hosts(constraint, host),
        Some(at) => {
            let mailbox = &constraint[..at];
            (mailbox.is_empty() || mailbox == local) && lower(&constraint[at + 1..]) == lower(host)
        }
    }
}

fn address(constraint: &[u8], name: &[u8]) -> bool {
    let half = constraint.len() / 2;
    constraint.len() == 2 * name.len()
        && (0..half).all(|at| constraint[at] & constraint[half + at] == name[at] & constraint[half + at])
}
