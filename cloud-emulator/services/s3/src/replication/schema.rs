//! What S3 refuses of a replication configuration, and what is not emulated of one: pure.
//!
//! A configuration whose rules have a `Filter` is of the second version, and each of its rules must say its priority and
//! what becomes of delete markers; one whose rules have a `Prefix` instead is of the first version, and may say neither.
//! The page "Replication configuration file elements" of the S3 User Guide has the rules. The words are those in which
//! people have reported S3's answers, since no page has them: those of missing and forbidden elements in
//! `hashicorp/terraform-provider-aws`, those of priorities and tags in OpenIO's S3 gateway, which follows S3's.
//!
//! What would be taken and then not be done is refused with 501, so that no drill passes by it.

use std::collections::HashSet;

use http::StatusCode;
use s3s::dto::{
    DeleteMarkerReplicationStatus, Destination, MetricsStatus, ReplicaModificationsStatus,
    ReplicationConfiguration, ReplicationRule, ReplicationRuleFilter, ReplicationRuleStatus,
    ReplicationTimeStatus, SseKmsEncryptedObjectsStatus, StorageClass,
};

use super::rules;

/// AWS allows so many rules.
const MOST_RULES: usize = 1000;

/// And ids of so many characters.
const LONGEST_ID: usize = 255;

/// The storage classes that a replica may have.
const CLASSES: [&str; 8] = [
    StorageClass::DEEP_ARCHIVE,
    StorageClass::GLACIER,
    StorageClass::GLACIER_IR,
    StorageClass::INTELLIGENT_TIERING,
    StorageClass::ONEZONE_IA,
    StorageClass::REDUCED_REDUNDANCY,
    StorageClass::STANDARD,
    StorageClass::STANDARD_IA,
];

/// Why a configuration is not taken, as S3 says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn request(message: impl Into<String>) -> Refusal {
        Refusal::new("InvalidRequest", message)
    }

    fn argument(message: impl Into<String>) -> Refusal {
        Refusal::new("InvalidArgument", message)
    }

    fn malformed() -> Refusal {
        Refusal::new(
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published schema",
        )
    }

    /// S3 has it, and the emulated one has not.
    pub(crate) fn not_emulated(message: impl Into<String>) -> Refusal {
        Refusal {
            status: StatusCode::NOT_IMPLEMENTED,
            ..Refusal::new("NotImplemented", message)
        }
    }

    fn new(code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal {
            status: StatusCode::BAD_REQUEST,
            code,
            message: message.into(),
        }
    }
}

/// The version of the format that a configuration is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Schema {
    /// With `Prefix`.
    First,
    /// With `Filter`.
    Second,
}

/// Checks everything that can be said of a configuration of `bucket` without a look at other buckets.
///
/// # Errors
/// The first thing that S3 would refuse, or that is not emulated.
pub(crate) fn check(bucket: &str, configuration: &ReplicationConfiguration) -> Result<(), Refusal> {
    let rules = &configuration.rules;
    if rules.is_empty() || rules.len() > MOST_RULES {
        return Err(Refusal::request(format!(
            "The number of replication rules must be between 1 and {MOST_RULES}"
        )));
    }
    let filtered = rules.iter().filter(|rule| rule.filter.is_some()).count();
    let schema = match filtered {
        0 => Schema::First,
        all if all == rules.len() => Schema::Second,
        _ => return Err(Refusal::malformed()),
    };
    for rule in rules {
        check_rule(bucket, rule, schema)?;
    }
    unique(rules)
}

fn check_rule(bucket: &str, rule: &ReplicationRule, schema: Schema) -> Result<(), Refusal> {
    let status = rule.status.as_str();
    if status != ReplicationRuleStatus::ENABLED && status != ReplicationRuleStatus::DISABLED {
        return Err(Refusal::malformed());
    }
    if rule.id.as_ref().is_some_and(|id| id.chars().count() > LONGEST_ID) {
        return Err(Refusal::argument("Rule Id cannot be greater than 255"));
    }
    match schema {
        Schema::First => check_first(rule)?,
        Schema::Second => check_second(rule)?,
    }
    check_destination(bucket, &rule.destination)?;
    check_emulated(rule)
}

/// A rule of the first version has a prefix, and says nothing that only the second can say.
fn check_first(rule: &ReplicationRule) -> Result<(), Refusal> {
    if rule.prefix.is_none() {
        return Err(Refusal::malformed());
    }
    let said = [
        ("Priority", rule.priority.is_some()),
        (
            "DeleteMarkerReplication",
            rule.delete_marker_replication.is_some(),
        ),
    ];
    match said.into_iter().find(|(_, said)| *said) {
        Some((element, _)) => Err(of_this_version(element, "cannot be used")),
        None => Ok(()),
    }
}

/// A rule of the second version says what the first leaves to S3.
fn check_second(rule: &ReplicationRule) -> Result<(), Refusal> {
    let filter = rule.filter.as_ref().filter(|_| rule.prefix.is_none());
    let tagged = chooses_by_tags(filter.ok_or_else(Refusal::malformed)?)?;
    let Some(priority) = rule.priority else {
        return Err(of_this_version("Priority", "must be specified"));
    };
    if priority < 0 {
        return Err(Refusal::request("Priority must be between 0 and 2147483647."));
    }
    let Some(markers) = &rule.delete_marker_replication else {
        return Err(of_this_version("DeleteMarkerReplication", "must be specified"));
    };
    match markers.status.as_ref().map(DeleteMarkerReplicationStatus::as_str) {
        Some(DeleteMarkerReplicationStatus::DISABLED) => Ok(()),
        // A delete marker has no tags.
        Some(DeleteMarkerReplicationStatus::ENABLED) if tagged => Err(Refusal::request(
            "Delete marker replication is not supported if any Tag filter is specified. Please refer to S3 Developer \
             Guide for more information.",
        )),
        Some(DeleteMarkerReplicationStatus::ENABLED) => Ok(()),
        _ => Err(Refusal::malformed()),
    }
}

fn of_this_version(element: &str, what: &str) -> Refusal {
    Refusal::request(format!(
        "{element} {what} for this version of Cross Region Replication configuration schema. Please refer to S3 \
         Developer Guide for more information."
    ))
}

/// Whether a filter has tags; one that says several things says them in an `And`.
fn chooses_by_tags(filter: &ReplicationRuleFilter) -> Result<bool, Refusal> {
    let said = [
        filter.prefix.is_some(),
        filter.tag.is_some(),
        filter.and.is_some(),
    ];
    if said.into_iter().filter(|said| *said).count() > 1 {
        return Err(Refusal::malformed());
    }
    let Some(and) = &filter.and else {
        return Ok(filter.tag.is_some());
    };
    let tags = and.tags.as_deref().unwrap_or_default();
    if tags.len() + usize::from(and.prefix.is_some()) < 2 {
        return Err(Refusal::malformed());
    }
    let mut keys = HashSet::new();
    if tags.iter().all(|tag| keys.insert(&tag.key)) {
        Ok(!tags.is_empty())
    } else {
        Err(Refusal::request("Duplicate Tag Keys are not allowed."))
    }
}

fn check_destination(bucket: &str, destination: &Destination) -> Result<(), Refusal> {
    let Some(to) = rules::bucket_of(destination) else {
        return Err(Refusal::argument("Invalid bucket ARN"));
    };
    if to == bucket {
        return Err(Refusal::request(
            "Destination bucket cannot be the same as the source bucket.",
        ));
    }
    let class = destination.storage_class.as_ref();
    if class.is_none_or(|class| CLASSES.contains(&class.as_str())) {
        Ok(())
    } else {
        Err(Refusal::malformed())
    }
}

/// What nothing here would follow.
fn check_emulated(rule: &ReplicationRule) -> Result<(), Refusal> {
    let destination = &rule.destination;
    let criteria = rule.source_selection_criteria.as_ref();
    let kms = criteria.and_then(|criteria| criteria.sse_kms_encrypted_objects.as_ref());
    let modifications = criteria.and_then(|criteria| criteria.replica_modifications.as_ref());
    let time = destination.replication_time.as_ref();
    let metrics = destination.metrics.as_ref();
    let asked = [
        (
            rule.existing_object_replication.is_some(),
            "ExistingObjectReplication is not emulated, and S3 does not support it any more: S3 Batch Replication copies \
             what was there before",
        ),
        (
            modifications.is_some_and(|m| m.status.as_str() == ReplicaModificationsStatus::ENABLED),
            "Replication of changes that are made to replicas (ReplicaModifications) is not emulated",
        ),
        (
            kms.is_some_and(|kms| kms.status.as_str() == SseKmsEncryptedObjectsStatus::ENABLED)
                || destination.encryption_configuration.is_some(),
            "Replication of objects under keys of KMS (SseKmsEncryptedObjects, EncryptionConfiguration) is not emulated",
        ),
        (
            destination.access_control_translation.is_some(),
            "Replicas that belong to another account (AccessControlTranslation) are not emulated",
        ),
        (
            time.is_some_and(|time| time.status.as_str() == ReplicationTimeStatus::ENABLED),
            "S3 Replication Time Control is not emulated: copies take the lag that the scenario gives them",
        ),
        (
            metrics.is_some_and(|metrics| metrics.status.as_str() == MetricsStatus::ENABLED),
            "Replication metrics and their events are not emulated",
        ),
    ];
    match asked.into_iter().find(|(asked, _)| *asked) {
        Some((_, why)) => Err(Refusal::not_emulated(why)),
        None => Ok(()),
    }
}

/// No two rules have the same id, or the same priority.
fn unique(rules: &[ReplicationRule]) -> Result<(), Refusal> {
    let (mut ids, mut priorities) = (HashSet::new(), HashSet::new());
    for rule in rules {
        if rule.id.as_ref().is_some_and(|id| !ids.insert(id)) {
            return Err(Refusal::argument("Rule Id must be unique"));
        }
        if let Some(priority) = rule.priority
            && !priorities.insert(priority)
        {
            return Err(Refusal::request(format!("Found duplicate priority {priority}.")));
        }
    }
    Ok(())
}
