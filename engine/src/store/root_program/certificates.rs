//! The certificates of listed roots that come with the engine: Mozilla's roots, as the crate
//! webpki-root-certs gives them, and Microsoft's own.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::base::digest::sha1;
use crate::store::embedded;

/// The certificate with this SHA-1, if the engine carries it.
#[must_use]
pub fn at_hand(thumbprint: &[u8; 20]) -> Option<&'static [u8]> {
    static BY_SHA1: OnceLock<HashMap<[u8; 20], &'static [u8]>> = OnceLock::new();
    BY_SHA1
        .get_or_init(|| {
            let mozilla = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(|root| root.as_ref());
            let all = mozilla.chain(embedded::microsoft_root_octets());
            all.map(|octets: &[u8]| (sha1(octets), octets)).collect()
        })
        .get(thumbprint)
        .copied()
}
