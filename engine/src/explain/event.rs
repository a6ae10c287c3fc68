//! Advice on events: the Application log's family and CAPI2's Operational channel.
//!
//! Reference: auto-root-update 5 to 7, capi2-events 1 and 3 to 5.

use super::{Advice, Certainty, advice};
use Certainty::{Documented, Inferred, Observed, Unknown};

/// Advice on an event of the Application log, by its number on Windows 7 and later.
pub(super) fn on_application(id: u16) -> Option<&'static Advice<u16>> {
    APPLICATION.iter().find(|advice| advice.key == id)
}

/// An event of the channel Microsoft-Windows-CAPI2/Operational.
#[derive(Debug, Clone, Copy)]
pub(super) struct OperationalEvent {
    pub(super) id: u16,
    /// Its task in the provider's manifest.
    pub(super) task: &'static str,
    pub(super) meaning: &'static str,
    pub(super) when_raised: &'static str,
    pub(super) what_to_do: &'static str,
    pub(super) certainty: Certainty,
}

/// The event of the Operational channel with this number.
pub(super) fn on_operational(id: u16) -> Option<&'static OperationalEvent> {
    OPERATIONAL.iter().find(|event| event.id == id)
}

const NOTHING: &str = "Nothing; it reports success.";
const NETWORK: &str = "Read the error. Check the WinHTTP proxy of the machine (netsh winhttp show proxy), name service and firewall for ctldl.windowsupdate.com; on isolated networks use a mirror (RootDirUrl) or switch the root update off by policy.";
const NOT_KNOWN: &str = "Keep the record with its arguments; the CAPI2 Operational log of the same minute may tell more.";
const UNSPOKEN: &str = "not published";
const CATALOG: &str = "Unrelated to roots. Look at the Cryptographic Services service, the folder catroot2 and backup software.";

static APPLICATION: &[Advice<u16>] = advice! {
    256, Documented, "The catalog database could not be opened.", "Cryptographic Services starts", CATALOG;
    257, Inferred, "The catalog database failed.", "Cryptographic Services works with its catalogs", CATALOG;
    512, Observed, "Cryptographic Services reports a backup (VSS) error.", "a backup runs", CATALOG;
    513, Observed, "Cryptographic Services reports a backup (VSS) error.", "a backup runs", CATALOG;
    4097, Documented, "A root of Microsoft's list was added.", "a chain needed a root on the list and its certificate was fetched", NOTHING;
    4098, Documented, "The list of roots was fetched.", "the list was due and its sequence number had changed", NOTHING;
    4099, Documented, "The list of roots could not be fetched.", "no network, no proxy for the account, or an HTTP error", NETWORK;
    4100, Documented, "A root's certificate was fetched.", "a chain needs a root on the list", NOTHING;
    4101, Documented, "A root's certificate could not be fetched, or is not the one listed.", "no network, an HTTP error, or a hash that differs from the list's", NETWORK;
    4102, Documented, "Logging pauses because of too many events.", "more events than the threshold; no error of its own", "Find the event that floods the log and see to that one.";
    4103, Documented, "The list's sequence number was fetched.", "first step of every update", NOTHING;
    4104, Documented, "The list's sequence number could not be fetched.", "no network or no proxy for the account", NETWORK;
    4105, Unknown, "A chain ended in a root that is not trusted (a notice).", "the root is on no list; bit 1 of the update's Flags silences it", "See whether the root deserves trust.";
    4106, Unknown, "A chain could not be completed (a notice).", "no issuer was found; bit 2 of the update's Flags silences it", "See which issuer is missing.";
    4107, Documented, "What was fetched as the list of roots is no list Windows accepts: no cabinet, no list, a bad signature or an expired signer.", "the cabinet is unpacked, decoded and its signature and signer are checked; a cached copy is tried before the net. Two errors are known from records: \"not within its validity period\" (expired signer, stale copy, wrong clock) and \"The data is invalid\" (a proxy's page in place of the cabinet)", "Read the error text. Check the clock. Look at the file under the address in every CryptnetUrlCache: it must begin with MSCF. Delete the cached copies in all profiles (certutil -urlcache * delete; LocalService, NetworkService, LocalSystem) and let ctldl.windowsupdate.com through the proxy. `chaincheck diagnose` shows at which step it failed, and why.";
    4108, Documented, "A root was deleted from AuthRoot.", "it has left Microsoft's list; copies an administrator put into Root stay", "Nothing, unless you need that root: then put it into Root by policy.";
    4109, Inferred, "Usages or dates of a root were updated.", "a newer list changes the properties of a root already present", NOTHING;
    4110, Inferred, "A root could not be added or updated.", "seen when SYSTEM had no proxy; also when the registry cannot be written (inferred)", "Read the error: check the machine's proxy, and the rights on the AuthRoot store.";
    4111, Observed, "A newer list of roots is in force.", "the update stored it; the date is the list's own, in local time", NOTHING;
    4112, Observed, "A newer list of distrusted certificates is in force.", "the update stored it; the date is the list's own, in local time", NOTHING;
    4113, Observed, "Newer pin rules are in force.", "the update stored them; the date is the list's own, in local time", NOTHING;
    4114, Unknown, "An error whose meaning is not published.", UNSPOKEN, NOT_KNOWN;
    4115, Unknown, "An error whose meaning is not published.", UNSPOKEN, NOT_KNOWN;
    4116, Unknown, "An error whose meaning is not published.", UNSPOKEN, NOT_KNOWN;
    4117, Unknown, "A warning whose meaning is not published.", UNSPOKEN, NOT_KNOWN;
    4128, Unknown, "A notice whose meaning is not published.", UNSPOKEN, NOT_KNOWN;
    4129, Unknown, "An error whose meaning is not published; its second argument is an error text.", UNSPOKEN, NOT_KNOWN;
    4130, Unknown, "An error whose meaning is not published; its second argument is an error text.", UNSPOKEN, NOT_KNOWN;
    4131, Unknown, "An error whose meaning is not published; its second argument is an error text.", UNSPOKEN, NOT_KNOWN;
    4176, Unknown, "An error whose meaning is not published; its second argument is an error text.", UNSPOKEN, NOT_KNOWN;
    4177, Unknown, "An error whose meaning is not published; its second argument is an error text.", UNSPOKEN, NOT_KNOWN;
    4178, Unknown, "An error whose meaning is not published; its second argument is an error text.", UNSPOKEN, NOT_KNOWN;
    4192, Unknown, "A warning whose meaning is not published.", UNSPOKEN, NOT_KNOWN;
};

macro_rules! operational {
    ($($id:literal, $task:literal, $certainty:ident, $meaning:literal, $when:literal, $what:expr;)*) => {
        static OPERATIONAL: &[OperationalEvent] = &[
            $(OperationalEvent {
                id: $id,
                task: $task,
                meaning: $meaning,
                when_raised: $when,
                what_to_do: $what,
                certainty: $certainty,
            },)*
        ];
    };
}

const START: &str =
    "Nothing; the event that ends the same task says how it went (join by TaskId and nesting).";
const JOIN: &str = "Read the result; join it with the other records by TaskId.";
const DATABASE: &str = "Unrelated to roots; read its status if catalog signatures fail.";

operational! {
    10, "BuildChain Start", Observed, "A chain is being built.", "CertGetCertificateChain begins", START;
    11, "BuildChain Stop", Observed, "A chain was built: its certificates, bits and the worst error.", "CertGetCertificateChain ends; level 2 if anything is wrong", "Read ErrorStatus of the chain and of each element: the element with the bit is the one to repair.";
    12, "RetrieveIssuerCertificatefromCache Start", Documented, "An issuer is looked for in the cache.", "an issuer is not in the stores", START;
    13, "RetrieveIssuerCertificatefromCache Stop", Documented, "The search for an issuer in the cache ended.", "an issuer is not in the stores", JOIN;
    14, "RetrieveIssuerCertificatefromNetwork Start", Documented, "An issuer is being fetched through AIA.", "an issuer is neither in the stores nor in the cache", START;
    15, "RetrieveIssuerCertificatefromNetwork Stop", Documented, "Fetching an issuer through AIA ended.", "an issuer is neither in the stores nor in the cache", "If it failed see whether the AIA address can be reached from this machine.";
    16, "InhibitIssuerCertificateRetrieval", Inferred, "An issuer was not fetched.", "retrieval is inhibited (by limits or settings, inferred from the name)", "See whether AIA retrieval is switched off on this machine.";
    17, "RetrieveThird-PartyRootCertificatefromCache Start", Documented, "A root of Microsoft's list is looked for in the cache.", "a chain ends in an unknown root", START;
    18, "RetrieveThird-PartyRootCertificatefromCache Stop", Documented, "The search for a listed root in the cache ended.", "a chain ends in an unknown root", JOIN;
    19, "RetrieveThird-PartyRootCertificatefromNetwork Start", Documented, "A root of Microsoft's list is being fetched.", "a chain ends in a listed root that is not there yet", START;
    20, "RetrieveThird-PartyRootCertificatefromNetwork Stop", Documented, "Fetching a listed root ended.", "a chain ends in a listed root that is not there yet", "If it failed see events 4101 and 53 for the error.";
    21, "RetrieveCrossCertificatefromCache Start", Documented, "Cross certificates are looked for in the cache.", "cross certificate distribution points are known", START;
    22, "RetrieveCrossCertificatefromCache Stop", Documented, "The search for cross certificates in the cache ended.", "cross certificate distribution points are known", JOIN;
    23, "RetrieveCrossCertificatefromNetwork Start", Documented, "Cross certificates are being fetched.", "cross certificate distribution points are known", START;
    24, "RetrieveCrossCertificatefromNetwork Stop", Documented, "Fetching cross certificates ended.", "cross certificate distribution points are known", JOIN;
    30, "VerifyChainPolicy", Observed, "A chain was judged by a policy (TLS, code signing and so on).", "CertVerifyCertificateChainPolicy ends; it may run in another task than its event 11", "Read the result and the element index; find the chain by chainRef in event 11.";
    40, "VerifyRevocation Start", Observed, "Revocation of a certificate is being checked.", "CertVerifyRevocation begins", START;
    41, "VerifyRevocation Stop", Observed, "Revocation of a certificate was checked.", "CertVerifyRevocation ends", "Read RevocationStatus: 80092010 revoked, 80092012 no address, 80092013 offline or stale.";
    42, "RejectRevocationInformation", Observed, "A CRL or OCSP response at hand was not accepted.", "it is too old or an OCSP answer is no success; usually a fresh one is fetched next", "Nothing if event 41 then reports success; otherwise publish a fresh CRL.";
    50, "RetrieveObjectfromCache Start", Observed, "An object is looked for in the URL cache.", "before anything is fetched", START;
    51, "RetrieveObjectfromCache Stop", Observed, "The search in the URL cache ended.", "before anything is fetched", "Nothing found is no error: event 53 follows.";
    52, "RetrieveObjectfromNetwork Start", Observed, "An object is being fetched.", "the cache has nothing usable", START;
    53, "RetrieveObjectfromNetwork Stop", Observed, "Fetching an object ended: address, proxy, headers, result.", "the cache had nothing usable; level 2 with result 0 is only a note on the proxy or the cache", "Judge by Result, not by level. The Date header minus the time of the record, over several servers, shows a wrong clock.";
    60, "OpenStore", Documented, "A certificate store was opened.", "verbose logging only", "Nothing.";
    70, "AcquireCertificatePrivateKey", Documented, "A private key was asked for.", "a program uses a certificate's key", "See which program it was, if that surprises you.";
    71, "SignCertificate", Documented, "A certificate was signed.", "a program signs with a key", "See which program it was, if that surprises you.";
    80, "VerifyTrust Start", Observed, "Trust in a file is being verified.", "WinVerifyTrust begins", START;
    81, "VerifyTrust Stop", Observed, "Trust in a file was verified.", "WinVerifyTrust ends: 800B0100 no signature, 80096010 changed file, 800B0109 untrusted root", "Read the result; find the chain by chainRef in event 11.";
    82, "FindSecurityCatalogforFile", Observed, "A catalog that signs a file was looked for.", "a file without a signature of its own is verified", JOIN;
    90, "X509Objects", Observed, "The certificates, CRLs and OCSP responses of a task, by name and hash.", "once a task that built a chain, just before its end; the objects themselves are not in it", "Use it to look up what the other records refer to by fileRef.";
    8192, "CatalogDatabase Add Start", Documented, "A catalog is being added.", "catalog maintenance", DATABASE;
    8193, "CatalogDatabase Add Stop", Documented, "A catalog was added.", "catalog maintenance", DATABASE;
    8194, "CatalogDatabase Remove Start", Documented, "A catalog is being removed.", "catalog maintenance", DATABASE;
    8195, "CatalogDatabase Remove Stop", Documented, "A catalog was removed.", "catalog maintenance", DATABASE;
    8196, "CatalogDatabase Sync Start", Documented, "The catalog database is being synchronised.", "catalog maintenance", DATABASE;
    8197, "CatalogDatabase Sync Stop", Documented, "The catalog database was synchronised.", "catalog maintenance", DATABASE;
    8198, "CatalogDatabase Rebuild Start", Documented, "The catalog database is being rebuilt.", "catalog maintenance", DATABASE;
    8199, "CatalogDatabase Rebuild Stop", Documented, "The catalog database was rebuilt.", "catalog maintenance", DATABASE;
    8200, "CatalogDatabase Search Start", Documented, "A catalog is being searched for.", "a file is looked up", DATABASE;
    8201, "CatalogDatabase Search Stop", Documented, "The search for a catalog ended.", "a file is looked up", DATABASE;
    8202, "CatalogDatabase Sync Start", Documented, "The catalog database is being synchronised.", "catalog maintenance", DATABASE;
    8203, "CatalogDatabase Sync Stop", Documented, "The catalog database was synchronised.", "catalog maintenance", DATABASE;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root_update::event;

    #[test]
    fn every_event_of_the_family_has_advice() {
        for definition in event::TABLE {
            assert!(on_application(definition.id).is_some(), "{}", definition.id);
        }
        assert_eq!(APPLICATION.len(), event::TABLE.len());
        assert_eq!(OPERATIONAL.len(), 30 + 12);
        assert!(OPERATIONAL.windows(2).all(|pair| pair[0].id < pair[1].id));
    }
}
