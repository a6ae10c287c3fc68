//! A walk over an archive keeps its bounds, no member's path leads out of the collection, and the
//! same archive is walked the same again.
#![no_main]

use std::ops::ControlFlow;

use chaincheck_engine::format::collection::{CollectionLimits, Found, MemberPath, for_each_member};
use libfuzzer_sys::fuzz_target;

const LIMITS: CollectionLimits = CollectionLimits {
    max_member: 1 << 18,
    max_members: 64,
    max_depth: 3,
    max_ratio: 16,
    member_floor: 1 << 16,
    total_floor: 1 << 20,
};

fn walk(octets: &[u8]) -> Vec<(String, Option<usize>)> {
    let mut seen = Vec::new();
    let _ = for_each_member(&MemberPath::new("in"), octets, &LIMITS, &mut |found| {
        seen.push(match found {
            Found::Member(member) => {
                let bound = LIMITS.member_floor.max(octets.len() * LIMITS.max_ratio);
                assert!(!member.path.is_member() || member.octets.len() <= bound);
                let escapes = |part: &String| part == ".." || part.contains(['/', '\\']);
                assert!(!member.path.parts().iter().any(escapes));
                let _ = (member.path.windows_path(), member.path.system_store());
                (member.path.to_string(), Some(member.octets.len()))
            }
            Found::Problem(path, error) => (format!("{path}: {error}"), None),
        });
        ControlFlow::Continue(())
    });
    seen
}

fuzz_target!(|octets: &[u8]| {
    let seen = walk(octets);
    let given: usize = seen.iter().filter_map(|(_, length)| *length).sum();
    // archives in archives are given twice: as they are opened, and by their members
    assert!(given <= octets.len() + LIMITS.total_floor.max(octets.len() * LIMITS.max_ratio));
    assert_eq!(seen, walk(octets));
});
