//! Parts of reports that several commands write.

use chaincheck_engine::base::digest::hex;
use chaincheck_engine::base::hresult::HResult;
use chaincheck_engine::base::oid::Oid;
use chaincheck_engine::base::time::Time;
use chaincheck_engine::chain::context::ChainContext;
use chaincheck_engine::chain::status::{TrustBit, TrustError, TrustInfo};
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::revocation::RevocationInfo;

use crate::text::Text;

const SECONDS_PER_DAY: i64 = 86_400;

/// A code with its name and its English text.
pub(crate) fn code(error: HResult) -> String {
    match (error.symbol(), error.message()) {
        (Some(symbol), Some(message)) => format!("{error} {symbol}: {message}"),
        (Some(symbol), None) => format!("{error} {symbol} (its text is not known)"),
        _ => format!("{error} (a code without a published name)"),
    }
}

/// An identifier with its name.
pub(crate) fn oid(oid: &Oid) -> String {
    oid.name().map_or_else(|| format!("{oid} (no known name)"), |name| format!("{name} ({oid})"))
}

/// How far away a time is: "in 12 days", "3 days ago".
pub(crate) fn distance(time: Time, now: Time) -> String {
    let seconds = time.seconds_since(now);
    let days = seconds.abs() / SECONDS_PER_DAY;
    let amount = match days {
        0 => "less than a day".to_owned(),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    };
    if seconds < 0 { format!("{amount} ago") } else { format!("in {amount}") }
}

/// Error bits with their names and meanings, lowest first.
pub(crate) fn errors(bits: TrustError) -> Vec<String> {
    described(bits.0, TrustError::TABLE)
}

/// Information bits with their names and meanings, lowest first.
pub(crate) fn infos(bits: TrustInfo) -> Vec<String> {
    described(bits.0, TrustInfo::TABLE)
}

fn described(bits: u32, table: &[TrustBit]) -> Vec<String> {
    let mut rest = bits;
    let mut lines = Vec::new();
    for bit in table.iter().filter(|bit| bits & bit.value != 0) {
        rest &= !bit.value;
        lines.push(format!("{} (0x{:08x}): {}", bit.name, bit.value, bit.meaning));
    }
    if rest != 0 {
        lines.push(format!("0x{rest:08x} (bits without a published name)"));
    }
    lines
}

/// Which answer decided about revocation, where it was, how old it is and how long it holds.
fn revocation_source(info: &RevocationInfo, now: Time) -> Vec<String> {
    let mut lines = Vec::new();
    let Some(source) = info.source else { return lines };
    let mut line = format!("from: {}", source.description());
    if let Some(url) = &info.url {
        line.push_str(&format!(" <{url}>"));
    }
    lines.push(line);
    if let Some(crl) = &info.crl {
        lines.push(format!("CRL SHA-1 {}", hex(&crl.sha1())));
    }
    if let Some(delta) = &info.delta_crl {
        lines.push(format!("with the delta CRL SHA-1 {}", hex(&delta.sha1())));
    }
    if let Some(issued) = info.this_update {
        let until = match info.next_update {
            Some(next) => format!("holds until {next} ({})", distance(next, now)),
            None => "holds without end".to_owned(),
        };
        lines.push(format!("issued {issued} ({}), {until}", distance(issued, now)));
    }
    if let Some(date) = info.revocation_date {
        let reason =
            info.reason.map(|reason| format!(" ({})", reason.as_str())).unwrap_or_default();
        lines.push(format!("revoked since {date}{reason}"));
    }
    if info.extended_validity {
        lines.push("past its time, accepted within CRLValidityExtensionPeriod".to_owned());
    }
    lines
}

/// A validity period, with how far away its end is.
pub(crate) fn validity(certificate: &Certificate, now: Time) -> String {
    let end = certificate.not_after();
    let word = if end < now { "expired" } else { "ends" };
    format!("{} to {} ({word} {})", certificate.not_before(), end, distance(end, now))
}

/// The elements of a chain, the end certificate first, each with what is wrong with it.
pub(crate) fn chain(text: &mut Text, context: &ChainContext, now: Time) {
    for (number, chain) in context.chains.iter().enumerate() {
        if context.chains.len() > 1 {
            text.line(2, &format!("Simple chain {number}"));
        }
        for (index, element) in chain.elements.iter().enumerate() {
            let certificate = &element.certificate;
            text.item(2, &format!("[{index}] {}", certificate.subject()));
            text.item(6, &format!("issuer {}", certificate.issuer()));
            text.item(6, &validity(certificate, now));
            text.item(6, &format!("SHA-1 {}", hex(&certificate.sha1())));
            text.item(6, &format!("from: {}", element.origin.name()));
            if let Some(revocation) = &element.revocation {
                text.item(6, &format!("revocation: {}", code(revocation.result)));
                for line in revocation_source(revocation, now) {
                    text.item(8, &line);
                }
                for note in &revocation.notes {
                    text.item(8, note);
                }
            }
            for line in infos(element.status.info) {
                text.item(6, &format!("info {line}"));
            }
            for line in errors(element.status.error) {
                text.item(6, &format!("ERROR {line}"));
            }
            for finding in &element.findings {
                text.item(
                    8,
                    &format!("because ({}): {}", finding.bits.names().join(", "), finding.what),
                );
            }
        }
    }
    for chain in &context.chains {
        if let Some(info) = &chain.trust_list {
            let list = &info.list.list;
            let end = list.next_update.map_or_else(|| "no end".to_owned(), |end| end.to_string());
            let signer = info.signer.subject();
            text.item(
                2,
                &format!(
                    "trust list in {} for its root: signed by {signer}, holds from {} to {end}",
                    info.origin.name(),
                    list.this_update
                ),
            );
            for finding in &info.findings {
                text.item(4, &format!("{}: {}", finding.bits.names().join(", "), finding.what));
            }
        }
    }
    let whole = errors(context.status.error);
    if whole.is_empty() {
        text.line(2, "chain: no error");
    }
    for line in whole {
        text.item(2, &format!("chain ERROR {line}"));
    }
    for unproven in &context.unproven {
        text.item(2, &format!("not proven: {unproven}"));
    }
    if let Some(limit) = context.search.exhausted {
        text.item(
            2,
            &format!("the search ended early at its limit {limit}: other paths may exist"),
        );
    }
}
