//! Making registry hives, their security descriptors and their transaction logs.
#![allow(clippy::indexing_slicing, clippy::expect_used)] // places in what was just written

use std::collections::BTreeMap;

use crate::der::utf16;

const BASE_BLOCK: usize = 4096;
const BIN_HEADER: usize = 32;
/// The most a cell holds of a value before it is cut into segments.
const SEGMENT: usize = 16_344;
const NONE: u32 = u32::MAX;

/// A value of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// The name; empty for the default value.
    pub name: String,
    /// REG_*
    pub value_type: u32,
    /// The data.
    pub data: Vec<u8>,
}

impl Value {
    /// A value of any type.
    #[must_use]
    pub fn new(name: &str, value_type: u32, data: &[u8]) -> Self {
        Self { name: name.to_owned(), value_type, data: data.to_vec() }
    }

    /// REG_BINARY
    #[must_use]
    pub fn binary(name: &str, data: &[u8]) -> Self {
        Self::new(name, 3, data)
    }

    /// REG_DWORD
    #[must_use]
    pub fn number(name: &str, number: u32) -> Self {
        Self::new(name, 4, &number.to_le_bytes())
    }

    /// REG_SZ
    #[must_use]
    pub fn text(name: &str, text: &str) -> Self {
        Self::new(name, 1, &utf16(text))
    }
}

/// A key with what is below it.
#[derive(Debug, Clone, Default)]
pub struct Key {
    /// The name.
    pub name: String,
    /// The class name, if it has one.
    pub class: Option<String>,
    /// The security descriptor; the parent's if absent.
    pub descriptor: Option<Vec<u8>>,
    /// The values.
    pub values: Vec<Value>,
    /// The subkeys.
    pub subkeys: Vec<Key>,
}

impl Key {
    /// A key without anything.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// The key with this path below this one, names separated by backslashes; made if it is not
    /// there.
    pub fn at(&mut self, path: &str) -> &mut Self {
        path.split('\\').filter(|name| !name.is_empty()).fold(self, |key, name| {
            let found = key.subkeys.iter().position(|key| key.name.eq_ignore_ascii_case(name));
            let index = found.unwrap_or_else(|| {
                key.subkeys.push(Self::new(name));
                key.subkeys.len() - 1
            });
            &mut key.subkeys[index]
        })
    }

    /// Adds a value to the key at this path.
    pub fn set(&mut self, path: &str, value: Value) {
        self.at(path).values.push(value);
    }
}

/// How subkeys are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lists {
    /// `lf`: with the first four characters.
    Lf,
    /// `lh`: with a hash.
    Lh,
    /// `li`: the offsets alone.
    Li,
    /// `ri`: lists `lh` of at most this many.
    Ri(usize),
}

/// A hive to be made.
#[derive(Debug, Clone)]
pub struct Hive {
    /// The root key.
    pub root: Key,
    /// How subkeys are listed.
    pub lists: Lists,
    /// The minor version; big data are cut from 4 on.
    pub minor: u32,
    /// Primary and secondary sequence number.
    pub sequence: (u32, u32),
    /// FILETIME of the hive and of every key.
    pub last_written: u64,
    /// The path in the base block.
    pub file_name: String,
}

impl Hive {
    /// A clean hive as Windows 10 writes it.
    #[must_use]
    pub fn new(root: Key) -> Self {
        Self {
            root,
            lists: Lists::Lh,
            minor: 5,
            sequence: (7, 7),
            last_written: 0x01db_0000_0000_0000,
            file_name: String::new(),
        }
    }

    /// The file.
    #[must_use]
    pub fn to_octets(&self) -> Vec<u8> {
        let mut writer = Writer { hive: self, bins: Vec::new(), end: 0, security: BTreeMap::new() };
        let descriptor = self.root.descriptor.clone().unwrap_or_else(default_descriptor);
        let root = writer.key(&self.root, NONE, &descriptor, true);
        writer.link_security();
        writer.close_bin();
        let mut file = vec![0; BASE_BLOCK];
        file[..4].copy_from_slice(b"regf");
        put(&mut file, 4, self.sequence.0);
        put(&mut file, 8, self.sequence.1);
        file[12..20].copy_from_slice(&self.last_written.to_le_bytes());
        for (at, value) in [(20, 1), (24, self.minor), (28, 0), (32, 1), (36, root), (44, 1)] {
            put(&mut file, at, value);
        }
        put(&mut file, 40, writer.bins.len() as u32);
        let name: Vec<u8> = utf16(&self.file_name).into_iter().take(62).collect();
        file[48..48 + name.len()].copy_from_slice(&name);
        seal(&mut file);
        file.extend(writer.bins);
        file
    }
}

/// Writes the checksum of a base block.
pub fn seal(file: &mut [u8]) {
    let sum = file[..508].as_chunks::<4>().0.iter().fold(0, |s, w| s ^ u32::from_le_bytes(*w));
    let sum = match sum {
        0 => 1,
        u32::MAX => u32::MAX - 1,
        sum => sum,
    };
    put(file, 508, sum);
}

fn put(octets: &mut [u8], at: usize, value: u32) {
    octets[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

struct Writer<'h> {
    hive: &'h Hive,
    bins: Vec<u8>,
    /// Where the last bin ends.
    end: usize,
    /// Cell and number of users of each descriptor.
    security: BTreeMap<Vec<u8>, (u32, u32)>,
}

impl Writer<'_> {
    /// Appends a cell; its offset.
    fn cell(&mut self, content: &[u8]) -> u32 {
        let length = (content.len() + 4).next_multiple_of(8);
        if self.bins.len() + length > self.end {
            self.close_bin();
            let start = self.bins.len();
            let bin_length = (BIN_HEADER + length).next_multiple_of(BASE_BLOCK);
            self.end = start + bin_length;
            self.bins.extend(b"hbin");
            self.bins.extend((start as u32).to_le_bytes());
            self.bins.extend((bin_length as u32).to_le_bytes());
            self.bins.resize(start + 20, 0);
            self.bins.extend(self.hive.last_written.to_le_bytes());
            self.bins.resize(start + BIN_HEADER, 0);
        }
        let offset = self.bins.len();
        self.bins.extend((-(length as i32)).to_le_bytes());
        self.bins.extend(content);
        self.bins.resize(offset + length, 0);
        offset as u32
    }

    /// Fills the rest of the bin with a free cell.
    fn close_bin(&mut self) {
        let left = self.end - self.bins.len();
        if left > 0 {
            self.bins.extend((left as i32).to_le_bytes());
            self.bins.resize(self.end, 0);
        }
    }

    fn key(&mut self, key: &Key, parent: u32, inherited: &[u8], is_root: bool) -> u32 {
        let (name, is_latin) = name_octets(&key.name);
        let flags = u16::from(is_latin) << 5 | if is_root { 0x0c } else { 0 };
        let mut node = b"nk".to_vec();
        node.extend(flags.to_le_bytes());
        node.extend(self.hive.last_written.to_le_bytes());
        node.extend([0; 4]);
        node.extend(parent.to_le_bytes());
        node.extend([0; 28]);
        node.extend([0xff; 4]);
        node.extend([0; 20]);
        node.extend((name.len() as u16).to_le_bytes());
        node.extend([0; 2]);
        node.extend(name);
        let at = self.cell(&node);
        let descriptor = key.descriptor.as_deref().unwrap_or(inherited);
        let security = self.security(descriptor);
        let (class, class_length) = match &key.class {
            Some(text) => {
                let octets: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                (self.cell(&octets), octets.len())
            }
            None => (NONE, 0),
        };
        let values = self.values(&key.values);
        let mut subkeys: Vec<&Key> = key.subkeys.iter().collect();
        subkeys.sort_by_key(|key| key.name.to_uppercase());
        let subkeys: Vec<(u32, &str)> = subkeys
            .into_iter()
            .map(|subkey| (self.key(subkey, at, descriptor, false), subkey.name.as_str()))
            .collect();
        let list = self.subkey_list(&subkeys);
        // what is behind the cell's size and the signature
        let mut set =
            |field: usize, value: u32| put(&mut self.bins, at as usize + 4 + field, value);
        set(20, subkeys.len() as u32);
        set(28, list);
        set(32, NONE);
        set(36, key.values.len() as u32);
        set(40, values);
        set(44, security);
        set(48, class);
        let class_at = at as usize + 4 + 74;
        self.bins[class_at..class_at + 2].copy_from_slice(&(class_length as u16).to_le_bytes());
        at
    }

    fn subkey_list(&mut self, subkeys: &[(u32, &str)]) -> u32 {
        if subkeys.is_empty() {
            return NONE;
        }
        match self.hive.lists {
            Lists::Ri(most) => {
                let lists: Vec<u32> =
                    subkeys.chunks(most).map(|part| self.leaf(b"lh", part)).collect();
                let mut index = b"ri".to_vec();
                index.extend((lists.len() as u16).to_le_bytes());
                lists.iter().for_each(|list| index.extend(list.to_le_bytes()));
                self.cell(&index)
            }
            Lists::Lf => self.leaf(b"lf", subkeys),
            Lists::Lh => self.leaf(b"lh", subkeys),
            Lists::Li => self.leaf(b"li", subkeys),
        }
    }

    fn leaf(&mut self, signature: &[u8; 2], subkeys: &[(u32, &str)]) -> u32 {
        let mut leaf = signature.to_vec();
        leaf.extend((subkeys.len() as u16).to_le_bytes());
        for (offset, name) in subkeys {
            leaf.extend(offset.to_le_bytes());
            match signature {
                b"lf" => leaf.extend((0..4).map(|at| *name.as_bytes().get(at).unwrap_or(&0))),
                b"lh" => {
                    let hash = name.to_uppercase().encode_utf16().fold(0u32, |hash, unit| {
                        hash.wrapping_mul(37).wrapping_add(u32::from(unit))
                    });
                    leaf.extend(hash.to_le_bytes());
                }
                _ => {}
            }
        }
        self.cell(&leaf)
    }

    fn values(&mut self, values: &[Value]) -> u32 {
        if values.is_empty() {
            return NONE;
        }
        let mut list = Vec::new();
        for value in values {
            let (name, is_latin) = name_octets(&value.name);
            let length = value.data.len();
            let (length, data) = if length <= 4 {
                let mut field = [0; 4];
                field[..length].copy_from_slice(&value.data);
                (0x8000_0000 | length as u32, u32::from_le_bytes(field))
            } else {
                (length as u32, self.data(&value.data))
            };
            let mut cell = b"vk".to_vec();
            cell.extend((name.len() as u16).to_le_bytes());
            for field in [length, data, value.value_type, u32::from(is_latin)] {
                cell.extend(field.to_le_bytes());
            }
            cell.extend(name);
            list.extend(self.cell(&cell).to_le_bytes());
        }
        self.cell(&list)
    }

    fn data(&mut self, data: &[u8]) -> u32 {
        if data.len() <= SEGMENT || self.hive.minor < 4 {
            return self.cell(data);
        }
        let mut list = Vec::new();
        let mut count = 0u16;
        for segment in data.chunks(SEGMENT) {
            list.extend(self.cell(segment).to_le_bytes());
            count += 1;
        }
        let list = self.cell(&list);
        let mut big = b"db".to_vec();
        big.extend(count.to_le_bytes());
        big.extend(list.to_le_bytes());
        self.cell(&big)
    }

    fn security(&mut self, descriptor: &[u8]) -> u32 {
        if let Some((cell, users)) = self.security.get_mut(descriptor) {
            *users += 1;
            return *cell;
        }
        let mut cell = b"sk\0\0".to_vec();
        cell.extend([0; 12]);
        cell.extend((descriptor.len() as u32).to_le_bytes());
        cell.extend(descriptor);
        let cell = self.cell(&cell);
        self.security.insert(descriptor.to_vec(), (cell, 1));
        cell
    }

    /// Links the descriptors' cells to a ring and writes how many keys use each.
    fn link_security(&mut self) {
        let cells: Vec<(u32, u32)> = self.security.values().copied().collect();
        for (index, (cell, users)) in cells.iter().enumerate() {
            let next = cells[(index + 1) % cells.len()].0;
            let previous = cells[(index + cells.len() - 1) % cells.len()].0;
            for (field, value) in [(4, next), (8, previous), (12, *users)] {
                put(&mut self.bins, *cell as usize + 4 + field, value);
            }
        }
    }
}

/// A name in Latin-1 where it can be.
fn name_octets(name: &str) -> (Vec<u8>, bool) {
    match name.chars().map(|c| u8::try_from(u32::from(c))).collect() {
        Ok(latin) => (latin, true),
        Err(_) => (name.encode_utf16().flat_map(u16::to_le_bytes).collect(), false),
    }
}

/// A security identifier from its form `S-1-5-18`.
///
/// # Panics
/// If the text is none.
#[must_use]
pub fn sid(text: &str) -> Vec<u8> {
    let numbers: Vec<u64> = text
        .strip_prefix("S-1-")
        .expect("S-1-")
        .split('-')
        .map(|n| n.parse().expect("number"))
        .collect();
    let mut octets = vec![1, (numbers.len() - 1) as u8];
    octets.extend(&numbers[0].to_be_bytes()[2..]);
    numbers[1..].iter().for_each(|part| octets.extend((*part as u32).to_le_bytes()));
    octets
}

/// A self-relative security descriptor: the owner, and entries of type (0 allows, 1 denies), flags,
/// rights and whom they are about.
#[must_use]
pub fn descriptor(owner: &str, entries: &[(u8, u8, u32, &str)]) -> Vec<u8> {
    let owner = sid(owner);
    let mut list = Vec::new();
    for (kind, flags, mask, whom) in entries {
        let whom = sid(whom);
        list.extend([*kind, *flags]);
        list.extend((whom.len() as u16 + 8).to_le_bytes());
        list.extend(mask.to_le_bytes());
        list.extend(whom);
    }
    let dacl = 20 + 2 * owner.len();
    let mut octets = vec![1, 0, 0x04, 0x80];
    for field in [20, 20 + owner.len(), 0, dacl] {
        octets.extend((field as u32).to_le_bytes());
    }
    octets.extend(&owner);
    octets.extend(&owner);
    octets.extend([2, 0]);
    octets.extend((list.len() as u16 + 8).to_le_bytes());
    octets.extend((entries.len() as u16).to_le_bytes());
    octets.extend([0, 0]);
    octets.extend(list);
    octets
}

/// Administrators and SYSTEM do everything, everyone else reads.
#[must_use]
pub fn default_descriptor() -> Vec<u8> {
    const ALL: u32 = 0x000f_003f;
    const READ: u32 = 0x0002_0019;
    descriptor(
        "S-1-5-32-544",
        &[(0, 2, ALL, "S-1-5-32-544"), (0, 2, ALL, "S-1-5-18"), (0, 2, READ, "S-1-5-32-545")],
    )
}

/// An entry of a log of Windows 8.1 and later: its number, the bins' length after it, pages by
/// where they belong in the bins.
#[derive(Debug, Clone)]
pub struct LogEntry {
    /// Its number.
    pub sequence: u32,
    /// Octets of the hive's bins after it.
    pub bins_length: u32,
    /// The pages.
    pub pages: Vec<(u32, Vec<u8>)>,
}

/// A log of Windows 8.1 and later for this hive.
#[must_use]
pub fn log(hive: &[u8], entries: &[LogEntry]) -> Vec<u8> {
    let mut log = hive[..512].to_vec();
    put(&mut log, 28, 6);
    if let Some(first) = entries.first() {
        put(&mut log, 4, first.sequence);
        put(&mut log, 8, first.sequence);
    }
    seal(&mut log);
    for entry in entries {
        let mut body = Vec::new();
        for (at, page) in &entry.pages {
            body.extend(at.to_le_bytes());
            body.extend((page.len() as u32).to_le_bytes());
        }
        entry.pages.iter().for_each(|(_, page)| body.extend(page));
        let length = (body.len() + 40).next_multiple_of(512);
        body.resize(length - 40, 0);
        let mut header = b"HvLE".to_vec();
        for field in [length as u32, 0, entry.sequence, entry.bins_length, entry.pages.len() as u32]
        {
            header.extend(field.to_le_bytes());
        }
        header.extend(marvin32(&body).to_le_bytes());
        header.extend(marvin32(&header).to_le_bytes());
        log.extend(header);
        log.extend(body);
    }
    log
}

/// A log of Windows 7 and earlier for this hive: pages of 512 octets by their number, ascending.
#[must_use]
pub fn old_log(hive: &[u8], bins_length: u32, pages: &[(usize, Vec<u8>)]) -> Vec<u8> {
    let mut log = hive[..512].to_vec();
    let sequence = u32::from_le_bytes([log[4], log[5], log[6], log[7]]);
    for (at, value) in [(8, sequence), (28, 1), (40, bins_length)] {
        put(&mut log, at, value);
    }
    seal(&mut log);
    let mut bitmap = vec![0; bins_length as usize / 512 / 8];
    pages.iter().for_each(|(page, _)| bitmap[page / 8] |= 1 << (page % 8));
    log.extend(b"DIRT");
    log.extend(bitmap);
    log.resize(log.len().next_multiple_of(512), 0);
    pages.iter().for_each(|(_, page)| log.extend(page));
    log
}

/// Marvin32 with the seed of log entries.
fn marvin32(octets: &[u8]) -> u64 {
    let (mut a, mut b) = (0x7a4e_55c5_u32, 0x82ef_4d88_u32);
    let mut padded = octets.to_vec();
    padded.push(0x80);
    padded.resize(padded.len().next_multiple_of(4) + 4, 0);
    for word in padded.as_chunks::<4>().0 {
        a = a.wrapping_add(u32::from_le_bytes(*word));
        for (turn_a, turn_b) in [(20, 9), (27, 19)] {
            b ^= a;
            a = a.rotate_left(turn_a).wrapping_add(b);
            b = b.rotate_left(turn_b);
        }
    }
    u64::from(b) << 32 | u64::from(a)
}
