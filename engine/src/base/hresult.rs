//! Windows' result codes: their symbols and English system messages.

use std::fmt;

/// An HRESULT.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct HResult(pub u32);

/// What the table knows of one code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HResultEntry {
    /// The code.
    pub code: HResult,
    /// Its symbol in `winerror.h`.
    pub symbol: &'static str,
    /// The text FormatMessage gives on an English Windows; empty where it is not known.
    pub message: &'static str,
}

impl HResult {
    /// Success?
    #[must_use]
    pub const fn is_ok(self) -> bool {
        self.0 & 0x8000_0000 == 0
    }

    /// From a Win32 error number (HRESULT_FROM_WIN32).
    #[must_use]
    pub const fn from_win32(error: u16) -> Self {
        Self(if error == 0 { 0 } else { 0x8007_0000 | error as u32 })
    }

    /// The table's entry for this code.
    #[must_use]
    pub fn entry(self) -> Option<&'static HResultEntry> {
        TABLE.iter().find(|entry| entry.code == self)
    }

    /// From an HTTP status: how a retrieval reports one that is no success
    /// (reference, auto-root-update 6 and 10).
    #[must_use]
    pub const fn http_status(status: u16) -> Self {
        Self(0x8019_0000 | status as u32)
    }

    /// The HTTP status this code stands for, if it stands for one.
    #[must_use]
    pub fn as_http_status(self) -> Option<u16> {
        let status = u16::try_from(self.0 ^ 0x8019_0000).ok()?;
        (100..600).contains(&status).then_some(status)
    }

    /// The symbol, if the code is known; `HTTP_E_STATUS` for an HTTP status without its own.
    #[must_use]
    pub fn symbol(self) -> Option<&'static str> {
        let fallback = || self.as_http_status().map(|_| "HTTP_E_STATUS");
        self.entry().map(|entry| entry.symbol).or_else(fallback)
    }

    /// The English system message, if it is known. An HTTP status without a message of its own
    /// gets one that says so.
    #[must_use]
    pub fn message(self) -> Option<&'static str> {
        match self.entry() {
            Some(entry) => Some(entry.message).filter(|message| !message.is_empty()),
            None => self.as_http_status().map(|_| "The server's HTTP status is no success."),
        }
    }

    /// The codes whose system message this is, in any language known here.
    ///
    /// See [`identify`](Self::identify), which says the languages too.
    #[must_use]
    pub fn from_text(text: &str) -> Vec<Self> {
        let mut codes = Vec::new();
        for found in Self::identify(text) {
            if !codes.contains(&found.code) {
                codes.push(found.code);
            }
        }
        codes
    }

    /// The codes and languages in which this is a system message.
    ///
    /// Event records hold the message, never the number (reference, 4107-variants 0), so the code
    /// is an inference: say "the text is the message of ...". White space, line ends, case and the
    /// last period are of no account.
    #[must_use]
    pub fn identify(text: &str) -> Vec<TextMatch> {
        let wanted = comparable(text);
        if wanted.is_empty() {
            return Vec::new();
        }
        let english = |(message, code)| (ENGLISH, message, code);
        let table = TABLE.iter().map(|entry| (entry.message, entry.code)).map(english);
        let others = OTHER_WORDINGS.iter().copied().map(english);
        let mut found: Vec<TextMatch> = Vec::new();
        for (language, message, code) in table.chain(others).chain(TRANSLATIONS.iter().copied()) {
            let new = TextMatch { code, language };
            if comparable(message) == wanted && !found.contains(&new) {
                found.push(new);
            }
        }
        found
    }
}

/// A code whose system message a text is. Always an inference: the text is all there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct TextMatch {
    /// The code.
    pub code: HResult,
    /// The message's language (BCP 47).
    pub language: &'static str,
}

const ENGLISH: &str = "en";

/// Longest text looked up as a system message, in octets: several times the longest message.
const MAX_MESSAGE: usize = 4096;

/// The text in the form in which two messages are compared.
fn comparable(text: &str) -> String {
    if text.len() > MAX_MESSAGE {
        return String::new();
    }
    let separators = |c: char| c.is_whitespace() || c == '\0';
    let words = text.split(separators).filter(|word| !word.is_empty());
    let joined = words.collect::<Vec<_>>().join(" ");
    joined.trim_end_matches(['.', '。', ' ']).to_lowercase()
}

/// Wordings of other Windows versions.
static OTHER_WORDINGS: &[(&str, HResult)] = &[
    // Windows 10 and later (reference, chain-policy 6)
    (
        "A certificate was explicitly revoked by its issuer. If the certificate is Microsoft Windows PCA 2010, then the driver signed by the certificate is no longer recognized by Windows.",
        CERT_E_REVOKED,
    ),
    // as the reference (4107-variants 2) quotes it, without its second sentence
    ("The network location cannot be reached.", ERROR_NETWORK_UNREACHABLE),
];

/// Messages of Windows in other languages, only those that were published: language, text, code.
///
/// Those of CERT_E_EXPIRED stand in event 4107 as the translations of Microsoft's article 2328240
/// quote it, the German one on a web page; no record with them is at hand (observed by others).
static TRANSLATIONS: &[(&str, &str, HResult)] = &[
    (
        "de",
        "Ein erforderliches Zertifikat befindet sich nicht im Gültigkeitszeitraum gemessen an der aktuellen Systemzeit oder dem Zeitstempel in der signierten Datei.",
        CERT_E_EXPIRED,
    ),
    // a record of a German Windows 10 (reference, capi2-events, S22)
    (
        "de",
        "Die Sperrfunktion konnte die Sperrung nicht überprüfen, da der Sperrserver offline war.",
        CRYPT_E_REVOCATION_OFFLINE,
    ),
    (
        "el",
        "Ένα απαιτούμενο πιστοποιητικό δεν είναι εντός της περιόδου ισχύος του, κατά την επαλήθευση με βάση το τρέχον ρολόι συστήματος ή τη χρονική σήμανση στο υπογεγραμμένο αρχείο.",
        CERT_E_EXPIRED,
    ),
    (
        "hr",
        "Traženi certifikat nije unutar razdoblja valjanosti prilikom provjere trenutnog sistemskog sata ili vremenske oznake u potpisanoj datoteci.",
        CERT_E_EXPIRED,
    ),
    (
        "ja",
        "現在のシステム時計または署名ファイルのタイムスタンプで確認すると、必要な証明書の有効期間が過ぎています。",
        CERT_E_EXPIRED,
    ),
    (
        "pl",
        "Wymagany certyfikat jest poza okresem ważności, co wynika z weryfikacji bieżącego zegara systemowego lub sygnatury czasowej.",
        CERT_E_EXPIRED,
    ),
    (
        "sv",
        "Ett nödvändigt certifikat visade sig ligga utanför giltighetsperioden vid en kontroll mot systemklockan eller den signerade filens tidstämpel.",
        CERT_E_EXPIRED,
    ),
    (
        "th",
        "ใบรับรองที่ต้องการไม่อยู่ในช่วงเวลาที่มีผลใช้งาน เมื่อตรวจสอบกับนาฬิกาปัจจุบันของระบบหรือการประทับเวลาในแฟ้มที่ได้รับการรับรองแล้ว",
        CERT_E_EXPIRED,
    ),
];

impl fmt::Display for HResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:08x}", self.0)
    }
}

impl serde::Serialize for HResult {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Debug for HResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.symbol() {
            Some(symbol) => write!(f, "HResult({self} {symbol})"),
            None => write!(f, "HResult({self})"),
        }
    }
}

macro_rules! hresults {
    ($($symbol:ident = $code:literal, $message:literal;)*) => {
        $(
            #[doc = concat!("`", stringify!($symbol), "`: ", $message)]
            pub const $symbol: HResult = HResult($code);
        )*
        /// Every code known by name.
        pub static TABLE: &[HResultEntry] = &[
            $(HResultEntry { code: $symbol, symbol: stringify!($symbol), message: $message },)*
        ];
    };
}

hresults! {
    // general
    S_OK = 0x0000_0000, "The operation completed successfully.";
    S_FALSE = 0x0000_0001, "Incorrect function.";
    E_FAIL = 0x8000_4005, "Unspecified error";
    E_INVALIDARG = 0x8007_0057, "The parameter is incorrect.";

    // trust, chains, revocation, messages, ASN.1 (reference, chain-policy 6)
    TRUST_E_CERT_SIGNATURE = 0x8009_6004, "The signature of the certificate cannot be verified.";
    TRUST_E_BASIC_CONSTRAINTS = 0x8009_6019, "A certificate's basic constraint extension has not been observed.";
    TRUST_E_BAD_DIGEST = 0x8009_6010, "The digital signature of the object did not verify.";
    TRUST_E_NO_SIGNER_CERT = 0x8009_6002, "The certificate for the signer of the message is invalid or not found.";
    TRUST_E_COUNTER_SIGNER = 0x8009_6003, "One of the counter signatures was invalid.";
    TRUST_E_TIME_STAMP = 0x8009_6005, "The timestamp signature and/or certificate could not be verified or is malformed.";
    TRUST_E_SYSTEM_ERROR = 0x8009_6001, "A system-level error occurred while verifying trust.";
    TRUST_E_FINANCIAL_CRITERIA = 0x8009_601e, "The certificate does not meet or contain the Authenticode(tm) financial extensions.";
    TRUST_E_NOSIGNATURE = 0x800b_0100, "No signature was present in the subject.";
    TRUST_E_SUBJECT_NOT_TRUSTED = 0x800b_0004, "The subject is not trusted for the specified action.";
    TRUST_E_FAIL = 0x800b_010b, "Generic trust failure.";
    TRUST_E_EXPLICIT_DISTRUST = 0x800b_0111, "The certificate was explicitly marked as untrusted by the user.";
    CERT_E_EXPIRED = 0x800b_0101, "A required certificate is not within its validity period when verifying against the current system clock or the timestamp in the signed file.";
    CERT_E_VALIDITYPERIODNESTING = 0x800b_0102, "The validity periods of the certification chain do not nest correctly.";
    CERT_E_ROLE = 0x800b_0103, "A certificate that can only be used as an end-entity is being used as a CA or vice versa.";
    CERT_E_PATHLENCONST = 0x800b_0104, "A path length constraint in the certification chain has been violated.";
    CERT_E_CRITICAL = 0x800b_0105, "A certificate contains an unknown extension that is marked 'critical'.";
    CERT_E_PURPOSE = 0x800b_0106, "A certificate being used for a purpose other than the ones specified by its CA.";
    CERT_E_ISSUERCHAINING = 0x800b_0107, "A parent of a given certificate in fact did not issue that child certificate.";
    CERT_E_MALFORMED = 0x800b_0108, "A certificate is missing or has an empty value for an important field, such as a subject or issuer name.";
    CERT_E_UNTRUSTEDROOT = 0x800b_0109, "A certificate chain processed, but terminated in a root certificate which is not trusted by the trust provider.";
    CERT_E_CHAINING = 0x800b_010a, "A certificate chain could not be built to a trusted root authority.";
    CERT_E_REVOKED = 0x800b_010c, "A certificate was explicitly revoked by its issuer.";
    CERT_E_UNTRUSTEDTESTROOT = 0x800b_010d, "The certification path terminates with the test root which is not trusted with the current policy settings.";
    CERT_E_REVOCATION_FAILURE = 0x800b_010e, "The revocation process could not continue - the certificate(s) could not be checked.";
    CERT_E_CN_NO_MATCH = 0x800b_010f, "The certificate's CN name does not match the passed value.";
    CERT_E_WRONG_USAGE = 0x800b_0110, "The certificate is not valid for the requested usage.";
    CERT_E_UNTRUSTEDCA = 0x800b_0112, "A certification chain processed correctly, but one of the CA certificates is not trusted by the policy provider.";
    CERT_E_INVALID_POLICY = 0x800b_0113, "The certificate has invalid policy.";
    CERT_E_INVALID_NAME = 0x800b_0114, "The certificate has an invalid name. The name is not included in the permitted list or is explicitly excluded.";
    CRYPT_E_REVOKED = 0x8009_2010, "The certificate is revoked.";
    CRYPT_E_NO_REVOCATION_DLL = 0x8009_2011, "No Dll or exported function was found to verify revocation.";
    CRYPT_E_NO_REVOCATION_CHECK = 0x8009_2012, "The revocation function was unable to check revocation for the certificate.";
    CRYPT_E_REVOCATION_OFFLINE = 0x8009_2013, "The revocation function was unable to check revocation because the revocation server was offline.";
    CRYPT_E_NOT_IN_REVOCATION_DATABASE = 0x8009_2014, "The certificate is not in the revocation server's database.";
    CRYPT_E_NO_MATCH = 0x8009_2009, "Cannot find the requested object.";
    CRYPT_E_NO_TRUSTED_SIGNER = 0x8009_202b, "None of the signers of the cryptographic message or certificate trust list is trusted.";
    CRYPT_E_NOT_IN_CTL = 0x8009_202a, "The subject was not found in a Certificate Trust List (CTL).";
    CRYPT_E_NO_VERIFY_USAGE_DLL = 0x8009_2027, "No DLL or exported function was found to verify subject usage.";
    CRYPT_E_NO_VERIFY_USAGE_CHECK = 0x8009_2028, "The called function was unable to do a usage check on the subject.";
    CRYPT_E_VERIFY_USAGE_OFFLINE = 0x8009_2029, "Since the server was offline, the called function was unable to complete the usage check.";
    CRYPT_E_SECURITY_SETTINGS = 0x8009_2026, "The cryptographic operation failed due to a local security option setting.";
    CRYPT_E_NOT_FOUND = 0x8009_2004, "Cannot find object or property.";
    CRYPT_E_EXISTS = 0x8009_2005, "The object or property already exists.";
    CRYPT_E_BAD_ENCODE = 0x8009_2002, "An error occurred during encode or decode operation.";
    CRYPT_E_BAD_MSG = 0x8009_200d, "Not a cryptographic message or the cryptographic message is not formatted correctly.";
    CRYPT_E_NO_SIGNER = 0x8009_200e, "The signed cryptographic message does not have a signer for the specified signer index.";
    CRYPT_E_SELF_SIGNED = 0x8009_2007, "The specified certificate is self signed.";
    CRYPT_E_FILE_ERROR = 0x8009_2003, "An error occurred while reading or writing to a file.";
    CRYPT_E_UNKNOWN_ALGO = 0x8009_1002, "Unknown cryptographic algorithm.";
    CRYPT_E_INVALID_MSG_TYPE = 0x8009_1004, "Invalid cryptographic message type.";
    CRYPT_E_UNEXPECTED_MSG_TYPE = 0x8009_200a, "The certificate does not have a property that references a private key.";
    CRYPT_E_HASH_VALUE = 0x8009_1007, "The hash value is not correct.";
    CRYPT_E_SIGNER_NOT_FOUND = 0x8009_100e, "Cannot find the original signer.";
    CRYPT_E_ASN1_ERROR = 0x8009_3100, "ASN1 Certificate encode/decode error code base. The ASN1 error values are offset by CRYPT_E_ASN1_ERROR.";
    CRYPT_E_ASN1_INTERNAL = 0x8009_3101, "ASN1 internal encode or decode error.";
    CRYPT_E_ASN1_EOD = 0x8009_3102, "ASN1 unexpected end of data.";
    CRYPT_E_ASN1_CORRUPT = 0x8009_3103, "ASN1 corrupted data.";
    CRYPT_E_ASN1_LARGE = 0x8009_3104, "ASN1 value too large.";
    CRYPT_E_ASN1_CONSTRAINT = 0x8009_3105, "ASN1 constraint violated.";
    CRYPT_E_ASN1_MEMORY = 0x8009_3106, "ASN1 out of memory.";
    CRYPT_E_ASN1_OVERFLOW = 0x8009_3107, "ASN1 buffer overflow.";
    CRYPT_E_ASN1_BADPDU = 0x8009_3108, "ASN1 function not supported for this PDU.";
    CRYPT_E_ASN1_BADARGS = 0x8009_3109, "ASN1 bad arguments to function call.";
    CRYPT_E_ASN1_BADTAG = 0x8009_310b, "ASN1 bad tag value met.";
    CRYPT_E_ASN1_CHOICE = 0x8009_310c, "ASN1 bad choice value.";
    CRYPT_E_ASN1_RULE = 0x8009_310d, "ASN1 bad encoding rule.";
    CRYPT_E_ASN1_UTF8 = 0x8009_310e, "ASN1 bad unicode (UTF8).";
    CRYPT_E_ASN1_PDU_TYPE = 0x8009_3133, "ASN1 bad PDU type.";
    CRYPT_E_ASN1_EXTENDED = 0x8009_3201, "ASN1 skipped unknown extension(s).";
    CRYPT_E_ASN1_NOEOD = 0x8009_3202, "ASN1 end of data expected";
    NTE_BAD_SIGNATURE = 0x8009_0006, "Invalid Signature.";
    NTE_BAD_ALGID = 0x8009_0008, "Invalid algorithm specified.";
    NTE_BAD_DATA = 0x8009_0005, "Bad Data.";
    NTE_BAD_KEY = 0x8009_0003, "Bad Key.";
    NTE_NOT_SUPPORTED = 0x8009_0029, "The requested operation is not supported.";
    CRYPT_E_INVALID_IA5_STRING = 0x8009_2022, "The string contains a character not in the 7 bit ASCII character set.";

    // providers
    NTE_NOT_FOUND = 0x8009_0011, "Object was not found.";

    // Schannel
    SEC_E_WRONG_PRINCIPAL = 0x8009_0322, "The target principal name is incorrect.";
    SEC_E_UNTRUSTED_ROOT = 0x8009_0325, "The certificate chain was issued by an authority that is not trusted.";
    SEC_E_CERT_UNKNOWN = 0x8009_0327, "An unknown error occurred while processing the certificate.";
    SEC_E_CERT_EXPIRED = 0x8009_0328, "The received certificate has expired.";

    // Win32 (reference, auto-root-update 10)
    ERROR_FILE_NOT_FOUND = 0x8007_0002, "The system cannot find the file specified.";
    ERROR_PATH_NOT_FOUND = 0x8007_0003, "The system cannot find the path specified.";
    ERROR_ACCESS_DENIED = 0x8007_0005, "Access is denied.";
    ERROR_NOT_ENOUGH_MEMORY = 0x8007_0008, "Not enough memory resources are available to process this command.";
    ERROR_BAD_FORMAT = 0x8007_000b, "An attempt was made to load a program with an incorrect format.";
    ERROR_INVALID_PASSWORD = 0x8007_0056, "The specified network password is not correct.";
    ERROR_INVALID_DATA = 0x8007_000d, "The data is invalid.";
    ERROR_OUTOFMEMORY = 0x8007_000e, "Not enough memory resources are available to complete this operation.";
    ERROR_NOT_SUPPORTED = 0x8007_0032, "The request is not supported.";
    ERROR_BAD_NETPATH = 0x8007_0035, "The network path was not found.";
    ERROR_BAD_NET_RESP = 0x8007_003a, "The specified server cannot perform the requested operation.";
    ERROR_BAD_NET_NAME = 0x8007_0043, "The network name cannot be found.";
    ERROR_DISK_FULL = 0x8007_0070, "There is not enough space on the disk.";
    ERROR_ALREADY_EXISTS = 0x8007_00b7, "Cannot create a file when that file already exists.";
    ERROR_BADDB = 0x8007_03f1, "The configuration registry database is corrupt.";
    ERROR_REGISTRY_CORRUPT = 0x8007_03f7, "The registry is corrupted. The structure of one of the files containing registry data is corrupted, or the system's memory image of the file is corrupted, or the file could not be recovered because the alternate copy or log was absent or corrupted.";
    ERROR_REGISTRY_IO_FAILED = 0x8007_03f8, "An I/O operation initiated by the registry failed unrecoverably. The registry could not read in, or write out, or flush, one of the files that contain the system's image of the registry.";
    ERROR_SERVICE_DISABLED = 0x8007_0422, "The service cannot be started, either because it is disabled or because it has no enabled devices associated with it.";
    ERROR_NOT_FOUND = 0x8007_0490, "Element not found.";
    ERROR_CONNECTION_UNAVAIL = 0x8007_04b1, "The device is not currently connected but it is a remembered connection.";
    ERROR_NETWORK_UNREACHABLE = 0x8007_04cf, "The network location cannot be reached. For information about network troubleshooting, see Windows Help.";
    ERROR_FILE_CORRUPT = 0x8007_0570, "The file or directory is corrupted and unreadable.";
    ERROR_TIMEOUT = 0x8007_05b4, "This operation returned because the timeout period expired.";
    ERROR_INVALID_TIME = 0x8007_076d, "The specified time is invalid.";
    ERROR_NOT_CONNECTED = 0x8007_08ca, "This network connection does not exist.";
    ERROR_MEDIA_OFFLINE = 0x8007_10d0, "The medium currently exists in an offline library and must be online to perform this operation.";
    ERROR_FILE_OFFLINE = 0x8007_10fe, "This file is currently not available for use on this computer.";

    // WinINet and WinHTTP; their texts come from message tables of their own, without a period
    ERROR_INTERNET_TIMEOUT = 0x8007_2ee2, "The operation timed out";
    ERROR_INTERNET_NAME_NOT_RESOLVED = 0x8007_2ee7, "The server name or address could not be resolved";
    ERROR_INTERNET_CANNOT_CONNECT = 0x8007_2efd, "A connection with the server could not be established";
    ERROR_INTERNET_CONNECTION_ABORTED = 0x8007_2efe, "The connection with the server was terminated abnormally";
    ERROR_INTERNET_SEC_CERT_DATE_INVALID = 0x8007_2f05, "The date in the certificate is invalid or has expired";
    ERROR_INTERNET_SEC_CERT_CN_INVALID = 0x8007_2f06, "The host name in the certificate is invalid or does not match";
    ERROR_INTERNET_CLIENT_AUTH_CERT_NEEDED = 0x8007_2f0c, "A certificate is required to complete client authentication";
    ERROR_INTERNET_INVALID_CA = 0x8007_2f0d, "The certificate authority is invalid or incorrect";
    ERROR_WINHTTP_INVALID_SERVER_RESPONSE = 0x8007_2f78, "The server returned an invalid or unrecognized response";
    ERROR_WINHTTP_SECURE_FAILURE = 0x8007_2f8f, "A security error occurred";
    ERROR_WINHTTP_AUTODETECTION_FAILED = 0x8007_2f94, "The Proxy Auto-configuration URL was not found.";

    // HTTP statuses, as a retrieval reports them
    HTTP_E_STATUS_BAD_REQUEST = 0x8019_0190, "Bad request (400).";
    HTTP_E_STATUS_DENIED = 0x8019_0191, "Unauthorized (401).";
    HTTP_E_STATUS_FORBIDDEN = 0x8019_0193, "Forbidden (403).";
    HTTP_E_STATUS_NOT_FOUND = 0x8019_0194, "Not found (404).";
    HTTP_E_STATUS_BAD_METHOD = 0x8019_0195, "Method not allowed (405).";
    HTTP_E_STATUS_PROXY_AUTH_REQ = 0x8019_0197, "Proxy authentication required (407).";
    HTTP_E_STATUS_REQUEST_TIMEOUT = 0x8019_0198, "Request timeout (408).";
    HTTP_E_STATUS_SERVER_ERROR = 0x8019_01f4, "Internal server error (500).";
    HTTP_E_STATUS_BAD_GATEWAY = 0x8019_01f6, "Bad gateway (502).";
    HTTP_E_STATUS_SERVICE_UNAVAIL = 0x8019_01f7, "Service unavailable (503).";
    HTTP_E_STATUS_GATEWAY_TIMEOUT = 0x8019_01f8, "Gateway timeout (504).";
    CRYPT_E_ATTRIBUTES_MISSING = 0x8009_100f, "The cryptographic message does not contain all of the requested attributes.";
    CERTSRV_E_WEAK_SIGNATURE_OR_KEY = 0x8009_4011, "The certificate or signature uses a weak algorithm or key.";
    ERROR_FILE_TOO_LARGE = 0x8007_00df, "The file size exceeds the limit allowed and cannot be saved.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_and_symbols_stand_once() {
        let codes: HashSet<_> = TABLE.iter().map(|entry| entry.code).collect();
        let symbols: HashSet<_> = TABLE.iter().map(|entry| entry.symbol).collect();
        assert_eq!((codes.len(), symbols.len()), (TABLE.len(), TABLE.len()));
    }

    #[test]
    fn spot_checks() {
        for (code, symbol, message) in [
            (
                0x800b_0101,
                "CERT_E_EXPIRED",
                "A required certificate is not within its validity period when verifying against the current system clock or the timestamp in the signed file.",
            ),
            (0x8007_000d, "ERROR_INVALID_DATA", "The data is invalid."),
            (0x8007_08ca, "ERROR_NOT_CONNECTED", "This network connection does not exist."),
            (
                0x8009_200d,
                "CRYPT_E_BAD_MSG",
                "Not a cryptographic message or the cryptographic message is not formatted correctly.",
            ),
            (0x8009_310b, "CRYPT_E_ASN1_BADTAG", "ASN1 bad tag value met."),
            (
                0x8007_2ee7,
                "ERROR_INTERNET_NAME_NOT_RESOLVED",
                "The server name or address could not be resolved",
            ),
        ] {
            assert_eq!(HResult(code).symbol(), Some(symbol));
            assert_eq!(HResult(code).message(), Some(message));
        }
        assert_eq!(HResult::from_win32(2250), ERROR_NOT_CONNECTED);
        assert_eq!(HResult::from_win32(12_180), ERROR_WINHTTP_AUTODETECTION_FAILED);
        assert_eq!(HResult(0x8123_4567).symbol(), None);
    }

    #[test]
    fn http_statuses() {
        assert_eq!(HResult::http_status(404), HTTP_E_STATUS_NOT_FOUND);
        assert_eq!(HResult::http_status(418).symbol(), Some("HTTP_E_STATUS"));
        assert!(HResult::http_status(418).message().is_some());
        assert_eq!(HResult(0x8019_0001).as_http_status(), None);
        assert_eq!(CERT_E_EXPIRED.as_http_status(), None);
    }

    #[test]
    fn translations_lead_back_to_the_code_and_say_their_language() {
        let japanese = "現在のシステム時計または署名ファイルのタイムスタンプで確認すると、\
            必要な証明書の有効期間が過ぎています。\r\n";
        let found = HResult::identify(japanese);
        assert_eq!(found, [TextMatch { code: CERT_E_EXPIRED, language: "ja" }]);
        assert_eq!(
            HResult::identify("The data is invalid."),
            [TextMatch { code: ERROR_INVALID_DATA, language: "en" }]
        );
        for (language, text, code) in TRANSLATIONS {
            assert_eq!(HResult::identify(text), [TextMatch { code: *code, language }]);
            assert_eq!(HResult::from_text(text), [*code]);
        }
        assert!(HResult::identify("Unbekannter Fehler").is_empty());
    }

    #[test]
    fn text_leads_back_to_the_code() {
        for entry in TABLE.iter().filter(|entry| !entry.message.is_empty()) {
            assert!(HResult::from_text(entry.message).contains(&entry.code), "{}", entry.symbol);
        }
        assert_eq!(HResult::from_text(" The data is invalid.\r\n"), [ERROR_INVALID_DATA]);
        assert_eq!(
            HResult::from_text("the server name or address\ncould not be resolved."),
            [ERROR_INTERNET_NAME_NOT_RESOLVED]
        );
        assert_eq!(HResult::from_text("Die Daten sind ungueltig."), []);
        assert_eq!(HResult::from_text(" . \n"), []);
    }
}
