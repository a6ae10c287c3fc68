//! `chaincheck trust export`.

use std::fs::File;
use std::io::{self, Write};

use chaincheck_engine::base::digest::hex;
use chaincheck_engine::base::oid::Oid;
use chaincheck_engine::base::time::Time;
use chaincheck_engine::chain::auto_root::MAX_ROOT_OCTETS;
use chaincheck_engine::format::serialized_store::write_store;
use chaincheck_engine::format::{Kind, RawProperty};
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::object::property;
use chaincheck_engine::retrieval::http::{Http, HttpOptions};
use chaincheck_engine::retrieval::{Purpose, Request, Retrieval as _};
use chaincheck_engine::store::root_program::verdict::{RootQuestion, verdict};
use chaincheck_engine::store::root_program::{RootEntry, RootProgram, store_copy};
use chaincheck_engine::store::{CertificateContext, embedded};
use serde_json::{Value, json};

use crate::commands::verify::trusted;
use crate::options::{self, Clock};
use crate::output::{Error, Status, print_json, say};
use crate::text::printable;
use crate::trust::{Trust, TrustArguments};

/// Characters in a line of PEM (RFC 7468).
const PEM_WIDTH: usize = 64;

/// Write the roots that are trusted
///
/// `sst` has what `certutil -generateSSTFromWU` writes: the roots of the list with what the list
/// says of them as properties. `pem` has the roots that can be trusted without such properties,
/// and Microsoft's own. `json` has every root of the list.
///
/// Exit status: 0 all that is asked for was written, 1 certificates are missing (see --online),
/// 2 nothing could be written.
#[derive(Debug, clap::Args)]
pub(super) struct ExportArguments {
    #[command(flatten)]
    trust: TrustArguments,
    #[command(flatten)]
    clock: Clock,
    /// What to write
    #[arg(long, value_enum, default_value = "pem")]
    format: ExportFormat,
    /// Only roots that are trusted for this usage at the clock: a name such as serverAuth or a
    /// dotted identifier (repeatable: all are wanted)
    #[arg(long, value_name = "USAGE", value_parser = options::usage)]
    usage: Vec<Oid>,
    /// The file to write to [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<String>,
    /// Fetch certificates that are not at hand from Microsoft
    #[arg(long)]
    online: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ExportFormat {
    /// Certificates as text
    Pem,
    /// A serialized store, with properties
    Sst,
    /// Facts of every root, with its certificate where it is at hand
    Json,
}

/// A root to write: what the list says, and the certificate if it is at hand.
struct Root<'a> {
    entry: &'a RootEntry,
    certificate: Option<CertificateContext>,
}

pub(super) fn run(arguments: &ExportArguments) -> Result<Status, Error> {
    let now = arguments.clock.now();
    let trust = arguments.trust.resolve(now)?;
    for note in &trust.notes {
        say(note);
    }
    let Some(program) = &trust.program else {
        let what = "no root list is in force: there is nothing to export";
        return Err(Error::Usage(what.to_owned()));
    };
    let network = match arguments.online {
        true => Some(Http::new(HttpOptions::default()).map_err(|e| Error::Usage(e.to_string()))?),
        false => None,
    };
    let wanted = |entry: &&RootEntry| arguments.usage.is_empty() || arguments.trusts(entry, now);
    let roots: Vec<Root<'_>> = program
        .entries()
        .iter()
        .filter(wanted)
        .map(|entry| Root { entry, certificate: certificate(program, entry, network.as_ref()) })
        .collect();
    let absent = roots.iter().filter(|root| root.certificate.is_none()).count();
    let octets = match arguments.format {
        ExportFormat::Pem => pem(arguments, &roots, now).into_bytes(),
        ExportFormat::Sst => sst(&roots)?,
        ExportFormat::Json => {
            let mut octets = Vec::new();
            print_json(&mut octets, &value(&trust, &roots, now))?;
            octets
        }
    };
    write(arguments.output.as_deref(), &octets)?;
    if absent > 0 {
        let remedy = match arguments.online {
            true => "",
            false => "; --online fetches them",
        };
        say(format_args!(
            "the certificates of {absent} of {} listed roots are not at hand{remedy}; \
             `chaincheck trust update` keeps those that are given to it",
            roots.len()
        ));
    }
    Ok(Status::from_bool(absent == 0))
}

impl ExportArguments {
    /// Whether nothing stands against the root for what is asked, at the clock.
    fn trusts(&self, entry: &RootEntry, now: Time) -> bool {
        let usages = &self.usage;
        let question = RootQuestion { usages, now, time: now, time_stamped: false, issued: None };
        verdict(&entry.properties, &question).is_trusted()
    }
}

fn certificate(
    program: &RootProgram,
    entry: &RootEntry,
    network: Option<&Http>,
) -> Option<CertificateContext> {
    if let Some(found) = program.certificate(entry) {
        return Some(found.clone());
    }
    let url = entry.url();
    let answer = network?
        .retrieve(&Request { max_octets: MAX_ROOT_OCTETS, ..Request::get(&url, Purpose::Root) });
    let found = answer.map_err(|error| error.to_string()).and_then(|answer| {
        let other = || "what was fetched is not the certificate that is listed".to_owned();
        store_copy(entry, &answer.octets).ok_or_else(other)
    });
    found.inspect_err(|why| say(format_args!("{url}: {why}"))).ok()
}

/// As Windows writes it (observed; reference, stores-and-formats 3.3): the list's attributes as
/// properties, then the SHA-1.
fn sst(roots: &[Root<'_>]) -> Result<Vec<u8>, Error> {
    let elements: Vec<(&Certificate, Vec<RawProperty>)> = roots
        .iter()
        .filter_map(|root| {
            let certificate = root.certificate.as_ref()?.certificate();
            let listed = root.entry.properties.iter();
            let sha1 = root.entry.sha1.as_slice();
            let properties = listed
                .chain([(property::SHA1_HASH, sha1)])
                .map(|(id, octets)| RawProperty { id, value: octets.to_vec() });
            Some((certificate, properties.collect()))
        })
        .collect();
    write_store(elements.iter().map(|(c, p)| (Kind::Certificate, c.der(), p.as_slice())))
        .map_err(|error| Error::Usage(error.to_string()))
}

/// Certificates whose dates and usages a text cannot say are counted, and left out where they are
/// distrusted already.
fn pem(arguments: &ExportArguments, roots: &[Root<'_>], now: Time) -> String {
    let mut text = String::new();
    let (mut disabled, mut limited) = (0, 0);
    let microsoft = embedded::microsoft_roots();
    for root in roots {
        let Some(context) = &root.certificate else { continue };
        if microsoft.find(context.certificate()).is_some() {
            continue;
        }
        if !arguments.trusts(root.entry, now) {
            disabled += 1;
            continue;
        }
        let properties = &root.entry.properties;
        limited += usize::from(properties.time(property::NOT_BEFORE_FILETIME).is_some());
        let lines = trusted::entry_lines(root.entry);
        push_pem(&mut text, &root.entry.name(), &lines, context.certificate());
    }
    // every Windows has these in ROOT, where the list does not limit them
    for context in microsoft.certificates() {
        let certificate = context.certificate();
        let name = certificate.subject().display_name();
        push_pem(&mut text, &name, &["one of Microsoft's own".to_owned()], certificate);
    }
    if disabled > 0 {
        say(format_args!("{disabled} roots that are distrusted at {now} are left out"));
    }
    if limited > 0 {
        say(format_args!(
            "{limited} roots are trusted for older certificates only, which PEM cannot say; their \
             comments do"
        ));
    }
    text
}

fn push_pem(text: &mut String, name: &str, comments: &[String], certificate: &Certificate) {
    for line in [name.to_owned()].iter().chain(comments) {
        text.push_str(&format!("# {}\n", printable(line)));
    }
    text.push_str("-----BEGIN CERTIFICATE-----\n");
    let encoded = base64(certificate.der());
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(PEM_WIDTH));
        text.push_str(line);
        text.push('\n');
        rest = tail;
    }
    text.push_str("-----END CERTIFICATE-----\n");
}

fn value(trust: &Trust, roots: &[Root<'_>], now: Time) -> Value {
    let roots: Vec<Value> = roots
        .iter()
        .map(|root| {
            let mut value = trusted::entry_value(root.entry);
            let der = root.certificate.as_ref().map(|c| base64(c.certificate().der()));
            if let Some(object) = value.as_object_mut() {
                object.insert("certificate".to_owned(), json!(der));
                object.insert("url".to_owned(), json!(root.entry.url()));
            }
            value
        })
        .collect();
    let own: Vec<Value> = embedded::microsoft_roots()
        .certificates()
        .iter()
        .map(|context| {
            let certificate = context.certificate();
            json!({
                "name": certificate.subject().display_name(),
                "sha1": hex(&certificate.sha1()),
                "sha256": hex(&certificate.sha256()),
                "certificate": base64(certificate.der()),
            })
        })
        .collect();
    json!({
        "schema": "chaincheck/trust-export-1",
        "trust": trust.value(now),
        "roots": roots,
        "microsoft": own,
    })
}

fn write(file: Option<&str>, octets: &[u8]) -> Result<(), Error> {
    match file {
        None => Ok(io::stdout().lock().write_all(octets)?),
        Some(name) => File::create(name)
            .and_then(|mut file| file.write_all(octets).and_then(|()| file.sync_all()))
            .map_err(|error| Error::Input(name.to_owned(), error.to_string())),
    }
}

/// Base64 in one line (RFC 4648, section 4).
fn base64(octets: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(octets.len().div_ceil(3) * 4);
    for chunk in octets.chunks(3) {
        let group = chunk.iter().fold(0u32, |group, octet| group << 8 | u32::from(*octet));
        let group = group << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let bits = group >> (18 - 6 * place) & 0x3f;
            let symbol = usize::try_from(bits).ok().and_then(|bits| ALPHABET.get(bits));
            let symbol = symbol.filter(|_| place <= chunk.len());
            text.push(symbol.map_or('=', |symbol| char::from(*symbol)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        let vectors = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (plain, encoded) in vectors {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }
}
