//! Every time that is read, of whatever form, is written and read again unchanged.
#![no_main]

use chaincheck_engine::base::der::Reader;
use chaincheck_engine::base::time::Time;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let Some((&form, rest)) = octets.split_first() else { return };
    let time = match form {
        b'T' => std::str::from_utf8(rest).ok().and_then(|text| text.parse().ok()),
        b'F' => rest.try_into().ok().map(Time::from_filetime_octets),
        tag => u8::try_from(rest.len()).ok().filter(|length| *length < 128).and_then(|length| {
            let encoded = [&[tag, length], rest].concat();
            Time::from_tlv(&Reader::new(&encoded).any().ok()?).ok()
        }),
    };
    let Some(time) = time else { return };
    let (year, month, day, hour, minute, second) = time.civil();
    assert!((1..=12).contains(&month) && (1..=31).contains(&day) && (0..60).contains(&second));
    if (0..=9999).contains(&year) {
        let seconds = Time::from_civil(year, month, day, hour, minute, second);
        assert_eq!(seconds.map(Time::unix), Some(time.unix()));
        assert_eq!(time.to_string().parse(), Ok(time));
    }
});
