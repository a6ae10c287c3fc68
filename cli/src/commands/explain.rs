//! `chaincheck explain`: what a number, name or text means.

use std::io;

use chaincheck_engine::explain::{self, Certainty, Explanation, ExplanationKind};
use serde_json::{Value, json};

use crate::options::Format;
use crate::output::{Error, Status, print_json};
use crate::text::Text;

/// What does this HRESULT, status bit, event, property or OID mean?
///
/// WORD is a number, a name or the text of a system message. A number that means several things
/// is explained as each of them.
///
/// Exit status: 0 every word is known, 1 some are not.
#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArguments {
    /// What to explain
    #[arg(required = true, value_name = "WORD", allow_negative_numbers = true)]
    words: Vec<String>,
    /// How to write the result
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

pub(crate) fn run(arguments: &ExplainArguments) -> Result<Status, Error> {
    let mut text = Text::new();
    let mut values = Vec::new();
    let mut all_known = true;
    for (index, word) in arguments.words.iter().enumerate() {
        let found = explain::explain(word);
        let similar = if found.is_empty() { explain::suggestions(word) } else { Vec::new() };
        all_known &= !found.is_empty();
        if index > 0 {
            text.blank();
        }
        describe(&mut text, word, &found, &similar);
        values.push(json!({
            "word": word,
            "explanations": found.iter().map(value).collect::<Vec<_>>(),
            "suggestions": similar,
        }));
    }
    let mut out = io::stdout().lock();
    match arguments.format {
        Format::Text => text.print(&mut out)?,
        Format::Json => print_json(&mut out, &Value::Array(values))?,
    }
    Ok(Status::from_bool(all_known))
}

fn describe(text: &mut Text, word: &str, found: &[Explanation], similar: &[String]) {
    if found.is_empty() {
        text.line(0, &format!("{word}: not known"));
        if !similar.is_empty() {
            text.item(2, &format!("similar: {}", similar.join(", ")));
        }
        return;
    }
    for (index, explanation) in found.iter().enumerate() {
        if index > 0 {
            text.blank();
        }
        let number = match explanation.value.as_str() {
            "" => String::new(),
            number => format!(" = {number}"),
        };
        text.line(0, &format!("{}{number} ({})", explanation.name, kind(explanation.kind)));
        text.field("meaning", &explanation.meaning);
        for (name, value) in
            [("arises", &explanation.when_raised), ("what to do", &explanation.what_to_do)]
        {
            if !value.is_empty() {
                text.field(name, value);
            }
        }
        text.field("this is", certainty(explanation.certainty));
    }
}

fn value(explanation: &Explanation) -> Value {
    json!({
        "kind": kind(explanation.kind),
        "name": explanation.name,
        "value": explanation.value,
        "meaning": explanation.meaning,
        "when_raised": explanation.when_raised,
        "what_to_do": explanation.what_to_do,
        "certainty": certainty(explanation.certainty),
    })
}

const fn kind(kind: ExplanationKind) -> &'static str {
    match kind {
        ExplanationKind::HResult => "HRESULT",
        ExplanationKind::TrustError => "bit of dwErrorStatus",
        ExplanationKind::TrustInfo => "bit of dwInfoStatus",
        ExplanationKind::Event => "event",
        ExplanationKind::Property => "property",
        ExplanationKind::Oid => "object identifier",
        ExplanationKind::PolicyFlag => "flag of CertVerifyCertificateChainPolicy",
        ExplanationKind::ChainFlag => "flag of CertGetCertificateChain",
        ExplanationKind::Cause => "cause in a diagnosis",
        _ => "word",
    }
}

const fn certainty(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::Documented => "documented",
        Certainty::Observed => "observed",
        Certainty::Inferred => "inferred",
        Certainty::Unknown => "little known",
    }
}
