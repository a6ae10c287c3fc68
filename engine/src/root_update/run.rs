//! One run of the automatic root update (reference, auto-root-update 4).

use super::event::Event;
use super::list::{ListReport, ListSettings, Step, examine};
use crate::base::digest::{hex, sha1};
use crate::base::hresult::{self, HResult};
use crate::base::oid;
use crate::chain::engine::Profile;
use crate::object::trust_list::TrustList;
use crate::retrieval::{Purpose, Request, Retrieval, RetrievalError};
use crate::store::root_program::ListFacts;

pub use crate::store::root_program::{AUTH_ROOT_CAB as LIST_FILE, ROOT_DIR_URL};

/// The folder before that (observed; KB 2328240).
pub const OLD_ROOT_DIR_URL: &str =
    "http://www.download.windowsupdate.com/msdownload/update/v3/static/trustedr/en/";
/// How the addresses of root certificates end.
pub const CERTIFICATE_SUFFIX: &str = ".crt";
/// The root list's sequence number.
pub const SEQUENCE_FILE: &str = "authrootseq.txt";

/// What a run of the root update finds on a machine.
#[derive(Clone)]
#[non_exhaustive]
pub struct RootUpdate<'a> {
    /// What lists are judged by, the clock among it.
    pub settings: ListSettings,
    /// RootDirUrl; Microsoft's folders if absent.
    pub root_dir_url: Option<String>,
    /// DisableRootAutoUpdate
    pub disabled: bool,
    /// EncodedCtl: the list in force.
    pub encoded_ctl: Option<TrustList>,
    /// The temporary folder cannot be used: the code.
    pub temporary_folder_error: Option<HResult>,
    /// The Root store cannot be opened: the code.
    pub root_store_error: Option<HResult>,
    /// The AuthRoot key cannot be written: the code.
    pub auth_root_error: Option<HResult>,
    /// Addresses of root certificates that a chain needs: `<SHA-1>.crt` in the lists' folder.
    pub wanted: Vec<String>,
    /// URL caches and network.
    pub retrieval: &'a dyn Retrieval,
}

/// A file that was tried.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Attempt {
    /// Its address.
    pub url: String,
    /// Whether it came from a cache.
    pub from_cache: bool,
    /// What was found about it.
    pub report: ListReport,
}

/// What a run of the root update did.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct RootUpdateReport {
    /// The events Windows would have written, in order.
    pub events: Vec<Event>,
    /// The files that were tried, in order.
    pub attempts: Vec<Attempt>,
    /// What was done, in order.
    pub steps: Vec<String>,
    /// What of this is not proven for the version of Windows asked about.
    pub unproven: Vec<String>,
}

impl std::fmt::Debug for RootUpdate<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RootUpdate").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl<'a> RootUpdate<'a> {
    /// A run on a machine with these settings, caches and network.
    #[must_use]
    pub fn new(settings: ListSettings, retrieval: &'a dyn Retrieval) -> Self {
        Self {
            settings,
            root_dir_url: None,
            disabled: false,
            encoded_ctl: None,
            temporary_folder_error: None,
            root_store_error: None,
            auth_root_error: None,
            wanted: Vec::new(),
            retrieval,
        }
    }

    /// Runs the update: the cached cabinet first, then the network's (documented by Microsoft's
    /// development team).
    #[must_use]
    pub fn run(&self) -> RootUpdateReport {
        let mut report = RootUpdateReport::default();
        if self.disabled {
            report.steps.push("DisableRootAutoUpdate: nothing is fetched".to_owned());
            return report;
        }
        for folder in self.folders() {
            self.try_cache(&format!("{folder}{LIST_FILE}"), &mut report);
        }
        let accepted = report.attempts.iter().any(|attempt| attempt.report.is_accepted());
        if !accepted {
            self.try_network(&mut report);
        }
        for url in &self.wanted {
            self.fetch_certificate(url, &mut report);
        }
        report
    }

    /// Step 11: the certificate of a listed root. One that is not what its name says is refused
    /// (inferred; reference, auto-root-update 6).
    fn fetch_certificate(&self, url: &str, report: &mut RootUpdateReport) {
        match self.retrieve(url, false) {
            Ok(octets) if is_named_by_its_hash(url, &octets) => {
                report.events.push(Event::certificate_retrieved(url));
            }
            Ok(_) => {
                report.steps.push(format!("{url}: its SHA-1 is not that of its name"));
                let error = hresult::CRYPT_E_HASH_VALUE;
                report.events.push(Event::certificate_retrieval_failed(url, error));
            }
            Err(RetrievalError::Unreachable) => {
                report.steps.push(format!("no answer on record for {url}"));
            }
            Err(error) => {
                let error = error.hresult();
                report.events.push(Event::certificate_retrieval_failed(url, error));
            }
        }
    }

    fn folders(&self) -> Vec<String> {
        match &self.root_dir_url {
            Some(url) if url.ends_with('/') => vec![url.clone()],
            Some(url) => vec![format!("{url}/")],
            None => vec![ROOT_DIR_URL.to_owned(), OLD_ROOT_DIR_URL.to_owned()],
        }
    }

    fn retrieve(&self, url: &str, from_cache: bool) -> Result<Vec<u8>, RetrievalError> {
        self.retrieval
            .retrieve(&Request {
                cache_only: from_cache,
                wire_only: !from_cache,
                ..Request::get(url, Purpose::RootList)
            })
            .map(|found| found.octets.to_vec())
    }

    fn try_cache(&self, url: &str, report: &mut RootUpdateReport) {
        match self.retrieve(url, true) {
            Ok(octets) => {
                report.steps.push(format!("the URL cache holds {url}"));
                self.try_file(url, true, &octets, report);
            }
            Err(_) => report.steps.push(format!("the URL cache does not hold {url}")),
        }
    }

    /// Fetches sequence number and cabinet from the first folder that answers. A failure that is
    /// on record writes its event; an address without a record writes none, since nothing is
    /// known of it.
    fn try_network(&self, report: &mut RootUpdateReport) {
        for folder in self.folders() {
            let sequence_url = format!("{folder}{SEQUENCE_FILE}");
            match self.retrieve(&sequence_url, false) {
                Ok(_) => report.events.push(Event::sequence_number_retrieved(&sequence_url)),
                Err(RetrievalError::Unreachable) => {
                    report.steps.push(format!("no answer on record for {sequence_url}"));
                }
                Err(error) => report
                    .events
                    .push(Event::sequence_number_retrieval_failed(&sequence_url, error.hresult())),
            }
            let url = format!("{folder}{LIST_FILE}");
            match self.retrieve(&url, false) {
                Ok(octets) => {
                    report.events.push(Event::list_retrieved(&url));
                    self.try_file(&url, false, &octets, report);
                    return;
                }
                Err(RetrievalError::Unreachable) => {
                    report.steps.push(format!("no answer on record for {url}"));
                }
                Err(error) => {
                    report.events.push(Event::list_retrieval_failed(&url, error.hresult()));
                    return;
                }
            }
        }
        report.unproven.push(
            "no network answers are on record: if the machine could not reach Microsoft's \
             servers, events 4104 and 4099 would stand beside this"
                .to_owned(),
        );
    }

    fn try_file(&self, url: &str, from_cache: bool, octets: &[u8], report: &mut RootUpdateReport) {
        let mut found = examine(octets, &self.settings);
        if found.is_accepted() && !found.list.as_ref().is_some_and(is_root_list) {
            let why = "a list for another purpose, though soundly signed";
            fail(&mut found, Step::Usage, hresult::CERT_E_WRONG_USAGE, why);
            report.unproven.push(format!(
                "{url} holds {why}; that Windows refuses it, and with this code, is inferred"
            ));
        }
        self.apply_faults(&mut found);
        for step in &found.steps {
            report.steps.push(format!("{url}: {step}"));
        }
        if let (Some(_), error) = (found.failing_step, found.error) {
            if found.fails_by_time_alone() && self.settings.profile >= Profile::Windows81 {
                report.unproven.push(format!(
                    "the list's signer is not valid at {}; that this raises event 4107 is proven \
                     for the systems of 2010 (Windows XP to 7) only: later ones have worked with \
                     lists whose signer had expired, and no such event of theirs is known",
                    self.settings.now
                ));
            } else {
                report.events.push(Event::list_extraction_failed(url, error));
            }
        } else {
            self.accept(url, from_cache, &found, report);
        }
        report.attempts.push(Attempt { url: url.to_owned(), from_cache, report: found });
    }

    /// Faults of the machine rather than of the file.
    fn apply_faults(&self, found: &mut ListReport) {
        if let Some(error) = self.temporary_folder_error
            && found.failing_step.is_none_or(|step| step > Step::Extract)
        {
            fail(found, Step::Extract, error, "the temporary folder cannot be used");
        } else if let Some(error) = self.root_store_error
            && found.failing_step.is_none_or(|step| step >= Step::SignerChain)
        {
            fail(found, Step::Trust, error, "the Root store cannot be opened");
        }
    }

    fn accept(
        &self,
        url: &str,
        from_cache: bool,
        found: &ListReport,
        report: &mut RootUpdateReport,
    ) {
        let Some(list) = &found.list else { return };
        if let Some(stored) = &self.encoded_ctl
            && !is_newer(list, stored)
        {
            report.steps.push(format!("{url}: not newer than the list in force"));
            return;
        }
        if let Some(error) = self.auth_root_error {
            report.events.push(Event::root_update_failed(url, error));
            report.steps.push(format!("{url}: the AuthRoot key cannot be written ({error})"));
            return;
        }
        report.steps.push(format!("{url}: in force from now on"));
        if !from_cache && self.settings.profile >= Profile::Windows81 {
            report.events.push(Event::list_updated(&list.this_update.to_string()));
        }
    }
}

fn is_named_by_its_hash(url: &str, octets: &[u8]) -> bool {
    let name = url.rsplit('/').next().unwrap_or(url);
    let stem = name.split(['.', '?']).next().unwrap_or(name);
    stem.eq_ignore_ascii_case(&hex(&sha1(octets)))
}

/// Whether a list names roots. The same signer signs the disallowed list, which must not come into
/// force in its stead (inferred; the usages: reference, ctl 3).
fn is_root_list(list: &TrustList) -> bool {
    list.usage.contains(&oid::ROOT_LIST_SIGNER)
}

fn fail(found: &mut ListReport, step: Step, error: HResult, why: &str) {
    found.failing_step = Some(step);
    found.error = error;
    found.why = Some(why.to_owned());
    found.steps.push(format!("{}: {why} ({error})", step.name()));
}

/// Whether a list replaces another: by sequence number, else by ThisUpdate (inferred; reference,
/// ctl 5.1).
#[must_use]
pub fn is_newer(list: &TrustList, than: &TrustList) -> bool {
    ListFacts::of(list, &[], None).is_newer_than(&ListFacts::of(than, &[], None))
}
