//! What AWS documents, and how a cloud is asked whether it does the same.

use std::fmt;
use std::future::Future;

use futures::FutureExt;
use futures::future::BoxFuture;

use crate::lab::Lab;

/// A page of AWS's documentation.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// As a reader would look for it.
    pub(crate) title: String,
    pub(crate) url: String,
}

/// A step of a check went otherwise than its question presupposes: what was seen, in words.
#[derive(Clone, Debug)]
pub(crate) struct Stop(pub(crate) String);

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a check saw, without anything that differs from run to run.
pub(crate) type Observation = Result<String, Stop>;

/// One row of the contract.
pub(crate) struct Expectation {
    pub(crate) what: &'static str,
    pub(crate) page: Page,
    /// What AWS answers, in the words in which the check says what it saw.
    pub(crate) aws: &'static str,
    pub(crate) check: Box<dyn Fn(Lab) -> BoxFuture<'static, Observation> + Send + Sync>,
    /// Why a cloud answers otherwise.
    pub(crate) differs: Option<&'static str>,
}

impl Expectation {
    /// Explains the deviations of this row.
    pub(crate) fn differs(mut self, why: &'static str) -> Expectation {
        self.differs = Some(why);
        self
    }
}

/// A row.
pub(crate) fn expect<C, F>(what: &'static str, page: Page, aws: &'static str, check: C) -> Expectation
where
    C: Fn(Lab) -> F + Send + Sync + 'static,
    F: Future<Output = Observation> + Send + 'static,
{
    Expectation {
        what,
        page,
        aws,
        check: Box::new(move |lab| check(lab).boxed()),
        differs: None,
    }
}

fn page(title: String, path: &str) -> Page {
    Page {
        title,
        url: format!("https://docs.aws.amazon.com/{path}.html"),
    }
}

/// An operation in S3's API reference.
pub(crate) fn s3_api(operation: &str) -> Page {
    page(
        format!("S3 API: {operation}"),
        &format!("AmazonS3/latest/API/API_{operation}"),
    )
}

/// S3's list of error codes.
pub(crate) fn s3_errors() -> Page {
    page(
        "S3 API: Error responses".to_owned(),
        "AmazonS3/latest/API/ErrorResponses",
    )
}

/// Another page of S3's API reference.
pub(crate) fn s3_reference(title: &str, file: &str) -> Page {
    page(format!("S3 API: {title}"), &format!("AmazonS3/latest/API/{file}"))
}

/// A page of S3's user guide.
pub(crate) fn s3_guide(title: &str, file: &str) -> Page {
    page(
        format!("S3 User Guide: {title}"),
        &format!("AmazonS3/latest/userguide/{file}"),
    )
}

/// An operation in Lambda's API reference.
pub(crate) fn lambda_api(operation: &str) -> Page {
    page(
        format!("Lambda API: {operation}"),
        &format!("lambda/latest/api/API_{operation}"),
    )
}

/// A page of Lambda's developer guide.
pub(crate) fn lambda_guide(title: &str, file: &str) -> Page {
    page(
        format!("Lambda Developer Guide: {title}"),
        &format!("lambda/latest/dg/{file}"),
    )
}

/// Errors that every operation of Lambda may answer.
pub(crate) fn lambda_errors() -> Page {
    page(
        "Lambda API: Common errors".to_owned(),
        "lambda/latest/api/CommonErrors",
    )
}

/// An operation in STS's API reference.
pub(crate) fn sts_api(operation: &str) -> Page {
    page(
        format!("STS API: {operation}"),
        &format!("STS/latest/APIReference/API_{operation}"),
    )
}

/// Errors that every operation of STS may answer.
pub(crate) fn sts_errors() -> Page {
    page(
        "STS API: Common errors".to_owned(),
        "STS/latest/APIReference/CommonErrors",
    )
}

/// What IAM's guide says of signatures that are missing or wrong, at any service.
pub(crate) fn signatures() -> Page {
    page(
        "IAM User Guide: Troubleshoot Signature Version 4 signing".to_owned(),
        "IAM/latest/UserGuide/reference_sigv-troubleshooting",
    )
}
