//! Every seed of the fuzz targets, and every input that once made one fail
//! (`fuzz/regressions/TARGET/`), run as ordinary tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests
#![allow(unused_attributes, clippy::field_reassign_with_default, clippy::needless_borrow)] // the targets are programs

use std::path::Path;

#[path = "../../fuzz/fuzz_targets/archive.rs"]
mod archive;
#[path = "../../fuzz/fuzz_targets/cabinet.rs"]
mod cabinet;
#[path = "../../fuzz/fuzz_targets/cabinet_agrees.rs"]
mod cabinet_agrees;
#[path = "../../fuzz/fuzz_targets/certificate.rs"]
mod certificate;
#[path = "../../fuzz/fuzz_targets/certificate_agrees.rs"]
mod certificate_agrees;
#[path = "../../fuzz/fuzz_targets/certutil_text.rs"]
mod certutil_text;
#[path = "../../fuzz/fuzz_targets/chain_graph.rs"]
mod chain_graph;
#[path = "../../fuzz/fuzz_targets/compound_file.rs"]
mod compound_file;
#[path = "../../fuzz/fuzz_targets/crl.rs"]
mod crl;
#[path = "../../fuzz/fuzz_targets/der.rs"]
mod der;
#[path = "../../fuzz/fuzz_targets/detect_open.rs"]
mod detect_open;
#[path = "../../fuzz/fuzz_targets/event_log.rs"]
mod event_log;
#[path = "../../fuzz/fuzz_targets/event_xml.rs"]
mod event_xml;
#[path = "../../fuzz/fuzz_targets/evidence.rs"]
mod evidence;
#[path = "../../fuzz/fuzz_targets/extension.rs"]
mod extension;
#[path = "../../fuzz/fuzz_targets/hive.rs"]
mod hive;
#[path = "../../fuzz/fuzz_targets/host_names.rs"]
mod host_names;
#[path = "../../fuzz/fuzz_targets/list_examine.rs"]
mod list_examine;
#[path = "../../fuzz/fuzz_targets/list_update.rs"]
mod list_update;
#[path = "../../fuzz/fuzz_targets/message.rs"]
mod message;
#[path = "../../fuzz/fuzz_targets/name.rs"]
mod name;
#[path = "../../fuzz/fuzz_targets/name_constraints.rs"]
mod name_constraints;
#[path = "../../fuzz/fuzz_targets/ocsp.rs"]
mod ocsp;
#[path = "../../fuzz/fuzz_targets/pfx.rs"]
mod pfx;
#[path = "../../fuzz/fuzz_targets/proof_replay.rs"]
mod proof_replay;
#[path = "../../fuzz/fuzz_targets/reg.rs"]
mod reg;
#[path = "../../fuzz/fuzz_targets/registry_policy.rs"]
mod registry_policy;
#[path = "../../fuzz/fuzz_targets/scenario_json.rs"]
mod scenario_json;
#[path = "../../fuzz/fuzz_targets/scenario_root_update.rs"]
mod scenario_root_update;
#[path = "../../fuzz/fuzz_targets/serialized_store.rs"]
mod serialized_store;
#[path = "../../fuzz/fuzz_targets/signatures.rs"]
mod signatures;
#[path = "../../fuzz/fuzz_targets/time.rs"]
mod time;
#[path = "../../fuzz/fuzz_targets/trust_list.rs"]
mod trust_list;
#[path = "../../fuzz/fuzz_targets/url_cache.rs"]
mod url_cache;
#[path = "../../fuzz/fuzz_targets/webpki_agrees.rs"]
mod webpki_agrees;
#[path = "../../fuzz/fuzz_targets/why.rs"]
mod why;

type Target = fn(&[u8]);

const TARGETS: &[(&str, Target)] = &[
    ("archive", archive::run_target),
    ("cabinet", cabinet::run_target),
    ("cabinet_agrees", cabinet_agrees::run_target),
    ("certificate", certificate::run_target),
    ("certificate_agrees", certificate_agrees::run_target),
    ("certutil_text", certutil_text::run_target),
    ("chain_graph", chain_graph::run_target),
    ("compound_file", compound_file::run_target),
    ("crl", crl::run_target),
    ("der", der::run_target),
    ("detect_open", detect_open::run_target),
    ("event_log", event_log::run_target),
    ("event_xml", event_xml::run_target),
    ("evidence", evidence::run_target),
    ("extension", extension::run_target),
    ("hive", hive::run_target),
    ("host_names", host_names::run_target),
    ("list_examine", list_examine::run_target),
    ("list_update", list_update::run_target),
    ("message", message::run_target),
    ("name", name::run_target),
    ("name_constraints", name_constraints::run_target),
    ("ocsp", ocsp::run_target),
    ("pfx", pfx::run_target),
    ("proof_replay", proof_replay::run_target),
    ("reg", reg::run_target),
    ("registry_policy", registry_policy::run_target),
    ("scenario_json", scenario_json::run_target),
    ("scenario_root_update", scenario_root_update::run_target),
    ("serialized_store", serialized_store::run_target),
    ("signatures", signatures::run_target),
    ("time", time::run_target),
    ("trust_list", trust_list::run_target),
    ("url_cache", url_cache::run_target),
    ("webpki_agrees", webpki_agrees::run_target),
    ("why", why::run_target),
];

fn inputs(folder: &str, target: &str) -> Vec<std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz").join(folder).join(target);
    files(&folder)
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let files = std::fs::read_dir(folder).into_iter().flatten();
    files.map(|file| file.unwrap().path()).collect()
}

#[test]
fn seeds_and_past_crashes_run() {
    // what long runs have learnt, to measure how much of the code it reaches (fuzz/coverage.sh)
    let corpus = std::env::var_os("FUZZ_CORPUS");
    let mut count = 0;
    for (name, replay) in TARGETS {
        let learnt = corpus.as_ref().map(|folder| files(&Path::new(folder).join(name)));
        let own = [inputs("seeds", name), inputs("regressions", name)].concat();
        for path in own.into_iter().chain(learnt.into_iter().flatten()) {
            println!("{name} {}", path.display());
            replay(&std::fs::read(path).unwrap());
            count += 1;
        }
    }
    assert!(count > 40, "{count} inputs");
}

#[test]
fn every_target_is_here_and_in_the_manifest() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/fuzz_targets");
    let manifest = include_str!("../../fuzz/Cargo.toml");
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap().file_name().into_string().unwrap();
        let name = file.strip_suffix(".rs").unwrap();
        assert!(TARGETS.iter().any(|(known, _)| *known == name), "{name} is not replayed");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name} is not built");
    }
}
