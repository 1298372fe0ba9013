//! Bucket policies: parsed when they are put, judged at each request of a bucket that has one.
//!
//! ```text
//! statement: Effect, Principal, Action, Resource, Condition   ── all match ──► its effect
//! any Deny ──► denied;   else any Allow ──► allowed;   else nothing said
//! ```

use serde_json::Value;

/// What is wrong with a policy, as S3 says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PolicyError {
    #[error("Policies must be valid JSON and the first byte must be '{{'")]
    NotJson,
    #[error("Missing required field {0}")]
    Missing(&'static str),
    #[error("Invalid {0}")]
    Invalid(&'static str),
    #[error("Policy has invalid resource")]
    AnotherBucket,
}

/// A bucket's policy.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    /// As it was put.
    pub(crate) text: String,
    statements: Vec<Statement>,
}

#[derive(Clone, Debug)]
struct Statement {
    deny: bool,
    /// `None` is everybody.
    principals: Option<Vec<String>>,
    actions: Match,
    resources: Match,
    conditions: Vec<Condition>,
}

/// A list of patterns, or everything but it.
#[derive(Clone, Debug)]
struct Match {
    patterns: Vec<String>,
    negated: bool,
}

#[derive(Clone, Debug)]
struct Condition {
    operator: String,
    key: String,
    values: Vec<String>,
}

/// What a policy says of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Allow,
    Deny,
    Nothing,
}

/// What a policy is asked.
pub(crate) struct Question<'a> {
    /// The account that asks; `None` is unsigned.
    pub(crate) account: Option<&'a str>,
    /// `s3:GetObject` for instance.
    pub(crate) action: &'a str,
    /// Without `arn:aws:s3:::`.
    pub(crate) resource: &'a str,
    /// The value of a condition key, if the request has one.
    pub(crate) value: &'a dyn Fn(&str) -> Option<String>,
}

impl Policy {
    /// Reads a policy of `bucket`; the error says what is wrong.
    pub(crate) fn parse(text: &str, bucket: &str) -> Result<Policy, PolicyError> {
        let document: Value = serde_json::from_str(text).map_err(|_| PolicyError::NotJson)?;
        let statements = match document.get("Statement") {
            Some(Value::Array(list)) => list.iter().map(Statement::parse).collect::<Result<Vec<_>, _>>()?,
            Some(one @ Value::Object(_)) => vec![Statement::parse(one)?],
            _ => return Err(PolicyError::Missing("Statement")),
        };
        for statement in &statements {
            let ours = |r: &String| r == "*" || r.split('/').next().is_some_and(|b| wildcard(b, bucket));
            if !statement.resources.patterns.iter().all(ours) {
                return Err(PolicyError::AnotherBucket);
            }
        }
        Ok(Policy {
            text: text.to_owned(),
            statements,
        })
    }

    /// Whether everybody is allowed something, with no condition that narrows it.
    pub(crate) fn is_public(&self) -> bool {
        let open = |s: &Statement| !s.deny && s.principals.is_none() && s.conditions.is_empty();
        self.statements.iter().any(open)
    }

    /// What it says of a request.
    pub(crate) fn judge(&self, question: &Question<'_>) -> Effect {
        let mut effect = Effect::Nothing;
        for statement in &self.statements {
            if !statement.applies(question) {
                continue;
            }
            if statement.deny {
                return Effect::Deny;
            }
            effect = Effect::Allow;
        }
        effect
    }
}

impl Statement {
    fn parse(value: &Value) -> Result<Statement, PolicyError> {
        let deny = match value.get("Effect").and_then(Value::as_str) {
            Some("Allow") => false,
            Some("Deny") => true,
            _ => return Err(PolicyError::Invalid("effect")),
        };
        let principals = match value.get("Principal").or(value.get("NotPrincipal")) {
            None => return Err(PolicyError::Missing("Principal")),
            Some(Value::String(all)) if all == "*" => None,
            Some(Value::Object(kinds)) => {
                let named: Vec<String> = kinds.values().flat_map(strings).collect();
                (!named.iter().any(|name| name == "*")).then_some(named)
            }
            Some(_) => return Err(PolicyError::Invalid("principal in policy")),
        };
        Ok(Statement {
            deny,
            principals,
            actions: Match::parse(value, "Action", "NotAction", "")?,
            resources: Match::parse(value, "Resource", "NotResource", "arn:aws:s3:::")?,
            conditions: conditions(value.get("Condition"))?,
        })
    }

    fn applies(&self, question: &Question<'_>) -> bool {
        let concerned = self.principals.as_ref().is_none_or(|named| {
            question
                .account
                .is_some_and(|account| named.iter().any(|name| names_account(name, account)))
        });
        concerned
            && self.actions.holds(question.action)
            && self.resources.holds(question.resource)
            && self.conditions.iter().all(|condition| condition.holds(question))
    }
}

/// `arn:aws:iam::ACCOUNT:root`, `…:user/NAME` or the id alone.
fn names_account(name: &str, account: &str) -> bool {
    name == account || name.split(':').nth(4) == Some(account) || name.rsplit('/').next() == Some(account)
}

impl Match {
    fn parse(
        value: &Value,
        field: &'static str,
        negated_field: &str,
        prefix: &str,
    ) -> Result<Match, PolicyError> {
        let (listed, negated) = match (value.get(field), value.get(negated_field)) {
            (Some(listed), None) => (listed, false),
            (None, Some(listed)) => (listed, true),
            _ => return Err(PolicyError::Missing(field)),
        };
        let patterns = strings(listed).into_iter();
        let patterns: Vec<String> = patterns
            .map(|p| p.strip_prefix(prefix).unwrap_or(&p).to_owned())
            .collect();
        if patterns.is_empty() {
            Err(match field {
                "Action" => PolicyError::Invalid("action"),
                _ => PolicyError::Invalid("resource"),
            })
        } else {
            Ok(Match { patterns, negated })
        }
    }

    fn holds(&self, text: &str) -> bool {
        self.patterns.iter().any(|pattern| wildcard(pattern, text)) != self.negated
    }
}

fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Bool(flag) => vec![flag.to_string()],
        Value::Number(number) => vec![number.to_string()],
        Value::Array(list) => list.iter().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}

fn conditions(value: Option<&Value>) -> Result<Vec<Condition>, PolicyError> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let operators = value.as_object().ok_or(PolicyError::Invalid("policy syntax"))?;
    let mut conditions = Vec::new();
    for (operator, keys) in operators {
        for (key, values) in keys.as_object().ok_or(PolicyError::Invalid("policy syntax"))? {
            conditions.push(Condition {
                operator: operator.clone(),
                key: key.clone(),
                values: strings(values),
            });
        }
    }
    Ok(conditions)
}

impl Condition {
    fn holds(&self, question: &Question<'_>) -> bool {
        let (operator, if_exists) = match self.operator.strip_suffix("IfExists") {
            Some(operator) => (operator, true),
            None => (self.operator.as_str(), false),
        };
        let operator = operator
            .trim_start_matches("ForAnyValue:")
            .trim_start_matches("ForAllValues:");
        let actual = (question.value)(&self.key);
        if operator == "Null" {
            let wanted = self.values.iter().any(|v| v == "true");
            return actual.is_none() == wanted;
        }
        let any = |matches: fn(&str, &str) -> bool| {
            let actual = actual.as_deref();
            actual.map(|actual| self.values.iter().any(|value| matches(value, actual)))
        };
        match operator {
            "StringEquals" | "ArnEquals" | "Bool" | "NumericEquals" | "IpAddress" => {
                any(|a, b| a == b).unwrap_or(if_exists)
            }
            "StringEqualsIgnoreCase" => any(|a, b| a.eq_ignore_ascii_case(b)).unwrap_or(if_exists),
            "StringLike" | "ArnLike" => any(wildcard).unwrap_or(if_exists),
            // What is absent equals nothing.
            "StringNotEquals" | "NotIpAddress" | "NumericNotEquals" => !any(|a, b| a == b).unwrap_or(false),
            "StringNotLike" | "ArnNotLike" => !any(wildcard).unwrap_or(false),
            _ => false,
        }
    }
}

/// Whether `text` matches `pattern`, where `*` is anything and `?` any character.
pub(crate) fn wildcard(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut star = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => {
                // Let the last star swallow one character more.
                let Some((at, swallowed)) = star else { return false };
                star = Some((at, swallowed + 1));
                p = at + 1;
                t = swallowed + 1;
            }
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(policy: &str, account: Option<&str>, action: &str, resource: &str) -> Effect {
        let policy = Policy::parse(policy, "b").unwrap();
        policy.judge(&Question {
            account,
            action,
            resource,
            value: &|key| (key == "s3:prefix").then(|| "public/".to_owned()),
        })
    }

    #[test]
    fn wildcards_match_as_in_iam() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("s3:Get*", "s3:GetObject", true),
            ("s3:Get*", "s3:PutObject", false),
            ("a*b*c", "aXXbYYc", true),
            ("a*b*c", "aXXbYY", false),
            ("?", "x", true),
            ("?", "", false),
        ] {
            assert_eq!(wildcard(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_denial_overrules() {
        let policy = r#"{"Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]},
            {"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::you:root"}, "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::b/*"}]}"#;
        assert_eq!(judge(policy, None, "s3:GetObject", "b/k"), Effect::Allow);
        assert_eq!(judge(policy, Some("you"), "s3:DeleteObject", "b/k"), Effect::Deny);
        assert_eq!(judge(policy, Some("me"), "s3:DeleteObject", "b/k"), Effect::Allow);
        assert_eq!(judge(policy, None, "iam:X", "b/k"), Effect::Nothing);
    }

    #[test]
    fn conditions_narrow() {
        let policy = |operator: &str, value: &str| {
            format!(
                r#"{{"Statement": {{"Effect": "Allow", "Principal": {{"AWS": "*"}}, "Action": "s3:ListBucket",
                "Resource": "arn:aws:s3:::b", "Condition": {{"{operator}": {{"s3:prefix": "{value}"}}}}}}}}"#
            )
        };
        let asked = |operator, value| judge(&policy(operator, value), None, "s3:ListBucket", "b");
        assert_eq!(asked("StringEquals", "public/"), Effect::Allow);
        assert_eq!(asked("StringEquals", "x"), Effect::Nothing);
        assert_eq!(asked("StringLike", "pub*"), Effect::Allow);
        assert_eq!(asked("StringNotEquals", "public/"), Effect::Nothing);
        assert!(
            !Policy::parse(&policy("StringEquals", "x"), "b")
                .unwrap()
                .is_public()
        );
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        for text in [
            "",
            "[]",
            "{}",
            r#"{"Statement": [{}]}"#,
            r#"{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::other/*"}]}"#,
        ] {
            assert!(Policy::parse(text, "b").is_err(), "{text}");
        }
    }
}
