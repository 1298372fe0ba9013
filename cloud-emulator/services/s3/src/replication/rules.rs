//! What a bucket's replication configuration wants copied, and where to: pure.
//!
//! Of several enabled rules with one destination, that with the highest priority decides; there is one copy
//! per destination. A rule with a `Filter` copies delete markers only when it says so. One without (the
//! first version of the format) copies them, as AWS has it. Objects under a key of KMS are not copied, since no
//! rule that is taken ([`super::schema`]) opts in to them.

use std::collections::BTreeMap;
use std::sync::Arc;

use s3s::dto::{
    DeleteMarkerReplicationStatus, Destination, ReplicationConfiguration, ReplicationRule,
    ReplicationRuleStatus, Tag,
};

use crate::embedded::ChangeKind;

/// A tag of an object: its key and value.
type ObjectTag = (Box<str>, Box<str>);

/// The buckets to copy a write of `key` to.
pub(crate) fn targets(
    configuration: &ReplicationConfiguration,
    key: &str,
    tags: &[ObjectTag],
    kind: ChangeKind,
) -> Vec<Arc<str>> {
    let copied = decisive(configuration, key, tags)
        .into_iter()
        .filter(|(_, rule)| match kind {
            ChangeKind::Put => true,
            ChangeKind::DeleteMarker => copies_markers(rule),
            ChangeKind::VersionDeleted | ChangeKind::ReplicationSet => false,
        });
    copied.map(|(to, _)| Arc::from(to)).collect()
}

/// The storage class that the copy of `key` in bucket `to` is to have; `None` where it keeps its own.
pub(crate) fn storage_class<'a>(
    configuration: &'a ReplicationConfiguration,
    key: &str,
    tags: &[ObjectTag],
    to: &str,
) -> Option<&'a str> {
    let rule = *decisive(configuration, key, tags).get(to)?;
    rule.destination
        .storage_class
        .as_ref()
        .map(|class| class.as_str())
}

/// Of the enabled rules that cover a key, the one that decides for each destination.
fn decisive<'a>(
    configuration: &'a ReplicationConfiguration,
    key: &str,
    tags: &[ObjectTag],
) -> BTreeMap<&'a str, &'a ReplicationRule> {
    let mut decisive: BTreeMap<&str, &ReplicationRule> = BTreeMap::new();
    for rule in enabled(configuration).filter(|rule| covers(rule, key, tags)) {
        let Some(to) = destination(rule) else { continue };
        let known = decisive.entry(to).or_insert(rule);
        if rule.priority.unwrap_or(0) > known.priority.unwrap_or(0) {
            *known = rule;
        }
    }
    decisive
}

/// The destinations of all enabled rules.
pub(crate) fn destinations(configuration: Option<&ReplicationConfiguration>) -> Vec<Arc<str>> {
    let rules = configuration.into_iter().flat_map(enabled);
    let mut buckets: Vec<Arc<str>> = rules.filter_map(destination).map(Arc::from).collect();
    buckets.sort();
    buckets.dedup();
    buckets
}

/// The bucket that a rule's destination names, unless it is no bucket's ARN.
pub(crate) fn destination(rule: &ReplicationRule) -> Option<&str> {
    bucket_of(&rule.destination)
}

/// The bucket of a destination, unless it is no bucket's ARN.
pub(crate) fn bucket_of(destination: &Destination) -> Option<&str> {
    let name = destination.bucket.strip_prefix("arn:aws:s3:::")?;
    (!name.is_empty()).then_some(name)
}

fn enabled(configuration: &ReplicationConfiguration) -> impl Iterator<Item = &ReplicationRule> {
    let is_enabled = |rule: &&ReplicationRule| rule.status.as_str() == ReplicationRuleStatus::ENABLED;
    configuration.rules.iter().filter(is_enabled)
}

fn covers(rule: &ReplicationRule, key: &str, tags: &[ObjectTag]) -> bool {
    let begins = |prefix: &Option<String>| prefix.as_deref().is_none_or(|prefix| key.starts_with(prefix));
    let tagged = |wanted: &Tag| {
        let is_it = |tag: &ObjectTag| {
            wanted.key.as_deref() == Some(&*tag.0) && wanted.value.as_deref() == Some(&*tag.1)
        };
        tags.iter().any(is_it)
    };
    let Some(filter) = &rule.filter else {
        return begins(&rule.prefix);
    };
    let all = filter.and.as_ref().is_none_or(|and| {
        let mut wanted = and.tags.iter().flatten();
        begins(&and.prefix) && wanted.all(tagged)
    });
    all && begins(&filter.prefix) && filter.tag.as_ref().is_none_or(tagged)
}

fn copies_markers(rule: &ReplicationRule) -> bool {
    let status = rule
        .delete_marker_replication
        .as_ref()
        .and_then(|d| d.status.as_ref());
    match status {
        Some(status) => status.as_str() == DeleteMarkerReplicationStatus::ENABLED,
        None => rule.filter.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use s3s::dto::{
        DeleteMarkerReplication, ReplicationRuleAndOperator, ReplicationRuleFilter, StorageClass,
    };

    use super::*;

    fn rule(to: &str, status: &'static str) -> ReplicationRule {
        ReplicationRule {
            delete_marker_replication: None,
            destination: Destination {
                access_control_translation: None,
                account: None,
                bucket: format!("arn:aws:s3:::{to}"),
                encryption_configuration: None,
                metrics: None,
                replication_time: None,
                storage_class: None,
            },
            existing_object_replication: None,
            filter: Some(ReplicationRuleFilter::default()),
            id: None,
            prefix: None,
            priority: None,
            source_selection_criteria: None,
            status: ReplicationRuleStatus::from_static(status),
        }
    }

    fn copied(rules: Vec<ReplicationRule>, key: &str, kind: ChangeKind) -> Vec<String> {
        let role = "r".to_owned();
        let tags = [(Box::from("class"), Box::from("gold"))];
        let targets = targets(&ReplicationConfiguration { role, rules }, key, &tags, kind);
        targets.iter().map(|to| to.to_string()).collect()
    }

    fn markers(status: &'static str) -> Option<DeleteMarkerReplication> {
        let status = Some(DeleteMarkerReplicationStatus::from_static(status));
        Some(DeleteMarkerReplication { status })
    }

    fn tag(value: &str) -> Tag {
        Tag {
            key: Some("class".to_owned()),
            value: Some(value.to_owned()),
        }
    }

    #[test]
    fn only_enabled_rules_copy() {
        let rules = vec![rule("b", "Disabled"), rule("c", "Enabled"), rule("a", "Enabled")];
        assert_eq!(copied(rules.clone(), "k", ChangeKind::Put), ["a", "c"]);
        assert_eq!(copied(rules, "k", ChangeKind::VersionDeleted), [""; 0]);
        assert_eq!(copied(vec![rule("b", "Disabled")], "k", ChangeKind::Put), [""; 0]);
    }

    #[test]
    fn filters_choose_by_prefix_and_tags() {
        let with = |filter| ReplicationRule {
            filter: Some(filter),
            ..rule("b", "Enabled")
        };
        let prefix = with(ReplicationRuleFilter {
            prefix: Some("logs/".to_owned()),
            ..Default::default()
        });
        assert_eq!(copied(vec![prefix.clone()], "logs/1", ChangeKind::Put), ["b"]);
        assert_eq!(copied(vec![prefix], "log", ChangeKind::Put), [""; 0]);
        let tagged = |value| {
            with(ReplicationRuleFilter {
                tag: Some(tag(value)),
                ..Default::default()
            })
        };
        assert_eq!(copied(vec![tagged("gold")], "k", ChangeKind::Put), ["b"]);
        assert_eq!(copied(vec![tagged("tin")], "k", ChangeKind::Put), [""; 0]);
        let both = |prefix: &str, value| {
            with(ReplicationRuleFilter {
                and: Some(ReplicationRuleAndOperator {
                    prefix: Some(prefix.to_owned()),
                    tags: Some(vec![tag(value)]),
                }),
                ..Default::default()
            })
        };
        assert_eq!(copied(vec![both("k", "gold")], "k1", ChangeKind::Put), ["b"]);
        assert_eq!(copied(vec![both("x", "gold")], "k1", ChangeKind::Put), [""; 0]);
        assert_eq!(copied(vec![both("k", "tin")], "k1", ChangeKind::Put), [""; 0]);
    }

    #[test]
    fn delete_markers_are_copied_only_if_asked_or_in_the_first_format() {
        let kind = ChangeKind::DeleteMarker;
        let asked = |status| ReplicationRule {
            delete_marker_replication: markers(status),
            ..rule("b", "Enabled")
        };
        assert_eq!(copied(vec![rule("b", "Enabled")], "k", kind), [""; 0]);
        assert_eq!(copied(vec![asked("Enabled")], "k", kind), ["b"]);
        assert_eq!(copied(vec![asked("Disabled")], "k", kind), [""; 0]);
        let first_format = |rule| ReplicationRule { filter: None, ..rule };
        assert_eq!(copied(vec![first_format(rule("b", "Enabled"))], "k", kind), ["b"]);
        assert_eq!(copied(vec![first_format(asked("Disabled"))], "k", kind), [""; 0]);
    }

    #[test]
    fn the_highest_priority_decides_for_a_destination() {
        let ranked = |priority, status| ReplicationRule {
            priority: Some(priority),
            delete_marker_replication: markers(status),
            ..rule("b", "Enabled")
        };
        let rules = vec![ranked(1, "Enabled"), ranked(2, "Disabled")];
        assert_eq!(copied(rules.clone(), "k", ChangeKind::DeleteMarker), [""; 0]);
        assert_eq!(copied(rules, "k", ChangeKind::Put), ["b"]);
        let rules = vec![ranked(3, "Enabled"), ranked(2, "Disabled")];
        assert_eq!(copied(rules, "k", ChangeKind::DeleteMarker), ["b"]);
    }

    #[test]
    fn the_rule_that_decides_says_the_storage_class_of_the_copy() {
        let classed = |priority, class: Option<&'static str>| {
            let mut rule = ReplicationRule {
                priority: Some(priority),
                ..rule("b", "Enabled")
            };
            rule.destination.storage_class = class.map(StorageClass::from_static);
            rule
        };
        let class = |rules: Vec<ReplicationRule>, to| {
            let role = "r".to_owned();
            let configuration = ReplicationConfiguration { role, rules };
            storage_class(&configuration, "k", &[], to).map(str::to_owned)
        };
        let rules = vec![classed(1, Some("GLACIER")), classed(2, Some("STANDARD_IA"))];
        assert_eq!(class(rules.clone(), "b").as_deref(), Some("STANDARD_IA"));
        assert_eq!(class(rules, "c"), None);
        assert_eq!(class(vec![classed(1, None)], "b"), None);
    }

    #[test]
    fn what_is_no_bucket_is_no_destination() {
        let mut odd = rule("b", "Enabled");
        odd.destination.bucket = "b".to_owned();
        assert_eq!(copied(vec![odd.clone()], "k", ChangeKind::Put), [""; 0]);
        odd.destination.bucket = "arn:aws:s3:::".to_owned();
        assert_eq!(destination(&odd), None);
    }
}
