//! Lists in the URL caches of every profile.

use std::collections::HashMap;

use crate::base::time::Time;
use crate::format::collection::Account;
use crate::format::url_cache::{RESPONSE_VALIDATED, UrlCacheFile, UrlCacheFolder, file_name};
use crate::proof::sound::is_list;
use crate::root_update::{LIST_FILE, OLD_ROOT_DIR_URL, ROOT_DIR_URL};

/// What a cache holds for the address of the root list.
#[derive(Debug, Clone)]
pub(super) struct CachedFile {
    pub(super) url: String,
    /// Whose cache: a security identifier where it is known, else the profile's name.
    pub(super) profile: Option<String>,
    /// The file of the evidence.
    pub(super) path: String,
    pub(super) octets: Vec<u8>,
    pub(super) last_sync: Option<Time>,
    /// The server said that it had not changed since it was fetched.
    pub(super) validated: bool,
}

/// The cached lists, and notes of what does not fit.
pub(super) fn list_files(
    folders: Vec<UrlCacheFolder>,
    octets: &HashMap<String, Vec<u8>>,
    notes: &mut Vec<String>,
) -> Vec<CachedFile> {
    let mut found = Vec::new();
    for folder in folders {
        for file in &folder.files {
            let Some(url) = address(file) else { continue };
            for finding in &file.findings {
                notes.push(format!("{}, {} ({url}): {finding}", folder.path, file.name));
            }
            let Some(content) = &file.content else { continue };
            let Some(octets) = octets.get(&content.path) else { continue };
            let metadata = file.metadata.as_ref();
            found.push(CachedFile {
                url,
                profile: folder.account.as_ref().map(profile),
                path: content.path.clone(),
                octets: octets.clone(),
                last_sync: metadata.and_then(|entry| entry.last_sync),
                validated: metadata
                    .is_some_and(|entry| entry.response.flags & RESPONSE_VALIDATED != 0),
            });
        }
    }
    found
}

/// The address, if it is one of the root list: from the metadata, else from the name, which is the
/// address's hash.
fn address(file: &UrlCacheFile) -> Option<String> {
    if let Some(url) = file.url() {
        return is_list(url).then(|| url.to_owned());
    }
    [ROOT_DIR_URL, OLD_ROOT_DIR_URL]
        .iter()
        .map(|folder| format!("{folder}{LIST_FILE}"))
        .find(|url| file_name(url) == file.name)
}

/// The account as a scenario names it.
fn profile(account: &Account) -> String {
    match account {
        Account::System => "S-1-5-18".to_owned(),
        Account::LocalService => "S-1-5-19".to_owned(),
        Account::NetworkService => "S-1-5-20".to_owned(),
        Account::SystemWow64 => "S-1-5-18 (SysWOW64)".to_owned(),
        Account::User(name) => name.clone(),
    }
}
