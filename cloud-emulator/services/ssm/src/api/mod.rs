//! The operations of Parameter Store, a file for each group.
//!
//! What AWS's clients can ask beside (labels, policies, tags, sharing) is not here: no drill notices it. Such a request is
//! answered with AWS's error for an unknown operation.

mod delete;
mod describe;
mod document;
mod get;
mod page;
mod put;
mod request;

use cloud_gateway::AwsError;
use serde_json::Value as Json;

use crate::error::refused;
use crate::store::ParameterStore;

pub(crate) use request::ParameterRequest;

/// An operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    PutParameter,
    GetParameter,
    GetParameters,
    GetParametersByPath,
    GetParameterHistory,
    DescribeParameters,
    DeleteParameter,
    DeleteParameters,
}

impl Operation {
    const ALL: [Operation; 8] = [
        Operation::PutParameter,
        Operation::GetParameter,
        Operation::GetParameters,
        Operation::GetParametersByPath,
        Operation::GetParameterHistory,
        Operation::DescribeParameters,
        Operation::DeleteParameter,
        Operation::DeleteParameters,
    ];

    /// In AWS's words.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Operation::PutParameter => "PutParameter",
            Operation::GetParameter => "GetParameter",
            Operation::GetParameters => "GetParameters",
            Operation::GetParametersByPath => "GetParametersByPath",
            Operation::GetParameterHistory => "GetParameterHistory",
            Operation::DescribeParameters => "DescribeParameters",
            Operation::DeleteParameter => "DeleteParameter",
            Operation::DeleteParameters => "DeleteParameters",
        }
    }

    /// The operation of this name.
    pub(crate) fn named(name: &str) -> Option<Operation> {
        let mut all = Operation::ALL.into_iter();
        all.find(|operation| operation.name() == name)
    }

    /// Whether it changes what a reader gets.
    pub(crate) fn changes(self) -> bool {
        matches!(
            self,
            Operation::PutParameter | Operation::DeleteParameter | Operation::DeleteParameters
        )
    }
}

/// Does what a request asks for.
///
/// # Errors
/// Those of AWS.
pub(crate) fn answer(
    store: &ParameterStore,
    operation: Option<Operation>,
    asked: &ParameterRequest<'_>,
) -> Result<Json, AwsError> {
    match operation {
        Some(Operation::PutParameter) => put::put(store, asked),
        Some(Operation::GetParameter) => get::one(store, asked),
        Some(Operation::GetParameters) => get::several(store, asked),
        Some(Operation::GetParametersByPath) => get::by_path(store, asked),
        Some(Operation::GetParameterHistory) => get::history(store, asked),
        Some(Operation::DescribeParameters) => describe::describe(store, asked),
        Some(Operation::DeleteParameter) => delete::one(store, asked),
        Some(Operation::DeleteParameters) => delete::several(store, asked),
        None => Err(refused("UnknownOperationException", "")),
    }
}
