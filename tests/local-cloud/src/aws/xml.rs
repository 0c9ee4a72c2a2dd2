//! XML responses of the AWS query protocol.
use std::fmt::{Display, Write};

/// Escapes a text for use in an XML element.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The XML elements in the result of an action, to which more elements can be added.
#[derive(Debug, Default)]
pub(crate) struct Xml(String);

impl Xml {
    /// Adds `<name>text</name>`.
    pub(crate) fn element(&mut self, name: &str, text: impl Display) -> &mut Xml {
        // Writing to a `String` cannot fail.
        let _result: Result<(), std::fmt::Error> =
            write!(self.0, "<{name}>{}</{name}>", escape(&text.to_string()));
        self
    }

    /// Adds `<name>text</name>` if there is a text.
    pub(crate) fn optional_element(&mut self, name: &str, text: Option<impl Display>) -> &mut Xml {
        if let Some(text) = text {
            self.element(name, text);
        }
        self
    }

    /// Adds `<name>…</name>` with the elements that `fill` adds.
    pub(crate) fn nested_element(&mut self, name: &str, fill: impl FnOnce(&mut Xml)) -> &mut Xml {
        let _result: Result<(), std::fmt::Error> = write!(self.0, "<{name}>");
        fill(self);
        let _result: Result<(), std::fmt::Error> = write!(self.0, "</{name}>");
        self
    }

    /// Adds `<name><member>…</member>…</name>`, with one `member` for each item. `fill` adds the
    /// elements of an item.
    pub(crate) fn list<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        mut fill: impl FnMut(&mut Xml, T),
    ) -> &mut Xml {
        self.nested_element(name, |list| {
            for item in items {
                list.nested_element("member", |member| fill(member, item));
            }
        })
    }

    /// Adds `<name><member>text</member>…</name>`, with one `member` for each text.
    pub(crate) fn texts<T: Display>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
    ) -> &mut Xml {
        self.nested_element(name, |list| {
            for item in items {
                list.element("member", item);
            }
        })
    }

    /// Returns the complete response body of an action, with its result and the request id.
    pub(crate) fn into_response(self, namespace: &str, action: &str, request_id: &str) -> String {
        let result = if self.0.is_empty() {
            String::new()
        } else {
            format!("<{action}Result>{}</{action}Result>", self.0)
        };
        format!(
            "<{action}Response xmlns=\"{namespace}\">{result}<ResponseMetadata><RequestId>{request_id}</RequestId>\
             </ResponseMetadata></{action}Response>"
        )
    }
}
