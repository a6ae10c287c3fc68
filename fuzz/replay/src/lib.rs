//! Stands in for `libfuzzer_sys` where past inputs are run as ordinary tests: [`fuzz_target!`] makes
//! of a target's body a function `run_target` on octets.
#![forbid(unsafe_code)]

/// The target's body as `run_target(octets)`. A target that takes text is run on octets that are.
#[macro_export]
macro_rules! fuzz_target {
    (|$octets:ident: &[u8]| $body:expr) => {
        pub(crate) fn run_target($octets: &[u8]) {
            $body
        }
    };
    (|$text:ident: &str| $body:expr) => {
        pub(crate) fn run_target(octets: &[u8]) {
            if let Ok($text) = std::str::from_utf8(octets) {
                $body
            }
        }
    };
}
