//! The kinds of files and objects.

use std::fmt;

/// What a file, or an object in one, is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// An X.509 certificate.
    Certificate,
    /// A certificate revocation list.
    Crl,
    /// A PKCS #7 SignedData whose content is szOID_CTL: `.stl`, `.cat`.
    CertificateTrustList,
    /// Another PKCS #7 SignedData: bundles, signatures, time stamps.
    SignedData,
    /// Another PKCS #7 message.
    OtherPkcs7(MessageType),
    /// A PKCS #10 certification request.
    CertificateRequest,
    /// An OCSP response.
    OcspResponse,
    /// An OCSP request.
    OcspRequest,
    /// A PKCS #12 store.
    Pfx,
    /// A private key: PKCS #8 (encrypted or not), PKCS #1, SEC 1.
    PrivateKey,
    /// A SubjectPublicKeyInfo.
    PublicKey,
    /// A TBSCertificate without its signature.
    ToBeSignedCertificate,
    /// A TBSCertList without its signature.
    ToBeSignedCrl,
    /// A CertificateTrustList that is in no PKCS #7 message.
    BareCtl,
    /// A crossCertificatePair (CERT_QUERY_CONTENT_CERT_PAIR).
    CertificatePair,
    /// A TimeStampResp of RFC 3161; its token alone is [`Kind::SignedData`].
    TimeStampResponse,
    /// A serialized store: `.sst`.
    SerializedStore,
    /// Property records and one object, as in a registry value `Blob`.
    SerializedElement,
    /// A cabinet.
    Cabinet,
    /// Text with PEM blocks.
    Pem,
    /// Base64 of something known, without armour.
    Base64,
    /// `{ASN}` and hexadecimal digits (CERT_QUERY_FORMAT_ASN_ASCII_HEX_ENCODED).
    AsciiHex,
    /// What certutil prints of stores and objects.
    CertutilText,
    /// A registry value `EFSBlob`: certificates of EFS recovery agents.
    EfsBlob,
    /// A Windows executable.
    Pe,
    /// An AppX package's signature: `AppxSignature.p7x`.
    AppxSignature,
    /// An OLE compound file: `.msi`.
    CompoundFile,
    /// A zip archive.
    Zip,
    /// A tar archive.
    Tar,
    /// A gzip stream, usually of a tar archive.
    TarGz,
    /// A registry hive.
    RegistryHive,
    /// A registry export: `.reg`.
    RegistryExport,
    /// A group policy's `Registry.pol`.
    RegistryPolicy,
    /// An event log of Windows Vista or later: `.evtx`.
    EventLog,
    /// An event log of Windows XP or 2003: `.evt`.
    LegacyEventLog,
    /// Events as XML.
    EventXml,
    /// Events as JSON, the way evtx_dump writes them.
    EventJson,
    /// Events within text: copied from the Event Viewer, or a list of PowerShell.
    EventText,
    /// A file of `CryptnetUrlCache\MetaData`.
    UrlCacheMetadata,
    /// An HTML page: what a proxy gives instead of a list.
    Html,
    /// No octets at all.
    Empty,
    /// None of these.
    Unknown,
}

impl Kind {
    /// Whether it holds events: [`event_log::read`](super::event_log::read) reads it.
    #[must_use]
    pub fn is_event_log(self) -> bool {
        matches!(
            self,
            Self::EventLog
                | Self::LegacyEventLog
                | Self::EventXml
                | Self::EventJson
                | Self::EventText
        )
    }
}

/// The type of a PKCS #7 message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageType {
    /// data
    Data,
    /// signedData
    Signed,
    /// envelopedData
    Enveloped,
    /// signedAndEnvelopedData
    SignedAndEnveloped,
    /// digestedData
    Digested,
    /// encryptedData
    Encrypted,
}

impl fmt::Display for MessageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Data => "data",
            Self::Signed => "signedData",
            Self::Enveloped => "envelopedData",
            Self::SignedAndEnveloped => "signedAndEnvelopedData",
            Self::Digested => "digestedData",
            Self::Encrypted => "encryptedData",
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Certificate => "certificate",
            Self::Crl => "CRL",
            Self::CertificateTrustList => "certificate trust list",
            Self::SignedData => "PKCS #7 signedData",
            Self::OtherPkcs7(message) => return write!(f, "PKCS #7 {message}"),
            Self::CertificateRequest => "certification request",
            Self::OcspResponse => "OCSP response",
            Self::OcspRequest => "OCSP request",
            Self::Pfx => "PKCS #12 store",
            Self::PrivateKey => "private key",
            Self::PublicKey => "public key",
            Self::ToBeSignedCertificate => "to-be-signed certificate",
            Self::ToBeSignedCrl => "to-be-signed CRL",
            Self::BareCtl => "trust list outside PKCS #7",
            Self::CertificatePair => "certificate pair",
            Self::TimeStampResponse => "time-stamp response",
            Self::SerializedStore => "serialized store",
            Self::SerializedElement => "serialized element",
            Self::Cabinet => "cabinet",
            Self::Pem => "PEM text",
            Self::Base64 => "base64 text",
            Self::AsciiHex => "hexadecimal text",
            Self::CertutilText => "certutil text",
            Self::EfsBlob => "EFS blob",
            Self::Pe => "PE file",
            Self::AppxSignature => "AppX signature",
            Self::CompoundFile => "compound file",
            Self::Zip => "zip archive",
            Self::Tar => "tar archive",
            Self::TarGz => "gzip stream",
            Self::RegistryHive => "registry hive",
            Self::RegistryExport => "registry export",
            Self::RegistryPolicy => "registry policy file",
            Self::EventLog => "event log",
            Self::LegacyEventLog => "event log of Windows XP",
            Self::EventXml => "event XML",
            Self::EventJson => "event JSON",
            Self::EventText => "event text",
            Self::UrlCacheMetadata => "URL cache metadata",
            Self::Html => "HTML page",
            Self::Empty => "empty file",
            Self::Unknown => "unknown format",
        })
    }
}
