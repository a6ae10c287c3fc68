//! What each cause means to someone who has never heard of trust lists.

use chaincheck_engine::proof::CauseKind;

/// Why Windows cannot use the list then, in plain words.
pub(in super::super) const fn why(kind: CauseKind) -> &'static str {
    use CauseKind as K;
    match kind {
        K::ExpiredListSigner => {
            "Whoever signs the list does so with a certificate that is valid for a limited time. \
             By this machine's clock that time was over for the copy of the list it looked at, so \
             Windows put the copy aside. A newer copy is signed anew."
        }
        K::SignerNotYetValid => {
            "Whoever signs the list does so with a certificate that is valid for a limited time. \
             By this machine's clock that time had not begun, so Windows put the list aside."
        }
        K::WrongClock => {
            "The list and its signature are sound. Windows compared the signer's dates with the \
             machine's own clock, and the clock was wrong: it made a good list look out of date, \
             or not yet valid."
        }
        K::NotACabinet => {
            "The list travels packed in a cabinet file (.cab). What lies in its place on this \
             machine is something else, so there is no list to take out of it."
        }
        K::TruncatedFile => {
            "The list travels packed in a cabinet file (.cab). The file on this machine ends \
             before it is complete, as after a download that broke off, so the list cannot be \
             taken out of it."
        }
        K::CorruptCabinet => {
            "The list travels packed in a cabinet file (.cab). Octets of the file on this machine \
             are damaged, so the list cannot be taken out of it."
        }
        K::CorruptList => {
            "The file could be unpacked, but what is inside cannot be read as a list of roots."
        }
        K::TamperedList => {
            "The list is signed so that nobody can change it unnoticed. This copy does not match \
             what Microsoft signed, so Windows refuses it. Find out where it came from."
        }
        K::UnsupportedAlgorithm => {
            "The list is signed by a method this version of Windows does not have yet, so it \
             cannot check the signature."
        }
        K::MissingIntermediate => {
            "Between the certificate that signed the list and Microsoft's root stands another \
             one. It is missing, so nothing links the signature to Microsoft."
        }
        K::MissingRoot => {
            "A signature counts only if it leads up to a root certificate the machine trusts. \
             Microsoft's root above the list is not among this machine's trusted roots."
        }
        K::DistrustedListChain => {
            "Windows also keeps a store of certificates it must never trust (Disallowed). A \
             certificate that the list's own signature rests on was put there, so Windows refuses \
             the list."
        }
        K::WrongUsage => {
            "A certificate says what it may be used for. The one that signed this list may not \
             sign lists of trusted roots, so Windows refuses the list."
        }
        K::RevokedSigner => {
            "The certificate that signed the list was withdrawn by its issuer before its time."
        }
        K::Unreachable => {
            "Windows fetches the list from Microsoft's servers. From this machine they could not \
             be reached."
        }
        K::Proxy => {
            "Windows fetches the list with the computer's own account. A proxy on the way \
             answered in the server's place, with something that is no list."
        }
        K::StoreAccessDenied => {
            "Windows has to open its certificate stores and its folder for temporary files to use \
             the list. Access to one of them was denied."
        }
        K::StoreCorrupt => {
            "Windows keeps its certificates in stores in the registry. One of them is damaged, so \
             what the list's signature rests on cannot be read."
        }
        K::UpdateDisabled => {
            "A policy switches the automatic update of the trusted roots off. Windows then \
             fetches no list and logs no event: new roots stay unknown, withdrawn ones trusted."
        }
    }
}
