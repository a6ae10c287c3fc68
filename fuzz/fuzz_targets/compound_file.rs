//! A stream of a compound file comes out as long as its entry says or not at all, and never longer
//! than the file.
#![no_main]

use chaincheck_engine::format::compound_file::CompoundFile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let Ok(file) = CompoundFile::parse(octets) else { return };
    for stream in file.streams() {
        assert!(stream.offset < octets.len());
        let Ok(content) = file.read(stream, usize::MAX) else { continue };
        assert_eq!(content.len() as u64, stream.length);
        assert!(content.len() <= octets.len());
        let start = file.read(stream, 7).expect("the whole can be read");
        assert!(content.starts_with(&start));
    }
});
