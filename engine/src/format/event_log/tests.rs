use chaincheck_testdata::event_xml;

use super::application::application_event;
use super::capi2::{Capi2Event, Interval, decode};
use super::clock::{clock_periods, clock_skew};
use super::task::{ChainRole, JoinedBy, TaskProblem, correlate};
use super::*;
use crate::base::hresult;

const URL: &str =
    "http://www.download.windowsupdate.com/msdownload/update/v3/static/trustedr/en/authrootstl.cab";
const EXPIRED: &str = "A required certificate is not within its validity period when verifying \
    against the current system clock or the timestamp in the signed file.";

fn read_text(text: &str) -> EventLog {
    read(text.as_bytes(), &EventLogLimits::default()).unwrap()
}

fn failure(record_id: u64) -> String {
    event_xml::application_event(&event_xml::ApplicationEvent {
        record_id,
        time: "2010-07-28T01:28:10.499942100Z",
        provider: CAPI2_PROVIDER,
        id: 4107,
        level: 2,
        computer: "pc",
        execution: (1, 2),
        arguments: &[URL, &format!("{EXPIRED}\r\n")],
    })
}

/// An event of CAPI2's own channel in `task`, with this data.
fn operational(task: &str, number: u64, name: &str, time: &str, content: &str) -> String {
    let id = capi2::id_of(name).unwrap();
    format!(
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>\
         <Provider Name='{CAPI2_PROVIDER}'/><EventID>{id}</EventID><Level>4</Level>\
         <TimeCreated SystemTime='{time}'/><EventRecordID>{number}</EventRecordID>\
         <Correlation ActivityID='{{ABCDEF00-0000-0000-0000-000000000000}}'/>\
         <Execution ProcessID='1' ThreadID='2'/><Channel>{OPERATIONAL_CHANNEL}</Channel>\
         <Security UserID='S-1-5-18'/></System><UserData><{name}>{content}\
         <EventAuxInfo ProcessName='x.exe'/>\
         <CorrelationAuxInfo TaskId='{{{task}}}' SeqNumber='{number}'/></{name}></UserData></Event>\n"
    )
}

fn sequence(task: &str, events: &[(u64, &str, &str)]) -> String {
    let time = "2024-01-01T00:00:00Z";
    events.iter().map(|(n, name, content)| operational(task, *n, name, time, content)).collect()
}

#[test]
fn events_read_back_as_they_were_written() {
    let log = read_text(&failure(5113));
    assert_eq!((log.kind, log.total, log.problems.len()), (Kind::EventXml, 1, 0));
    let record = &log.records[0];
    assert_eq!((record.record_id, record.event_id, record.level), (Some(5113), 4107, Some(2)));
    assert_eq!(record.time.unwrap().to_string(), "2010-07-28T01:28:10.4999421Z");
    assert_eq!((record.qualifiers, record.keywords), (Some(0), Some(0x8080_0000_0000_0000)));
    assert_eq!((record.process_id, record.thread_id), (Some(1), Some(2)));
    assert_eq!((record.channel.as_str(), record.computer.as_str()), ("Application", "pc"));
    let event = application_event(record).unwrap();
    assert_eq!((event.id, event.arguments[0].as_str()), (4107, URL));
    assert_eq!(event.arguments[1], format!("{EXPIRED}\r\n"));
    assert_eq!(event.error[0].code, hresult::CERT_E_EXPIRED);
    assert_eq!(decode(record), None);
}

#[test]
fn one_or_many_with_or_without_a_wrapper_in_any_encoding() {
    let bare = failure(1) + "\r\n" + &failure(2);
    let wrapped = format!("<?xml version='1.0'?>\n<Events>{bare}</Events>\n");
    let wide: Vec<u8> =
        std::iter::once(0xfeff).chain(bare.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> =
        std::iter::once(0xfeff).chain(bare.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    let marked = [b"\xef\xbb\xbf", bare.as_bytes()].concat();
    for octets in [bare.as_bytes(), wrapped.as_bytes(), &wide, &big, &marked] {
        let log = read(octets, &EventLogLimits::default()).unwrap();
        assert!(log.problems.is_empty(), "{:?}", log.problems);
        let ids: Vec<_> = log.records.iter().map(|record| record.record_id).collect();
        assert_eq!(ids, [Some(1), Some(2)]);
        assert!(log.records.iter().all(|record| record.is_complete));
    }
}

#[test]
fn text_in_another_encoding_is_said() {
    let octets = [failure(1).replace("pc", "p").as_bytes(), b"\xfc"].concat();
    let log = read(&octets, &EventLogLimits::default()).unwrap();
    assert_eq!(log.problems[0].kind, EventLogErrorKind::Encoding);
    assert_eq!((log.problems[0].offset, log.records.len()), (octets.len() - 1, 1));
}

#[test]
fn records_are_json() {
    let json = serde_json::to_value(read_text(&failure(1))).unwrap();
    assert_eq!(json["kind"], "event XML");
    let record = &json["records"][0];
    assert_eq!(record["keywords"], "0x8080000000000000");
    assert_eq!(record["time"], "2010-07-28T01:28:10.4999421Z");
    assert_eq!(record["data"][0]["value"], URL);
    let event = application_event(&read_text(&failure(1)).records[0]).unwrap();
    let error = &serde_json::to_value(event).unwrap()["error"][0];
    assert_eq!((&error["code"], &error["language"]), (&"0x800b0101".into(), &"en".into()));
}

#[test]
fn other_records_are_counted_only() {
    let other = failure(7).replace(CAPI2_PROVIDER, "MsiInstaller");
    let log = read_text(&[failure(1), other.clone(), other].concat());
    assert_eq!((log.total, log.records.len()), (3, 1));
    let tally = Tally { provider: "MsiInstaller".to_owned(), event_id: 4107, count: 2 };
    assert_eq!(log.others, [tally]);
}

#[test]
fn entities_are_not_expanded() {
    let bomb = "<!DOCTYPE Event [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]>";
    let log = read_text(&format!("{bomb}{}", failure(1).replace("pc<", "&b;&#65;<")));
    assert_eq!(log.records[0].computer, "&b;A");
}

#[test]
fn depth_size_and_number_are_bounded() {
    let limits = EventLogLimits { max_depth: 20, ..EventLogLimits::default() };
    let deep = "<X509Objects>".to_owned() + &"<a>".repeat(100_000);
    let log = read(deep.as_bytes(), &limits).unwrap();
    let too_deep = EventLogErrorKind::TooLarge(EventLogLimit::MaxDepth);
    assert_eq!(log.problems[0].kind, too_deep);
    assert_eq!(log.problems[0].offset, "<X509Objects>".len() + 3 * 19);
    let wrappers = "<!--<Event >-->".to_owned() + &"<a>".repeat(100_000);
    assert_eq!(read_text(&wrappers).problems[0].kind, too_deep);

    let limits = EventLogLimits { max_record: 10_000, ..EventLogLimits::default() };
    let wide = sequence("a", &[(1, "X509Objects", &"<a/>".repeat(1000))]) + &failure(2);
    let log = read(wide.as_bytes(), &limits).unwrap();
    assert_eq!(log.problems[0].kind, EventLogErrorKind::TooLarge(EventLogLimit::MaxRecord));
    assert_eq!(log.records.last().unwrap().record_id, Some(2), "the next is read");
    assert!(!log.records[0].is_complete);

    let limits = EventLogLimits { max_records: 1, ..EventLogLimits::default() };
    let log = read([failure(1), failure(2), failure(3)].concat().as_bytes(), &limits).unwrap();
    assert_eq!((log.total, log.records.len(), log.problems.len()), (3, 1, 1));
    let limits = EventLogLimits { max_input: 10, ..EventLogLimits::default() };
    assert!(read(failure(1).as_bytes(), &limits).is_err());
    let limits = EventLogLimits { max_problems: 2, ..EventLogLimits::default() };
    let log = read(("<Event >".to_owned() + &"</a>".repeat(9)).as_bytes(), &limits).unwrap();
    assert_eq!(log.problems.len(), 2);
    assert!(log.more_problems > 0);
}

#[test]
fn damaged_xml_costs_its_own_event_only() {
    let sound = failure(1) + &failure(2) + &failure(3);
    for damage in ["</Syste>", "<System>", "&;", "<!--", "<a b>", "</Event>"] {
        let second = failure(2).replace("</System>", damage);
        let log = read_text(&[failure(1), second, failure(3)].concat());
        let ids: Vec<_> = log.records.iter().map(|record| record.record_id).collect();
        assert_eq!((ids.first(), ids.last()), (Some(&Some(1)), Some(&Some(3))), "{damage}");
        assert!(!log.problems.is_empty() || damage == "&;", "{damage}");
    }
    let log = read_text(sound.get(..sound.len() - 20).unwrap());
    assert_eq!(log.records.len(), 3);
    assert!(!log.records[2].is_complete);
    assert_eq!(log.problems[0].kind, EventLogErrorKind::Unclosed("EventData".to_owned()));
}

#[test]
fn what_is_no_log_is_refused() {
    for (octets, kind) in [(b"MZ".as_slice(), Kind::Unknown), (b"", Kind::Empty)] {
        let error = read(octets, &EventLogLimits::default()).unwrap_err();
        assert_eq!(error.kind, EventLogErrorKind::NotAnEventLog(kind));
    }
}

#[test]
fn the_clipboard_with_and_without_its_xml() {
    let head = "Log Name:      Application\r\nSource:        Microsoft-Windows-CAPI2\r\n\
        Date:          28.07.2010\r\nEvent ID:      4107\r\nLevel:         Error\r\n\
        Computer:      pc\r\nDescription:\r\n";
    let description = format!(
        "Failed extract of third-party root list from auto update cab at: <{URL}> with error: \
         {EXPIRED}\r\n.\r\n"
    );
    let whole = format!("{head}{description}Event Xml:\r\n{}", failure(9));
    let log = read_text(&[whole.as_str(), whole.as_str()].concat());
    assert_eq!(log.kind, Kind::EventText);
    assert!(log.problems.is_empty(), "{:?}", log.problems);
    assert_eq!(log.records.len(), 2);
    assert!(log.records.iter().all(|record| record.record_id == Some(9) && record.is_complete));

    let log = read_text(&format!("{head}{}", description.replace("\r\n.\r\n", "\r\n")));
    let record = &log.records[0];
    assert!(!record.is_complete);
    let event = application_event(record).unwrap();
    assert_eq!((event.id, event.arguments[0].as_str()), (4107, URL));
    assert_eq!(event.error[0].code, hresult::CERT_E_EXPIRED);
    // a message that is not known is no argument
    let log = read_text(&format!("{head}at: <{URL}> with error: Something else."));
    assert!(log.records[0].data.is_empty());
}

#[test]
fn wrapped_lists_of_powershell_are_joined() {
    let data = "<CertVerifyRevocation xmlns=\"http://schemas.microsoft.com/win/2004/08/events/event\">\
        <Certificate fileRef=\"930F5167FA5112F077FC65AB3DFFE8A347F5BD9B.cer\" subjectName=\"r.bing.com\" />\
        <Flags value=\"2\" CERT_VERIFY_CACHE_ONLY_BASED_REVOCATION=\"true\" />\
        <EventAuxInfo ProcessName=\"msedge.exe\" />\
        <CorrelationAuxInfo TaskId=\"{7E11B6A3-50EA-47ED-928D-BBE4784EFA3F}\" SeqNumber=\"3\" />\
        <Result value=\"80092013\">The revocation function was unable to check.</Result>\
        </CertVerifyRevocation>";
    for width in 30..100 {
        let text = wrap(data, width);
        let log = read_text(&text);
        assert_eq!(log.kind, Kind::EventText, "{text}");
        assert!(log.problems.is_empty(), "{width}: {:?}\n{text}", log.problems);
        let decoded = decode(&log.records[0]).unwrap();
        assert_eq!(decoded.unread, [], "{width}\n{text}");
        let Capi2Event::RevocationVerified(verified) = decoded.event else { panic!() };
        let certificate = verified.certificate.unwrap();
        assert_eq!(certificate.file_ref, "930F5167FA5112F077FC65AB3DFFE8A347F5BD9B.cer", "{text}");
        let flags = verified.flags.unwrap();
        assert_eq!(flags.names, ["CERT_VERIFY_CACHE_ONLY_BASED_REVOCATION"], "{text}");
        assert_eq!(
            decoded.tail.task_id.as_deref(),
            Some("{7E11B6A3-50EA-47ED-928D-BBE4784EFA3F}"),
            "{text}"
        );
        let result = decoded.tail.result.unwrap();
        assert_eq!(result.code, hresult::CRYPT_E_REVOCATION_OFFLINE);
        // where a line is full, a blank at its end cannot be told from none
        let letters = |text: &str| text.split_whitespace().collect::<String>();
        let expected = letters("The revocation function was unable to check.");
        assert_eq!(letters(&result.text.unwrap()), expected, "{text}");
    }
}

/// As Format-List does: words as long as they fit, longer ones cut.
fn wrap(data: &str, width: usize) -> String {
    let mut lines = vec![String::new()];
    for word in data.split(' ') {
        let line = lines.last_mut().unwrap();
        if line.is_empty() {
            line.push_str(word);
        } else if line.len() + 1 + word.len() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
        while lines.last().unwrap().len() > width {
            let line = lines.last_mut().unwrap();
            let rest = line.split_off(width);
            lines.push(rest);
        }
    }
    format!("Id      : 41\nXml     : {}\n\n", lines.join("\n          "))
}

#[test]
fn strings_of_export_clixml_are_read() {
    let escaped = failure(3).replace('&', "&amp;").replace('<', "&lt;");
    let text = format!(
        "<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\">\
         <Obj RefId=\"0\"><MS><S N=\"Id\">4107</S><S N=\"Xml\">_x000D__x000A_{escaped}</S></MS></Obj></Objs>"
    );
    let text = text.replace("<MS>", &format!("<MS><!-- {CAPI2_PROVIDER} -->"));
    let log = read_text(&text);
    assert_eq!(log.kind, Kind::EventXml);
    assert!(log.problems.is_empty(), "{:?}", log.problems);
    assert_eq!(log.records[0].record_id, Some(3));
}

#[test]
fn json_of_evtx_dump_keeps_order_attributes_and_lists() {
    let system = format!(
        r##""System":{{"Provider":{{"#attributes":{{"Name":"{CAPI2_PROVIDER}"}}}},"EventID":90,
        "Keywords":"0x4000000000000200","TimeCreated":{{"#attributes":{{"SystemTime":"2024-01-01T00:00:00Z"}}}},
        "EventRecordID":5,"Channel":"{OPERATIONAL_CHANNEL}"}}"##
    );
    let data = r##""UserData":{"X509Objects":{"Certificate":{"#attributes":{"fileRef":"A.cer"}},
        "CertificateRevocationList":[{"#attributes":{"fileRef":"B.crl"}},{"#attributes":{"fileRef":"C.crl"}}],
        "Certificate_1":{"#attributes":{"fileRef":"D.cer"},"Subject":{"CN":"x","OU":["1","2"]}},
        "EventAuxInfo_attributes":{"ProcessName":"x.exe"}}}"##;
    let event = format!("{{\"Event\":{{{system},{data}}}}}");
    for text in [event.clone(), format!("[{event},\n{event}]"), format!("Record 5\n{event}\n")] {
        let log = read_text(&text);
        assert_eq!(log.kind, Kind::EventJson);
        assert!(log.problems.is_empty(), "{:?}", log.problems);
        let decoded = decode(&log.records[0]).unwrap();
        assert_eq!(decoded.tail.process_name.as_deref(), Some("x.exe"));
        let Capi2Event::Objects(objects) = decoded.event else { panic!() };
        let refs = |i: usize| objects.certificates[i].reference.file_ref.as_str();
        assert_eq!((refs(0), refs(1), objects.crls.len()), ("A.cer", "D.cer", 2));
        assert_eq!(objects.certificates[1].subject.to_string(), "CN=x, OU=1, OU=2");
    }
    let system = system.replace(OPERATIONAL_CHANNEL, APPLICATION_CHANNEL).replace("90", "4107");
    for data in [
        r##""EventData":{"Data":["a","b"]}"##,
        r##""EventData":{"Data":{"#text":["a","b"]}}"##,
        r##""EventData":{"#attributes":{},"Data":"a","Data_1":"b"}"##,
    ] {
        let log = read_text(&format!("{{\"Event\":{{{system},{data}}}}}"));
        let values: Vec<_> = log.records[0].data.iter().map(|item| item.value.as_str()).collect();
        assert_eq!(values, ["a", "b"], "{data}");
    }
    let log =
        read_text(&format!("{{\"Event\":{{{system},\"EventData\":{{\"FileName\":\"x\"}}}}}}"));
    assert_eq!(log.records[0].data[0].name.as_deref(), Some("FileName"));
}

#[test]
fn damaged_json_costs_its_own_line_only() {
    let line = format!(
        r##"{{"Event":{{"System":{{"Provider_attributes":{{"Name":"{CAPI2_PROVIDER}"}},"EventID":4107,"Channel":"Application"}}}}}}"##
    );
    let text = format!("{line}\n{}\n{line}\n", line.get(..line.len() - 5).unwrap());
    let log = read_text(&text);
    assert_eq!(log.records.len(), 2);
    assert_eq!(log.problems[0].offset, line.len() + 1);
    let deep = format!("{{\"Event\":{{\"System\":{}", "[".repeat(100_000));
    assert!(matches!(read_text(&deep).problems[0].kind, EventLogErrorKind::Json(_)));
    let wide = format!("{{\"Event\":{{\"System\":[{}0]}}}}", "0,".repeat(1_000_000));
    assert!(matches!(read_text(&wide).problems[0].kind, EventLogErrorKind::Json(_)));
}

fn evt_record(number: u32, source: &str, id: u16, arguments: &[&str]) -> Vec<u8> {
    let wide = |text: &str| -> Vec<u8> {
        text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
    };
    let names = [wide(source), wide("pc")].concat();
    let strings: Vec<u8> = arguments.iter().flat_map(|argument| wide(argument)).collect();
    let strings_at = u32::try_from(56 + names.len()).unwrap();
    let end = 56 + names.len() + strings.len();
    let length = u32::try_from(end.next_multiple_of(4) + 4).unwrap();
    let mut record = Vec::new();
    for field in
        [length, u32::from_le_bytes(*b"LfLe"), number, 1_280_280_490, 1_280_280_491, u32::from(id)]
    {
        record.extend(field.to_le_bytes());
    }
    for field in [1u16, u16::try_from(arguments.len()).unwrap(), 0, 0] {
        record.extend(field.to_le_bytes());
    }
    for field in [0, strings_at, 0, strings_at, 0, strings_at] {
        record.extend(u32::to_le_bytes(field));
    }
    record.extend([names, strings].concat());
    record.resize(usize::try_from(length).unwrap() - 4, 0);
    record.extend(length.to_le_bytes());
    record
}

#[test]
fn logs_of_windows_xp_and_their_ring() {
    let header = [0x30u32.to_le_bytes().to_vec(), b"LfLe".to_vec(), vec![0; 40]].concat();
    let records = [
        evt_record(1, "crypt32", 11, &[URL, "The data is invalid.\r\n"]),
        evt_record(2, "MsiInstaller", 11, &["x"]),
        evt_record(3, "crypt32", 8, &[URL, "This network connection does not exist.\r\n"]),
    ];
    let check = |octets: &[u8]| {
        let log = read(octets, &EventLogLimits::default()).unwrap();
        assert_eq!(log.kind, Kind::LegacyEventLog);
        assert_eq!(
            (log.total, log.records.len(), log.problems.len()),
            (3, 2, 0),
            "{:?}",
            log.problems
        );
        let first = log.records.iter().find(|record| record.record_id == Some(1)).unwrap();
        let event = application_event(first).unwrap();
        assert_eq!((event.source, event.id, event.level), (CRYPT32_SOURCE, 11, Some(2)));
        assert_eq!(event.error[0].code, hresult::ERROR_INVALID_DATA);
        assert_eq!(first.time.unwrap().to_string(), "2010-07-28T01:28:11Z");
        assert_eq!(first.computer, "pc");
    };
    let body = records.concat();
    check(&[header.as_slice(), &body].concat());
    // the ring: the last record begins at the end of the file and goes on behind the header
    let (tail, rest) = body.split_at(100);
    check(&[header.as_slice(), rest, tail].concat());
    for end in 0x30..0x30 + body.len() {
        let log = read(&[header.as_slice(), &body].concat()[..end], &EventLogLimits::default());
        assert!(log.unwrap().records.len() <= 2);
    }
}

/// Each would take hours if every place cost a look at the rest of the file.
#[test]
fn beginnings_without_ends_cost_little() {
    let header = [0x30u32.to_le_bytes().to_vec(), b"LfLe".to_vec(), vec![0; 40]].concat();
    // lengths that agree with each other wherever one looks, and no text that ends
    let record = [0x0001_0004u32.to_le_bytes().as_slice(), b"LfLe"].concat();
    let octets = [header, record.repeat(1 << 17)].concat();
    let log = read(&octets, &EventLogLimits::default()).unwrap();
    assert_eq!(log.records.len(), 0);
    assert_eq!(log.problems[0].kind, EventLogErrorKind::Field("a text without its end"));
    assert!(log.problems.len() < 100, "{}", log.problems.len());

    let head = "Log Name: Application\nSource: CAPI2\nEvent ID: 4107\nEvent Xml:\n";
    let text = format!("{head}{}", "<Event>\n".repeat(100_000));
    let log = read(text.as_bytes(), &EventLogLimits::default()).unwrap();
    assert_eq!(log.records.len(), 0);
    assert!(log.more_problems > 90_000, "{}", log.more_problems);
}

#[test]
fn long_names_count_as_what_a_record_occupies() {
    let name = "n".repeat(60_000);
    let data = format!("<{name} {name}='1'/>").repeat(100);
    let event = failure(1).replace("<EventData>", &format!("<EventData>{data}"));
    let log = read_text(&event);
    assert_eq!(log.problems[0].kind, EventLogErrorKind::TooLarge(EventLogLimit::MaxRecord));
}

#[test]
fn the_two_meanings_of_event_11() {
    let vista = failure(1).replace("4107", "11");
    let built = sequence("a", &[(1, "CertGetCertificateChain", "")]);
    let log = read_text(&[vista, built].concat());
    let [application, operational] = log.records.as_slice() else { panic!() };
    assert_eq!((application.event_id, operational.event_id), (11, 11));
    assert_eq!(application_event(application).unwrap().id, 11);
    assert_eq!(decode(application), None);
    assert_eq!(application_event(operational), None);
    assert!(matches!(decode(operational).unwrap().event, Capi2Event::ChainBuilt(_)));
    // without its channel only a number that cannot be the other's is taken
    let no_channel = |id: &str| {
        let text = failure(1).replace("<Channel>Application</Channel>", "").replace("4107", id);
        application_event(&read_text(&text).records[0]).is_some()
    };
    assert!(no_channel("4107") && !no_channel("11"));
}

#[test]
fn unknown_events_keep_all_they_have() {
    let content =
        "<Certificate fileRef='A.cer' subjectName='x'/><URL>http://x/</URL><Odd><Y z='1'/></Odd>";
    let text = sequence("a", &[(1, "X509Objects", content)])
        .replace("X509Objects", "CertOddThing")
        .replace("<EventID>90", "<EventID>19");
    let log = read_text(&text);
    let decoded = decode(&log.records[0]).unwrap();
    assert_eq!(decoded.tail.sequence_number, Some(1));
    let Capi2Event::Other(other) = decoded.event else { panic!() };
    assert_eq!(other.references[0].file_ref, "A.cer");
    assert_eq!(other.urls, ["http://x/"]);
    assert_eq!(other.element.child("Odd").unwrap().children()[0].attribute("z"), Some("1"));
    // and known ones keep what they should not have
    let log = read_text(&sequence("a", &[(1, "CertVerifyRevocation", "<New a='b'/>")]));
    let unread = decode(&log.records[0]).unwrap().unread;
    assert_eq!(unread[0].element.name(), "CertVerifyRevocation");
    assert_eq!(unread[0].element.children()[0].attribute("a"), Some("b"));
}

#[test]
fn a_retrieval_says_what_was_asked_and_answered() {
    let content = "<URL scheme='http'>http://crl.example/a.crl</URL><Object type='CONTEXT_OID_CRL' constant='2'/>\
        <Timeout>PT9.976S</Timeout><Flags value='202005' CRYPT_WIRE_ONLY_RETRIEVAL='true'/>\
        <AdditionalInfo><Action name='ProxyListAndByPassList' parameter1='proxy:8080'/>\
        <Action name='WriteToCache'><Error value='80070002'>x</Error></Action>\
        <HTTPResponseHeadersInfo><Header>HTTP/1.1 407 Proxy Authentication Required</Header>\
        <Header>Date: Fri, 19 May 2017 16:27:14 GMT</Header></HTTPResponseHeadersInfo></AdditionalInfo>\
        <Result value='2EE7'/>";
    let log = read_text(&sequence("a", &[(1, "CryptRetrieveObjectByUrlWire", content)]));
    let decoded = decode(&log.records[0]).unwrap();
    assert_eq!(decoded.unread, []);
    assert_eq!(decoded.tail.result.unwrap().hresult(), hresult::ERROR_INTERNET_NAME_NOT_RESOLVED);
    let Capi2Event::Retrieved(retrieved) = decoded.event else { panic!() };
    assert_eq!((retrieved.http_status(), retrieved.proxy()), (Some(407), Some("proxy:8080")));
    assert_eq!(retrieved.http_date().unwrap().to_string(), "2017-05-19T16:27:14Z");
    assert_eq!(retrieved.timeout, Some(Interval(99_760_000)));
    let error = retrieved.actions[1].error.as_ref().unwrap();
    assert_eq!(error.hresult(), hresult::ERROR_FILE_NOT_FOUND);
    for bad in [
        "",
        "Fri",
        "Fri, 19 May 2017",
        "Fri, 31 Feb 2017 16:27:14 GMT",
        "Fri, 19 Foo 2017 1:2:3 GMT",
    ] {
        assert_eq!(capi2::http_date(bad), None, "{bad}");
    }
}

fn reply(number: u64, host: &str, machine: &str, date: &str, age: &str) -> String {
    let content = format!(
        "<URL scheme='http'>http://{host}/x.crl</URL><AdditionalInfo><HTTPResponseHeadersInfo>\
         <Header>HTTP/1.1 200 OK</Header><Header>Date: {date}</Header>{age}\
         </HTTPResponseHeadersInfo></AdditionalInfo><Result value='0'/>"
    );
    operational("a", number, "CryptRetrieveObjectByUrlWire", machine, &content)
}

#[test]
fn a_clock_is_wrong_when_several_servers_say_so() {
    let (machine, date) = ("2017-05-19T02:02:36.9Z", "Thu, 18 May 2017 11:37:58 GMT");
    let one = reply(1, "a", machine, date, "") + &reply(2, "A", machine, date, "");
    let periods = |text: &str| clock_periods(&clock_skew(&read_text(text).records));
    let alone = periods(&one);
    assert_eq!((alone[0].offset, alone[0].observations), (-51_878, 2));
    assert!(!alone[0].proves_wrong_clock(), "one server proves nothing");
    let two = one.clone() + &reply(3, "b", machine, "Thu, 18 May 2017 11:38:00 GMT", "");
    let found = periods(&two);
    assert_eq!((found.len(), found[0].spread), (1, 2));
    assert!(found[0].proves_wrong_clock());
    // servers that disagree prove nothing, nor does what a cache had kept
    let apart = one.clone() + &reply(3, "b", machine, "Fri, 19 May 2017 02:02:36 GMT", "");
    assert!(periods(&apart).iter().all(|period| !period.proves_wrong_clock()));
    let kept = one + &reply(3, "b", machine, date, "<Header>Age: 51878</Header>");
    assert_eq!(periods(&kept)[0].servers.len(), 1);
}

#[test]
fn calls_are_nested_and_joined() {
    let built = "<CertificateChain chainRef='{C}'/>";
    let used = "<CertificateRevocationList location='Wire' url='http://x/' fileRef='A.crl'/>";
    let text = sequence(
        "a",
        &[
            (1, "CertGetCertificateChainStart", ""),
            (2, "CertVerifyRevocationStart", ""),
            (3, "CryptRetrieveObjectByUrlWireStart", ""),
            (4, "CryptRetrieveObjectByUrlWire", "<URL>http://x/</URL>"),
            (5, "CertVerifyRevocation", used),
            (6, "CryptRetrieveObjectByUrlCache", "<URL>http://x/</URL>"),
            (7, "X509Objects", "<CertificateRevocationList fileRef='A.crl'/>"),
            (8, "CertGetCertificateChain", built),
        ],
    );
    let other = sequence(
        "b",
        &[
            (1, "CertVerifyCertificateChainPolicy", built),
            (2, "WinVerifyTrust", "<TimestampChain chainRef='{D}'/>"),
        ],
    );
    let log = read_text(&(other + &text));
    let correlation = correlate(&log.records);
    let [policy, task] = correlation.tasks.as_slice() else { panic!() };
    assert_eq!(policy.records, [0, 1]);
    // the download's start and stop are one node, within the check, within the chain
    let parents: Vec<_> = task.nodes.iter().map(|node| node.parent).collect();
    assert_eq!(parents, [None, Some(0), Some(1), Some(0), Some(0)]);
    assert_eq!(task.problems, [TaskProblem::EndWithoutStart(7)]);
    let uses: Vec<_> = correlation.uses.iter().map(|found| (found.role, found.built_by)).collect();
    assert_eq!(uses, [(ChainRole::Policy, Some(9)), (ChainRole::Timestamp, None)]);
    let joined: Vec<_> = correlation
        .retrievals
        .iter()
        .map(|found| (found.record, found.revocation, found.joined_by))
        .collect();
    assert_eq!(joined, [(5, Some(6), Some(JoinedBy::Nesting)), (7, Some(6), Some(JoinedBy::Url))]);
    assert_eq!(correlation.objects["A.crl"].record, 8);
}

#[test]
fn what_is_missing_from_a_call_is_said() {
    let text = sequence(
        "a",
        &[
            (5, "X509Objects", ""),
            (3, "CertVerifyRevocationStart", ""),
            (8, "CertVerifyRevocation", ""),
            (9, "CertGetCertificateChain", ""),
            (9, "CryptRetrieveObjectByUrlWireStart", ""),
        ],
    );
    let correlation = correlate(&read_text(&text).records);
    let task = &correlation.tasks[0];
    assert_eq!(
        task.problems,
        [
            TaskProblem::StartsInMidTask(3),
            TaskProblem::Disordered,
            TaskProblem::Gap { after: 3, before: 5 },
            TaskProblem::Gap { after: 5, before: 8 },
            TaskProblem::Repeated(9),
            TaskProblem::EndWithoutStart(3),
            TaskProblem::Unfinished(4),
        ]
    );
    // what came before a stop whose start the log lacks lay within it
    let parents: Vec<_> = task.nodes.iter().map(|node| node.parent).collect();
    assert_eq!(parents, [Some(2), Some(0), None, None]);
    let no_task = sequence("a", &[(1, "X509Objects", "")]).replace("TaskId", "Other");
    assert_eq!(correlate(&read_text(&no_task).records).without_task, [0]);
}

#[test]
fn many_open_operations_cost_no_search() {
    let starts = (1..4_000).map(|n| (n, "CertGetCertificateChainStart", ""));
    let stops = (4_000..8_000).map(|n| (n, "WinVerifyTrust", ""));
    let text = sequence("a", &starts.chain(stops).collect::<Vec<_>>());
    let correlation = correlate(&read_text(&text).records);
    assert_eq!(correlation.tasks[0].problems.len(), 7_999);
}

mod binary;
