//! What answers requests for the embedded store: the protocol library on it, and what that leaves to be done.

use std::sync::Arc;

use bytes::Bytes;
use cloud_client::LARGEST_DOCUMENT;
use cloud_gateway::{Arrival, ErrorFormat, Keys, Protocol, RequestInfo};
use futures::future::BoxFuture;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Collected};
use s3s::auth::{S3Auth, SecretKey};
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpError, S3Result, s3_error};

use super::access::Access;
use super::bucket_documents::BucketDocuments;
use super::{cut_short, host, request as s3_request};
use crate::embedded::{Service, Status, Store, UnquotedTag};
use crate::front::Front;

/// The largest file in a form: it is taken apart in memory before the store sees it.
const LARGEST_FORM: u64 = 256 << 20;

/// What answers requests for the embedded store.
pub(crate) struct EmbeddedFront(Box<S3Service>);

impl EmbeddedFront {
    pub(crate) fn new(store: &Arc<Store>, keys: &Keys, anonymous: bool) -> EmbeddedFront {
        let accounts = keys.accounts().cloned().collect();
        let mut builder = S3ServiceBuilder::new(Service::new(store.clone(), accounts));
        builder.set_auth(Secrets(keys.clone()));
        let access = Access {
            keys: keys.clone(),
            store: store.clone(),
            anonymous,
        };
        builder.set_access(access.clone());
        builder.set_route(BucketDocuments(access));
        builder.set_host(host::VirtualHosts);
        let mut config = S3Config::default();
        config.xml_max_body_size = LARGEST_DOCUMENT;
        config.post_object_max_file_size = store.largest_body().min(LARGEST_FORM);
        builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(config))));
        EmbeddedFront(Box::new(builder.build()))
    }
}

impl Front for EmbeddedFront {
    fn trusts_gateway(&self) -> bool {
        false
    }

    fn serve<'a>(
        &'a self,
        request: Request<Body>,
        arrival: Arrival,
        _seen: Option<&'a RequestInfo>,
    ) -> BoxFuture<'a, Result<Response<Body>, HttpError>> {
        Box::pin(answer(&self.0, request, arrival))
    }
}

/// The secrets by which the protocol library verifies signatures.
struct Secrets(Keys);

#[async_trait::async_trait]
impl S3Auth for Secrets {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        self.0.secret(access_key).ok_or_else(|| {
            s3_error!(
                InvalidAccessKeyId,
                "The AWS Access Key Id you provided does not exist in our records."
            )
        })
    }
}

/// Hands a request to the protocol library.
async fn answer(
    service: &S3Service,
    request: Request<Body>,
    arrival: Arrival,
) -> Result<Response<Body>, HttpError> {
    let (mut head, body) = request.into_parts();
    let id = arrival.id;
    head.extensions.insert(arrival);
    // The store itself sees to the bodies of objects; those of documents are read where an early end is an error of
    // ours. AWS calls it one of the client.
    let chunked = head.headers.contains_key(http::header::TRANSFER_ENCODING);
    let (body, wrong) = if chunked || s3_request::is_document(&head) {
        cut_short::watched(body, &head.headers, LARGEST_DOCUMENT as u64)
    } else {
        (body, None)
    };
    let asked = wrong
        .is_some()
        .then(|| ErrorFormat::from_request(&head.method, &head.headers));
    let mut response = service.call(Request::from_parts(head, body)).await?;
    if let (Some(wrong), Some(asked)) = (wrong, asked)
        && response.status() == StatusCode::INTERNAL_SERVER_ERROR
        && let Some(error) = wrong.error()
    {
        response = Protocol::S3.error(&error, &asked, &id.to_string());
    }
    if let Some(Status(status)) = response.extensions_mut().remove() {
        *response.status_mut() = status;
    }
    if response.extensions_mut().remove::<UnquotedTag>().is_some() {
        response = unquoted(response).await;
    }
    if response.status().is_client_error() {
        response = legible(response).await;
    }
    Ok(response)
}

/// AWS's words for an error that the protocol library gives none to: clients show `Unknown` then.
fn with_message(document: Bytes) -> Bytes {
    const CODE: &str = "<Code>SignatureDoesNotMatch</Code>";
    const MESSAGE: &str = "<Message>The request signature we calculated does not match the signature you provided. Check \
                           your key and signing method.</Message>";
    match std::str::from_utf8(&document) {
        Ok(text) if text.contains(CODE) && !text.contains("<Message>") => {
            Bytes::from(text.replacen(CODE, &format!("{CODE}{MESSAGE}"), 1))
        }
        _ => document,
    }
}

/// The same error without characters that no XML may have: it may say what the client has sent.
async fn legible(response: Response<Body>) -> Response<Body> {
    let (mut head, body) = response.into_parts();
    // What was just made in memory can be read.
    let document = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
    let length = document.len();
    let document = with_message(document);
    if document.len() != length {
        head.headers.remove(http::header::CONTENT_LENGTH);
    }
    // Their bytes begin so.
    let is_suspect = |byte: &u8| matches!(byte, 0..=8 | 11 | 12 | 14..=31 | 0xef);
    if !document.iter().any(is_suspect) {
        return Response::from_parts(head, Body::from(document));
    }
    let is_forbidden = |c: char| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    let text = String::from_utf8_lossy(&document).replace(is_forbidden, "\u{fffd}");
    head.headers.remove(http::header::CONTENT_LENGTH);
    Response::from_parts(head, Body::from(Bytes::from(text)))
}

/// The same document, its entity tag without quotes.
async fn unquoted(response: Response<Body>) -> Response<Body> {
    let (mut head, body) = response.into_parts();
    // What was just made in memory can be read.
    let document = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
    let mut text = String::from_utf8_lossy(&document).into_owned();
    if let Some((before, rest)) = text.split_once("<ETag>")
        && let Some((tag, after)) = rest.split_once("</ETag>")
    {
        let tag = tag.replace("&quot;", "").replace('"', "");
        text = format!("{before}<ETag>{tag}</ETag>{after}");
    }
    head.headers.remove(http::header::CONTENT_LENGTH);
    Response::from_parts(head, Body::from(Bytes::from(text)))
}
