//! Metadata that is read is written and read the same again, and a cache's halves find each other
//! in either order.
#![no_main]

use chaincheck_engine::explain::describe::url_cache_file;
use chaincheck_engine::format::collection::MemberPath;
use chaincheck_engine::format::url_cache::{UrlCacheEntry, UrlCacheFolder, file_name};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let Ok(entry) = UrlCacheEntry::from_octets(octets) else { return };
    if let Ok(written) = entry.to_octets() {
        assert_eq!(UrlCacheEntry::from_octets(&written).as_ref(), Ok(&entry));
    }
    let name = file_name(&entry.url);
    let path = |half: &str| {
        MemberPath::new("in").member(&format!("C/Users/bob/CryptnetUrlCache/{half}/{name}"))
    };
    let files = [(path("MetaData"), octets), (path("Content"), &octets[..octets.len() / 2])];
    let collect = |order: [usize; 2]| {
        UrlCacheFolder::collect(order.iter().map(|index| (&files[*index].0, files[*index].1)))
    };
    let folders = collect([0, 1]);
    assert_eq!(folders, collect([1, 0]));
    let [folder] = folders.as_slice() else { panic!("one cache") };
    let [file] = folder.files.as_slice() else { panic!("one entry") };
    assert_eq!(file.url(), Some(entry.url.as_str()));
    let fits = u64::from(entry.content_size) == octets.len() as u64 / 2;
    assert_eq!(fits, !file.findings.iter().any(|found| found.to_string().contains("octets, ")));
    let _ = url_cache_file(file);
});
