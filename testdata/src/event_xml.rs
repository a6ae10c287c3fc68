//! Event XML: one event of the channel Application as `wevtutil qe /f:xml` prints it.

/// An event of the automatic root update.
#[derive(Debug, Clone, Copy)]
pub struct ApplicationEvent<'a> {
    /// EventRecordID.
    pub record_id: u64,
    /// SystemTime, such as `2010-07-28T01:28:10.499942000Z`.
    pub time: &'a str,
    /// The provider's name.
    pub provider: &'a str,
    /// The event's number.
    pub id: u16,
    /// 2 error, 4 information.
    pub level: u8,
    /// The machine.
    pub computer: &'a str,
    /// ProcessID and ThreadID.
    pub execution: (u32, u32),
    /// The arguments.
    pub arguments: &'a [&'a str],
}

/// The event as XML in one line, without a line end.
#[must_use]
pub fn application_event(event: &ApplicationEvent<'_>) -> String {
    let ApplicationEvent { record_id, id, level, execution: (process, thread), .. } = event;
    let (provider, time) = (escape(event.provider), escape(event.time));
    let computer = escape(event.computer);
    let data: String =
        event.arguments.iter().map(|a| format!("<Data>{}</Data>", escape(a))).collect();
    format!(
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>\
         <Provider Name='{provider}' Guid='{{5bbca4a8-b209-48dc-a8c7-b23d3e5216fb}}' \
         EventSourceName='{provider}'/><EventID Qualifiers='0'>{id}</EventID><Version>0</Version>\
         <Level>{level}</Level><Task>0</Task><Opcode>0</Opcode>\
         <Keywords>0x8080000000000000</Keywords><TimeCreated SystemTime='{time}'/>\
         <EventRecordID>{record_id}</EventRecordID><Correlation/>\
         <Execution ProcessID='{process}' ThreadID='{thread}'/><Channel>Application</Channel>\
         <Computer>{computer}</Computer><Security/></System><EventData>{data}</EventData></Event>"
    )
}

/// Markup characters as XML has them; line ends as references, so that they survive.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\r' => escaped.push_str("&#13;"),
            '\n' => escaped.push_str("&#10;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_values_is_escaped() {
        let xml = application_event(&ApplicationEvent {
            record_id: 1,
            time: "2010-07-28T01:28:10Z",
            provider: "Microsoft-Windows-CAPI2",
            id: 4107,
            level: 2,
            computer: "A&B",
            execution: (1, 2),
            arguments: &["<http://x/?a&b>", "The data is invalid.\r\n"],
        });
        assert!(xml.contains("<Computer>A&amp;B</Computer>"));
        assert!(xml.contains("<Data>&lt;http://x/?a&amp;b&gt;</Data>"));
        assert!(xml.ends_with("invalid.&#13;&#10;</Data></EventData></Event>"));
    }
}
