//! Time as Windows counts it.

use std::fmt;
use std::str::FromStr;

use super::der::{DerError, DerErrorKind, Result, Tlv, tag};

const TICKS_PER_SECOND: i64 = 10_000_000;
const SECONDS_PER_DAY: i64 = 86_400;
/// Days from 1601-01-01 to 1970-01-01.
const DAYS_1601_TO_1970: i64 = 134_774;

/// A point in time: a FILETIME, the number of 100-nanosecond intervals since
/// 1601-01-01T00:00:00Z.
///
/// Values before 1601 (negative) arise only from certificates dated there and compare correctly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(i64);

impl Time {
    /// The earliest and the latest time this type can hold.
    pub const MIN: Self = Self(i64::MIN);
    /// See [`Time::MIN`].
    pub const MAX: Self = Self(i64::MAX);

    /// From the value of a FILETIME.
    #[must_use]
    pub const fn from_filetime(ticks: i64) -> Self {
        Self(ticks)
    }

    /// From the eight little-endian octets in which Windows stores a FILETIME.
    #[must_use]
    pub const fn from_filetime_octets(octets: [u8; 8]) -> Self {
        Self(i64::from_le_bytes(octets))
    }

    /// From seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_unix(seconds: i64) -> Self {
        Self(
            seconds
                .saturating_add(DAYS_1601_TO_1970 * SECONDS_PER_DAY)
                .saturating_mul(TICKS_PER_SECOND),
        )
    }

    /// The FILETIME value.
    #[must_use]
    pub const fn filetime(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
    #[must_use]
    pub const fn unix(self) -> i64 {
        self.0.div_euclid(TICKS_PER_SECOND) - DAYS_1601_TO_1970 * SECONDS_PER_DAY
    }

    /// This time and `seconds` more (or fewer).
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(TICKS_PER_SECOND)))
    }

    /// Whole seconds from `earlier` to this time, negative if `earlier` is later.
    #[must_use]
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0).div_euclid(TICKS_PER_SECOND)
    }

    /// From a calendar date and time of day, UTC. `None` if there is no such date.
    ///
    /// Second 60 is taken as the first second of the next minute.
    #[must_use]
    pub fn from_civil(
        year: i64,
        month: i64,
        day: i64,
        hour: i64,
        minute: i64,
        second: i64,
    ) -> Option<Self> {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let month_length = match month {
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            1..=12 => 31,
            _ => return None,
        };
        if !(0..=9999).contains(&year)
            || !(1..=month_length).contains(&day)
            || !(0..=23).contains(&hour)
            || !(0..=59).contains(&minute)
            || !(0..=60).contains(&second)
        {
            return None;
        }
        // days since 0000-03-01, so that the leap day comes last
        let (y, m) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
        let days = 365 * y + y.div_euclid(4) - y.div_euclid(100)
            + y.div_euclid(400)
            + (153 * m + 2) / 5
            + day
            - 1;
        let since_1970 = days - 719_468;
        Some(Self::from_unix(since_1970 * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second))
    }

    /// The calendar date and time of day: year, month, day, hour, minute, second.
    #[must_use]
    pub const fn civil(self) -> (i64, i64, i64, i64, i64, i64) {
        let unix = self.unix();
        let days = unix.div_euclid(SECONDS_PER_DAY) + 719_468;
        let second_of_day = unix.rem_euclid(SECONDS_PER_DAY);
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
        (year, month, day, second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60)
    }

    /// Reads a UTCTime or GeneralizedTime (`ChoiceOfTime`), with what CAPI2 tolerates: no seconds,
    /// no `Z`, a fraction, an offset of hours or hours and minutes (observed on Windows). Two-digit
    /// years from 50 are 19yy (RFC 5280, section 4.1.2.5.1).
    ///
    /// # Errors
    /// If the value is neither type or no date.
    pub fn from_tlv(value: &Tlv<'_>) -> Result<Self> {
        let (year_digits, generalized) = match value.tag {
            tag::UTC_TIME => (2, false),
            tag::GENERALIZED_TIME => (4, true),
            found => {
                return Err(value.error(DerErrorKind::Tag { expected: tag::UTC_TIME, found }));
            }
        };
        parse_asn1(value.content, year_digits, generalized)
            .ok_or_else(|| DerError::new(DerErrorKind::Value("not a date"), value.offset))
    }
}

struct Digits<'a>(&'a [u8]);

impl Digits<'_> {
    fn take(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        let mut value = 0;
        for digit in digits {
            if !digit.is_ascii_digit() {
                return None;
            }
            value = value * 10 + i64::from(digit - b'0');
        }
        self.0 = rest;
        Some(value)
    }

    fn eat(&mut self, byte: u8) -> bool {
        match self.0 {
            [first, rest @ ..] if *first == byte => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    /// Digits of a fraction of a second, as ticks.
    fn fraction(&mut self) -> Option<i64> {
        let mut scale = TICKS_PER_SECOND;
        let mut ticks = 0;
        let mut any = false;
        while let [digit @ b'0'..=b'9', rest @ ..] = self.0 {
            scale /= 10;
            ticks += i64::from(digit - b'0') * scale;
            self.0 = rest;
            any = true;
        }
        any.then_some(ticks)
    }
}

fn parse_asn1(text: &[u8], year_digits: usize, generalized: bool) -> Option<Time> {
    let mut digits = Digits(text);
    let mut year = digits.take(year_digits)?;
    if !generalized {
        year += if year >= 50 { 1900 } else { 2000 };
    }
    let month = digits.take(2)?;
    let day = digits.take(2)?;
    let hour = digits.take(2)?;
    let minute = match digits.take(2) {
        Some(minute) => minute,
        None if generalized => 0,
        None => return None,
    };
    let second = digits.take(2).unwrap_or(0);
    let mut ticks = 0;
    if generalized && (digits.eat(b'.') || digits.eat(b',')) {
        ticks = digits.fraction()?;
    }
    let mut time = Time::from_civil(year, month, day, hour, minute, second)?;
    if !digits.eat(b'Z') && !digits.0.is_empty() {
        let sign = if digits.eat(b'+') {
            1
        } else if digits.eat(b'-') {
            -1
        } else {
            return None;
        };
        let hours = digits.take(2)?;
        let minutes = digits.take(2).unwrap_or(0);
        time = time.plus_seconds(-sign * (hours * 3600 + minutes * 60));
    }
    digits.0.is_empty().then_some(Time(time.0.saturating_add(ticks)))
}

impl fmt::Display for Time {
    /// RFC 3339, UTC; a fraction of a second only where there is one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day, hour, minute, second) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        let fraction = self.0.rem_euclid(TICKS_PER_SECOND);
        if fraction != 0 {
            let digits = format!("{fraction:07}");
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

impl serde::Serialize for Time {
    fn serialize<S: serde::Serializer>(
        &self,
        serializer: S,
    ) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A text that is no time chaincheck reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseTimeError(String);

impl fmt::Display for ParseTimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "'{}' is no time: expected RFC 3339 such as 2026-11-23T08:30:00Z, or a date such as \
             2026-11-23",
            self.0
        )
    }
}

impl std::error::Error for ParseTimeError {}

impl FromStr for Time {
    type Err = ParseTimeError;

    /// RFC 3339 with `Z` or an offset, or a date alone (its first second, UTC).
    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        parse_rfc3339(text).ok_or_else(|| ParseTimeError(text.to_owned()))
    }
}

fn parse_rfc3339(text: &str) -> Option<Time> {
    let mut digits = Digits(text.as_bytes());
    let year = digits.take(4)?;
    if !digits.eat(b'-') {
        return None;
    }
    let month = digits.take(2)?;
    if !digits.eat(b'-') {
        return None;
    }
    let day = digits.take(2)?;
    if digits.0.is_empty() {
        return Time::from_civil(year, month, day, 0, 0, 0);
    }
    if !digits.eat(b'T') && !digits.eat(b't') && !digits.eat(b' ') {
        return None;
    }
    let hour = digits.take(2)?;
    if !digits.eat(b':') {
        return None;
    }
    let minute = digits.take(2)?;
    if !digits.eat(b':') {
        return None;
    }
    let second = digits.take(2)?;
    let ticks = if digits.eat(b'.') { digits.fraction()? } else { 0 };
    let mut time = Time::from_civil(year, month, day, hour, minute, second)?;
    if !digits.eat(b'Z') && !digits.eat(b'z') {
        let sign = if digits.eat(b'+') {
            1
        } else if digits.eat(b'-') {
            -1
        } else {
            return None;
        };
        let hours = digits.take(2)?;
        if !digits.eat(b':') {
            return None;
        }
        let minutes = digits.take(2)?;
        time = time.plus_seconds(-sign * (hours * 3600 + minutes * 60));
    }
    digits.0.is_empty().then_some(Time(time.0.saturating_add(ticks)))
}

#[cfg(test)]
mod tests {
    use super::super::der::Reader;
    use super::*;

    fn asn1(tag: u8, text: &str) -> Option<String> {
        let mut input = vec![tag, u8::try_from(text.len()).unwrap()];
        input.extend(text.as_bytes());
        let value = Reader::new(&input).any().unwrap();
        Time::from_tlv(&value).ok().map(|t| t.to_string())
    }

    #[test]
    fn filetime_and_calendar_agree() {
        // WeakRsaPubKeyTime of wincrypt.h: 0x01ca8a755c6e0000 is 2010-01-01T00:00:00Z
        assert_eq!(Time::from_filetime(0x01ca_8a75_5c6e_0000).to_string(), "2010-01-01T00:00:00Z");
        assert_eq!(Time::default().to_string(), "1601-01-01T00:00:00Z");
        for text in ["1601-01-01T00:00:00Z", "2000-02-29T23:59:59Z", "9999-12-31T23:59:59Z"] {
            assert_eq!(text.parse::<Time>().unwrap().to_string(), text);
        }
        assert_eq!("2010-07-11".parse::<Time>().unwrap().to_string(), "2010-07-11T00:00:00Z");
        assert_eq!(
            "2010-07-11T08:00:00.25+02:00".parse::<Time>().unwrap().to_string(),
            "2010-07-11T06:00:00.25Z"
        );
        for bad in ["", "2010", "2010-02-30", "2010-01-01T", "2010-01-01T00:00:00", "now"] {
            assert!(bad.parse::<Time>().is_err(), "{bad}");
        }
    }

    #[test]
    fn asn1_times_that_windows_accepts() {
        let utc = |text| asn1(tag::UTC_TIME, text);
        let generalized = |text| asn1(tag::GENERALIZED_TIME, text);
        assert_eq!(utc("450101000000Z").unwrap(), "2045-01-01T00:00:00Z");
        assert_eq!(utc("500101000000Z").unwrap(), "1950-01-01T00:00:00Z");
        assert_eq!(utc("0706091106Z").unwrap(), "2007-06-09T11:06:00Z");
        assert_eq!(utc("070609110600+0100").unwrap(), "2007-06-09T10:06:00Z");
        assert_eq!(utc("070609110600+01").unwrap(), "2007-06-09T10:06:00Z");
        assert_eq!(utc("0706091106").unwrap(), "2007-06-09T11:06:00Z");
        assert_eq!(utc("07060911"), None);
        assert_eq!(generalized("2007060911").unwrap(), "2007-06-09T11:00:00Z");
        assert_eq!(generalized("20070609110600.25Z").unwrap(), "2007-06-09T11:06:00.25Z");
        assert_eq!(generalized("16010101000000Z").unwrap(), "1601-01-01T00:00:00Z");
        assert_eq!(generalized("20070631110600Z"), None);
        assert_eq!(generalized("20070609"), None);
    }
}
