//! Takes the body of a request in: bounded, charged while it arrives, digested once, verified.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use http::HeaderMap;
use md5::{Digest, Md5};
use s3s::dto::StreamingBlob;
use s3s::{S3Error, S3Result, TrailingHeaders, s3_error};

use super::checksum::{Algorithm, Checksum, Hasher, Value};
use super::error::{StoreError, custom};
use super::meter::MemoryMeter;
use super::store::Store;

/// No buffer is reserved beyond this before bytes arrive: a declared length is only a claim.
const LARGEST_RESERVATION: usize = 1 << 20;

/// A client that sends nothing for so long (wall time) is given up, with what it has sent.
const BODY_TIMEOUT: Duration = Duration::from_secs(20);

/// A body that arrived whole and is what the client said.
pub(crate) struct Ingested {
    pub(crate) body: Bytes,
    pub(crate) md5: [u8; 16],
    pub(crate) checksum: Checksum,
}

/// What the client said about the body.
pub(crate) struct Claims {
    length: Option<u64>,
    md5: Option<[u8; 16]>,
    algorithm: Algorithm,
    /// `None`: to be computed, or to be found in the trailer.
    value: Option<Value>,
    /// The algorithm was named, so its value must come in a trailer unless it stands in `value`.
    in_trailer: bool,
}

impl Claims {
    /// From the request's headers and fields. `fallback` is the algorithm when the client names none.
    pub(crate) fn read(
        headers: &HeaderMap,
        length: Option<i64>,
        content_md5: Option<&str>,
        checksums: Fields<'_>,
        fallback: Algorithm,
    ) -> S3Result<Claims> {
        let md5 = content_md5.map(parse_md5).transpose()?;
        let (algorithm, value) = match single_checksum(checksums)? {
            Some((algorithm, value)) => (Some(algorithm), Some(value)),
            None => (None, None),
        };
        let trailer = header(headers, "x-amz-trailer").and_then(|names| {
            let mut names = names.split(',').map(|n| n.trim().to_ascii_lowercase());
            names.find_map(|n| Algorithm::ALL.into_iter().find(|a| a.header() == n))
        });
        let named = named_algorithm(headers)?;
        if let (Some(named), Some(sent)) = (named, algorithm.or(trailer))
            && named != sent
        {
            return Err(s3_error!(
                InvalidRequest,
                "Value for x-amz-sdk-checksum-algorithm header is invalid."
            ));
        }
        Ok(Claims {
            length: length.and_then(|n| u64::try_from(n).ok()),
            md5,
            in_trailer: trailer.is_some() && value.is_none(),
            algorithm: algorithm.or(trailer).or(named).unwrap_or(fallback),
            value,
        })
    }

    /// The algorithm of the checksum that will be stored.
    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

/// The checksum fields of an input, each with its algorithm.
pub(crate) type Fields<'a> = [(Algorithm, Option<&'a str>); 5];

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn named_algorithm(headers: &HeaderMap) -> S3Result<Option<Algorithm>> {
    let name =
        header(headers, "x-amz-sdk-checksum-algorithm").or(header(headers, "x-amz-checksum-algorithm"));
    let Some(name) = name else { return Ok(None) };
    let algorithm = Algorithm::named(name);
    algorithm.map(Some).ok_or_else(|| {
        s3_error!(
            InvalidRequest,
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]"
        )
    })
}

/// The declared length of a `PUT`; forms are measured when they are taken apart.
pub(crate) fn required_length(method: &http::Method, length: Option<i64>) -> S3Result<Option<i64>> {
    match length {
        None if method == http::Method::PUT => Err(s3_error!(
            MissingContentLength,
            "You must provide the Content-Length HTTP header."
        )),
        length => Ok(length),
    }
}

/// The MD5 of `Content-MD5`.
pub(crate) fn parse_md5(text: &str) -> S3Result<[u8; 16]> {
    let bytes = base64_simd::STANDARD.decode_to_vec(text).ok();
    bytes
        .and_then(|b| <[u8; 16]>::try_from(b).ok())
        .ok_or_else(|| s3_error!(InvalidDigest, "The Content-MD5 you specified was invalid."))
}

/// The one checksum among the fields.
pub(crate) fn single_checksum(fields: Fields<'_>) -> S3Result<Option<(Algorithm, Value)>> {
    let mut found = None;
    for (algorithm, text) in fields {
        let Some(text) = text else { continue };
        let value = Value::from_base64(algorithm, text).ok_or_else(|| {
            s3_error!(
                InvalidRequest,
                "Value for {} header is invalid.",
                algorithm.header()
            )
        })?;
        if found.replace((algorithm, value)).is_some() {
            return Err(s3_error!(
                InvalidRequest,
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
            ));
        }
    }
    Ok(found)
}

/// Reads `body` to its end.
pub(crate) async fn ingest(
    store: &Store,
    body: Option<StreamingBlob>,
    claims: Claims,
    trailers: Option<&TrailingHeaders>,
) -> S3Result<Ingested> {
    let limit = store.options.largest_body.0;
    let declared = claims.length.unwrap_or(0);
    if declared > limit {
        return Err(StoreError::TooLarge { limit }.into());
    }
    let mut hasher = Hasher::new(claims.algorithm);
    let (body, md5) = collect(&store.meter, body, claims.length, limit, &mut hasher).await?;
    let value = hasher.finish();
    if claims.md5.is_some_and(|claimed| claimed != md5) {
        return Err(s3_error!(
            BadDigest,
            "The Content-MD5 you specified did not match what we received."
        ));
    }
    let claimed = if claims.in_trailer {
        Some(trailing_checksum(trailers, claims.algorithm)?)
    } else {
        claims.value
    };
    if claimed.is_some_and(|claimed| claimed != value) {
        let name = claims.algorithm.name();
        return Err(s3_error!(
            BadDigest,
            "The {name} you specified did not match the calculated checksum."
        ));
    }
    Ok(Ingested {
        body,
        md5,
        checksum: Checksum::full(claims.algorithm, value),
    })
}

async fn collect(
    meter: &Arc<MemoryMeter>,
    body: Option<StreamingBlob>,
    length: Option<u64>,
    limit: u64,
    hasher: &mut Hasher,
) -> S3Result<(Bytes, [u8; 16])> {
    let declared = length.unwrap_or(0);
    let mut charge = meter.charge(declared)?;
    let mut data = Vec::with_capacity(declared.min(LARGEST_RESERVATION as u64) as usize);
    let mut md5 = Md5::new();
    if let Some(mut stream) = body {
        while let Some(chunk) = next(&mut stream).await? {
            let chunk = chunk.map_err(|e| body_error(&*e))?;
            let size = (data.len() + chunk.len()) as u64;
            if size > limit {
                return Err(StoreError::TooLarge { limit }.into());
            }
            if size > charge.bytes() {
                charge.grow(size - charge.bytes())?;
            }
            md5.update(&chunk);
            hasher.update(&chunk);
            data.extend_from_slice(&chunk);
        }
    }
    if length.is_some_and(|length| length != data.len() as u64) {
        return Err(s3_error!(
            IncompleteBody,
            "You did not provide the number of bytes specified by the Content-Length HTTP header"
        ));
    }
    Ok((charge.hold(data), md5.finalize().into()))
}

/// The next chunk, unless the client stops sending.
async fn next(stream: &mut StreamingBlob) -> S3Result<Option<Result<Bytes, s3s::StdError>>> {
    let chunk = tokio::time::timeout(BODY_TIMEOUT, stream.next()).await;
    chunk.map_err(|_| {
        s3_error!(
            RequestTimeout,
            "Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed."
        )
    })
}

/// The library's stream errors have private types; their texts tell a wrong signature from a torn body.
fn body_error(error: &(dyn std::error::Error + Send + Sync)) -> S3Error {
    let text = format!("{error} {error:?}");
    if text.contains("Sha256Mismatch") {
        let message = "The provided 'x-amz-content-sha256' header does not match what was computed.";
        return custom(
            "XAmzContentSHA256Mismatch",
            http::StatusCode::BAD_REQUEST,
            message,
        );
    }
    if text.contains("SignatureMismatch") {
        return s3_error!(SignatureDoesNotMatch);
    }
    s3_error!(IncompleteBody, "The request body terminated unexpectedly")
}

fn trailing_checksum(trailers: Option<&TrailingHeaders>, algorithm: Algorithm) -> S3Result<Value> {
    let value = trailers.and_then(|t| {
        t.read(|headers| {
            let text = headers.get(algorithm.header())?.to_str().ok()?;
            Value::from_base64(algorithm, text)
        })
    });
    value.flatten().ok_or_else(|| {
        s3_error!(
            InvalidRequest,
            "Value for {} trailing header is missing or invalid.",
            algorithm.header()
        )
    })
}
