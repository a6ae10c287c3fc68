mod hostile_keys;
mod known_answers;
#[cfg(feature = "ring")]
mod ring_agrees;
mod shared_roots;
mod vectors;
