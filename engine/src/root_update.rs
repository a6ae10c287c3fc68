//! Floor 6: the automatic root update.

pub mod event;
