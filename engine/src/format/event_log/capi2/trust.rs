//! Events 70, 81 and 82: private keys, signed files, catalogs (reference, capi2-events 3.6, 3.7).

use serde::Serialize;

use super::chain::chain_ref;
use super::retrieval::Action;
use super::value::{
    Constant, Flags, LeftIn, ObjectReference, Rest, SignatureAlgorithm, boolean, child, child_text,
    child_time, text, token, without_blanks,
};
use crate::base::time::Time;
use crate::format::event_log::element::Element;

/// Event 81: WinVerifyTrust.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct TrustVerified {
    /// pgActionID, with braces.
    pub action_id: Option<String>,
    /// WTD_UI_*.
    pub ui_choice: Option<Constant>,
    /// WTD_REVOKE_*.
    pub revocation_check: Option<Constant>,
    /// WTD_STATEACTION_*.
    pub state_action: Option<Constant>,
    /// dwProvFlags: WTD_*, CPD_*.
    pub flags: Option<Flags>,
    /// The file, if a file was asked about.
    pub file: Option<FileInfo>,
    /// The catalog, if a member of one was asked about.
    pub catalog: Option<CatalogInfo>,
    /// The algorithm of the subject's digest.
    pub digest_algorithm: Option<String>,
    /// The subject's digest, in upper-case hexadecimal.
    pub digest: Option<String>,
    /// WTPF_*.
    pub reg_policy_setting: Option<Flags>,
    /// How the signer made its digest.
    pub signer_digest_algorithm: Option<SignatureAlgorithm>,
    /// The key of the signer's chain.
    pub chain_ref: Option<String>,
    /// The time stamp.
    pub timestamp: Option<TimestampInfo>,
    /// The key of the time stamper's chain.
    pub timestamp_chain_ref: Option<String>,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct FileInfo {
    /// Its path.
    pub path: Option<String>,
    /// Whether the caller had opened it.
    pub has_handle: Option<bool>,
}

/// A member of a catalog.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct CatalogInfo {
    /// The catalog's path.
    pub path: Option<String>,
    /// The member's tag.
    pub member_tag: Option<String>,
    /// The member's file.
    pub member: FileInfo,
    /// The member's digest.
    pub hash: Option<String>,
    /// The file the digest was made of.
    pub hash_path: Option<String>,
}

/// A time stamp.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct TimestampInfo {
    /// `Authenticode`, or `RFC3161` (inferred).
    pub format: Option<String>,
    /// How its digest was made.
    pub digest_algorithm: Option<SignatureAlgorithm>,
    /// When it was stamped.
    pub sign_time: Option<Time>,
}

/// Event 82: CryptCATAdminEnumCatalogFromHash.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct CatalogSearched {
    /// The digest sought.
    pub hash: Option<String>,
    /// The file it is of.
    pub target_path: Option<String>,
    /// The catalog found.
    pub catalog_path: Option<String>,
    /// What was tried.
    pub actions: Vec<Action>,
    /// The catalogs the service gave.
    pub catalogs: Vec<String>,
}

/// Event 70: CryptAcquireCertificatePrivateKey.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct PrivateKeyAcquired {
    /// The key's certificate.
    pub certificate: Option<ObjectReference>,
    /// CRYPT_ACQUIRE_*.
    pub flags: Option<Flags>,
}

impl TrustVerified {
    pub(super) fn take(root: &mut Element, rest: &mut Rest) -> Self {
        let mut value = Self {
            action_id: child_text(root, "ActionID", rest).map(|id| without_blanks(&id)),
            ui_choice: child(root, "UIChoice", rest, Constant::take),
            revocation_check: child(root, "RevocationCheck", rest, |mut check, rest| {
                // the name stands as a flag here
                let names = check.take_true();
                let constant = Constant::take(check, rest);
                Constant { name: constant.name.or_else(|| names.into_iter().next()), ..constant }
            }),
            state_action: child(root, "StateAction", rest, Constant::take),
            flags: child(root, "Flags", rest, Flags::take).flatten(),
            file: child(root, "FileInfo", rest, |mut file, rest| {
                FileInfo::of(&mut file).left_in(file, rest)
            }),
            catalog: child(root, "CatalogInfo", rest, CatalogInfo::take),
            reg_policy_setting: child(root, "RegPolicySetting", rest, Flags::take).flatten(),
            signer_digest_algorithm: child(root, "SignerInfo", rest, |mut signer, rest| {
                child(&mut signer, "DigestAlgorithm", rest, SignatureAlgorithm::take)
                    .left_in(signer, rest)
            })
            .flatten(),
            chain_ref: child(root, "CertificateChain", rest, chain_ref).flatten(),
            timestamp: child(root, "TimestampInfo", rest, TimestampInfo::take),
            timestamp_chain_ref: child(root, "TimestampChain", rest, chain_ref).flatten(),
            ..Self::default()
        };
        if let Some(mut digest) = root.take_child("DigestInfo") {
            value.digest_algorithm = text(&mut digest, "digestAlgorithm");
            value.digest = token(&mut digest, "digest");
            rest.leave(digest);
        }
        value
    }
}

impl FileInfo {
    fn of(element: &mut Element) -> Self {
        Self { path: text(element, "filePath"), has_handle: boolean(element, "hasFileHandle") }
    }
}

impl CatalogInfo {
    fn take(mut element: Element, rest: &mut Rest) -> Self {
        let mut info = Self { path: text(&mut element, "filePath"), ..Self::default() };
        if let Some(mut member) = element.take_child("Member") {
            info.member_tag = text(&mut member, "tag");
            info.member = FileInfo::of(&mut member);
            info.hash = token(&mut member, "hash");
            info.hash_path = text(&mut member, "hashFilePath");
            rest.leave(member);
        }
        info.left_in(element, rest)
    }
}

impl TimestampInfo {
    fn take(mut element: Element, rest: &mut Rest) -> Self {
        let algorithm = child(&mut element, "DigestAlgorithm", rest, SignatureAlgorithm::take);
        let info = Self {
            format: text(&mut element, "format"),
            digest_algorithm: algorithm,
            sign_time: child_time(&mut element, "SignTime", rest),
        };
        info.left_in(element, rest)
    }
}

impl CatalogSearched {
    pub(super) fn take(root: &mut Element, rest: &mut Rest) -> Self {
        let mut value = Self::default();
        if let Some(mut query) = root.take_child("CATQueryInfo") {
            value.hash = token(&mut query, "hash");
            value.target_path = text(&mut query, "targetFilePath");
            value.catalog_path = text(&mut query, "catalogFilePath");
            rest.leave(query);
        }
        if let Some(mut additional) = root.take_child("AdditionalInfo") {
            value.actions = Action::take_all(&mut additional, rest);
            if let Some(mut catalogs) = additional.take_child("CryptSvcCatalogs") {
                for mut catalog in catalogs.take_children(|name| name == "Catalog") {
                    value.catalogs.extend(catalog.take_text());
                    rest.leave(catalog);
                }
                rest.leave(catalogs);
            }
            rest.leave(additional);
        }
        value
    }
}

impl PrivateKeyAcquired {
    pub(super) fn take(root: &mut Element, rest: &mut Rest) -> Self {
        Self {
            certificate: child(root, "Certificate", rest, ObjectReference::take),
            flags: child(root, "Flags", rest, Flags::take).flatten(),
        }
    }
}
