//! The answer as `certutil -verify` writes it (reference, certutil-output 1). What no transcript
//! shows, or what is not known, is left out rather than guessed: the hash of a chain of several
//! certificates, templates, EV policies.

use std::io::{self, Write};

use chaincheck_engine::base::der::trim_integer;
use chaincheck_engine::base::digest::{hex, md5, sha1};
use chaincheck_engine::base::hresult::HResult;
use chaincheck_engine::base::time::Time;
use chaincheck_engine::chain::context::{ChainContext, Element};
use chaincheck_engine::chain::engine::ChainFlags;
use chaincheck_engine::chain::status::{TrustError, TrustInfo, TrustStatus};
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::object::crl::Crl;
use chaincheck_engine::object::name::{Name, NameForm};

use super::{Answer, VerifyArguments};
use crate::text::printable;

/// Bits of dwErrorStatus that belong to chains and stand behind those of elements.
const CHAIN_ONLY: u32 = 0x000f_0000;

pub(super) fn write(
    out: &mut impl Write,
    arguments: &VerifyArguments,
    answer: &Answer,
) -> io::Result<()> {
    let certificate = answer.end.certificate();
    header(out, certificate)?;
    parameters(out, arguments)?;
    match &answer.chain {
        Err(error) => {
            line(out, &format!("CertUtil: -verify command FAILED: {}", code(error.hresult())))?;
        }
        Ok(chain) => {
            context(out, chain)?;
            tail(out, answer, chain)?;
            line(out, "CertUtil: -verify command completed successfully.")?;
        }
    }
    Ok(())
}

fn line(out: &mut impl Write, text: &str) -> io::Result<()> {
    write!(out, "{}\r\n", printable(text))
}

fn header(out: &mut impl Write, certificate: &Certificate) -> io::Result<()> {
    for (label, name) in [("Issuer:", certificate.issuer()), ("Subject:", certificate.subject())] {
        line(out, label)?;
        for part in rdns(name) {
            line(out, &format!("    {part}"))?;
        }
        line(out, &format!("  Name Hash(sha1): {}", hex(&sha1(name.raw()))))?;
        line(out, &format!("  Name Hash(md5): {}", hex(&md5(name.raw()))))?;
    }
    line(out, &format!("Cert Serial Number: {}", serial(certificate)))?;
    line(out, "")
}

fn parameters(out: &mut impl Write, arguments: &VerifyArguments) -> io::Result<()> {
    line(out, "dwFlags = CA_VERIFY_FLAGS_CONSOLE_TRACE (0x20000000)")?;
    line(out, "dwFlags = CA_VERIFY_FLAGS_DUMP_CHAIN (0x40000000)")?;
    for (index, usage) in arguments.usage.iter().enumerate() {
        let name = usage.name().unwrap_or_default();
        line(out, format!("Application[{index}] = {usage} {name}").trim_end())?;
    }
    let flags = arguments.revocation.flags();
    for (bit, name, _) in ChainFlags::TABLE.iter().filter(|(bit, ..)| flags.0 & bit != 0) {
        line(out, &format!("ChainFlags = CERT_CHAIN_{name} (0x{bit:x})"))?;
    }
    line(out, "HCCE_LOCAL_MACHINE")?;
    line(out, "CERT_CHAIN_POLICY_BASE")?;
    line(out, "-------- CERT_CHAIN_CONTEXT --------")
}

fn context(out: &mut impl Write, chain: &ChainContext) -> io::Result<()> {
    let freshness = chain.revocation_freshness;
    status(out, "ChainContext", chain.status)?;
    if let Some(seconds) = freshness {
        let age = duration(seconds);
        line(out, &format!("ChainContext.dwRevocationFreshnessTime: {age}"))?;
    }
    if chain.status.info.0 != 0 {
        line(out, "")?;
    }
    for (chain_index, simple) in chain.chains.iter().enumerate() {
        status(out, "SimpleChain", simple.status)?;
        if let Some(seconds) = freshness {
            line(out, &format!("SimpleChain.dwRevocationFreshnessTime: {}", duration(seconds)))?;
        }
        line(out, "")?;
        for (index, element) in simple.elements.iter().enumerate() {
            line(
                out,
                &format!(
                    "CertContext[{chain_index}][{index}]: dwInfoStatus={:x} dwErrorStatus={:x}",
                    element.status.info.0, element.status.error.0
                ),
            )?;
            identity(out, &element.certificate)?;
            status(out, "  Element", element.status)?;
            usages(out, element)?;
            line(out, "")?;
        }
    }
    Ok(())
}

fn identity(out: &mut impl Write, certificate: &Certificate) -> io::Result<()> {
    line(out, &format!("  Issuer: {}", certificate.issuer().to_text(NameForm::X500, true)))?;
    line(out, &format!("  NotBefore: {}", local_time(certificate.not_before())))?;
    line(out, &format!("  NotAfter: {}", local_time(certificate.not_after())))?;
    line(out, &format!("  Subject: {}", certificate.subject().to_text(NameForm::X500, true)))?;
    line(out, &format!("  Serial: {}", serial(certificate)))?;
    line(out, &format!("  Cert: {}", hex(&certificate.sha1())))
}

fn usages(out: &mut impl Write, element: &Element) -> io::Result<()> {
    if let Some(revocation) = &element.revocation
        && let Some(crl) = &revocation.crl
    {
        revocation_list(out, "CRL", crl)?;
        if let Some(delta) = &revocation.delta_crl {
            revocation_list(out, "Delta CRL", delta)?;
        }
    }
    for (index, policy) in element.issuance_usage.iter().flatten().enumerate() {
        line(out, &format!("  Issuance[{index}] = {policy}"))?;
    }
    for (index, usage) in element.application_usage.iter().flatten().enumerate() {
        let name = usage.name().unwrap_or_default();
        line(out, format!("  Application[{index}] = {usage} {name}").trim_end())?;
    }
    Ok(())
}

fn revocation_list(out: &mut impl Write, kind: &str, crl: &Crl) -> io::Result<()> {
    let number = crl.extensions().crl_number.as_ref().and_then(|number| number.ok());
    let number = number.map_or_else(|| "(null)".to_owned(), |number| octets(&number.to_string()));
    line(out, &format!("    {kind} {number}:"))?;
    line(out, &format!("    Issuer: {}", crl.issuer().to_text(NameForm::X500, true)))?;
    line(out, &format!("    ThisUpdate: {}", local_time(crl.this_update())))?;
    if let Some(next_update) = crl.next_update() {
        line(out, &format!("    NextUpdate: {}", local_time(next_update)))?;
    }
    line(out, &format!("    CRL: {}", hex(&crl.sha1())))
}

fn tail(out: &mut impl Write, answer: &Answer, chain: &ChainContext) -> io::Result<()> {
    if let [only] = chain.elements() {
        line(out, "Exclude leaf cert:")?;
        line(out, &format!("  Chain: {}", hex(&sha1(&[]))))?;
        line(out, "Full chain:")?;
        line(out, &format!("  Chain: {}", hex(&only.certificate.sha1())))?;
    }
    let error = chain.status.error;
    let last = chain.elements().last().map(|element| &element.certificate);
    let missing = last
        .filter(|_| error.contains(TrustError::IS_PARTIAL_CHAIN))
        .map(|last| last.issuer().to_text(NameForm::X500, true));
    if let Some(name) = &missing {
        line(out, &format!("Missing Issuer: {name}"))?;
    }
    if let Some(failed) = answer.policies.iter().find(|policy| !policy.is_ok()) {
        let place = usize::try_from(failed.element_index).unwrap_or(0);
        if let Some(element) = chain.elements().get(place) {
            identity(out, &element.certificate)?;
        }
        line(out, &code(failed.error))?;
    }
    line(out, "------------------------------------")?;
    verdict(out, chain, missing.as_deref())?;
    let constraints = answer.end.certificate().extensions().basic_constraints.as_ref();
    match constraints.and_then(|constraints| constraints.ok()) {
        Some(constraints) if constraints.ca => line(out, "Cert is a CA certificate")?,
        Some(_) => line(out, "Cert is an End Entity certificate")?,
        None => {}
    }
    Ok(())
}

fn verdict(out: &mut impl Write, chain: &ChainContext, missing: Option<&str>) -> io::Result<()> {
    let error = chain.status.error;
    if let Some(name) = missing {
        line(out, "Incomplete certificate chain")?;
        line(out, "Cannot find certificate:")?;
        line(out, &format!("    {name}"))?;
        return line(out, "");
    }
    if error.contains(TrustError::IS_REVOKED) {
        return line(out, "Certificate is REVOKED");
    }
    if error.contains(TrustError::IS_UNTRUSTED_ROOT) {
        return line(out, "Verifies against UNTRUSTED root");
    }
    if error.contains(TrustError::IS_OFFLINE_REVOCATION) {
        return line(out, "Revocation check skipped -- server offline");
    }
    let end = chain.elements().first().filter(|_| error.is_empty());
    let Some(end) = end else { return Ok(()) };
    match end.issuance_usage.as_deref() {
        Some([_, ..]) => {
            line(out, "Verified Issuance Policies:")?;
            for policy in end.issuance_usage.iter().flatten() {
                line(out, &format!("    {policy}"))?;
            }
        }
        _ => line(out, "Verified Issuance Policies: None")?,
    }
    match &end.application_usage {
        None => line(out, "Verified Application Policies: All"),
        Some(usages) => {
            line(out, "Verified Application Policies:")?;
            for usage in usages {
                let name = usage.name().unwrap_or_default();
                line(out, format!("    {usage} {name}").trim_end())?;
            }
            Ok(())
        }
    }
}

fn status(out: &mut impl Write, what: &str, status: TrustStatus) -> io::Result<()> {
    for bit in TrustInfo::TABLE.iter().filter(|bit| status.info.0 & bit.value != 0) {
        line(out, &format!("{what}.dwInfoStatus = CERT_TRUST_{} (0x{:x})", bit.name, bit.value))?;
    }
    for chain_only in [false, true] {
        let group = TrustError::TABLE
            .iter()
            .filter(|bit| status.error.0 & bit.value != 0)
            .filter(|bit| (bit.value & CHAIN_ONLY != 0) == chain_only);
        for bit in group {
            line(
                out,
                &format!("{what}.dwErrorStatus = CERT_TRUST_{} (0x{:x})", bit.name, bit.value),
            )?;
        }
    }
    Ok(())
}

/// A number, written in decimal or in hexadecimal after `0x`, as whole octets in hexadecimal.
fn octets(number: &str) -> String {
    if let Some(digits) = number.strip_prefix("0x") {
        return digits.to_owned();
    }
    match number.parse::<u128>() {
        Ok(value) => {
            let digits = format!("{value:x}");
            if digits.len() % 2 == 0 { digits } else { format!("0{digits}") }
        }
        Err(_) => number.to_owned(),
    }
}

/// The RDNs of a name, the most specific first.
fn rdns(name: Name<'_>) -> Vec<String> {
    let text = name.to_text(NameForm::X500, true);
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for character in text.chars() {
        quoted ^= character == '"';
        if character == ',' && !quoted {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(character);
        }
    }
    parts.iter().map(|part| part.trim_start().to_owned()).collect()
}

fn serial(certificate: &Certificate) -> String {
    let trimmed = trim_integer(certificate.serial_number());
    // the octet that only says that the number is not negative is not shown
    match trimmed {
        [0, rest @ ..] if !rest.is_empty() => hex(rest),
        all => hex(all),
    }
}

/// "5/26/2025 2:32 AM", in UTC.
fn local_time(time: Time) -> String {
    let (year, month, day, hour, minute, _) = time.civil();
    let half = if hour < 12 { "AM" } else { "PM" };
    let hour = match hour % 12 {
        0 => 12,
        hour => hour,
    };
    format!("{month}/{day}/{year} {hour}:{minute:02} {half}")
}

fn duration(seconds: i64) -> String {
    let units = [("Weeks", 604_800), ("Days", 86_400), ("Hours", 3_600), ("Minutes", 60)];
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (name, length) in units {
        if rest / length != 0 {
            parts.push(format!("{} {name}", rest / length));
        }
        rest %= length;
    }
    if rest != 0 || parts.is_empty() {
        parts.push(format!("{rest} Seconds"));
    }
    parts.join(", ")
}

/// "message 0x800b010a (-2146762486 CERT_E_CHAINING)"
fn code(error: HResult) -> String {
    let message = error.message().unwrap_or_default();
    let symbol = error.symbol().unwrap_or_default();
    format!("{message} {error} ({} {symbol})", error.0.cast_signed()).trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_durations_and_numbers() {
        let time = |text: &str| local_time(text.parse().unwrap());
        assert_eq!(time("2025-05-26T02:32:10Z"), "5/26/2025 2:32 AM");
        assert_eq!(time("2025-08-24T00:05:00Z"), "8/24/2025 12:05 AM");
        assert_eq!(time("2025-08-24T12:00:00Z"), "8/24/2025 12:00 PM");
        let seconds = 32 * 604_800 + 8 * 3_600 + 15 * 60 + 43;
        assert_eq!(duration(seconds), "32 Weeks, 8 Hours, 15 Minutes, 43 Seconds");
        assert_eq!([octets("1664"), octets("0"), octets("0xabcd")], ["0680", "00", "abcd"]);
        assert_eq!(duration(0), "0 Seconds");
    }

    #[test]
    fn codes_are_written_thrice() {
        let text = code(HResult(0x800b_010a));
        assert!(text.ends_with(" 0x800b010a (-2146762486 CERT_E_CHAINING)"), "{text}");
    }
}
