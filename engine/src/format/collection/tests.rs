use super::*;
use miniz_oxide::deflate::compress_to_vec;

/// A member as the tests see it: its path below the input, its octets, whether it is damaged.
type Seen = (String, Vec<u8>, bool);

struct Walked {
    members: Vec<Seen>,
    problems: Vec<(String, String)>,
}

fn walk_with(octets: &[u8], limits: &CollectionLimits) -> Walked {
    let mut walked = Walked { members: Vec::new(), problems: Vec::new() };
    let shown = |path: &MemberPath| path.to_string().trim_start_matches("in/").to_owned();
    let _ = for_each_member(&MemberPath::new("in"), octets, limits, &mut |found| {
        match found {
            Found::Member(member) => {
                let damaged = member.damage.is_some();
                walked.members.push((shown(&member.path), member.octets.to_vec(), damaged));
            }
            Found::Problem(path, error) => {
                walked.problems.push((shown(&path), error.to_string()));
            }
        }
        ControlFlow::Continue(())
    });
    walked
}

fn walk(octets: &[u8]) -> Walked {
    walk_with(octets, &CollectionLimits::default())
}

fn whole(name: &str, octets: &[u8]) -> Seen {
    (name.to_owned(), octets.to_vec(), false)
}

/// What a zip member's records say, so that tests can make them lie.
struct ZipMember<'a> {
    name: &'a str,
    octets: &'a [u8],
    deflated: bool,
    flags: u16,
    attributes: u32,
    size: u32,
    crc: u32,
}

fn zip_member<'a>(name: &'a str, octets: &'a [u8]) -> ZipMember<'a> {
    let size = u32::try_from(octets.len()).unwrap();
    let crc = inflate::crc32(octets);
    ZipMember { name, octets, deflated: true, flags: 0, attributes: 0, size, crc }
}

fn zip(members: &[ZipMember<'_>]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut directory = Vec::new();
    for member in members {
        let body = match member.deflated {
            true => compress_to_vec(member.octets, 6),
            false => member.octets.to_vec(),
        };
        let offset = u32::try_from(file.len()).unwrap();
        let method: u16 = if member.deflated { 8 } else { 0 };
        let mut common = Vec::new();
        for field in [20, member.flags, method, 0, 0] {
            common.extend(field.to_le_bytes());
        }
        for field in [member.crc, u32::try_from(body.len()).unwrap(), member.size] {
            common.extend(field.to_le_bytes());
        }
        common.extend(u16::try_from(member.name.len()).unwrap().to_le_bytes());
        common.extend([0, 0]);
        file.extend(b"PK\x03\x04");
        file.extend(&common);
        file.extend(member.name.as_bytes());
        file.extend(&body);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        directory.extend([0; 6]);
        directory.extend(member.attributes.to_le_bytes());
        directory.extend(offset.to_le_bytes());
        directory.extend(member.name.as_bytes());
    }
    let start = u32::try_from(file.len()).unwrap();
    let count = u16::try_from(members.len()).unwrap().to_le_bytes();
    file.extend(&directory);
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend([count, count].concat());
    file.extend(u32::try_from(directory.len()).unwrap().to_le_bytes());
    file.extend(start.to_le_bytes());
    file.extend([0, 0]);
    file
}

fn tar_member(name: &str, kind: u8, octets: &[u8]) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[124..135].copy_from_slice(format!("{:011o}", octets.len()).as_bytes());
    block[156] = kind;
    block[257..263].copy_from_slice(b"ustar\0");
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|octet| u32::from(*octet)).sum();
    block[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
    block.extend(octets);
    block.resize(block.len().next_multiple_of(512), 0);
    block
}

fn tar(members: &[Vec<u8>]) -> Vec<u8> {
    [members.concat(), vec![0; 1024]].concat()
}

fn gzip(octets: &[u8]) -> Vec<u8> {
    let mut file = b"\x1f\x8b\x08\x08\0\0\0\0\0\x03name\0".to_vec();
    file.extend(compress_to_vec(octets, 6));
    file.extend(inflate::crc32(octets).to_le_bytes());
    file.extend(u32::try_from(octets.len()).unwrap().to_le_bytes());
    file
}

#[test]
fn a_file_that_is_no_archive_is_its_own_member() {
    let walked = walk(b"plain");
    assert_eq!(walked.members, [("in".to_owned(), b"plain".to_vec(), false)]);
    assert_eq!(inflate::crc32(b"123456789"), 0xcbf4_3926);
}

#[test]
fn zip_members_come_in_order_under_harmless_names() {
    let stored = ZipMember { deflated: false, ..zip_member("C:\\a\\b.txt", b"stored") };
    let file = zip(&[
        zip_member("../../x", b"first"),
        stored,
        zip_member("x", b"second"),
        zip_member("folder/", b""),
        zip_member("empty", b""),
    ]);
    for prefix in [&b""[..], b"MZ a stub that unpacks itself"] {
        let file = [prefix, &file].concat();
        let mut members = Vec::new();
        let path = MemberPath::new("in");
        let mut visit = |found: Found<'_>| {
            let Found::Member(member) = found else { panic!("{found:?}") };
            members.push((member.path.to_string(), member.octets.to_vec()));
            ControlFlow::Continue(())
        };
        let limits = CollectionLimits::default();
        let mut walk = Walk {
            limits: &limits,
            visit: &mut visit,
            left: 1000,
            members: 0,
            names: HashMap::new(),
        };
        assert!(zip::walk(&mut walk, &path, &file, 0).is_continue());
        let expected: [(&str, &[u8]); 4] = [
            ("in/x", b"first"),
            ("in/C:/a/b.txt", b"stored"),
            ("in/x (2)", b"second"),
            ("in/empty", b""),
        ];
        assert_eq!(members, expected.map(|(name, octets)| (name.to_owned(), octets.to_vec())));
    }
}

#[test]
fn zip_members_that_cannot_be_read_are_named_and_the_rest_goes_on() {
    let lying_size = ZipMember { size: 4, ..zip_member("longer", b"five!") };
    let lying_crc = ZipMember { crc: 1, ..zip_member("crc", b"damaged") };
    let encrypted = ZipMember { flags: 1, ..zip_member("secret", b"x") };
    let link = ZipMember { attributes: 0xa1ff_0000, ..zip_member("link", b"/etc/passwd") };
    let file = zip(&[lying_size, lying_crc, encrypted, link, zip_member("good", b"good")]);
    let walked = walk(&file);
    let names: Vec<_> = walked.members.iter().map(|m| (m.0.as_str(), m.2)).collect();
    assert_eq!(names, [("longer", true), ("crc", true), ("good", false)]);
    assert!(walked.problems[0].1.starts_with("the member is encrypted"));
    assert!(walked.problems[1].1.starts_with("a link is not followed"));
    assert_eq!(walked.problems.len(), 2);
}

#[test]
fn a_cut_zip_gives_what_is_left() {
    let file = zip(&[zip_member("one", b"first member"), zip_member("two", &[7; 3000])]);
    let end = file.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    let walked = walk(&file[..end]);
    assert_eq!(walked.members, [whole("one", b"first member"), whole("two", &[7; 3000])]);
    assert!(walked.problems[0].1.contains("directory is lost"), "{:?}", walked.problems);
    let walked = walk(&file[..end - 3]);
    assert_eq!(walked.members[0], whole("one", b"first member"));
    assert!(walked.members.get(1).is_none_or(|member| member.2));
    // every cut is survived
    for length in 4..file.len() {
        assert!(!walk(&file[..length]).problems.is_empty(), "{length} octets");
    }
}

#[test]
fn tar_members_links_and_long_names() {
    let long = "d/".repeat(90) + "file";
    let file = tar(&[
        tar_member("a", b'0', b"first"),
        tar_member("sym", b'2', b""),
        tar_member("dev", b'3', b""),
        tar_member("folder/", b'5', b""),
        tar_member("././@LongLink", b'L', long.as_bytes()),
        tar_member("cut", b'0', b"long"),
        tar_member("pax", b'x', b"18 path=from pax!\n"),
        tar_member("short", b'0', &[9; 513]),
        tar_member("a", 0, b"again"),
    ]);
    for file in [file.clone(), gzip(&file)] {
        let walked = walk(&file);
        let expected = [
            whole("a", b"first"),
            whole(&long, b"long"),
            whole("from pax!", &[9; 513]),
            whole("a (2)", b"again"),
        ];
        assert_eq!(walked.members, expected);
        let names: Vec<_> = walked.problems.iter().map(|p| p.0.as_str()).collect();
        assert_eq!(names, ["sym", "dev"]);
    }
    for length in [512, 513, 700, 1024, 2048] {
        assert!(!walk(&file[..length]).problems.is_empty(), "{length} octets");
    }
    let cut = walk(&file[..515]);
    assert_eq!(cut.members, [("a".to_owned(), b"fir".to_vec(), true)]);
}

#[test]
fn a_tar_member_of_an_impossible_size_is_cut_short() {
    let mut member = tar_member("huge", b'0', b"short");
    member[124] = 0x80;
    member[125..136].fill(0);
    member[128..136].fill(0xff);
    member[148..156].fill(b' ');
    let sum: u32 = member[..512].iter().map(|octet| u32::from(*octet)).sum();
    member[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
    let walked = walk(&tar(&[member]));
    let names: Vec<_> = walked.members.iter().map(|m| (m.0.as_str(), m.2)).collect();
    assert_eq!(names, [("huge", true)]);
}

#[test]
fn a_sparse_file_is_not_taken_for_its_content() {
    let file = tar(&[
        tar_member("pax", b'x', b"22 GNU.sparse.major=1\n"),
        tar_member("sparse", b'0', b"1\n0\n5\n"),
        tar_member("whole", b'0', b"whole"),
    ]);
    let walked = walk(&file);
    assert_eq!(walked.members, [whole("whole", b"whole")]);
    assert_eq!(walked.problems[0].0, "sparse");
    assert!(walked.problems[0].1.starts_with("a sparse file is not opened"));
}

#[test]
fn more_zip_members_than_the_end_record_can_count_are_read() {
    let mut file = zip(&[zip_member("one", b"1"), zip_member("two", b"2")]);
    let end = file.len() - 22;
    assert!(walk(&file).problems.is_empty());
    file[end + 8..end + 12].copy_from_slice(&[1, 0, 1, 0]);
    let walked = walk(&file);
    assert_eq!(walked.members, [whole("one", b"1"), whole("two", b"2")]);
    assert!(walked.problems[0].1.contains("another number of members"), "{:?}", walked.problems);
}

#[test]
fn a_gzip_stream_of_something_else() {
    let mut file = gzip(b"not a tar");
    let walked = walk_named(&file);
    assert_eq!(walked, ["log.gz/log=not a tar"]);
    file.extend(gzip(b", twice"));
    assert_eq!(walk_named(&file), ["log.gz/log=not a tar, twice"]);
    let cut = walk(&[&file[..], b"\x1f\x8b\x08\x08\0\0\0\0\0\x03name"].concat());
    assert_eq!((cut.members.len(), cut.members[0].2), (1, true));
    let end = file.len() - 5;
    file[end] ^= 1;
    let walked = walk(&file);
    assert_eq!((walked.members.len(), walked.members[0].2), (1, true));
}

fn walk_named(octets: &[u8]) -> Vec<String> {
    let mut seen = Vec::new();
    let path = MemberPath::new("log.gz");
    let _ = for_each_member(&path, octets, &CollectionLimits::default(), &mut |found| {
        let Found::Member(member) = found else { panic!("{found:?}") };
        seen.push(format!("{}={}", member.path, String::from_utf8_lossy(member.octets)));
        ControlFlow::Continue(())
    });
    seen
}

#[test]
fn archives_in_archives_down_to_a_depth() {
    let mut file = zip(&[zip_member("deep", b"bottom")]);
    let mut name = "deep".to_owned();
    for level in 0..3 {
        let inner = format!("{level}.zip");
        file = zip(&[zip_member(&inner, &file)]);
        name = format!("{inner}/{name}");
    }
    let name = name.split('/').collect::<Vec<_>>().join("/");
    assert_eq!(walk(&file).members, [whole(&name, b"bottom")]);
    for _ in 0..3 {
        file = zip(&[zip_member("more.zip", &file)]);
    }
    let walked = walk(&file);
    assert!(walked.members.is_empty());
    assert!(walked.problems[0].1.contains("depth"), "{:?}", walked.problems);
}

#[test]
fn bombs_end_at_their_limits() {
    let zeros = vec![0; 1 << 20];
    let bomb = zip(&[zip_member("bomb", &zeros), zip_member("good", b"good")]);
    let tight = CollectionLimits {
        member_floor: 1 << 16,
        total_floor: 4 << 20,
        ..CollectionLimits::default()
    };
    let walked = walk_with(&bomb, &tight);
    assert_eq!(walked.members, [whole("good", b"good")]);
    assert!(walked.problems[0].1.contains("ratio"), "{:?}", walked.problems);

    let small = vec![0; 1 << 16];
    let many: Vec<_> = (0..100).map(|_| zip_member("same", &small)).collect();
    let walked = walk_with(&zip(&many), &tight);
    let given = walked.members.iter().map(|member| member.1.len()).sum::<usize>();
    assert!(given <= 4 << 20 && walked.problems.len() == 1, "{given}");

    let few = CollectionLimits { max_members: 3, ..CollectionLimits::default() };
    let walked = walk_with(&zip(&many), &few);
    assert_eq!((walked.members.len(), walked.problems.len()), (3, 1));

    let tarred = gzip(&tar(&[tar_member("big", b'0', &vec![0; 9 << 20])]));
    let walked = walk_with(&tarred, &tight);
    assert!(walked.members.is_empty() && !walked.problems.is_empty());
}

#[test]
fn a_walk_can_be_stopped() {
    let file = zip(&[zip_member("a", b"1"), zip_member("b", b"2")]);
    let mut seen = 0;
    let limits = CollectionLimits::default();
    let flow = for_each_member(&MemberPath::new("in"), &file, &limits, &mut |_| {
        seen += 1;
        ControlFlow::Break(())
    });
    assert!(flow.is_break());
    assert_eq!(seen, 1);
}
