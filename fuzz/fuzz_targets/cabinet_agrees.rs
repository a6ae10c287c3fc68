//! Cabinets that the crate `cab` reads, too, hold the same members with the same octets.
#![no_main]

use std::io::{Cursor, Read as _};

use chaincheck_engine::format::Limits;
use chaincheck_engine::format::cabinet::{Cabinet, Compression};
use libfuzzer_sys::fuzz_target;

const MOST: usize = 1 << 16;

fuzz_target!(|octets: &[u8]| {
    let Ok(ours) = Cabinet::parse(octets) else { return };
    // `cab` 0.6.0 panics at a folder without blocks (its folder.rs, line 134)
    if ours.folders().iter().any(|folder| folder.block_count == 0) {
        return;
    }
    // ... and at blocks that hold nothing or, stored, less than they say (line 232)
    let is_odd = |index: usize, stored: bool| {
        let (blocks, problem) = ours.blocks(index);
        problem.is_some()
            || blocks.iter().any(|block| {
                let short = stored && block.compressed_size != block.uncompressed_size;
                short || block.uncompressed_size == 0 || block.compressed_size == 0
            })
    };
    let mut folders = ours.folders().iter().enumerate();
    if folders.any(|(index, folder)| is_odd(index, folder.compression == Compression::None)) {
        return;
    }
    // `cab` allocates what a member claims
    if ours.members().iter().any(|member| member.size as usize > MOST) {
        return;
    }
    let Ok(mut theirs) = cab::Cabinet::new(Cursor::new(octets)) else { return };
    let names: Vec<(String, u32)> = theirs
        .folder_entries()
        .flat_map(|folder| folder.file_entries())
        .map(|file| (file.name().to_owned(), file.uncompressed_size()))
        .collect();
    for (name, size) in &names {
        // the first of a name is what `cab` opens
        let found = ours.members().iter().enumerate().find(|(_, member)| member.name == *name);
        let Some((index, member)) = found else { continue };
        let Ok(ours) = ours.extract(index, &Limits::default()) else { continue };
        let Ok(mut reader) = theirs.read_file(name) else { continue };
        let mut octets = Vec::new();
        if reader.read_to_end(&mut octets).is_ok() && *size == member.size {
            assert_eq!(ours, octets, "{name}");
        }
    }
});
