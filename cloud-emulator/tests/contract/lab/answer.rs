//! An answer, and how checks speak about it.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::expectation::Stop;

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct HttpAnswer {
    /// `PUT ?versioning`: what was asked, without names.
    pub(crate) asked: String,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl HttpAnswer {
    /// The status, and the error's code if there is one: `404 NoSuchKey`.
    pub(crate) fn summary(&self) -> String {
        match self.code() {
            Some(code) => format!("{} {code}", self.status.as_u16()),
            None => self.status.as_u16().to_string(),
        }
    }

    /// The error's code, in whichever protocol.
    fn code(&self) -> Option<String> {
        if self.status.is_success() {
            return None;
        }
        let typed = self.header("x-amzn-errortype").map(str::to_owned);
        let json = || {
            let document = self.json();
            let code = ["__type", "code"]
                .iter()
                .find_map(|name| document[*name].as_str());
            code.map(str::to_owned)
        };
        let code = typed.or_else(|| self.element("Code")).or_else(json)?;
        Some(code.split(':').next().unwrap_or_default().to_owned())
    }

    /// This answer, if it is a success.
    ///
    /// # Errors
    /// What was asked, and what was said.
    pub(crate) fn done(self) -> Result<HttpAnswer, Stop> {
        if self.status.is_success() {
            Ok(self)
        } else {
            Err(Stop(format!("{}: {}", self.asked, self.summary())))
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// `name value`, or `no name`.
    pub(crate) fn shown(&self, name: &str) -> String {
        match self.header(name) {
            Some(value) => format!("{name} {value}"),
            None => format!("no {name}"),
        }
    }

    /// The header's value, or what to say without it.
    pub(crate) fn value(&self, name: &str) -> String {
        self.header(name)
            .map_or_else(|| format!("no {name}"), str::to_owned)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The body as a phrase shows it.
    pub(crate) fn body_shown(&self) -> String {
        if self.body.is_empty() {
            "no body".to_owned()
        } else {
            format!("body {}", self.text())
        }
    }

    /// What the first element of this name holds.
    pub(crate) fn element(&self, name: &str) -> Option<String> {
        self.elements(name).into_iter().next()
    }

    /// What each element of this name holds, in order.
    pub(crate) fn elements(&self, name: &str) -> Vec<String> {
        let text = self.text();
        let (mut found, mut rest) = (Vec::new(), text.as_str());
        while let Some((_, after)) = rest.split_once(&format!("<{name}")) {
            rest = after;
            // The name may go on, and the element may be empty or have attributes.
            let Some((attributes, content)) = after.split_once('>') else {
                break;
            };
            if !(attributes.is_empty() || attributes.starts_with([' ', '/'])) {
                continue;
            }
            if attributes.ends_with('/') {
                found.push(String::new());
                continue;
            }
            let Some((inside, after)) = content.split_once(&format!("</{name}>")) else {
                break;
            };
            found.push(unescaped(inside));
            rest = after;
        }
        found
    }

    /// Keys of a listing.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.elements("Key")
    }
}

/// What stands in an element of a piece of XML.
pub(crate) fn within(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    Some(unescaped(rest.split_once(&format!("</{name}>"))?.0))
}

fn unescaped(text: &str) -> String {
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"");
    let text = text.replace("&#34;", "\"").replace("&#39;", "'");
    text.replace("&amp;", "&")
}
