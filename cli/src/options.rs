//! Options that several commands have.

use std::time::{SystemTime, UNIX_EPOCH};

use chaincheck_engine::base::der::DerError;
use chaincheck_engine::base::oid::{self, Oid};
use chaincheck_engine::base::time::Time;
use chaincheck_engine::chain::engine::Profile;
use chaincheck_engine::format::{
    self, Contents, FormatError, FormatErrorKind, Item, Kind, Limits, Passwords,
};
use chaincheck_engine::object::certificate::Certificate;
use chaincheck_engine::object::crl::Crl;
use chaincheck_engine::object::message::SignedData;
use chaincheck_engine::root_update::list::ListSettings;
use chaincheck_engine::store::{
    CertificateContext, Properties, Store, StoreBuilder, SystemStores, embedded,
};

use crate::input;
use crate::output::Error;

/// How a result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

/// The clock.
#[derive(Debug, clap::Args)]
pub(crate) struct Clock {
    /// The time to judge at: RFC 3339 or YYYY-MM-DD [default: now]
    #[arg(long, value_name = "TIME")]
    clock: Option<Time>,
}

impl Clock {
    /// What was asked for.
    pub(crate) const fn given(&self) -> Option<Time> {
        self.clock
    }

    /// What was asked for, or the system's.
    pub(crate) fn now(&self) -> Time {
        self.clock.unwrap_or_else(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            Time::from_unix(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
        })
    }
}

/// The clock and the version of Windows.
#[derive(Debug, clap::Args)]
pub(crate) struct Machine {
    #[command(flatten)]
    pub(crate) clock: Clock,
    /// The version of Windows to answer for: windows-xp, windows-vista, windows-7, windows-8.1,
    /// windows-10-1607, windows-10, windows-11 [default: what a machine's registry among the inputs
    /// says, else windows-11; of `diagnose` without an event, windows-7]
    #[arg(long, value_name = "NAME", value_parser = profile)]
    pub(crate) profile: Option<Profile>,
    /// Put a file's objects into a store: ROOT, AuthRoot, CA, MY, TrustedPeople, Trust, Disallowed
    /// (repeatable)
    #[arg(long = "store", value_name = "NAME=FILE", value_parser = store_file)]
    pub(crate) stores: Vec<StoreFile>,
    #[command(flatten)]
    pub(crate) passwords: PasswordOptions,
}

/// Passwords for PKCS #12 files.
#[derive(Debug, clap::Args)]
pub(crate) struct PasswordOptions {
    /// A password to try on .pfx files (repeatable). Other users of this machine may see it in the
    /// list of processes; --password-file is not seen
    #[arg(long = "password", value_name = "TEXT")]
    passwords: Vec<String>,
    /// Try the first line of FILE as a password on .pfx files (repeatable)
    #[arg(long = "password-file", value_name = "FILE")]
    password_files: Vec<String>,
}

impl PasswordOptions {
    /// Every password, in the order of the options.
    pub(crate) fn read(&self) -> Result<Passwords, Error> {
        let mut passwords = self.passwords.clone();
        for file in &self.password_files {
            let octets = input::read(file)?;
            let line = octets.split(|octet| *octet == b'\n').next().unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let text = std::str::from_utf8(line).map_err(|_| {
                Error::Input(file.clone(), "the first line is not UTF-8 text".to_owned())
            })?;
            passwords.push(text.strip_prefix('\u{feff}').unwrap_or(text).to_owned());
        }
        Ok(Passwords::new(passwords))
    }
}

/// A root for lists other than Microsoft's.
#[derive(Debug, clap::Args)]
pub(crate) struct ListRoot {
    /// Believe lists that are signed under the certificates in FILE, and no others (for tests and
    /// mirrors of one's own; Microsoft's roots otherwise). They go into ROOT, too
    #[arg(long, value_name = "FILE")]
    pub(crate) list_root: Option<String>,
}

/// One `--store NAME=FILE`.
#[derive(Debug, Clone)]
pub(crate) struct StoreFile {
    name: &'static str,
    file: String,
}

/// The stores that can be filled.
pub(crate) const STORE_NAMES: [&str; 7] =
    ["ROOT", "AuthRoot", "CA", "MY", "TrustedPeople", "Trust", "Disallowed"];

fn profile(name: &str) -> Result<Profile, String> {
    Profile::from_name(name).ok_or_else(|| {
        let names: Vec<_> = Profile::ALL.iter().map(|profile| profile.name()).collect();
        format!("no such profile; there are {}", names.join(", "))
    })
}

fn store_file(text: &str) -> Result<StoreFile, String> {
    let (name, file) = text.split_once('=').ok_or("expected NAME=FILE")?;
    let name = STORE_NAMES
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(name))
        .ok_or_else(|| format!("no store '{name}'; there are {}", STORE_NAMES.join(", ")))?;
    Ok(StoreFile { name, file: file.to_owned() })
}

/// A usage by its name, in any case, or by its dotted identifier.
pub(crate) fn usage(text: &str) -> Result<Oid, String> {
    if let Some(entry) = oid::TABLE.iter().find(|entry| entry.name.eq_ignore_ascii_case(text)) {
        return Ok(entry.oid.clone());
    }
    text.parse().map_err(|_| {
        format!(
            "no usage '{text}'; expected a name such as serverAuth or an identifier such as \
             1.3.6.1.5.5.7.3.1"
        )
    })
}

impl Machine {
    /// The clock.
    pub(crate) fn now(&self) -> Time {
        self.clock.now()
    }

    /// What was put into stores: each store's name, and the file.
    pub(crate) fn store_files(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.stores.iter().map(|store| (store.name, store.file.as_str()))
    }

    /// Whether something was put into this store.
    pub(crate) fn has_store(&self, name: &str) -> bool {
        self.stores.iter().any(|store| store.name == name)
    }

    /// The stores with what was put into them; `extra_root` goes into ROOT, too.
    pub(crate) fn system_stores(&self, extra_root: Option<&Store>) -> Result<SystemStores, Error> {
        self.system_stores_with(&mut |name, builder| {
            let roots = extra_root.filter(|_| name == "ROOT").into_iter();
            for root in roots.flat_map(Store::certificates) {
                builder.certificate(root.clone());
            }
        })
    }

    /// The stores with what was put into them and what `extend` adds to the one of a name.
    pub(crate) fn system_stores_with(
        &self,
        extend: &mut dyn FnMut(&'static str, &mut StoreBuilder),
    ) -> Result<SystemStores, Error> {
        let mut stores = SystemStores::default();
        let passwords = self.passwords.read()?;
        for (name, place) in [
            ("ROOT", &mut stores.root),
            ("AuthRoot", &mut stores.auth_root),
            ("CA", &mut stores.ca),
            ("MY", &mut stores.my),
            ("TrustedPeople", &mut stores.trusted_people),
            ("Trust", &mut stores.trust),
            ("Disallowed", &mut stores.disallowed),
        ] {
            let mut builder = StoreBuilder::new();
            for store in self.stores.iter().filter(|store| store.name == name) {
                add_file(&store.file, &passwords, &mut builder)?;
            }
            extend(name, &mut builder);
            *place = builder.build();
        }
        Ok(stores)
    }

    /// What lists are judged by.
    pub(crate) fn list_settings(
        &self,
        roots: &ListRoot,
        default_profile: Profile,
    ) -> Result<ListSettings, Error> {
        let mut settings = list_settings(roots, &self.passwords.read()?, self.now())?;
        settings.profile = self.profile.unwrap_or(default_profile);
        let list_roots = settings.list_roots.clone();
        settings.stores = self.system_stores(list_roots.as_ref())?;
        if list_roots.is_some() && !self.has_store("ROOT") {
            // a Root store that holds something no longer stands for a machine as delivered
            settings.stores.root = with_microsoft(&settings.stores.root);
        }
        // as in scenarios: a machine whose CA store is described finds issuers there only
        if self.has_store("CA") {
            settings.authorities = Store::default();
        }
        Ok(settings)
    }
}

/// What lists are judged by on a machine as it is delivered.
pub(crate) fn list_settings(
    roots: &ListRoot,
    passwords: &Passwords,
    now: Time,
) -> Result<ListSettings, Error> {
    let mut settings = ListSettings::new(now);
    if let Some(file) = &roots.list_root {
        let mut builder = StoreBuilder::new();
        add_file(file, passwords, &mut builder)?;
        let given = builder.build();
        settings.stores.root = with_microsoft(&given);
        settings.list_roots = Some(given);
    }
    Ok(settings)
}

fn with_microsoft(given: &Store) -> Store {
    let mut builder = StoreBuilder::new();
    let microsoft = embedded::microsoft_roots().certificates();
    for root in given.certificates().iter().chain(microsoft) {
        builder.certificate(root.clone());
    }
    builder.build()
}

/// Opens a file and takes its objects out.
pub(crate) fn open(file: &str, passwords: &Passwords) -> Result<Contents, Error> {
    let octets = input::read(file)?;
    let contents = format::open_with(&octets, &Limits::default(), passwords)
        .map_err(|error| Error::Input(file.to_owned(), error.to_string()))?;
    Ok(contents)
}

fn add_file(file: &str, passwords: &Passwords, builder: &mut StoreBuilder) -> Result<(), Error> {
    let mut contents = open(file, passwords)?;
    // a signed list put into a store must not make its signer a root
    contents.items.retain(|item| !item.is_companion);
    for note in contents.notes.iter().filter_map(note) {
        crate::output::say(format_args!("{file}: {note}"));
    }
    if add_contents(file, &contents, builder)? == 0 {
        let what = "holds nothing that goes into a store".to_owned();
        return Err(Error::Input(file.to_owned(), what));
    }
    Ok(())
}

/// What is to be said of what could not be read, if anything: nobody asks for private keys.
pub(crate) fn note(error: &FormatError) -> Option<String> {
    match error.kind {
        FormatErrorKind::NotOpened(Kind::PrivateKey) => None,
        _ if error.is_password() => {
            Some(format!("{error}; give the right one with --password-file or --password"))
        }
        _ => Some(error.to_string()),
    }
}

/// Puts certificates, CRLs and trust lists into a store, and counts them.
pub(crate) fn add_contents(
    file: &str,
    contents: &Contents,
    builder: &mut StoreBuilder,
) -> Result<usize, Error> {
    let mut count = 0;
    for item in &contents.items {
        let added = add_item(item, builder);
        count += usize::from(added.map_err(|what| Error::Input(file.to_owned(), what))?);
    }
    Ok(count)
}

/// Puts a certificate, CRL or trust list into a store. Says whether it is one, or why it cannot be
/// read.
pub(crate) fn add_item(item: &Item, builder: &mut StoreBuilder) -> Result<bool, String> {
    let fail = |error: DerError| place(&item.origin, &error.to_string());
    match item.kind {
        Kind::Certificate => {
            let certificate = Certificate::from_der(&item.octets).map_err(fail)?;
            let mut properties = Properties::new();
            for property in &item.properties {
                properties.set(property.id, property.value.clone());
            }
            builder.certificate(CertificateContext::with_properties(certificate, properties));
        }
        Kind::Crl => {
            builder.crl(Crl::from_der(&item.octets).map_err(fail)?);
        }
        Kind::CertificateTrustList => {
            SignedData::from_der(&item.octets)
                .and_then(|message| builder.signed_trust_list(message).map(|_| ()))
                .map_err(fail)?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn place(origin: &str, what: &str) -> String {
    if origin.is_empty() { what.to_owned() } else { format!("{origin}: {what}") }
}
