//! Functions: created, changed, published, aliased, throttled, deleted.

use std::io::Write;

use base64_simd::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::why::NOT_RUN;
use crate::expectation::{Expectation, Stop, expect, lambda_api, lambda_guide};
use crate::lab::{Ask, HttpAnswer, Lab, need};

pub(super) const FUNCTIONS: &str = "/2015-03-31/functions";

pub(super) fn expectations() -> Vec<Expectation> {
    let mut rows = life();
    rows.extend(refusals());
    rows
}

fn life() -> Vec<Expectation> {
    vec![
        expect(
            "a function is created, with the digest of its package",
            lambda_api("CreateFunction"),
            "201, CodeSha256 of the package, Version $LATEST",
            |lab| async move {
                let answer = created(&lab, &lab.fresh(), json!({})).await?;
                let document = answer.json();
                let same = document["CodeSha256"].as_str() == Some(&digest(&package("1")?));
                let of = if same {
                    "of the package"
                } else {
                    "of something else"
                };
                Ok(format!(
                    "{}, CodeSha256 {of}, Version {}",
                    answer.summary(),
                    text(&document["Version"])
                ))
            },
        ),
        expect(
            "it becomes active",
            lambda_guide("Lambda function states", "functions-states"),
            "Active",
            |lab| async move {
                let name = lab.fresh();
                created(&lab, &name, json!({})).await?.done()?;
                state(&lab, &name).await
            },
        )
        .differs(NOT_RUN),
        expect(
            "it is read with the place of its code",
            lambda_api("GetFunction"),
            "Handler h, a Code.Location",
            |lab| async move {
                let name = function(&lab).await?;
                let document = get(&lab, &name).done().await?.json();
                let location = document["Code"]["Location"].as_str().map_or("no", |_| "a");
                Ok(format!(
                    "Handler {}, {location} Code.Location",
                    text(&document["Configuration"]["Handler"])
                ))
            },
        ),
        expect(
            "its environment comes back, also after a change",
            lambda_api("UpdateFunctionConfiguration"),
            "one, then two",
            |lab| async move {
                let name = lab.fresh();
                let environment = |value: &str| json!({"Environment": {"Variables": {"PLAN": value}}});
                created(&lab, &name, environment("one")).await?.done()?;
                state(&lab, &name).await?;
                let seen = |document: Value| text(&document["Environment"]["Variables"]["PLAN"]);
                let path = format!("{FUNCTIONS}/{name}/configuration");
                let first = seen(ask(&lab, "GET", path.clone(), None).done().await?.json());
                let second = ask(&lab, "PUT", path, Some(environment("two")))
                    .done()
                    .await?
                    .json();
                Ok(format!("{first}, then {}", seen(second)))
            },
        )
        .differs(NOT_RUN),
        expect(
            "new code has a new digest",
            lambda_api("UpdateFunctionCode"),
            "200, CodeSha256 of the new package",
            |lab| async move {
                let name = function(&lab).await?;
                let answer = update(&lab, &name, &package("2")?).await?;
                let same = answer.json()["CodeSha256"].as_str() == Some(&digest(&package("2")?));
                Ok(format!(
                    "{}, CodeSha256 of {}",
                    answer.summary(),
                    if same { "the new package" } else { "something else" }
                ))
            },
        )
        .differs(NOT_RUN),
        expect(
            "functions are listed",
            lambda_api("ListFunctions"),
            "listed",
            |lab| async move {
                let name = function(&lab).await?;
                let (mut marker, mut found) = (String::new(), false);
                for _ in 0..20 {
                    let document = ask(&lab, "GET", format!("{FUNCTIONS}/?MaxItems=50{marker}"), None)
                        .done()
                        .await?
                        .json();
                    let names = document["Functions"].as_array().cloned().unwrap_or_default();
                    found |= names
                        .iter()
                        .any(|function| function["FunctionName"] == json!(name));
                    let Some(next) = document["NextMarker"].as_str() else {
                        break;
                    };
                    marker = format!("&Marker={}", cloud_emulator::client::rest::encoded(next));
                }
                Ok(if found { "listed" } else { "not listed" }.to_owned())
            },
        ),
        expect(
            "a deleted function is gone",
            lambda_api("DeleteFunction"),
            "204, then 404 ResourceNotFoundException",
            |lab| async move {
                let name = function(&lab).await?;
                let said = ask(&lab, "DELETE", format!("{FUNCTIONS}/{name}"), None)
                    .summary()
                    .await?;
                Ok(format!("{said}, then {}", get(&lab, &name).summary().await?))
            },
        )
        .differs(NOT_RUN),
        expect(
            "a function belongs to its region",
            lambda_api("GetFunction"),
            "404 ResourceNotFoundException",
            |lab| async move {
                let name = function(&lab).await?;
                get(&lab, &name).region(crate::lab::CLASSIC).summary().await
            },
        ),
        expect(
            "reserved concurrency is put, read and removed",
            lambda_api("PutFunctionConcurrency"),
            "0, then none",
            |lab| async move {
                let name = function(&lab).await?;
                reserve(&lab, &name, 0).await?;
                let read = || {
                    ask(
                        &lab,
                        "GET",
                        format!("/2019-09-30/functions/{name}/concurrency"),
                        None,
                    )
                };
                let reserved = read().done().await?.json()["ReservedConcurrentExecutions"].to_string();
                ask(
                    &lab,
                    "DELETE",
                    format!("/2017-10-31/functions/{name}/concurrency"),
                    None,
                )
                .done()
                .await?;
                let left = read().done().await?.json()["ReservedConcurrentExecutions"].as_u64();
                Ok(format!(
                    "{reserved}, then {}",
                    left.map_or("none".to_owned(), |n| n.to_string())
                ))
            },
        ),
    ]
}

fn refusals() -> Vec<Expectation> {
    vec![
        expect(
            "a function of a name that is taken",
            lambda_api("CreateFunction"),
            "409 ResourceConflictException",
            |lab| async move {
                let name = function(&lab).await?;
                Ok(created(&lab, &name, json!({})).await?.summary())
            },
        ),
        expect(
            "a runtime that does not exist",
            lambda_api("CreateFunction"),
            "400 InvalidParameterValueException",
            |lab| async move {
                Ok(created(&lab, &lab.fresh(), json!({"Runtime": "cobol"}))
                    .await?
                    .summary())
            },
        ),
        expect(
            "a package that is no zip",
            lambda_api("UpdateFunctionCode"),
            "400 InvalidParameterValueException",
            |lab| async move {
                let name = function(&lab).await?;
                Ok(update(&lab, &name, b"no zip").await?.summary())
            },
        ),
    ]
}

/// A call of Lambda's API.
pub(super) fn ask(lab: &Lab, method: &str, path: String, document: Option<Value>) -> Ask {
    let body = document.map_or(String::new(), |document| document.to_string());
    lab.ask(method, path)
        .service("lambda")
        .header("content-type", "application/json")
        .body(body)
}

fn get(lab: &Lab, name: &str) -> Ask {
    ask(lab, "GET", format!("{FUNCTIONS}/{name}"), None)
}

/// A string of a document, without quotes.
pub(super) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A package whose bootstrap is this executable; another mark makes another package.
pub(super) fn package(mark: &str) -> Result<Vec<u8>, Stop> {
    let failed = |error: &dyn std::fmt::Display| Stop(format!("no package: {error}"));
    let exe = std::env::current_exe().map_err(|error| failed(&error))?;
    let script = format!("#!/bin/sh\n# {mark}\nexec '{}' as-echo\n", exe.display());
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().unix_permissions(0o755);
    writer
        .start_file("bootstrap", options)
        .map_err(|error| failed(&error))?;
    writer
        .write_all(script.as_bytes())
        .map_err(|error| failed(&error))?;
    Ok(writer.finish().map_err(|error| failed(&error))?.into_inner())
}

fn digest(package: &[u8]) -> String {
    STANDARD.encode_to_string(Sha256::digest(package))
}

/// Creates a function; `changes` are laid over what it is created with.
async fn created(lab: &Lab, name: &str, changes: Value) -> Result<HttpAnswer, Stop> {
    let mut document = json!({
        "FunctionName": name,
        "Runtime": "provided.al2023",
        "Role": "arn:aws:iam::000000000000:role/r",
        "Handler": "h",
        "Timeout": 10,
        "Code": {"ZipFile": STANDARD.encode_to_string(package("1")?)},
    });
    for (key, value) in changes.as_object().into_iter().flatten() {
        document[key] = value.clone();
    }
    ask(lab, "POST", FUNCTIONS.to_owned(), Some(document))
        .send()
        .await
}

/// The state of a function once it is no longer pending.
async fn state(lab: &Lab, name: &str) -> Result<String, Stop> {
    let read = || ask(lab, "GET", format!("{FUNCTIONS}/{name}/configuration"), None).send();
    let settled = |answer: &HttpAnswer| answer.json()["State"] != json!("Pending");
    Ok(text(&lab.until(read, settled).await?.done()?.json()["State"]))
}

/// Waits until a change of a function is made.
pub(super) async fn updated(lab: &Lab, name: &str) -> Result<(), Stop> {
    let read = || ask(lab, "GET", format!("{FUNCTIONS}/{name}/configuration"), None).send();
    let settled = |answer: &HttpAnswer| answer.json()["LastUpdateStatus"] != json!("InProgress");
    lab.until(read, settled).await?.done().map(drop)
}

/// A function: its name.
pub(super) async fn function(lab: &Lab) -> Result<String, Stop> {
    function_with(lab, json!({})).await
}

/// A function that is created with other settings: its name.
pub(super) async fn function_with(lab: &Lab, changes: Value) -> Result<String, Stop> {
    let name = lab.fresh();
    created(lab, &name, changes).await?.done()?;
    state(lab, &name).await?;
    Ok(name)
}

pub(super) async fn reserve(lab: &Lab, name: &str, executions: u32) -> Result<(), Stop> {
    let document = json!({"ReservedConcurrentExecutions": executions});
    let put = ask(
        lab,
        "PUT",
        format!("/2017-10-31/functions/{name}/concurrency"),
        Some(document),
    );
    put.done().await.map(drop)
}

pub(super) async fn update(lab: &Lab, name: &str, package: &[u8]) -> Result<HttpAnswer, Stop> {
    let document = json!({"ZipFile": STANDARD.encode_to_string(package)});
    ask(lab, "PUT", format!("{FUNCTIONS}/{name}/code"), Some(document))
        .send()
        .await
}

/// Publishes a version, and waits until it can be invoked: its number.
pub(super) async fn publish(lab: &Lab, name: &str) -> Result<String, Stop> {
    let answer = ask(
        lab,
        "POST",
        format!("{FUNCTIONS}/{name}/versions"),
        Some(json!({})),
    )
    .done()
    .await?;
    let version = need("Version", answer.json()["Version"].as_str().map(str::to_owned))?;
    let path = format!("{FUNCTIONS}/{name}/configuration?Qualifier={version}");
    let read = || ask(lab, "GET", path.clone(), None).send();
    let settled = |answer: &HttpAnswer| answer.json()["State"] != json!("Pending");
    lab.until(read, settled).await?.done()?;
    Ok(version)
}
