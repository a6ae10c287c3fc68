//! `chaincheck dump`: what a file holds.

mod events;
mod item;
mod text;

use std::collections::HashMap;
use std::io::{self, Write};

use chaincheck_engine::explain::describe::{self, Extent, Field, url_cache_file};
use chaincheck_engine::format::collection::MemberPath;
use chaincheck_engine::format::url_cache::{UrlCacheCollector, UrlCacheFolder};
use chaincheck_engine::format::{self, Contents, Kind, Limits, Passwords};
use serde::Serialize;

use crate::hives::{self, Hives};
use crate::input::{self, Item};
use crate::options::{self, PasswordOptions};
use crate::output::{Error, Status, say};
use events::EventsDump;
use item::ItemDump;

/// What does this file hold?
///
/// Files, folders and archives are opened whatever they are called: certificates, CRLs, OCSP
/// responses, trust lists, stores, bundles, cabinets, registry hives and exports, event logs, URL
/// caches, down to each property and extension.
///
/// Exit status: 0 everything could be read, 1 some parts could not, 2 nothing of an input could.
#[derive(Debug, clap::Args)]
pub(crate) struct DumpArguments {
    /// Files, folders or archives (zip, tar, gzip); `-` is standard input
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<String>,
    #[command(flatten)]
    passwords: PasswordOptions,
    /// How to write the result
    #[arg(long, value_enum, default_value = "text")]
    format: DumpFormat,
    /// Show every entry of CRLs and trust lists, and every octet of long values
    #[arg(long)]
    all: bool,
    /// Name files of unknown content, too, instead of counting them
    #[arg(long, short)]
    verbose: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum DumpFormat {
    /// For people
    Text,
    /// For programs: one array, an object for each file
    Json,
    /// For programs: an object for each file, one a line
    Jsonl,
}

/// What one file holds.
#[derive(Debug, Serialize)]
struct FileDump {
    file: String,
    /// Where it lay on a Windows machine, if its path in the collection tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    windows_path: Option<String>,
    /// Whose profile that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    kind: String,
    size: usize,
    /// What became of a hive's transaction logs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logs: Vec<String>,
    items: Vec<ItemDump>,
    /// What a registry file says besides its objects.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    registry: Vec<Field>,
    notes: Vec<String>,
    trailing_bytes: usize,
}

/// A URL cache that was put together.
#[derive(Debug, Serialize)]
struct CacheDump {
    url_cache: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    entries: Vec<Field>,
}

pub(crate) fn run(arguments: &DumpArguments) -> Result<Status, Error> {
    let mut status = Status::Yes;
    let mut dump = Dump {
        arguments,
        passwords: arguments.passwords.read()?,
        extent: if arguments.all { Extent::ALL } else { Extent::default() },
        out: io::BufWriter::new(io::stdout().lock()),
        written: 0,
    };
    for input in &arguments.inputs {
        status = status.max(dump.input(input)?);
    }
    dump.end()?;
    Ok(status)
}

/// A file to be dumped.
struct File<'a> {
    path: &'a MemberPath,
    octets: &'a [u8],
    /// Whether it is part of a URL cache.
    is_cached: bool,
    /// What became of a hive's transaction logs.
    logs: Vec<String>,
}

/// How an input went.
#[derive(Debug, Default)]
struct Tally {
    /// Files of which something could be read.
    known: usize,
    /// Members of collections that are nothing known.
    unknown: usize,
    /// Whether something could not be read.
    incomplete: bool,
}

struct Dump<'a, W: Write> {
    arguments: &'a DumpArguments,
    passwords: Passwords,
    extent: Extent,
    out: W,
    written: usize,
}

impl<W: Write> Dump<'_, W> {
    fn input(&mut self, input: &str) -> Result<Status, Error> {
        let mut tally = Tally::default();
        let mut caches = UrlCacheCollector::default();
        let mut hives = Hives::default();
        let walked = input::walk(input, true, &mut |item, progress| match item {
            Item::Problem { path, what, .. } => {
                tally.incomplete = true;
                progress.say(&format!("{path}: {what}"));
                Ok(())
            }
            Item::Member(member) => {
                if let Some(damage) = &member.damage {
                    tally.incomplete = true;
                    progress.say(&format!("{}: {damage}", member.path));
                }
                if hives.keep(&member) {
                    return Ok(());
                }
                let file = File {
                    is_cached: caches.add(&member.path, member.octets, member.damage.as_ref()),
                    path: &member.path,
                    octets: member.octets,
                    logs: Vec::new(),
                };
                self.file(file, &mut tally, &mut |what| progress.say(what))
            }
        });
        match walked {
            Ok(()) => {}
            Err(Error::Input(name, what)) => {
                say(format_args!("{name}: {what}"));
                return Ok(Status::Unanswered);
            }
            Err(error) => return Err(error),
        }
        for hive in hives.finish() {
            tally.incomplete |= !hive.is_clean;
            let (path, octets) = (&hive.path, hive.octets.as_slice());
            let file = File { path, octets, is_cached: false, logs: hive.notes };
            self.file(file, &mut tally, &mut |what| say(what))?;
        }
        if caches.left_out() > 0 {
            tally.incomplete = true;
            let files = caches.left_out();
            say(format_args!("{input}: {files} files of URL caches are left out: too many"));
        }
        for cache in caches.finish() {
            tally.known += 1;
            self.cache(&cache)?;
        }
        if tally.unknown > 0 {
            let files = if tally.unknown == 1 { "file holds" } else { "files hold" };
            say(format_args!("{input}: {} {files} nothing that is known here", tally.unknown));
        }
        Ok(match tally {
            Tally { known: 0, .. } => {
                // what is wrong with a file that is no collection has been said
                if tally.unknown > 0 || !tally.incomplete {
                    say(format_args!("{input}: holds nothing that is known here"));
                }
                Status::Unanswered
            }
            tally => Status::from_bool(!tally.incomplete),
        })
    }

    fn file(
        &mut self,
        file: File<'_>,
        tally: &mut Tally,
        say: &mut dyn FnMut(&str),
    ) -> Result<(), Error> {
        let (path, octets) = (file.path, file.octets);
        let kind = format::detect(octets);
        // what stands in a cache for what was retrieved is told with the cache
        let is_nothing = matches!(kind, Kind::Unknown | Kind::Html | Kind::Empty);
        if path.is_member() && is_nothing {
            if !file.is_cached {
                tally.unknown += 1;
                if self.arguments.verbose {
                    say(&format!("{path}: {kind}"));
                }
            }
            return Ok(());
        }
        if events::is_event_log(kind) {
            return self.events(path, octets, tally, say);
        }
        match open(octets, kind, &self.passwords) {
            Ok(contents) => {
                let dump = self.file_dump(file, &contents);
                let readable = dump.items.iter().all(|item| item.problem.is_none());
                let said = !dump.items.is_empty() || !dump.registry.is_empty();
                let nothing = !said && !dump.notes.is_empty();
                let unread = contents.notes.iter().any(|note| options::note(note).is_some());
                tally.incomplete |= !readable || unread;
                tally.known += usize::from(!nothing);
                if nothing {
                    let notes = contents.notes.iter().filter_map(options::note);
                    notes.for_each(|note| say(&format!("{path}: {note}")));
                }
                self.write(&dump, text::file)
            }
            Err(what) => {
                tally.incomplete = true;
                say(&format!("{path}: {what}"));
                Ok(())
            }
        }
    }

    fn file_dump(&self, file: File<'_>, contents: &Contents) -> FileDump {
        let (path, octets) = (file.path, file.octets);
        let items = contents.items.iter().map(|item| ItemDump::new(item, self.extent));
        let mut items: Vec<_> = items.collect();
        if contents.kind == Kind::UrlCacheMetadata {
            items.extend(ItemDump::url_cache_metadata(octets));
        }
        let evidence = hives::is_registry(contents.kind)
            .then(|| hives::evidence(path, octets, contents.kind).ok())
            .flatten();
        let stores: HashMap<_, _> = evidence
            .iter()
            .flat_map(|found| &found.objects)
            .map(|object| (object.path.as_str(), &object.store))
            .collect();
        for item in &mut items {
            item.store = stores.get(item.origin.as_str()).map(ToString::to_string);
        }
        let registry = evidence.as_ref().map(|found| describe::registry(found, self.extent));
        FileDump {
            file: path.to_string(),
            windows_path: path.windows_path().map(|path| path.to_string()),
            account: path.account().map(|account| account.to_string()),
            kind: contents.kind.to_string(),
            size: octets.len(),
            logs: file.logs,
            items,
            registry: registry.unwrap_or_default(),
            notes: contents.notes.iter().map(ToString::to_string).collect(),
            trailing_bytes: contents.trailing,
        }
    }

    fn events(
        &mut self,
        path: &MemberPath,
        octets: &[u8],
        tally: &mut Tally,
        say: &mut dyn FnMut(&str),
    ) -> Result<(), Error> {
        match EventsDump::read(path, octets) {
            Ok(dump) => {
                tally.known += 1;
                tally.incomplete |= !dump.is_complete();
                let extent = self.extent;
                self.write(&dump, |dump| dump.text(extent))
            }
            Err(what) => {
                tally.incomplete = true;
                say(&format!("{path}: {what}"));
                Ok(())
            }
        }
    }

    fn cache(&mut self, cache: &UrlCacheFolder) -> Result<(), Error> {
        let dump = CacheDump {
            url_cache: cache.path.clone(),
            account: cache.account.as_ref().map(ToString::to_string),
            entries: cache.files.iter().map(url_cache_file).collect(),
        };
        self.write(&dump, text::cache)
    }

    /// Writes one result, so that nothing is kept.
    fn write<T: Serialize>(
        &mut self,
        dump: &T,
        describe: impl FnOnce(&T) -> crate::text::Text,
    ) -> Result<(), Error> {
        match self.arguments.format {
            DumpFormat::Text => describe(dump).print(&mut self.out)?,
            DumpFormat::Json => {
                let before = if self.written == 0 { "[\n" } else { ",\n" };
                self.out.write_all(before.as_bytes())?;
                serde_json::to_writer_pretty(&mut self.out, dump).map_err(io::Error::from)?;
            }
            DumpFormat::Jsonl => {
                serde_json::to_writer(&mut self.out, dump).map_err(io::Error::from)?;
                self.out.write_all(b"\n")?;
            }
        }
        self.written += 1;
        Ok(())
    }

    fn end(&mut self) -> Result<(), Error> {
        if self.arguments.format == DumpFormat::Json {
            let end = if self.written == 0 { "[]\n" } else { "\n]\n" };
            self.out.write_all(end.as_bytes())?;
        }
        self.out.flush()?;
        Ok(())
    }
}

/// Opens a file. URL cache metadata hold no objects: they are described themselves.
fn open(octets: &[u8], kind: Kind, passwords: &Passwords) -> Result<Contents, String> {
    if kind == Kind::Empty {
        return Err("empty file: nothing to read at offset 0".to_owned());
    }
    if kind == Kind::UrlCacheMetadata {
        return Ok(Contents { kind, items: Vec::new(), notes: Vec::new(), trailing: 0 });
    }
    format::open_with(octets, &Limits::default(), passwords).map_err(|error| error.to_string())
}
