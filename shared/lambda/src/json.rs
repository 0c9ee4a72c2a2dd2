//! Parses JSON documents that may contain secrets. Strings are zeroized on drop, and errors contain
//! no part of the document.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

/// Largest number of lists and objects around a value. No request needs more.
const MAX_DEPTH: u8 = 8;

/// A JSON value. The members of an object keep their order, and a name can occur twice. The value
/// of a number is not stored, because no field of a request is a number.
pub(crate) enum Json {
    Null,
    Boolean(bool),
    Number,
    String(Zeroizing<String>),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Returns the name of the value's JSON type, for error messages.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "a boolean",
            Self::Number => "a number",
            Self::String(_) => "a string",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }

    /// Returns `true` if a string or the name of a member in the value contains this text.
    pub(crate) fn contains_text(&self, text: &str) -> bool {
        match self {
            Self::String(value) => value.contains(text),
            Self::List(items) => items.iter().any(|item| item.contains_text(text)),
            Self::Object(members) => {
                members.iter().any(|(name, value)| name.contains(text) || value.contains_text(text))
            }
            Self::Null | Self::Boolean(_) | Self::Number => false,
        }
    }

    /// Parses a document. Skips a byte order mark at its start.
    ///
    /// # Errors
    ///
    /// The messages are this crate's own: messages of serde may quote the document.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut source = serde_json::Deserializer::from_str(text);
        let document = Depth(0).deserialize(&mut source);
        document.and_then(|document| source.end().map(|()| document)).map_err(|error| {
            let error_text = match error.classify() {
                serde_json::error::Category::Data => "is nested too deeply",
                serde_json::error::Category::Eof => "is not JSON: it ends too early",
                serde_json::error::Category::Syntax | serde_json::error::Category::Io => {
                    "is not JSON"
                }
            };
            format!("{error_text}, at line {}, column {}", error.line(), error.column())
        })
    }
}

/// Number of lists and objects around the value that is parsed.
#[derive(Clone, Copy)]
struct Depth(u8);

impl<'de> DeserializeSeed<'de> for Depth {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Json, D::Error> {
        source.deserialize_any(self)
    }
}

impl Depth {
    /// Returns the depth of the values in this list or object.
    fn nested<E: de::Error>(self) -> Result<Self, E> {
        if self.0 < MAX_DEPTH { Ok(Self(self.0 + 1)) } else { Err(E::custom("too deep")) }
    }
}

impl<'de> Visitor<'de> for Depth {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Boolean(value))
    }

    fn visit_i64<E>(self, _value: i64) -> Result<Json, E> {
        Ok(Json::Number)
    }

    fn visit_u64<E>(self, _value: u64) -> Result<Json, E> {
        Ok(Json::Number)
    }

    fn visit_f64<E>(self, _value: f64) -> Result<Json, E> {
        Ok(Json::Number)
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::String(Zeroizing::new(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let (depth, mut items) = (self.nested()?, Vec::new());
        while let Some(item) = list.next_element_seed(depth)? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Json, A::Error> {
        let (depth, mut members) = (self.nested()?, Vec::new());
        while let Some(name) = object.next_key::<String>()? {
            members.push((name, object.next_value_seed(depth)?));
        }
        Ok(Json::Object(members))
    }
}
