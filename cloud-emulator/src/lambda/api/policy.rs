//! Who else may invoke a function: statements are kept and given back. Nothing is refused for want of one,
//! since every caller here belongs to the account that owns the functions.

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Call, answer, expect_revision, nothing};
use crate::lambda::Lambda;
use crate::lambda::error::LambdaError;
use crate::lambda::function::Policy;
use crate::lambda::names;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Fields {
    statement_id: String,
    action: String,
    principal: String,
    source_arn: Option<String>,
    source_account: Option<String>,
    revision_id: Option<String>,
}

pub(super) fn add(lambda: &Lambda, call: &Call) -> Answer {
    let fields: Fields = call.document()?;
    let valid_action = fields.action == "*"
        || fields
            .action
            .strip_prefix("lambda:")
            .is_some_and(|rest| !rest.is_empty());
    if !names::is_name(&fields.statement_id) || !valid_action || fields.principal.is_empty() {
        return Err(LambdaError::validation(
            "StatementId, Action and Principal must be given and valid",
        ));
    }
    let reference = call.reference()?;
    let key = reference.qualifier.clone().unwrap_or_default();
    let statement = call.region.with(&reference.name, |function| {
        if function.resolve(reference.qualifier.as_deref(), 1.0).is_none() {
            return Err(LambdaError::no_function(&arn(call, &reference.name, &key)));
        }
        let statement = statement(&fields, &arn(call, &reference.name, &key));
        let policy = function.policies.entry(key.clone()).or_insert_with(|| Policy {
            statements: Vec::new(),
            revision: lambda.revisions.take(),
        });
        expect_revision(fields.revision_id.as_deref(), &policy.revision)?;
        if policy.statements.iter().any(|known| known["Sid"] == fields.statement_id.as_str()) {
            return Err(LambdaError::conflict(format!(
                "The statement id ({}) provided already exists. Please provide a new statement id, or remove the \
                 existing statement.",
                fields.statement_id
            )));
        }
        policy.statements.push(statement.clone());
        policy.revision = lambda.revisions.take();
        Ok(statement)
    })?;
    answer(
        StatusCode::CREATED,
        &json!({ "Statement": statement.to_string() }),
    )
}

fn arn(call: &Call, name: &str, qualifier: &str) -> String {
    match qualifier {
        "" => names::arn(&call.region.name, name),
        qualifier => names::qualified(&call.region.name, name, qualifier),
    }
}

fn statement(fields: &Fields, resource: &str) -> Value {
    let is_account = fields.principal.len() == 12 && fields.principal.bytes().all(|b| b.is_ascii_digit());
    let principal = match fields.principal.as_str() {
        "*" => json!("*"),
        account if is_account => json!({ "AWS": format!("arn:aws:iam::{account}:root") }),
        arn if arn.starts_with("arn:") => json!({ "AWS": arn }),
        service => json!({ "Service": service }),
    };
    let mut statement = json!({
        "Sid": fields.statement_id,
        "Effect": "Allow",
        "Principal": principal,
        "Action": fields.action,
        "Resource": resource,
    });
    if let Some(source) = &fields.source_arn {
        statement["Condition"]["ArnLike"]["AWS:SourceArn"] = json!(source);
    }
    if let Some(account) = &fields.source_account {
        statement["Condition"]["StringEquals"]["AWS:SourceAccount"] = json!(account);
    }
    statement
}

fn no_policy() -> LambdaError {
    LambdaError::not_found("The resource you requested does not exist.")
}

pub(super) fn get(call: &Call) -> Answer {
    let reference = call.reference()?;
    let key = reference.qualifier.unwrap_or_default();
    let policy = call.region.with(&reference.name, |function| {
        function.policies.get(&key).cloned().ok_or_else(no_policy)
    })?;
    let document = json!({ "Version": "2012-10-17", "Id": "default", "Statement": policy.statements });
    answer(
        StatusCode::OK,
        &json!({ "Policy": document.to_string(), "RevisionId": policy.revision }),
    )
}

pub(super) fn remove(lambda: &Lambda, call: &Call) -> Answer {
    let reference = call.reference()?;
    let key = reference.qualifier.unwrap_or_default();
    call.region.with(&reference.name, |function| {
        let policy = function.policies.get_mut(&key).ok_or_else(no_policy)?;
        expect_revision(call.query.get("RevisionId").map(String::as_str), &policy.revision)?;
        let place = policy
            .statements
            .iter()
            .position(|known| known["Sid"] == call.second());
        let place = place.ok_or_else(|| {
            LambdaError::not_found(format!(
                "Statement {} is not found in resource policy.",
                call.second()
            ))
        })?;
        policy.statements.remove(place);
        policy.revision = lambda.revisions.take();
        if policy.statements.is_empty() {
            function.policies.remove(&key);
        }
        Ok(())
    })?;
    nothing()
}
