//! `.evtx` files made octet by octet.

use super::super::crc::crc32;
use super::*;

/// Builds a chunk, with everything at its place in it.
struct Chunk(Vec<u8>);

impl Chunk {
    fn new() -> Self {
        let mut octets = b"ElfChnk\0".to_vec();
        octets.resize(512, 0);
        Self(octets)
    }

    fn put(&mut self, octets: &[u8]) -> &mut Self {
        self.0.extend(octets);
        self
    }

    fn here(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap()
    }

    fn text(&mut self, text: &str) -> &mut Self {
        let units: Vec<u16> = text.encode_utf16().collect();
        self.put(&u16::try_from(units.len()).unwrap().to_le_bytes());
        self.put(&units.into_iter().flat_map(u16::to_le_bytes).collect::<Vec<_>>())
    }

    /// A name that stands right here: next, hash, text, NUL.
    fn name(&mut self, name: &str) -> &mut Self {
        let offset = self.here() + 4;
        self.put(&offset.to_le_bytes()).put(&[0; 6]).text(name).put(&[0, 0])
    }

    fn open(&mut self, name: &str, dependency: bool, attributes: bool) -> &mut Self {
        self.put(&[if attributes { 0x41 } else { 0x01 }]);
        if dependency {
            self.put(&[0xff, 0xff]);
        }
        self.put(&[0; 4]).name(name);
        if attributes {
            self.put(&[0; 4]);
        }
        self
    }

    fn attribute(&mut self, name: &str, value: &str) -> &mut Self {
        self.put(&[0x06]).name(name).put(&[0x05, 0x01]).text(value)
    }

    fn simple(&mut self, name: &str, text: &str) -> &mut Self {
        self.open(name, false, false).put(&[0x02, 0x05, 0x01]).text(text).put(&[0x04])
    }

    /// A record around what `content` puts.
    fn record(&mut self, number: u64, content: impl FnOnce(&mut Self)) -> &mut Self {
        let start = self.0.len();
        self.put(&[0x2a, 0x2a, 0, 0, 0, 0, 0, 0]).put(&number.to_le_bytes()).put(&[0; 8]);
        self.put(&[0x0f, 1, 1, 0]);
        content(self);
        self.put(&[0]);
        let length = self.here() + 4 - u32::try_from(start).unwrap();
        self.put(&length.to_le_bytes());
        self.0[start + 4..start + 8].copy_from_slice(&length.to_le_bytes());
        self
    }

    /// The whole file, with right checksums.
    fn file(&self) -> Vec<u8> {
        let mut chunk = self.0.clone();
        let end = self.here();
        chunk[48..52].copy_from_slice(&end.to_le_bytes());
        let records = crc32(&[&chunk[512..]]);
        chunk[52..56].copy_from_slice(&records.to_le_bytes());
        let header = crc32(&[&chunk[..120], &chunk[128..512]]);
        chunk[124..128].copy_from_slice(&header.to_le_bytes());
        chunk.resize(65_536, 0);
        let mut file = b"ElfFile\0".to_vec();
        file.resize(4096, 0);
        file[40..42].copy_from_slice(&4096u16.to_le_bytes());
        let sum = crc32(&[&file[..120]]);
        file[124..128].copy_from_slice(&sum.to_le_bytes());
        [file, chunk].concat()
    }
}

fn system(chunk: &mut Chunk, provider: &str) {
    chunk.open("System", false, false).put(&[0x02]);
    chunk.open("Provider", false, true).attribute("Name", provider).put(&[0x03]);
    chunk.simple("EventID", "4107").simple("Channel", "Application").put(&[0x04]);
}

fn read_chunk(chunk: &Chunk) -> EventLog {
    read(&chunk.file(), &EventLogLimits::default()).unwrap()
}

#[test]
fn lists_and_gaps_fill_their_elements() {
    let mut chunk = Chunk::new();
    chunk.record(7, |chunk| {
        chunk.open("Event", false, false).put(&[0x02]);
        system(chunk, CAPI2_PROVIDER);
        // an instance of a template defined right here: <EventData><Data a="%1" b="%2">%0</Data>…
        chunk.put(&[0x0c, 1, 0, 0, 0, 0]);
        let definition = chunk.here() + 4;
        chunk.put(&definition.to_le_bytes()).put(&[0; 20]);
        let length_at = chunk.0.len();
        chunk.put(&[0; 4]);
        let start = chunk.here();
        chunk.put(&[0x0f, 1, 1, 0]).open("EventData", true, false).put(&[0x02]);
        chunk.open("Data", true, true).put(&[0x06]).name("Name").put(&[0x0e, 1, 0, 0x01]);
        chunk.put(&[0x02, 0x0d, 0, 0, 0x81, 0x04]);
        chunk.open("Data", true, false).put(&[0x02, 0x0d, 2, 0, 0x15, 0x04]);
        chunk.put(&[0x04, 0x00]);
        let length = chunk.here() - start;
        chunk.0[length_at..length_at + 4].copy_from_slice(&length.to_le_bytes());
        let list: Vec<u8> = "a\0b c\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let size = u16::try_from(list.len()).unwrap().to_le_bytes();
        chunk.put(&3u32.to_le_bytes());
        chunk.put(&[size[0], size[1], 0x81, 0]).put(&[0, 0, 0x00, 0]).put(&[8, 0, 0x15, 0]);
        chunk.put(&list).put(&0x8080u64.to_le_bytes());
        chunk.put(&[0x04]);
    });
    chunk.record(8, |chunk| {
        chunk.open("Event", false, false).put(&[0x02]);
        system(chunk, "Other");
        chunk.put(&[0xee]); // never read: it is none of CAPI2's
    });
    let log = read_chunk(&chunk);
    assert!(log.problems.is_empty(), "{:?}", log.problems);
    assert_eq!((log.total, log.others.len()), (2, 1));
    let record = &log.records[0];
    assert_eq!((record.record_id, record.is_complete), (Some(7), true));
    let values: Vec<_> =
        record.data.iter().map(|item| (item.name.as_deref(), item.value.as_str())).collect();
    assert_eq!(values, [(None, "a"), (None, "b c"), (None, "0x8080")]);
}

#[test]
fn templates_that_hold_themselves_end() {
    let mut chunk = Chunk::new();
    chunk.record(1, |chunk| {
        chunk.put(&[0x0c, 1, 0, 0, 0, 0]);
        let definition = chunk.here() + 4;
        chunk.put(&definition.to_le_bytes()).put(&[0; 20]).put(&100u32.to_le_bytes());
        // its content is an instance of itself
        chunk.put(&[0x0c, 1, 0, 0, 0, 0]).put(&definition.to_le_bytes()).put(&[0; 4]);
        let filler = 100 - 14;
        chunk.put(&vec![0; filler]).put(&[0; 4]);
    });
    let log = read_chunk(&chunk);
    assert_eq!(log.problems[0].kind, EventLogErrorKind::TooLarge(EventLogLimit::MaxDepth));
}

#[test]
fn one_template_filled_in_very_often_ends() {
    let mut chunk = Chunk::new();
    let mut definition = 0;
    chunk.record(1, |chunk| {
        chunk.put(&[0x0c, 1, 0, 0, 0, 0]);
        definition = chunk.here() + 4;
        let tokens = 20_000u32;
        chunk.put(&definition.to_le_bytes()).put(&[0; 20]).put(&(tokens * 3).to_le_bytes());
        for _ in 0..tokens {
            chunk.put(&[0x08, b'x', 0]);
        }
        chunk.put(&[0; 4]);
    });
    for number in 2..60 {
        chunk.record(number, |chunk| {
            chunk.put(&[0x0c, 1, 0, 0, 0, 0]).put(&definition.to_le_bytes()).put(&[0; 4]);
        });
    }
    let log = read_chunk(&chunk);
    let too_much = EventLogErrorKind::TooLarge(EventLogLimit::MaxChunkWork);
    assert!(log.problems.iter().any(|problem| problem.kind == too_much), "{:?}", log.problems);
}

#[test]
fn one_long_text_shared_by_many_records_ends() {
    let mut chunk = Chunk::new();
    let mut definition = 0;
    chunk.record(1, |chunk| {
        chunk.put(&[0x0c, 1, 0, 0, 0, 0]);
        definition = chunk.here() + 4;
        let text = "x".repeat(20_000);
        let length = u32::try_from(2 + 2 + 2 * text.len()).unwrap();
        chunk.put(&definition.to_le_bytes()).put(&[0; 20]).put(&length.to_le_bytes());
        chunk.put(&[0x05, 0x01]).text(&text).put(&[0; 4]);
    });
    for number in 2..300 {
        chunk.record(number, |chunk| {
            chunk.put(&[0x0c, 1, 0, 0, 0, 0]).put(&definition.to_le_bytes()).put(&[0; 4]);
        });
    }
    let log = read_chunk(&chunk);
    let too_much = EventLogErrorKind::TooLarge(EventLogLimit::MaxChunkWork);
    assert!(log.problems.iter().any(|problem| problem.kind == too_much), "{:?}", log.problems);
}

#[test]
fn checksums_and_ends_that_lie_are_said() {
    let mut chunk = Chunk::new();
    for number in 1..4 {
        chunk.record(number, |chunk| {
            chunk.open("Event", false, false).put(&[0x02]);
            system(chunk, CAPI2_PROVIDER);
            chunk.put(&[0x04]);
        });
    }
    let sound = chunk.file();
    assert!(read_chunk(&chunk).records.iter().all(|record| record.is_complete));
    for (place, octets) in
        [(4096 + 48, 17u32), (4096 + 48, u32::MAX), (4096 + 52, 0), (4096 + 124, 0)]
    {
        let mut file = sound.clone();
        file[place..place + 4].copy_from_slice(&octets.to_le_bytes());
        let log = read(&file, &EventLogLimits::default()).unwrap();
        assert_eq!(log.records.len(), 3, "{place}");
        assert!(log.problems.iter().any(|problem| problem.offset.abs_diff(place) < 100));
        assert!(log.records.iter().all(|record| !record.is_complete));
    }
    // an unknown token: the record as far as it goes, and where
    let mut file = sound.clone();
    let event_end = file.iter().rposition(|octet| *octet == 0x04).unwrap();
    file[event_end] = 0x3f;
    let log = read(&file, &EventLogLimits::default()).unwrap();
    let problem = log.problems.iter().find(|p| p.kind == EventLogErrorKind::Token(0x3f)).unwrap();
    assert_eq!((problem.offset, problem.record_id), (event_end, Some(3)));
    assert_eq!(log.records.len(), 3);
    // no chunk at all
    let mut file = sound;
    file[4096] = 0;
    let log = read(&file, &EventLogLimits::default()).unwrap();
    assert_eq!((log.total, log.problems[0].kind.clone()), (0, EventLogErrorKind::ChunkMagic));
}
