//! XML responses of the query protocol.
use std::fmt::{Display, Write};

/// Escapes text for XML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// An XML document under construction.
#[derive(Debug, Default)]
pub(crate) struct Xml(String);

impl Xml {
    /// Writes `<name>text</name>`.
    pub(crate) fn element(&mut self, name: &str, text: impl Display) -> &mut Xml {
        // Writing to a String cannot fail.
        let _written: Result<(), std::fmt::Error> =
            write!(self.0, "<{name}>{}</{name}>", escape(&text.to_string()));
        self
    }

    /// Writes the element if there is a text.
    pub(crate) fn optional_element(&mut self, name: &str, text: Option<impl Display>) -> &mut Xml {
        if let Some(text) = text {
            self.element(name, text);
        }
        self
    }

    /// Writes `<name>…</name>`.
    pub(crate) fn nested_element(&mut self, name: &str, fill: impl FnOnce(&mut Xml)) -> &mut Xml {
        let _written: Result<(), std::fmt::Error> = write!(self.0, "<{name}>");
        fill(self);
        let _written: Result<(), std::fmt::Error> = write!(self.0, "</{name}>");
        self
    }

    /// Writes `<name><member>…</member>…</name>`.
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

    /// Writes `<name><member>text</member>…</name>`.
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

    /// Returns the complete response of an action.
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
