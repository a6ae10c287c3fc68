//! Advice on the causes a diagnosis can name (reference, auto-root-update 6 and 7, 4107-variants).

use super::{Advice, Certainty, advice};
use Certainty::{Documented, Inferred, Observed};

const CACHE: &str = "Delete the cached copies in every profile (certutil -urlcache * delete; LocalService, NetworkService, LocalSystem) and fetch the list again.";

pub(super) static TABLE: &[Advice<&str>] = advice! {
    "expired-list-signer", Documented, "The certificate that signed the list is past its validity.", "event 4107 with CERT_E_EXPIRED: on Windows 7-era machines an old copy in a URL cache is tried first; the newest list itself may be past its signer, which newer Windows tolerates", CACHE;
    "signer-not-yet-valid", Inferred, "The certificate that signed the list is not valid yet.", "event 4107 with CERT_E_EXPIRED, with a clock that is slow", "Set the clock.";
    "wrong-clock", Observed, "The machine's clock is wrong.", "event 4107 with CERT_E_EXPIRED; event 53 shows it: the servers' Date headers all differ from the records' time by the same amount", "Set the clock and its source (w32tm /resync); look at the time zone and the hardware clock.";
    "not-a-cabinet", Documented, "Something else was delivered in place of the cabinet, mostly a proxy's page.", "event 4107 with ERROR_INVALID_DATA; the cached file does not begin with MSCF", "Let ctldl.windowsupdate.com through the proxy without login, then delete the cached copies.";
    "truncated-file", Observed, "The file ends too early or is empty.", "event 4107: the cached file is shorter than its metadata says", CACHE;
    "corrupt-cabinet", Inferred, "The cabinet is damaged.", "event 4107: unpacking fails", CACHE;
    "corrupt-list", Inferred, "The list inside the cabinet cannot be decoded.", "event 4107 with CRYPT_E_BAD_MSG or an ASN.1 error", CACHE;
    "tampered-list", Inferred, "The list was changed after it was signed.", "event 4107 with NTE_BAD_SIGNATURE or CRYPT_E_HASH_VALUE", "Find out who changed it: a proxy, a mirror, a disk. Then delete the cached copies.";
    "unsupported-algorithm", Inferred, "This Windows does not know the algorithm of the list's signature.", "event 4107 on Windows without its SHA-2 update", "Install the SHA-2 update of that Windows, or distribute roots by Group Policy.";
    "missing-intermediate", Inferred, "An issuer between the list's signer and the root is missing.", "event 4107 with CERT_E_CHAINING", "Restore the intermediate; the list normally brings it.";
    "missing-root", Inferred, "The Microsoft root above the list's signer is missing or not trusted.", "event 4107 with CERT_E_UNTRUSTEDROOT", "Restore the Microsoft root to the machine's Root store.";
    "distrusted-list-chain", Observed, "A certificate above the list stands in a Disallowed store.", "the list is refused as revoked or distrusted", "Remove the wrong entry from the machine's Disallowed store; see which tool put it there.";
    "wrong-usage", Inferred, "The list's signer is not meant for signing such lists.", "event 4107 with CERT_E_WRONG_USAGE: the usage for root list signing is missing", "Do not use this list: it is not Microsoft's. Fetch the real one.";
    "revoked-signer", Inferred, "The list's signer has been revoked.", "the list is refused with CRYPT_E_REVOKED", "Fetch the present list.";
    "unreachable", Observed, "The server cannot be reached.", "events 4099, 4101, 4104 (not 4107) with a network error", "Open the way to ctldl.windowsupdate.com, set up a mirror (RootDirUrl), or switch the root update off by policy.";
    "proxy", Observed, "The account that updates, usually SYSTEM, has no proxy or may not use it.", "the user can browse, yet events 4099, 4104 or 4110 appear", "Set the machine's proxy (netsh winhttp set proxy) and exempt ctldl.windowsupdate.com from logins.";
    "store-access-denied", Documented, "The updater may not write where it has to.", "event 4107 or 4110 with ERROR_ACCESS_DENIED", "Restore the rights on the temporary folder and on the AuthRoot store.";
    "store-corrupt", Inferred, "A store or its registry keys are damaged.", "entries cannot be read, or their hash is not their name", "Save and delete the damaged key under HKLM\\SOFTWARE\\Microsoft\\SystemCertificates; the update writes it again.";
    "update-disabled", Documented, "The automatic root update is switched off.", "DisableRootAutoUpdate is 1; nothing is fetched, no event is written, new roots stay unknown", "If that is meant, distribute roots and the disallowed list yourself (EnableDisallowedCertAutoUpdate = 1 keeps the latter); otherwise remove the policy.";
};
