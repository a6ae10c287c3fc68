//! A member comes out of a cabinet whole or not at all, within the limits, and the folder's blocks
//! account for it.
#![no_main]

use chaincheck_engine::format::Limits;
use chaincheck_engine::format::cabinet::Cabinet;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let Ok(cabinet) = Cabinet::parse(octets) else { return };
    let mut limits = Limits::default();
    limits.max_decompressed = 1 << 18;
    assert!(cabinet.trailing().is_empty() || cabinet.missing() == 0);
    for (index, member) in cabinet.members().iter().enumerate().take(8) {
        let Ok(content) = cabinet.extract(index, &limits) else { continue };
        assert_eq!(content.len(), member.size as usize);
        assert!(content.len() <= limits.max_decompressed);
        let (blocks, _) = cabinet.blocks(usize::from(member.folder));
        let given: u64 = blocks.iter().map(|block| u64::from(block.uncompressed_size)).sum();
        assert!(given >= member.end() || content.is_empty());
    }
});
