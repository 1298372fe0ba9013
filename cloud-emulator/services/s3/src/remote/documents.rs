//! XML documents of S3, read and written with the types of `s3s`.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use s3s::Body;
use s3s::xml::{Deserialize, Deserializer, Serialize, Serializer};

use cloud_client::LARGEST_DOCUMENT;
use cloud_gateway::AwsError;

/// The whole body of a request, which is a document.
pub(super) async fn whole(body: Body) -> Result<Bytes, AwsError> {
    match Limited::new(body, LARGEST_DOCUMENT).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) => Err(AwsError::unreadable(&*error)),
    }
}

/// A document as what it says.
pub(super) fn parsed<T: for<'xml> Deserialize<'xml>>(document: &[u8]) -> Result<T, AwsError> {
    let malformed = |_| {
        AwsError::new(
            StatusCode::BAD_REQUEST,
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published schema",
        )
    };
    let mut deserializer = Deserializer::new(document);
    let value = T::deserialize(&mut deserializer).map_err(malformed)?;
    deserializer.expect_eof().map_err(malformed)?;
    Ok(value)
}

/// An answer with a document.
pub(super) fn document<T: Serialize>(value: &T) -> Response<Body> {
    let mut text = Vec::with_capacity(256);
    let mut serializer = Serializer::new(&mut text);
    serializer.decl().expect("memory can be written to");
    value
        .serialize(&mut serializer)
        .expect("memory can be written to");
    let mut response = Response::new(Body::from(Bytes::from(text)));
    let xml = HeaderValue::from_static("application/xml");
    response.headers_mut().insert(CONTENT_TYPE, xml);
    response
}

/// An answer whose status may say success before the endpoint knows: as it is, and whether it is one.
pub(super) async fn read_outcome(answer: Response<Body>) -> Result<(Response<Body>, bool), AwsError> {
    if !answer.status().is_success() {
        return Ok((answer, false));
    }
    let (head, body) = answer.into_parts();
    let document = Limited::new(body, LARGEST_DOCUMENT)
        .collect()
        .await
        .map_err(|error| {
            let message = format!("The endpoint's answer cannot be read: {error}");
            AwsError::new(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", message)
        })?;
    let document = document.to_bytes();
    let done = !is_error(&document);
    Ok((Response::from_parts(head, Body::from(document)), done))
}

/// Whether a document is one of S3's errors.
fn is_error(document: &[u8]) -> bool {
    let document = String::from_utf8_lossy(document);
    let mut rest = document.trim_start();
    if let Some((_, after)) = rest.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")) {
        rest = after.trim_start();
    }
    let after = rest.strip_prefix("<Error").map(|after| after.chars().next());
    after.is_some_and(|next| next.is_none_or(|next| !next.is_alphanumeric()))
}

/// An answer without a body.
pub(super) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_from_what_is_none() {
        for error in [
            "<Error><Code>InternalError</Code></Error>",
            "  \n<?xml version=\"1.0\"?>\n <Error xmlns=\"x\">",
        ] {
            assert!(is_error(error.as_bytes()), "{error}");
        }
        for none in ["", "<?xml version=\"1.0\"?><CopyObjectResult/>", "<Errors/>"] {
            assert!(!is_error(none.as_bytes()), "{none}");
        }
    }
}
