//! Chains over hierarchies made for the purpose: one test a rule, with every error and info bit;
//! whether order matters and the search ends; and what rustls-webpki says of the same chains.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // tests

#[path = "chains/bits.rs"]
mod bits;
#[path = "chains/fetching.rs"]
mod fetching;
#[path = "chains/order.rs"]
mod order;
#[path = "chains/rules.rs"]
mod rules;
#[path = "chains/stores.rs"]
mod stores;
#[path = "chains/support.rs"]
mod support;
#[path = "chains/trust_lists.rs"]
mod trust_lists;
#[path = "chains/vectors.rs"]
mod vectors;
#[path = "chains/webpki.rs"]
mod webpki;
#[path = "chains/why.rs"]
mod why;
