//! A registry value and its types.

use std::fmt;
use std::sync::Arc;

use super::utf16;

/// The type of a value (documented, winnt.h).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ValueType(pub u32);

impl ValueType {
    /// REG_NONE
    pub const NONE: Self = Self(0);
    /// REG_SZ: text.
    pub const SZ: Self = Self(1);
    /// REG_EXPAND_SZ: text with names of environment variables.
    pub const EXPAND_SZ: Self = Self(2);
    /// REG_BINARY: octets.
    pub const BINARY: Self = Self(3);
    /// REG_DWORD: 32 bits, little endian.
    pub const DWORD: Self = Self(4);
    /// REG_DWORD_BIG_ENDIAN
    pub const DWORD_BIG_ENDIAN: Self = Self(5);
    /// REG_MULTI_SZ: texts, each ended by NUL, all ended by one more.
    pub const MULTI_SZ: Self = Self(7);
    /// REG_QWORD: 64 bits, little endian.
    pub const QWORD: Self = Self(11);
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [&str; 12] = [
            "REG_NONE",
            "REG_SZ",
            "REG_EXPAND_SZ",
            "REG_BINARY",
            "REG_DWORD",
            "REG_DWORD_BIG_ENDIAN",
            "REG_LINK",
            "REG_MULTI_SZ",
            "REG_RESOURCE_LIST",
            "REG_FULL_RESOURCE_DESCRIPTOR",
            "REG_RESOURCE_REQUIREMENTS_LIST",
            "REG_QWORD",
        ];
        match usize::try_from(self.0).ok().and_then(|index| NAMES.get(index)) {
            Some(name) => f.write_str(name),
            None => write!(f, "{:#x}", self.0),
        }
    }
}

/// A value of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryValue {
    /// Its name; empty for the key's default value.
    pub name: String,
    /// Its type.
    pub value_type: ValueType,
    /// Its data: texts in UTF-16LE whatever the file has, numbers as they are stored.
    pub data: Arc<[u8]>,
    /// Where the data begin in the file, in octets.
    pub offset: usize,
}

impl RegistryValue {
    /// The number a REG_DWORD or REG_QWORD holds. `None` if it is of another type, or its data are
    /// not 4 or 8 octets.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        match self.value_type {
            ValueType::DWORD => Some(u64::from(u32::from_le_bytes(self.octets()?))),
            ValueType::DWORD_BIG_ENDIAN => Some(u64::from(u32::from_be_bytes(self.octets()?))),
            ValueType::QWORD => Some(u64::from_le_bytes(self.octets()?)),
            _ => None,
        }
    }

    fn octets<const N: usize>(&self) -> Option<[u8; N]> {
        (&*self.data).try_into().ok()
    }

    /// The text of a REG_SZ or REG_EXPAND_SZ up to its first NUL. Variables are not replaced.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        if !matches!(self.value_type, ValueType::SZ | ValueType::EXPAND_SZ) {
            return None;
        }
        let text = utf16(&self.data);
        Some(text.split('\0').next().unwrap_or_default().to_owned())
    }

    /// The texts of a REG_MULTI_SZ up to the first empty one, or the one of a REG_SZ.
    #[must_use]
    pub fn texts(&self) -> Option<Vec<String>> {
        if self.value_type != ValueType::MULTI_SZ {
            return self.text().map(|text| vec![text]);
        }
        let text = utf16(&self.data);
        Some(text.split('\0').take_while(|text| !text.is_empty()).map(str::to_owned).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(value_type: ValueType, data: &[u8]) -> RegistryValue {
        RegistryValue { name: String::new(), value_type, data: data.into(), offset: 0 }
    }

    #[test]
    fn numbers() {
        assert_eq!(value(ValueType::DWORD, &[1, 2, 0, 0]).number(), Some(0x201));
        assert_eq!(value(ValueType::DWORD_BIG_ENDIAN, &[0, 0, 2, 1]).number(), Some(0x201));
        assert_eq!(value(ValueType::QWORD, &[0, 0, 0, 0, 1, 0, 0, 0]).number(), Some(1 << 32));
        assert_eq!(value(ValueType::DWORD, &[1, 2, 0]).number(), None);
        assert_eq!(value(ValueType::BINARY, &[1, 2, 0, 0]).number(), None);
    }

    #[test]
    fn texts() {
        assert_eq!(value(ValueType::SZ, b"a\0b\0\0\0x\0").text().as_deref(), Some("ab"));
        assert_eq!(value(ValueType::SZ, b"a\0b").text().as_deref(), Some("a"));
        assert_eq!(value(ValueType::SZ, &[0, 0xd8]).text().as_deref(), Some("\u{fffd}"));
        let texts = value(ValueType::MULTI_SZ, b"a\0\0\0b\0\0\0\0\0c\0\0\0").texts();
        assert_eq!(texts, Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(value(ValueType::SZ, b"a\0").texts(), Some(vec!["a".to_owned()]));
        assert_eq!(value(ValueType::BINARY, b"a\0").texts(), None);
    }

    #[test]
    fn types_have_their_names() {
        assert_eq!(ValueType::MULTI_SZ.to_string(), "REG_MULTI_SZ");
        assert_eq!(ValueType::QWORD.to_string(), "REG_QWORD");
        assert_eq!(ValueType(0x4000_0000).to_string(), "0x40000000");
    }
}
