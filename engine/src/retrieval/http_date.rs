//! Dates in HTTP headers (RFC 9110, section 5.6.7).

use crate::base::time::Time;

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// IMF-fixdate: `Sun, 06 Nov 1994 08:49:37 GMT`. `None` for a time no calendar month has.
pub(super) fn format(time: Time) -> Option<String> {
    let (year, month, day, hour, minute, second) = time.civil();
    // 1 January 1970 was a Thursday
    let weekday = time.unix().div_euclid(86_400).rem_euclid(7);
    let weekday = DAYS.get(usize::try_from(weekday).ok()?)?;
    let month = MONTHS.get(usize::try_from(month - 1).ok()?)?;
    Some(format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT"))
}

/// Reads an IMF-fixdate. The two obsolete forms are not read: a header in one is as if it were not
/// there.
pub(super) fn parse(text: &str) -> Option<Time> {
    let (_, date) = text.trim().split_once(", ")?;
    let mut parts = date.split(' ');
    let mut next = || parts.next();
    let (day, month, year, clock) = (next()?, next()?, next()?, next()?);
    if next()? != "GMT" || next().is_some() {
        return None;
    }
    let month = MONTHS.iter().position(|known| *known == month)? + 1;
    format!("{year}-{month:02}-{day}T{clock}Z").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_there_and_back() {
        for (text, time) in [
            ("Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"),
            ("Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00Z"),
            ("Thu, 29 Feb 2024 23:59:59 GMT", "2024-02-29T23:59:59Z"),
            ("Wed, 31 Dec 1969 23:59:59 GMT", "1969-12-31T23:59:59Z"),
        ] {
            let time: Time = time.parse().unwrap();
            assert_eq!(format(time).as_deref(), Some(text));
            assert_eq!(parse(text), Some(time));
        }
        for text in [
            "",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 06 Nov 1994 08:49:37 GMT and more",
            "Sun, 31 Feb 2024 00:00:00 GMT",
            "Sun, 06 Mov 1994 08:49:37 GMT",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
