//! The element tree every form of an event is read into.

use std::collections::HashSet;
use std::sync::Arc;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{EventLogErrorKind, EventLogLimit, EventLogLimits};

/// An XML element without namespaces. Equal names and short values of one log share their octets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Element {
    name: Arc<str>,
    attributes: Vec<(Arc<str>, Arc<str>)>,
    text: Arc<str>,
    children: Vec<Element>,
}

impl Element {
    /// An element with nothing in it.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Its local name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its own text, trimmed; that of its children is not in it.
    #[must_use]
    pub fn text(&self) -> &str {
        self.text.trim()
    }

    /// Its own text as it stands.
    #[must_use]
    pub fn raw_text(&self) -> &str {
        &self.text
    }

    /// Its attributes in their order, without namespace declarations.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The value of an attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes().find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    /// Its children in their order.
    #[must_use]
    pub fn children(&self) -> &[Self] {
        &self.children
    }

    /// The first child of this name.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name() == name)
    }

    /// This element and all below it, each before its children.
    pub fn descendants(&self) -> impl Iterator<Item = &Self> {
        let mut pending = vec![self];
        std::iter::from_fn(move || {
            let next = pending.pop()?;
            pending.extend(next.children.iter().rev());
            Some(next)
        })
    }

    pub(super) fn push(&mut self, child: Self) {
        self.children.push(child);
    }

    #[cfg(test)]
    pub(super) fn set_attribute(&mut self, name: &str, value: &str) {
        self.attributes.push((name.into(), value.into()));
    }

    pub(super) fn into_children(self) -> Vec<Self> {
        self.children
    }

    pub(super) fn take_attribute(&mut self, name: &str) -> Option<Arc<str>> {
        let index = self.attributes.iter().position(|(found, _)| &**found == name)?;
        Some(self.attributes.remove(index).1)
    }

    /// Takes every attribute whose value is `true`: the flags that are set.
    pub(super) fn take_true(&mut self) -> Vec<String> {
        let is_set = |(_, value): &mut (Arc<str>, Arc<str>)| &**value == "true";
        self.attributes.extract_if(.., is_set).map(|(name, _)| name.to_string()).collect()
    }

    pub(super) fn take_text(&mut self) -> Option<String> {
        let text = std::mem::take(&mut self.text);
        Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    pub(super) fn take_child(&mut self, name: &str) -> Option<Self> {
        let index = self.children.iter().position(|child| child.name() == name)?;
        Some(self.children.remove(index))
    }

    pub(super) fn take_children(&mut self, wanted: impl Fn(&str) -> bool) -> Vec<Self> {
        self.children.extract_if(.., |child| wanted(child.name())).collect()
    }

    /// Whether nothing is left in it but its name.
    pub(super) fn is_spent(&self) -> bool {
        self.attributes.is_empty() && self.children.is_empty() && self.text().is_empty()
    }

    /// About how many octets it occupies.
    pub(super) fn weight(&self) -> usize {
        self.descendants().map(Self::own_weight).sum()
    }

    fn own_weight(&self) -> usize {
        let pair = |(name, value): &(Arc<str>, Arc<str>)| unshared(name) + unshared(value);
        let attributes = self.attributes.iter().map(pair).sum::<usize>();
        let slots = self.attributes.capacity() * size_of::<(Arc<str>, Arc<str>)>();
        size_of::<Self>() + slots + attributes + unshared(&self.name) + unshared(&self.text)
    }
}

impl Serialize for Element {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Attributes<'e>(&'e Element);
        impl Serialize for Attributes<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.0.attributes())
            }
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", self.name())?;
        if !self.attributes.is_empty() {
            map.serialize_entry("attributes", &Attributes(self))?;
        }
        if !self.text().is_empty() {
            map.serialize_entry("text", self.text())?;
        }
        if !self.children.is_empty() {
            map.serialize_entry("children", &self.children)?;
        }
        map.end()
    }
}

/// Longest text that is shared, in octets: names, flags, identifiers and thumbprints.
const MAX_SHARED: usize = 64;
/// About how many octets a text occupies that is too long to be shared.
fn unshared(text: &str) -> usize {
    if text.len() > MAX_SHARED { text.len() + 32 } else { 0 }
}

/// How many different texts are shared; those of a real log are some thousands.
const MAX_INTERNED: usize = 65_536;

/// One copy of each text that returns.
#[derive(Debug, Default)]
pub(super) struct Interner(HashSet<Arc<str>>);

impl Interner {
    pub(super) fn share(&mut self, text: &str) -> Arc<str> {
        if text.len() > MAX_SHARED {
            return text.into();
        }
        if let Some(known) = self.0.get(text) {
            return Arc::clone(known);
        }
        let shared: Arc<str> = text.into();
        if self.0.len() < MAX_INTERNED {
            self.0.insert(Arc::clone(&shared));
        }
        shared
    }
}

/// Elements under construction, within the limits of one record.
#[derive(Debug)]
pub(super) struct Builder<'i> {
    interner: &'i mut Interner,
    limits: EventLogLimits,
    open: Vec<Element>,
    text: Vec<String>,
    done: Vec<Element>,
    size: usize,
}

impl<'i> Builder<'i> {
    pub(super) fn new(interner: &'i mut Interner, limits: &EventLogLimits) -> Self {
        let limits = *limits;
        Self { interner, limits, open: Vec::new(), text: Vec::new(), done: Vec::new(), size: 0 }
    }

    /// Elements that are open, outermost first.
    pub(super) fn path(&self) -> &[Element] {
        &self.open
    }

    pub(super) fn open(&mut self, name: &str) -> Result<(), EventLogErrorKind> {
        if self.open.len() >= self.limits.max_depth {
            return Err(EventLogErrorKind::TooLarge(EventLogLimit::MaxDepth));
        }
        self.charge(size_of::<Element>() + unshared(name))?;
        let name = self.interner.share(name);
        self.open.push(Element { name, ..Element::default() });
        self.text.push(String::new());
        Ok(())
    }

    pub(super) fn attribute(&mut self, name: &str, value: &str) -> Result<(), EventLogErrorKind> {
        if name == "xmlns" || name.starts_with("xmlns:") {
            return Ok(());
        }
        self.charge(size_of::<(Arc<str>, Arc<str>)>() + unshared(name) + value.len())?;
        let pair = (self.interner.share(name), self.interner.share(value));
        if let Some(element) = self.open.last_mut() {
            element.attributes.push(pair);
        }
        Ok(())
    }

    pub(super) fn text(&mut self, text: &str) -> Result<(), EventLogErrorKind> {
        self.charge(text.len())?;
        if let Some(current) = self.text.last_mut() {
            current.push_str(text);
        }
        Ok(())
    }

    /// Closes the innermost element and says whether there was one.
    pub(super) fn close(&mut self) -> bool {
        let (Some(mut element), Some(text)) = (self.open.pop(), self.text.pop()) else {
            return false;
        };
        // between children there is only the layout
        if element.children.is_empty() || !text.trim().is_empty() {
            element.text = self.interner.share(&text);
        }
        self.put(element);
        true
    }

    /// Closes the innermost element once for each text: how a list in one value is written.
    pub(super) fn close_each(&mut self, texts: &[String]) -> Result<(), EventLogErrorKind> {
        let (Some(element), Some(_)) = (self.open.pop(), self.text.pop()) else { return Ok(()) };
        for text in texts {
            self.charge(element.own_weight() + text.len())?;
            let mut one = element.clone();
            one.text = self.interner.share(text);
            self.put(one);
        }
        Ok(())
    }

    fn put(&mut self, mut element: Element) {
        element.attributes.shrink_to_fit();
        element.children.shrink_to_fit();
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.done.push(element),
        }
    }

    /// Puts everything complete at the outermost level into an element whose start is missing.
    pub(super) fn wrap_roots(&mut self, name: &str) -> Result<(), EventLogErrorKind> {
        self.charge(size_of::<Element>() + unshared(name))?;
        let name = self.interner.share(name);
        let children = std::mem::take(&mut self.done);
        self.done.push(Element { name, children, ..Element::default() });
        Ok(())
    }

    /// The complete elements; those still open are closed where they stand.
    pub(super) fn finish(mut self) -> Vec<Element> {
        while self.close() {}
        self.done
    }

    /// The complete elements, leaving the builder ready for the next ones.
    pub(super) fn take_roots(&mut self) -> Vec<Element> {
        if self.open.is_empty() {
            self.size = 0;
        }
        std::mem::take(&mut self.done)
    }

    fn charge(&mut self, octets: usize) -> Result<(), EventLogErrorKind> {
        self.size = self.size.saturating_add(octets);
        if self.size > self.limits.max_record {
            return Err(EventLogErrorKind::TooLarge(EventLogLimit::MaxRecord));
        }
        Ok(())
    }
}
