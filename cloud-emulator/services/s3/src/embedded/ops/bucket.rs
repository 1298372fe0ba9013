//! Buckets: create, delete, list, where they are.

use s3s::dto::*;
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::answer::answer;
use crate::embedded::accounts::Requester;
use crate::embedded::acl::Acl;
use crate::embedded::bucket::State;
use crate::embedded::calendar::timestamp;
use crate::embedded::error::{StoreError, custom};
use crate::embedded::fields::bucket_asked_of;
use crate::embedded::service::Service;
use crate::embedded::versions::Versioning;
use cloud_client::ask::CLASSIC_REGION;
use cloud_gateway::Arrival;

/// Why a new bucket has no home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Homeless {
    /// The region that was asked makes buckets of its own alone.
    Elsewhere(String),
    /// No region is called so in a constraint.
    Unknown(String),
}

impl Homeless {
    /// S3's code of it.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Homeless::Elsewhere(_) => "IllegalLocationConstraintException",
            Homeless::Unknown(_) => "InvalidLocationConstraint",
        }
    }
}

impl std::fmt::Display for Homeless {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Homeless::Elsewhere(asked) => write!(
                f,
                "The {asked} location constraint is incompatible for the region specific endpoint this request was \
                 sent to."
            ),
            Homeless::Unknown(name) => write!(f, "The specified location-constraint is not valid: {name}"),
        }
    }
}

/// Where a new bucket goes: as its location constraint says, else where the request was signed for, if that is known. A
/// region other than us-east-1 makes buckets of its own alone, and wants to be told so: a plan whose `create-bucket`
/// leaves the constraint out fails at AWS.
pub(crate) fn home_of_new<'a>(
    signed: Option<&'a str>,
    constraint: Option<&'a str>,
) -> Result<Option<&'a str>, Homeless> {
    let constraint = match constraint.filter(|constraint| !constraint.is_empty()) {
        // The old name of the first European region.
        Some("EU") => Some("eu-west-1"),
        other => other,
    };
    match (signed, constraint) {
        (Some(signed), asked) if signed != CLASSIC_REGION && asked != Some(signed) => {
            Err(Homeless::Elsewhere(asked.unwrap_or("unspecified").to_owned()))
        }
        // It has none, rather than one of this name.
        (_, Some(CLASSIC_REGION)) => Err(Homeless::Unknown(CLASSIC_REGION.to_owned())),
        (_, Some(asked)) => Ok(Some(asked)),
        (signed, None) => Ok(signed),
    }
}

/// Where a new bucket of the embedded S3 goes, in the end to the gateway's own region.
fn home(service: &Service, req: &S3Request<CreateBucketInput>) -> S3Result<String> {
    let config = req.input.create_bucket_configuration.as_ref();
    let constraint = config.and_then(|c| c.location_constraint.as_ref());
    let constraint = constraint.map(BucketLocationConstraint::as_str);
    let signed = req.region.as_ref().map(s3s::region::Region::as_str);
    let signed = signed.filter(|name| service.store.region(name).is_some());
    let home = home_of_new(signed, constraint).map_err(|why| match why {
        Homeless::Elsewhere(_) => s3_error!(IllegalLocationConstraintException, "{why}"),
        Homeless::Unknown(name) => StoreError::InvalidRegion(name).into(),
    })?;
    let listener = req.extensions.get::<Arrival>();
    let listener = listener.map(|arrival| &*arrival.listener);
    Ok(home.or(listener).unwrap_or(&service.default_region).to_owned())
}

/// Makes a bucket. Names are global: one that exists in any region is taken.
pub(crate) fn create(
    service: &Service,
    req: S3Request<CreateBucketInput>,
) -> S3Result<S3Response<CreateBucketOutput>> {
    let region = home(service, &req)?;
    let owner = Requester::from_extensions(&req.extensions);
    let input = req.input;
    let asked = bucket_asked_of!(input);
    let mut state = State::default();
    if let Some(object_ownership) = input.object_ownership {
        let rules = vec![OwnershipControlsRule { object_ownership }];
        state.config.ownership = Some(OwnershipControls { rules });
    }
    let private = Acl::private(&owner);
    let acl = asked.acl(&owner, &owner)?;
    state.config.acl = acl.filter(|acl| *acl != private);
    check_grants(&state)?;
    if input.object_lock_enabled_for_bucket == Some(true) {
        state.versioning = Versioning::Enabled;
        state.config.object_lock = Some(ObjectLockConfiguration {
            object_lock_enabled: Some(ObjectLockEnabled::from_static(ObjectLockEnabled::ENABLED)),
            rule: None,
        });
    }
    match service
        .store
        .add_bucket(&input.bucket, &region, owner.clone(), state)
    {
        Ok(_) => {}
        Err(StoreError::BucketExists(name)) => exists(service, &name, &owner)?,
        Err(error) => return Err(error.into()),
    }
    answer(CreateBucketOutput {
        location: Some(format!("/{}", input.bucket)),
    })
}

/// A new bucket is closed to the public, and has no grants unless it is made to have them.
fn check_grants(state: &State) -> S3Result<()> {
    let Some(acl) = &state.config.acl else {
        return Ok(());
    };
    if state.config.is_owner_enforced() {
        return Err(super::config::with_grants());
    }
    if acl.is_public() {
        Err(custom(
            "InvalidBucketAclWithBlockPublicAccessError",
            http::StatusCode::BAD_REQUEST,
            "Bucket cannot have public ACLs set with BlockPublicAccess enabled",
        ))
    } else {
        Ok(())
    }
}

/// The name is taken: by the same account, or by another. The oldest region answers its own account as if
/// the bucket had been made.
fn exists(service: &Service, name: &str, owner: &str) -> S3Result<()> {
    let bucket = service.store.bucket(name)?;
    if *bucket.owner == *owner && *bucket.region == *CLASSIC_REGION {
        return Ok(());
    }
    Err(if *bucket.owner == *owner {
        s3_error!(
            BucketAlreadyOwnedByYou,
            "Your previous request to create the named bucket succeeded and you already own it."
        )
    } else {
        s3_error!(
            BucketAlreadyExists,
            "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Select a different name and try again."
        )
    })
}

/// Removes an empty bucket; versions and delete markers count as content.
pub(crate) fn delete(
    service: &Service,
    req: S3Request<DeleteBucketInput>,
) -> S3Result<S3Response<DeleteBucketOutput>> {
    service.store.remove_bucket(&req.input.bucket, false)?;
    Ok(S3Response::with_status(
        DeleteBucketOutput::default(),
        http::StatusCode::NO_CONTENT,
    ))
}

/// Tells that a bucket is there, and in which region.
pub(crate) fn head(
    service: &Service,
    req: S3Request<HeadBucketInput>,
) -> S3Result<S3Response<HeadBucketOutput>> {
    let bucket = service.store.bucket(&req.input.bucket)?;
    answer(HeadBucketOutput {
        bucket_region: Some(bucket.region.to_string()),
        access_point_alias: Some(false),
        ..Default::default()
    })
}

/// The home region; us-east-1 is the empty constraint, as it always was.
pub(crate) fn location(
    service: &Service,
    req: S3Request<GetBucketLocationInput>,
) -> S3Result<S3Response<GetBucketLocationOutput>> {
    let bucket = service.store.bucket(&req.input.bucket)?;
    let region = bucket.region.to_string();
    answer(GetBucketLocationOutput {
        location_constraint: (region != CLASSIC_REGION).then(|| BucketLocationConstraint::from(region)),
    })
}

/// All buckets of an account in all regions, in the order of their names, paged when asked.
pub(crate) fn list(
    service: &Service,
    req: S3Request<ListBucketsInput>,
) -> S3Result<S3Response<ListBucketsOutput>> {
    let requester = Requester::from_extensions(&req.extensions);
    let input = req.input;
    let most = match input.max_buckets {
        None => usize::MAX,
        Some(n) if (1..=10_000).contains(&n) => n as usize,
        Some(_) => {
            return Err(s3_error!(
                InvalidArgument,
                "max-buckets must be between 1 and 10000"
            ));
        }
    };
    let prefix = input.prefix.as_deref().unwrap_or("");
    let after = input.continuation_token.as_deref().unwrap_or("");
    let wanted = |name: &str, region: &str| {
        name.starts_with(prefix) && name > after && input.bucket_region.as_deref().is_none_or(|r| r == region)
    };
    let mut found = service.store.all_buckets();
    found.retain(|b| *b.owner == *requester && wanted(&b.name, &b.region));
    let more = found.len() > most;
    found.truncate(most);
    answer(ListBucketsOutput {
        continuation_token: found.last().filter(|_| more).map(|b| b.name.to_string()),
        buckets: Some(
            found
                .iter()
                .map(|b| Bucket {
                    bucket_region: Some(b.region.to_string()),
                    creation_date: Some(timestamp(b.created_us)),
                    name: Some(b.name.to_string()),
                })
                .collect(),
        ),
        owner: Some(service.accounts.owner(&requester)),
        prefix: input.prefix,
    })
}
