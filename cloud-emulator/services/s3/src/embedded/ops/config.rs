//! Configurations that are stored as they come and returned as they were. What would have no effect is refused: only what
//! says that nothing is to be done is taken.

use s3s::dto::*;
use s3s::{S3Error, S3Request, S3Response, S3Result, s3_error};

use super::answer::answer;
use crate::embedded::acl::Acl;
use crate::embedded::error::{custom, malformed, not_emulated};
use crate::embedded::service::Service;

type ConfigResult<T> = S3Result<S3Response<T>>;

/// A function that removes a configuration; none to remove is no error.
macro_rules! removal {
    ($name:ident, $field:ident, $input:ty, $output:ident) => {
        #[doc = concat!("Removes `", stringify!($field), "`.")]
        pub(crate) fn $name(service: &Service, req: S3Request<$input>) -> ConfigResult<$output> {
            let bucket = service.store.bucket(&req.input.bucket)?;
            bucket.write(|state| state.config.$field = None)?;
            Ok(S3Response::with_status(
                $output::default(),
                http::StatusCode::NO_CONTENT,
            ))
        }
    };
}

/// A function that stores a configuration.
macro_rules! storage {
    ($name:ident, $field:ident = $from:expr, $input:ty, $output:ident) => {
        #[doc = concat!("Stores `", stringify!($field), "`.")]
        pub(crate) fn $name(service: &Service, req: S3Request<$input>) -> ConfigResult<$output> {
            let bucket = service.store.bucket(&req.input.bucket)?;
            let convert: fn($input) -> S3Result<_> = $from;
            let value = convert(req.input)?;
            bucket.write(|state| state.config.$field = Some(value))?;
            answer($output::default())
        }
    };
}

/// A function that returns a configuration, or an error when none was ever put.
macro_rules! retrieval {
    ($name:ident, $field:ident => $to:expr, $missing:expr, $input:ty, $output:ty) => {
        #[doc = concat!("Returns `", stringify!($field), "`.")]
        pub(crate) fn $name(service: &Service, req: S3Request<$input>) -> ConfigResult<$output> {
            let bucket = service.store.bucket(&req.input.bucket)?;
            let value = bucket.read(|state| state.config.$field.clone())?;
            let missing: fn() -> S3Result<$output> = $missing;
            answer(value.map_or_else(missing, |value| Ok($to(value)))?)
        }
    };
}

/// What S3 encrypts with where nothing was put.
fn own_encryption() -> ServerSideEncryptionConfiguration {
    ServerSideEncryptionConfiguration {
        rules: vec![ServerSideEncryptionRule {
            apply_server_side_encryption_by_default: Some(ServerSideEncryptionByDefault {
                kms_master_key_id: None,
                sse_algorithm: ServerSideEncryption::from_static(ServerSideEncryption::AES256),
            }),
            bucket_key_enabled: Some(false),
        }],
    }
}

/// One rule, which names an algorithm that writes can have.
fn checked_encryption(
    configuration: ServerSideEncryptionConfiguration,
) -> S3Result<ServerSideEncryptionConfiguration> {
    let [rule] = &configuration.rules[..] else {
        return Err(malformed());
    };
    let Some(default) = &rule.apply_server_side_encryption_by_default else {
        return Ok(configuration);
    };
    let key = default.kms_master_key_id.is_some();
    match default.sse_algorithm.as_str() {
        ServerSideEncryption::AES256 if key => Err(s3_error!(
            InvalidArgument,
            "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse"
        )),
        ServerSideEncryption::AES256 | ServerSideEncryption::AWS_KMS | ServerSideEncryption::AWS_KMS_DSSE => {
            Ok(configuration)
        }
        _ => Err(malformed()),
    }
}

retrieval!(get_encryption, encryption => |c| GetBucketEncryptionOutput {
    server_side_encryption_configuration: Some(c),
}, || Ok(GetBucketEncryptionOutput {
    server_side_encryption_configuration: Some(own_encryption()),
}), GetBucketEncryptionInput, GetBucketEncryptionOutput);
storage!(
    put_encryption,
    encryption = |input| checked_encryption(input.server_side_encryption_configuration),
    PutBucketEncryptionInput,
    PutBucketEncryptionOutput
);
removal!(
    delete_encryption,
    encryption,
    DeleteBucketEncryptionInput,
    DeleteBucketEncryptionOutput
);

retrieval!(get_logging, logging => |c: BucketLoggingStatus| GetBucketLoggingOutput {
    logging_enabled: c.logging_enabled,
}, || Ok(Default::default()), GetBucketLoggingInput, GetBucketLoggingOutput);
storage!(
    put_logging,
    logging = |input| match input.bucket_logging_status.logging_enabled {
        None => Ok(input.bucket_logging_status),
        Some(_) => Err(not_emulated("No access logs are delivered")),
    },
    PutBucketLoggingInput,
    PutBucketLoggingOutput
);

retrieval!(get_notification, notification => |c: NotificationConfiguration| GetBucketNotificationConfigurationOutput {
    event_bridge_configuration: c.event_bridge_configuration,
    lambda_function_configurations: c.lambda_function_configurations,
    queue_configurations: c.queue_configurations,
    topic_configurations: c.topic_configurations,
}, || Ok(Default::default()), GetBucketNotificationConfigurationInput, GetBucketNotificationConfigurationOutput);
storage!(
    put_notification,
    notification = |input| if notifies(&input.notification_configuration) {
        Err(not_emulated("No event notifications are sent"))
    } else {
        Ok(input.notification_configuration)
    },
    PutBucketNotificationConfigurationInput,
    PutBucketNotificationConfigurationOutput
);

/// Whether any notification would be sent.
fn notifies(configuration: &NotificationConfiguration) -> bool {
    let told = [
        configuration
            .lambda_function_configurations
            .as_ref()
            .is_some_and(|told| !told.is_empty()),
        configuration
            .queue_configurations
            .as_ref()
            .is_some_and(|told| !told.is_empty()),
        configuration
            .topic_configurations
            .as_ref()
            .is_some_and(|told| !told.is_empty()),
        configuration.event_bridge_configuration.is_some(),
    ];
    told.contains(&true)
}

retrieval!(get_ownership, ownership => |c| GetBucketOwnershipControlsOutput {
    ownership_controls: Some(c),
}, || Err(s3_error!(OwnershipControlsNotFoundError, "The bucket ownership controls were not found")),
    GetBucketOwnershipControlsInput, GetBucketOwnershipControlsOutput);
/// Stores who owns objects; grants are to be gone from the bucket before they are disabled.
pub(crate) fn put_ownership(
    service: &Service,
    req: S3Request<PutBucketOwnershipControlsInput>,
) -> ConfigResult<PutBucketOwnershipControlsOutput> {
    let bucket = service.store.bucket(&req.input.bucket)?;
    let controls = req.input.ownership_controls;
    let [rule] = &controls.rules[..] else {
        return Err(malformed());
    };
    let enforced = match rule.object_ownership.as_str() {
        ObjectOwnership::BUCKET_OWNER_ENFORCED => true,
        ObjectOwnership::BUCKET_OWNER_PREFERRED | ObjectOwnership::OBJECT_WRITER => false,
        _ => return Err(malformed()),
    };
    bucket.write(|state| {
        let private = Acl::private(&bucket.owner);
        let granted = state.config.acl.as_ref().is_some_and(|acl| *acl != private);
        if enforced && granted {
            return Err(with_grants());
        }
        state.config.ownership = Some(controls);
        Ok(())
    })??;
    answer(PutBucketOwnershipControlsOutput::default())
}

/// A bucket cannot have grants and have them disabled.
pub(super) fn with_grants() -> S3Error {
    custom(
        "InvalidBucketAclWithObjectOwnership",
        http::StatusCode::BAD_REQUEST,
        "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
    )
}

removal!(
    delete_ownership,
    ownership,
    DeleteBucketOwnershipControlsInput,
    DeleteBucketOwnershipControlsOutput
);

fn no_public_access_block() -> S3Error {
    let message = "The public access block configuration was not found";
    custom(
        "NoSuchPublicAccessBlockConfiguration",
        http::StatusCode::NOT_FOUND,
        message,
    )
}

retrieval!(get_public_access_block, public_access_block => |c| GetPublicAccessBlockOutput {
    public_access_block_configuration: Some(c),
}, || Err(no_public_access_block()), GetPublicAccessBlockInput, GetPublicAccessBlockOutput);
storage!(
    put_public_access_block,
    public_access_block = |input| Ok(all_settings(input.public_access_block_configuration)),
    PutPublicAccessBlockInput,
    PutPublicAccessBlockOutput
);
removal!(
    delete_public_access_block,
    public_access_block,
    DeletePublicAccessBlockInput,
    DeletePublicAccessBlockOutput
);

/// What is not said is off, and is said in the answer.
fn all_settings(block: PublicAccessBlockConfiguration) -> PublicAccessBlockConfiguration {
    let said = |setting: Option<bool>| Some(setting.unwrap_or(false));
    PublicAccessBlockConfiguration {
        block_public_acls: said(block.block_public_acls),
        block_public_policy: said(block.block_public_policy),
        ignore_public_acls: said(block.ignore_public_acls),
        restrict_public_buckets: said(block.restrict_public_buckets),
    }
}
