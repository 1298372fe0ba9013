//! How an error looks in each protocol.

use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use s3s::Body;

use super::error::AwsError;
use super::protocol::{ErrorFormat, Protocol};

impl Protocol {
    /// An error as an answer. The answer to a `HEAD` has no body.
    pub fn error(self, error: &AwsError, asked: &ErrorFormat, id: &str) -> Response<Body> {
        let (content_type, document) = match self {
            Protocol::S3 => ("application/xml", s3_document(error, id).into_bytes()),
            Protocol::RestXml | Protocol::Query => ("text/xml", query_document(error, id).into_bytes()),
            Protocol::Ec2 => ("text/xml", ec2_document(error, id).into_bytes()),
            Protocol::RestJson => ("application/json", json_document(error, false)),
            Protocol::Json10 => ("application/x-amz-json-1.0", json_document(error, true)),
            Protocol::Json11 => ("application/x-amz-json-1.1", json_document(error, true)),
            Protocol::Cbor => ("application/cbor", cbor_document(error)),
        };
        let body = if asked.head {
            Body::empty()
        } else {
            Body::from(document)
        };
        let mut response = Response::new(body);
        *response.status_mut() = error.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        let mut put = |name: &'static str, text: &str| {
            if let Ok(value) = HeaderValue::try_from(text) {
                headers.insert(HeaderName::from_static(name), value);
            }
        };
        match self {
            Protocol::RestJson => put("x-amzn-errortype", &error.code),
            Protocol::Cbor => put("smithy-protocol", "rpc-v2-cbor"),
            _ => {}
        }
        if asked.query_mode {
            put(
                "x-amzn-query-error",
                &format!("{};{}", error.code, fault_of(error.status)),
            );
        }
        response
    }
}

fn fault_of(status: StatusCode) -> &'static str {
    if status.is_server_error() {
        "Receiver"
    } else {
        "Sender"
    }
}

fn s3_document(error: &AwsError, id: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message><RequestId>{id}</RequestId></Error>",
        escaped(&error.code),
        escaped(&error.message),
    )
}

fn query_document(error: &AwsError, id: &str) -> String {
    format!(
        "<ErrorResponse><Error><Type>{}</Type><Code>{}</Code><Message>{}</Message></Error><RequestId>{id}</RequestId></ErrorResponse>",
        fault_of(error.status),
        escaped(&error.code),
        escaped(&error.message),
    )
}

fn ec2_document(error: &AwsError, id: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>{}</Code><Message>{}</Message></Error></Errors><RequestID>{id}</RequestID></Response>",
        escaped(&error.code),
        escaped(&error.message),
    )
}

fn json_document(error: &AwsError, typed: bool) -> Vec<u8> {
    let mut document = serde_json::Map::new();
    if typed {
        document.insert("__type".to_owned(), error.code.as_ref().into());
    }
    document.insert("message".to_owned(), error.message.as_ref().into());
    for (name, value) in &error.members {
        document.insert((*name).to_owned(), (*value).into());
    }
    serde_json::Value::Object(document).to_string().into_bytes()
}

/// A map of two texts.
fn cbor_document(error: &AwsError) -> Vec<u8> {
    let mut document = vec![0xa2];
    for text in ["__type", &*error.code, "message", &*error.message] {
        // Texts of up to 65,535 bytes; longer messages are cut, at a boundary of characters.
        let text = &text[..text.floor_char_boundary(usize::from(u16::MAX))];
        document.push(0x79);
        document.extend((text.len() as u16).to_be_bytes());
        document.extend(text.as_bytes());
    }
    document
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            // XML has no way to write the other control characters.
            c if c.is_control() && !matches!(c, '\n' | '\t') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_break_out_of_a_document() {
        let error = AwsError::new(StatusCode::BAD_REQUEST, "A<B", "a \"&\" </Message>\u{1}");
        let text = query_document(&error, "1");
        assert!(
            text.contains(
                "<Code>A&lt;B</Code><Message>a &quot;&amp;&quot; &lt;/Message&gt;\u{fffd}</Message>"
            )
        );
    }
}
