//! Bucket policies.

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::answer::answer;
use crate::embedded::error::custom;
use crate::embedded::policy::Policy as ParsedPolicy;
use crate::embedded::service::Service;

/// AWS allows policies of so many bytes.
const LONGEST_POLICY: usize = 20 * 1024;

/// The policy as it was put, or 404.
pub(crate) fn get(
    service: &Service,
    req: S3Request<GetBucketPolicyInput>,
) -> S3Result<S3Response<GetBucketPolicyOutput>> {
    let bucket = service.store.bucket(&req.input.bucket)?;
    let policy = bucket.read(|state| state.config.policy.as_ref().map(|policy| policy.text.clone()))?;
    let policy = policy.ok_or_else(no_policy)?;
    answer(GetBucketPolicyOutput { policy: Some(policy) })
}

fn no_policy() -> s3s::S3Error {
    s3_error!(NoSuchBucketPolicy, "The bucket policy does not exist")
}

/// Stores a policy; a public access block may refuse one that opens the bucket to everybody.
pub(crate) fn put(
    service: &Service,
    req: S3Request<PutBucketPolicyInput>,
) -> S3Result<S3Response<PutBucketPolicyOutput>> {
    let bucket = service.store.bucket(&req.input.bucket)?;
    let text = req.input.policy;
    if text.len() > LONGEST_POLICY {
        let message = format!("The policy is larger than {LONGEST_POLICY} bytes");
        return Err(custom("PolicyTooLarge", http::StatusCode::BAD_REQUEST, message));
    }
    let policy = ParsedPolicy::parse(&text, &bucket.name)
        .map_err(|problem| s3_error!(MalformedPolicy, "{problem}"))?;
    bucket.write(|state| {
        let block = state.config.public_access_block.as_ref();
        if policy.is_public() && block.is_some_and(|block| block.block_public_policy == Some(true)) {
            return Err(s3_error!(
                AccessDenied,
                "The policy was not put because public policies are prevented by the BlockPublicPolicy setting in S3 Block \
                 Public Access."
            ));
        }
        state.config.policy = Some(policy);
        Ok(())
    })??;
    Ok(S3Response::with_status(
        PutBucketPolicyOutput::default(),
        http::StatusCode::NO_CONTENT,
    ))
}

/// Removes the policy; none to remove is no error.
pub(crate) fn delete(
    service: &Service,
    req: S3Request<DeleteBucketPolicyInput>,
) -> S3Result<S3Response<DeleteBucketPolicyOutput>> {
    let bucket = service.store.bucket(&req.input.bucket)?;
    bucket.write(|state| state.config.policy = None)?;
    Ok(S3Response::with_status(
        DeleteBucketPolicyOutput::default(),
        http::StatusCode::NO_CONTENT,
    ))
}

/// Whether the policy, or the bucket's list of grants, opens it to everybody.
pub(crate) fn status(
    service: &Service,
    req: S3Request<GetBucketPolicyStatusInput>,
) -> S3Result<S3Response<GetBucketPolicyStatusOutput>> {
    let bucket = service.store.bucket(&req.input.bucket)?;
    let public = bucket.read(|state| {
        let acl = state.config.acl.as_ref().is_some_and(|acl| acl.is_public());
        acl || state.config.policy.as_ref().is_some_and(ParsedPolicy::is_public)
    })?;
    answer(GetBucketPolicyStatusOutput {
        policy_status: Some(PolicyStatus {
            is_public: Some(public),
        }),
    })
}
