//! Advice on result codes: what each says, when CAPI2 gives it, what to do.
//!
//! Reference: chain-policy 3 and 6, auto-root-update 6, 7 and 10, chain-engine 1.1 and 10.3.

use super::{Advice, Certainty, advice};
use crate::base::hresult::*;
use Certainty::{Documented, Inferred, Observed};

/// Advice on this code, if there is any of its own.
pub(super) fn advice_on(code: HResult) -> Option<&'static Advice<HResult>> {
    TABLE_OF_ADVICE.iter().find(|advice| advice.key == code)
}

const ROOT: &str = "Find out which root the chain ends in and whether it deserves trust. If it does, put it into the machine's Root store (by Group Policy for many machines) or let the automatic root update fetch it. A root of an inspecting proxy must be distributed by you.";
const ISSUER: &str = "Install the missing intermediate on the server that presents the certificate, or in the CA store; check that the AIA address in the certificate can be reached.";
const RENEW: &str = "Compare the machine's clock and time zone with a reliable clock first; then look at the validity of every certificate in the chain and of the list's signer, and renew the one that has run out.";
const REVOCATION: &str = "Fetch the CRL and OCSP addresses of the certificate from this machine, as the account that failed (SYSTEM uses the WinHTTP proxy). Look at the CAPI2 Operational events 41, 42 and 53 for the address and the error. Publish a fresh CRL if it is your CA.";
const REPLACE: &str = "Do not use it. Have the CA issue a new certificate, and find out why the old one was withdrawn.";
const REISSUE: &str = "Have the certificate issued anew by a CA that follows the rule; it cannot be repaired locally.";
const FETCH_AGAIN: &str = "Look at what was really fetched: the file under this address in each CryptnetUrlCache. If it begins with '<' it is a web page of a proxy or portal. Delete the cached copies (certutil -urlcache * delete, and the caches of LocalService, NetworkService and LocalSystem) and fetch it again over a clean path.";
const ENCODING: &str = "Get the file again from its source, and compare its length and hash. If it arrives like this every time, whoever made it has to correct it.";
const NETWORK: &str = "Check name service, firewall and the machine's WinHTTP proxy (netsh winhttp show proxy): the root update and revocation run as SYSTEM, not as the user. Allow ctldl.windowsupdate.com, or point RootDirUrl to a mirror, or switch the root update off by policy on isolated networks.";
const TLS: &str = "Open the address from this machine and look at the certificate the server, or a proxy in between, presents.";
const HTTP: &str = "Open the address from this machine through the same proxy; allow it in the proxy or correct the address (RootDirUrl for the root update).";
const ALGORITHM: &str = "Check which algorithm is meant: old Windows needs its SHA-2 update, new Windows refuses MD2, MD4 and short keys by policy. Have the object signed with a current algorithm.";
const PROGRAM: &str =
    "This points to the calling program rather than to a certificate: update it or tell its maker.";
const SIGNED_FILE: &str = "Get the file again from its maker and compare its hash. If it is right and still fails, it was changed after it was signed.";
const ACCESS: &str = "Check the rights of the account that runs the update: on its temporary folder, on HKLM\\SOFTWARE\\Microsoft\\SystemCertificates\\AuthRoot and on the URL cache. Security software may be in the way.";
const CA_ERROR: &str = "Look at the certificate the engine flags in event 11, and have the CA that issued it correct its extensions.";
const NAME: &str = "Use a name that stands in the subject alternative names of the certificate, or have the certificate issued with the name that is used.";
const USAGE: &str = "Look at the enhanced key usages of every certificate in the chain and at the purposes enabled for the root (its properties 9 and 122). Use a certificate meant for this purpose.";
const RIGHT: &str = "Nothing; this is an ordinary answer.";
const STORE: &str = "Check that the object is where the program looks: right store, right location (user or machine), right thumbprint.";
const TIME_STAMP: &str = "Have the file signed and time-stamped anew; check that the time-stamping authority's chain is trusted.";
const DISK: &str = "Free resources on the machine and try again.";

static TABLE_OF_ADVICE: &[Advice<HResult>] = advice! {
    S_OK, Documented, "It worked.", "no error was found", RIGHT;
    S_FALSE, Documented, "It worked, with a reservation.", "the certificate transparency policy found warnings only", "Look at the policy's own status for the warning.";
    E_FAIL, Documented, "It failed; no reason is given.", "the certificate transparency policy found errors; also a cabinet that cannot be unpacked (inferred)", FETCH_AGAIN;
    E_INVALIDARG, Observed, "A function was called with a wrong argument.", "a chain is asked for without a certificate or parameters, or a structure has a wrong size", PROGRAM;

    TRUST_E_CERT_SIGNATURE, Observed, "The signature on a certificate is wrong, or so weak that it does not count.", "a chain has IS_NOT_SIGNATURE_VALID on some certificate; it beats every other error", "See which certificate carries the bit: a wrong issuer with the same name, a damaged copy, or a weak algorithm (HAS_WEAK_SIGNATURE). Replace that certificate.";
    TRUST_E_BASIC_CONSTRAINTS, Documented, "A certificate that is no CA issued another, or a CA issued deeper than it may.", "a chain has INVALID_BASIC_CONSTRAINTS", CA_ERROR;
    TRUST_E_BAD_DIGEST, Observed, "The file or message is not what was signed.", "the hash of the file differs from the signed hash (event 81)", SIGNED_FILE;
    TRUST_E_NO_SIGNER_CERT, Documented, "The certificate of the signer is missing or unusable.", "a signed message does not bring its signer's certificate, and it is not in the stores", "Get the file again, or install the signer's certificate.";
    TRUST_E_COUNTER_SIGNER, Documented, "A counter signature is wrong.", "a time stamp or counter signature does not verify", TIME_STAMP;
    TRUST_E_TIME_STAMP, Documented, "The time stamp is wrong or cannot be verified.", "the signature or the certificate of the time stamp fails", TIME_STAMP;
    TRUST_E_SYSTEM_ERROR, Documented, "Verification broke down inside Windows.", "a system call failed while trust was verified", "Try again; look at the system log of the same minute.";
    TRUST_E_FINANCIAL_CRITERIA, Documented, "Old Authenticode extensions are missing.", "only for very old code signing requirements", REISSUE;
    TRUST_E_NOSIGNATURE, Observed, "The file carries no signature.", "WinVerifyTrust looks at an unsigned file (event 81)", "Decide whether the file should be signed; if so get it from its maker. It may be signed by a catalog that is missing here.";
    TRUST_E_SUBJECT_NOT_TRUSTED, Documented, "The signature may be right, but the subject is not trusted for this.", "the user or a policy refuses the publisher", "Check the publisher and the Authenticode policy.";
    TRUST_E_FAIL, Documented, "Trust failed; no reason is given.", "a trust provider gives no better code", "Look at the CAPI2 Operational events 11, 30 and 81 of the same task.";
    TRUST_E_EXPLICIT_DISTRUST, Inferred, "The certificate stands on a list of distrust.", "a certificate of the chain is in a Disallowed store or list, or its root has been disabled", "Do not override it lightly. Find where the entry is: the Disallowed stores, the disallowed list, property 104 of the root. Replace the certificate.";
    CERT_E_EXPIRED, Observed, "Something is not valid at this time: a certificate, or the signer of the root list.", "a certificate's validity does not include the time asked for; as the error of event 4107 (11): the signer of the list that was tried has expired, often in a stale cached copy, or the clock is wrong", "Check the clock first. For event 4107: delete the cached copies of the list in every profile (certutil -urlcache * delete, and the caches of LocalService, NetworkService and LocalSystem); Windows then fetches the present list. Otherwise renew the certificate that has run out.";
    CERT_E_VALIDITYPERIODNESTING, Documented, "Validity periods do not lie inside each other.", "never since Vista; older systems only", "Nothing on a current Windows.";
    CERT_E_ROLE, Documented, "A CA certificate is used as an end certificate, or the other way round.", "documented for TLS checks", CA_ERROR;
    CERT_E_PATHLENCONST, Documented, "There are more CAs below a CA than it allows.", "a path length constraint is exceeded", CA_ERROR;
    CERT_E_CRITICAL, Observed, "A certificate has an extension marked critical that Windows does not know, or one it cannot read.", "a chain has HAS_NOT_SUPPORTED_CRITICAL_EXT or INVALID_EXTENSION", REISSUE;
    CERT_E_PURPOSE, Documented, "A certificate is used for a purpose its CA did not allow.", "documented for code signing and TLS checks", USAGE;
    CERT_E_ISSUERCHAINING, Documented, "The supposed issuer did not issue the certificate.", "names or keys of two neighbours do not match", ISSUER;
    CERT_E_MALFORMED, Documented, "A certificate lacks an important field.", "subject or issuer is missing or empty where it must not be", REISSUE;
    CERT_E_UNTRUSTEDROOT, Observed, "The chain is complete, but Windows does not trust its root.", "the root is neither in the Root store nor on Microsoft's list; for the signer of the root list: the Microsoft root is missing or a proxy signs with its own", ROOT;
    CERT_E_CHAINING, Observed, "The chain cannot be completed to a root.", "an issuer is missing, or the search went in a circle; the TLS policy says CERT_E_UNTRUSTEDROOT instead", ISSUER;
    CERT_E_REVOKED, Documented, "The issuer has revoked a certificate of the chain.", "the Authenticode policies' word for a revoked certificate; others say CRYPT_E_REVOKED", REPLACE;
    CERT_E_UNTRUSTEDTESTROOT, Documented, "The chain ends in Microsoft's test root.", "test-signed code on a machine that does not allow it", "Use the released file; on a test machine allow test signing.";
    CERT_E_REVOCATION_FAILURE, Documented, "Revocation could not be checked.", "the Authenticode policies' word for unknown or offline revocation", REVOCATION;
    CERT_E_CN_NO_MATCH, Observed, "The certificate is for another name.", "the TLS policy finds the server's name neither in the alternative names nor, if there are none, in the common name; also a failed pin", NAME;
    CERT_E_WRONG_USAGE, Observed, "The certificate may not be used for this.", "a chain has IS_NOT_VALID_FOR_USAGE: usages do not include the one asked for, or an issuer may not sign certificates", USAGE;
    CERT_E_UNTRUSTEDCA, Documented, "The issuing CA is not entered for Windows logon.", "the NTAuth policy does not find the issuer in the enterprise's NTAuth store", "Publish the CA to NTAuth (certutil -dspublish -f ca.cer NTAuthCA) and refresh Group Policy.";
    CERT_E_INVALID_POLICY, Documented, "Certificate policies do not allow this chain.", "a chain has INVALID_POLICY_CONSTRAINTS or NO_ISSUANCE_CHAIN_POLICY", CA_ERROR;
    CERT_E_INVALID_NAME, Documented, "A name lies outside what a CA may issue for.", "a chain has one of the name constraint bits", "Compare the names in the certificate with the name constraints of the CA the engine flags. Have the certificate issued by another CA or with other names.";

    CRYPT_E_REVOKED, Observed, "The certificate is revoked, or explicitly distrusted.", "a CRL or OCSP response lists it; event 11 also gives this for a distrusted root", "See event 41 for the reason, and event 11 for the bits: with IS_EXPLICIT_DISTRUST it is a list of distrust, not a CRL. If the root list's own chain is hit, repair the machine's Disallowed store. Replace the certificate.";
    CRYPT_E_NO_REVOCATION_DLL, Documented, "Windows finds no component to check revocation with.", "no revocation provider is registered", "Repair Windows (sfc /scannow), or remove the broken third-party provider.";
    CRYPT_E_NO_REVOCATION_CHECK, Observed, "Nothing says where to check revocation.", "the certificate names no CRL and no OCSP address; not an error of the call by itself", "Usual for private CAs. Have the CA add a CRL or OCSP address, or do not demand the check.";
    CRYPT_E_REVOCATION_OFFLINE, Observed, "Revocation could not be checked: the server is out of reach, or its answer is stale or wrong.", "no valid CRL or OCSP response within the time limit, an expired CRL, or one that does not verify", REVOCATION;
    CRYPT_E_NOT_IN_REVOCATION_DATABASE, Documented, "The OCSP server does not know the certificate.", "the OCSP response says unknown (how the chain's bits look then is not known)", "Check that the responder serves this CA; ask the CA.";
    CRYPT_E_NO_MATCH, Documented, "Nothing matches.", "no pin matched, or no entry in a list", STORE;
    CRYPT_E_NO_TRUSTED_SIGNER, Documented, "No signer of the message or list is trusted.", "a trust list's signers do not chain to a trusted root", ROOT;
    CRYPT_E_NOT_IN_CTL, Documented, "The certificate does not stand in the trust list.", "usage is checked against a trust list", "Nothing, unless the list should name it; then update the list.";
    CRYPT_E_NO_VERIFY_USAGE_DLL, Documented, "Windows finds no component to check the usage with.", "no provider is registered for the usage check", PROGRAM;
    CRYPT_E_NO_VERIFY_USAGE_CHECK, Documented, "The usage could not be checked.", "the provider knows nothing of this usage", PROGRAM;
    CRYPT_E_VERIFY_USAGE_OFFLINE, Documented, "The usage could not be checked: the server is out of reach.", "a list needed for the check could not be fetched", NETWORK;
    CRYPT_E_SECURITY_SETTINGS, Documented, "A security setting of this machine forbids it.", "Authenticode or store settings refuse the operation", "Look at the policies for certificates and software publishing on this machine.";
    CRYPT_E_NOT_FOUND, Observed, "The object or property is not there.", "a store has no such certificate; a chain engine is given a root that is not in the system's Root store", STORE;
    CRYPT_E_EXISTS, Observed, "It is there already.", "an object is added to a store that has it and may not be replaced", RIGHT;
    CRYPT_E_BAD_ENCODE, Documented, "Something could not be encoded or decoded.", "a structure does not fit its encoding", ENCODING;
    CRYPT_E_BAD_MSG, Inferred, "It is no signed message, or a damaged one.", "what was fetched as a trust list is no PKCS #7 message (event 4107)", FETCH_AGAIN;
    CRYPT_E_NO_SIGNER, Documented, "The message has no such signer.", "a message without signers, or fewer than asked for", ENCODING;
    CRYPT_E_SELF_SIGNED, Observed, "The certificate is self-signed.", "an issuer is looked for that can only be the certificate itself", RIGHT;
    CRYPT_E_FILE_ERROR, Documented, "A file could not be read or written.", "a store or certificate file is opened or saved", ACCESS;
    CRYPT_E_UNKNOWN_ALGO, Inferred, "The algorithm is not known here.", "a list or certificate is signed with an algorithm this Windows does not have (event 4107 on old systems)", ALGORITHM;
    CRYPT_E_INVALID_MSG_TYPE, Documented, "The message is of a kind that cannot be used here.", "another kind of PKCS #7 message than signed data", ENCODING;
    CRYPT_E_UNEXPECTED_MSG_TYPE, Documented, "The message is of another kind than expected. (The system text speaks of a private key.)", "a message is decoded as something it is not", ENCODING;
    CRYPT_E_ATTRIBUTES_MISSING, Inferred, "A signature lacks attributes it must have.", "the signed attributes of a list hold no message digest (event 4107)", FETCH_AGAIN;
    CERTSRV_E_WEAK_SIGNATURE_OR_KEY, Documented, "A key or signature is too weak.", "a program translates HAS_WEAK_SIGNATURE", REISSUE;
    ERROR_FILE_TOO_LARGE, Inferred, "The file is larger than what is accepted.", "a limit of this program was reached", "Raise the limit that is named, if the file is what you expect.";
    CRYPT_E_HASH_VALUE, Inferred, "A hash does not match: the content was changed.", "the signed digest of a list differs from its content (event 4107), or a downloaded root is not the one listed (event 4101)", FETCH_AGAIN;
    CRYPT_E_SIGNER_NOT_FOUND, Documented, "The signer's certificate cannot be found.", "a message names a signer whose certificate it does not bring", ENCODING;
    CRYPT_E_INVALID_IA5_STRING, Documented, "A text has characters beyond ASCII where only ASCII may stand.", "a name or address is encoded as IA5String", REISSUE;
    CRYPT_E_ASN1_ERROR, Documented, "The data is no well-formed ASN.1.", "the base of the decoder's error numbers", ENCODING;
    CRYPT_E_ASN1_INTERNAL, Documented, "The ASN.1 decoder broke down.", "an error inside the decoder", ENCODING;
    CRYPT_E_ASN1_EOD, Observed, "The data ends too early.", "a truncated certificate, message or list", FETCH_AGAIN;
    CRYPT_E_ASN1_CORRUPT, Observed, "The data is damaged: lengths or values do not fit.", "a damaged certificate, message or list", FETCH_AGAIN;
    CRYPT_E_ASN1_LARGE, Observed, "A value is larger than can be handled.", "an integer of more than 32 bits where a small one is needed", ENCODING;
    CRYPT_E_ASN1_CONSTRAINT, Documented, "A value breaks a limit its definition sets.", "the decoder checks a constraint", ENCODING;
    CRYPT_E_ASN1_MEMORY, Documented, "The ASN.1 decoder ran out of memory.", "very large data", DISK;
    CRYPT_E_ASN1_OVERFLOW, Documented, "A buffer of the ASN.1 decoder was too small.", "the decoder's output does not fit", PROGRAM;
    CRYPT_E_ASN1_BADPDU, Documented, "The decoder does not support this structure.", "a program asks for a structure the decoder lacks", PROGRAM;
    CRYPT_E_ASN1_BADARGS, Documented, "The decoder was called with wrong arguments.", "a program's error", PROGRAM;
    CRYPT_E_ASN1_BADTAG, Observed, "Something else stands where a certain kind of value is expected.", "a file is no certificate or list at all, or a key or field has a wrong type", FETCH_AGAIN;
    CRYPT_E_ASN1_CHOICE, Documented, "A choice has an alternative that is not defined.", "a newer or damaged structure", ENCODING;
    CRYPT_E_ASN1_RULE, Documented, "The encoding does not follow the rules demanded.", "BER where DER is demanded, or the like", ENCODING;
    CRYPT_E_ASN1_UTF8, Documented, "A text is no valid UTF-8.", "a name is damaged or wrongly encoded", REISSUE;
    CRYPT_E_ASN1_PDU_TYPE, Documented, "The decoder was asked for a structure of the wrong type.", "a program's error", PROGRAM;
    CRYPT_E_ASN1_EXTENDED, Documented, "Extensions of the structure that are not known were skipped.", "a structure newer than the decoder", RIGHT;
    CRYPT_E_ASN1_NOEOD, Documented, "There is more data than expected.", "octets behind the end of a structure", ENCODING;

    NTE_BAD_SIGNATURE, Inferred, "A signature does not verify.", "the signature of a list is wrong (event 4107): a damaged or changed copy", FETCH_AGAIN;
    NTE_BAD_ALGID, Observed, "The algorithm is unknown or forbidden.", "a self-signed certificate with an unknown signature algorithm; a weak signature on revocation data under strong signing; a list signed with an algorithm this Windows lacks", ALGORITHM;
    NTE_BAD_DATA, Documented, "The data given to the provider is wrong.", "keys or ciphertext are damaged", ENCODING;
    NTE_BAD_KEY, Documented, "The key cannot be used.", "a key is damaged, of the wrong kind or too short", REISSUE;
    NTE_NOT_SUPPORTED, Documented, "The provider does not support this.", "an algorithm or key kind the provider lacks", ALGORITHM;
    NTE_NOT_FOUND, Documented, "The key or object is not there.", "a private key cannot be found in its container", STORE;

    SEC_E_WRONG_PRINCIPAL, Documented, "TLS: the certificate is for another name.", "Schannel's word for CERT_E_CN_NO_MATCH", NAME;
    SEC_E_UNTRUSTED_ROOT, Documented, "TLS: the root is not trusted.", "Schannel's word for CERT_E_UNTRUSTEDROOT", ROOT;
    SEC_E_CERT_UNKNOWN, Documented, "TLS: the certificate could not be processed.", "Schannel's word for errors without one of their own", "Look at the CAPI2 Operational event 11 or 30 of the same moment for the real error.";
    SEC_E_CERT_EXPIRED, Documented, "TLS: a certificate is not valid at this time.", "Schannel's word for CERT_E_EXPIRED", RENEW;

    ERROR_FILE_NOT_FOUND, Observed, "A file, key or entry is not there.", "a file of the update is missing on the server or mirror; a policy is asked for that this Windows does not have", STORE;
    ERROR_PATH_NOT_FOUND, Inferred, "A folder is not there.", "the temporary folder of the account is missing (event 4107)", ACCESS;
    ERROR_ACCESS_DENIED, Documented, "The account may not do this.", "the temporary file or the registry cannot be written while a list is unpacked or stored", ACCESS;
    ERROR_NOT_ENOUGH_MEMORY, Documented, "Memory ran out.", "the machine has no memory left", DISK;
    ERROR_BAD_FORMAT, Inferred, "The file has the wrong format.", "the cabinet of a list is damaged (event 4107)", FETCH_AGAIN;
    ERROR_INVALID_PASSWORD, Documented, "The password of a PKCS #12 file is wrong, or the file is damaged: Windows cannot tell.", "a .pfx file is imported and its MAC does not fit", "Try the password again (here with --password); if it is right, get the file again. chaincheck tells the two apart.";
    ERROR_INVALID_DATA, Documented, "What was fetched is not what was expected.", "the answer is no cabinet, in practice the page of a proxy or portal (event 4107); also a damaged object", FETCH_AGAIN;
    ERROR_OUTOFMEMORY, Documented, "Memory ran out.", "the machine has no memory left", DISK;
    ERROR_NOT_SUPPORTED, Observed, "This is not supported.", "seen as the stored error of cached addresses; pin header handling", "Look at the address the error belongs to; its scheme may not be allowed.";
    ERROR_BAD_NETPATH, Documented, "The server of a network path cannot be found.", "a mirror given as a network path is out of reach", NETWORK;
    ERROR_BAD_NET_RESP, Documented, "The server cannot do what was asked.", "a server or proxy refused to fetch the sequence number (crypt32 event 8)", NETWORK;
    ERROR_BAD_NET_NAME, Documented, "The share cannot be found.", "a mirror given as a share does not exist", NETWORK;
    ERROR_DISK_FULL, Documented, "The disk is full.", "a list or cache entry cannot be written", DISK;
    ERROR_ALREADY_EXISTS, Observed, "It is there already.", "certutil -syncWithWU finds its target file; a pin header is added twice", "Use -f to overwrite, or an empty folder.";
    ERROR_BADDB, Inferred, "The registry is damaged.", "a hive that holds a certificate store cannot be read", "Restore the hive from a backup or a restore point; check the disk.";
    ERROR_REGISTRY_CORRUPT, Inferred, "A file of the registry is damaged.", "a hive that holds a certificate store cannot be read", "Restore the hive from a backup or a restore point; check the disk.";
    ERROR_REGISTRY_IO_FAILED, Inferred, "The registry could not read or write one of its files.", "the disk fails, or is full, under a hive", "Check the disk; then restart the machine.";
    ERROR_SERVICE_DISABLED, Documented, "The service is switched off.", "pin headers are disabled; or a service is set to disabled", "Start the service if it is needed (Cryptographic Services, WinHTTP Web Proxy Auto-Discovery).";
    ERROR_NOT_FOUND, Documented, "There is no such element.", "a pin header comes before any TLS check of the server", STORE;
    ERROR_CONNECTION_UNAVAIL, Documented, "A remembered network connection is not connected.", "a mirror on a mapped drive is not connected", NETWORK;
    ERROR_NETWORK_UNREACHABLE, Documented, "The network cannot be reached.", "no route to the server", NETWORK;
    ERROR_FILE_CORRUPT, Inferred, "The file is damaged.", "the cabinet of a list is damaged (event 4107)", FETCH_AGAIN;
    ERROR_TIMEOUT, Observed, "It took too long.", "no answer within the time limit (15 s an address, 20 s for a whole revocation check)", NETWORK;
    ERROR_INVALID_TIME, Documented, "The time given is not allowed.", "a pin header lives shorter than the minimum", PROGRAM;
    ERROR_NOT_CONNECTED, Observed, "There is no such network connection.", "the account, usually SYSTEM, has no way out: no proxy is set for it (crypt32 event 8)", NETWORK;
    ERROR_MEDIA_OFFLINE, Observed, "A cached CRL is not refreshed because OCSP is offline.", "stored as the error of a pre-fetch in the URL cache", "Nothing by itself; see whether the OCSP address can be reached.";
    ERROR_FILE_OFFLINE, Documented, "The server's object has not changed.", "stored as the result of a pre-fetch in the URL cache", RIGHT;

    ERROR_INTERNET_TIMEOUT, Inferred, "The server did not answer in time.", "a retrieval of a list, certificate or CRL (events 4099, 4101, 4104; 53)", NETWORK;
    ERROR_INTERNET_NAME_NOT_RESOLVED, Observed, "The server's name cannot be resolved.", "no name service, or a proxy that is not used by this account (events 4099, 4101, 4104; crypt32 8)", NETWORK;
    ERROR_INTERNET_CANNOT_CONNECT, Observed, "No connection to the server.", "a firewall, or no proxy for this account", NETWORK;
    ERROR_INTERNET_CONNECTION_ABORTED, Inferred, "The connection was cut.", "a proxy or firewall closes the connection", NETWORK;
    ERROR_INTERNET_SEC_CERT_DATE_INVALID, Inferred, "The server's certificate is not valid at this time.", "a retrieval over HTTPS", RENEW;
    ERROR_INTERNET_SEC_CERT_CN_INVALID, Inferred, "The server's certificate is for another name.", "a retrieval over HTTPS", TLS;
    ERROR_INTERNET_CLIENT_AUTH_CERT_NEEDED, Inferred, "The server asks for a certificate of the client.", "a retrieval over HTTPS", TLS;
    ERROR_INTERNET_INVALID_CA, Inferred, "The server's certificate comes from a CA that is not trusted.", "a retrieval over HTTPS, often through an inspecting proxy", TLS;
    ERROR_WINHTTP_INVALID_SERVER_RESPONSE, Observed, "The server's answer is no HTTP.", "certutil fetches a CRL or AIA address that a filter blocks", HTTP;
    ERROR_WINHTTP_SECURE_FAILURE, Inferred, "TLS to the server failed.", "a retrieval over HTTPS", TLS;
    ERROR_WINHTTP_AUTODETECTION_FAILED, Observed, "No proxy was found by automatic detection.", "a note inside event 53; with result 0 the retrieval itself succeeded", "Nothing if the result is 0. Otherwise set the machine's proxy by hand (netsh winhttp set proxy).";

    HTTP_E_STATUS_BAD_REQUEST, Documented, "The server calls the request wrong (400).", "a retrieval; some mirrors choke on the random query string (Flags bit 4 turns it off)", HTTP;
    HTTP_E_STATUS_DENIED, Documented, "The server wants a login (401).", "a retrieval", HTTP;
    HTTP_E_STATUS_FORBIDDEN, Documented, "The server or proxy refuses (403).", "a retrieval that a filter blocks", HTTP;
    HTTP_E_STATUS_NOT_FOUND, Observed, "The server has no such file (404).", "a retrieval from an incomplete mirror or a dead address (event 4099)", HTTP;
    HTTP_E_STATUS_BAD_METHOD, Documented, "The server does not allow this method (405).", "a retrieval", HTTP;
    HTTP_E_STATUS_PROXY_AUTH_REQ, Documented, "The proxy wants a login (407).", "the updater runs as SYSTEM and cannot log in", "Exempt ctldl.windowsupdate.com and your CRL addresses from the login.";
    HTTP_E_STATUS_REQUEST_TIMEOUT, Documented, "The server waited too long for the request (408).", "a retrieval over a bad line", HTTP;
    HTTP_E_STATUS_SERVER_ERROR, Documented, "The server failed (500).", "a retrieval", HTTP;
    HTTP_E_STATUS_BAD_GATEWAY, Documented, "A proxy got no usable answer (502).", "a retrieval through a proxy", HTTP;
    HTTP_E_STATUS_SERVICE_UNAVAIL, Documented, "The server is out of service for now (503).", "a retrieval", HTTP;
    HTTP_E_STATUS_GATEWAY_TIMEOUT, Documented, "A proxy got no answer in time (504).", "a retrieval through a proxy", HTTP;
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::hresult;

    #[test]
    fn every_code_has_advice_once() {
        for entry in hresult::TABLE {
            let count = TABLE_OF_ADVICE.iter().filter(|row| row.key == entry.code).count();
            assert_eq!(count, 1, "{}", entry.symbol);
        }
        assert_eq!(TABLE_OF_ADVICE.len(), hresult::TABLE.len());
    }
}
