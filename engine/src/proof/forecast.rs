//! What will end next.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::case::Case;
use super::diagnosis::clock;
use super::fact::{objects, octets};
use super::sound::no_files;
use crate::base::time::Time;
use crate::format::{Kind, Limits, open};
use crate::object::crl::Crl;
use crate::scenario::{Scenario, examine_list};

/// Something that ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Forecast {
    /// When.
    pub date: String,
    /// What ends then.
    pub what: String,
}

/// What on these machines ends after their clocks, soonest first.
#[must_use]
pub fn forecast(cases: &[Case]) -> Vec<Forecast> {
    let mut found: BTreeMap<(i64, String), Time> = BTreeMap::new();
    for case in cases {
        let Some(now) = clock(&case.machine) else { continue };
        let mut add = |time: Time, what: String| {
            if time > now {
                found.insert((time.unix(), what), time);
            }
        };
        let mut lists: Vec<(String, Vec<u8>)> = Vec::new();
        for entry in &case.machine.url_cache {
            if let Some(list) = entry.object.as_ref().and_then(octets) {
                lists.push((format!("the cached list of {}", entry.url), list));
            }
        }
        for list in &case.lists {
            if lists.iter().all(|(_, known)| known != list) {
                lists.push(("a list in the evidence".to_owned(), list.clone()));
            }
        }
        for (name, list) in &lists {
            of_list(&case.machine, name, list, &mut add);
        }
        for (_, object) in objects(&case.machine, "CA") {
            let Some(octets) = octets(&object) else { continue };
            let items = open(&octets, &Limits::default()).map(|c| c.items).unwrap_or_default();
            for item in items.iter().filter(|item| item.kind == Kind::Crl) {
                if let Ok(crl) = Crl::from_der(&item.octets)
                    && let Some(end) = crl.next_update()
                {
                    add(end, format!("the CRL of {} is due to be replaced", crl.issuer()));
                }
            }
        }
    }
    found.into_iter().map(|((_, what), time)| Forecast { date: time.to_string(), what }).collect()
}

fn of_list(machine: &Scenario, name: &str, list: &[u8], add: &mut impl FnMut(Time, String)) {
    let Ok(report) = examine_list(machine, list, &no_files) else { return };
    let Some(found) = &report.list else { return };
    let which = format!("{name} (ThisUpdate {})", found.this_update);
    if let Some(end) = found.next_update {
        add(end, format!("{which}: NextUpdate"));
    }
    let elements = report.chain.as_ref().map(|chain| chain.elements()).unwrap_or_default();
    for (index, element) in elements.iter().enumerate() {
        let role = match index {
            0 => "its signer",
            _ if element.certificate.subject().raw() == element.certificate.issuer().raw() => {
                "its root"
            }
            _ => "its signer's CA",
        };
        let certificate = &element.certificate;
        let subject = certificate.subject().display_name();
        add(certificate.not_after(), format!("{which}: {role}, {subject}, expires"));
    }
}
