//! Windows' result codes: their symbols and English system messages.

use std::fmt;

/// An HRESULT.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct HResult(pub u32);

/// What the table knows of one code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HResultEntry {
    /// The code.
    pub code: HResult,
    /// Its symbol in `winerror.h`.
    pub symbol: &'static str,
    /// The text FormatMessage gives on an English Windows.
    pub message: &'static str,
}

impl HResult {
    /// Success?
    #[must_use]
    pub const fn is_ok(self) -> bool {
        self.0 & 0x8000_0000 == 0
    }

    /// From a Win32 error number (HRESULT_FROM_WIN32).
    #[must_use]
    pub const fn from_win32(error: u16) -> Self {
        Self(if error == 0 { 0 } else { 0x8007_0000 | error as u32 })
    }

    /// The table's entry for this code.
    #[must_use]
    pub fn entry(self) -> Option<&'static HResultEntry> {
        TABLE.iter().find(|entry| entry.code == self)
    }

    /// The symbol, if the code is known.
    #[must_use]
    pub fn symbol(self) -> Option<&'static str> {
        self.entry().map(|entry| entry.symbol)
    }

    /// The English system message, if the code is known.
    #[must_use]
    pub fn message(self) -> Option<&'static str> {
        self.entry().map(|entry| entry.message)
    }
}

impl fmt::Display for HResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:08x}", self.0)
    }
}

impl fmt::Debug for HResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.symbol() {
            Some(symbol) => write!(f, "HResult({self} {symbol})"),
            None => write!(f, "HResult({self})"),
        }
    }
}

macro_rules! hresults {
    ($($symbol:ident = $code:literal, $message:literal;)*) => {
        $(
            #[doc = $message]
            pub const $symbol: HResult = HResult($code);
        )*
        /// Every code known by name.
        pub static TABLE: &[HResultEntry] = &[
            $(HResultEntry { code: $symbol, symbol: stringify!($symbol), message: $message },)*
        ];
    };
}

hresults! {
    S_OK = 0x0000_0000, "The operation completed successfully.";
    CERT_E_EXPIRED = 0x800b_0101, "A required certificate is not within its validity period when verifying against the current system clock or the timestamp in the signed file.";
}
