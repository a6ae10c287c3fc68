//! What a page says, and that nothing of the evidence becomes part of its markup.

use super::page;
use crate::commands::diagnose::samples;

/// Writes every sample's page to the folder that CHAINCHECK_PAGES names, to be looked at.
#[test]
fn every_sample_is_a_sound_page() {
    for (name, document) in samples::all() {
        let html = page(&document);
        if let Some(folder) = std::env::var_os("CHAINCHECK_PAGES") {
            let path = std::path::Path::new(&folder).join(format!("{name}.html"));
            std::fs::write(path, &html).unwrap();
        }
        let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
        roxmltree::Document::parse_with_options(&html, options)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}
