//! Known attacks, each with the verdict it must have, beside the same thing without the trick.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests

#[path = "attacks/addresses.rs"]
mod addresses;
#[path = "attacks/cabinets.rs"]
mod cabinets;
#[path = "attacks/collisions.rs"]
mod collisions;
#[path = "attacks/curves.rs"]
mod curves;
#[path = "attacks/distrust.rs"]
mod distrust;
#[path = "attacks/encodings.rs"]
mod encodings;
#[path = "attacks/names.rs"]
mod names;
#[path = "attacks/rollback.rs"]
mod rollback;
#[path = "attacks/rsa.rs"]
mod rsa;
#[allow(dead_code)] // shared with the chain tests
#[path = "chains/support.rs"]
mod support;

use chaincheck_engine::chain::context::ChainContext;
use chaincheck_engine::object::certificate::Certificate;

/// The chain of `end` over `middle` to the trusted `top`.
fn judge(end: &[u8], middle: &Certificate, top: &Certificate) -> ChainContext {
    let end = Certificate::from_der(end).unwrap();
    support::ask(&support::trusting(&[top]), &support::question(&end, &[middle]))
}
