//! What is told when a drill has been judged: `notification.json` in the run's folder, posted where the user says.
//!
//! ```text
//!   judged drill ──reports::notification──► notification.json
//!                                        └─► POST to --notify URL, if one was given
//! ```
//!
//! It is told after everything else, and changes nothing: neither the verdict nor the exit code. The URL of a webhook is a
//! secret; no message and no record shows it. Nothing here speaks TLS: who wants an `https://` webhook posts the file.

use std::convert::Infallible;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

use drill::report::Report;
use drill::scenario::Safety;

use crate::exit::Failure;
use crate::webhook::{self, Webhook};
use crate::{hints, output, run_folder};

/// The message, in the folder of the run.
pub(crate) const FILE: &str = "notification.json";

/// What errors call the webhook.
const NAME: &str = "the webhook of --notify";

/// Where it is posted: a URL that nothing shows, or `env:NAME`, the variable that has it, so that it is no argument of this
/// process either.
#[derive(Clone)]
pub(crate) struct Destination(String);

/// Begins the name of a variable.
const VARIABLE: &str = "env:";

impl FromStr for Destination {
    type Err = Infallible;

    /// What is wrong with it is said later, without it: the parser of the command line would quote it.
    fn from_str(text: &str) -> Result<Destination, Infallible> {
        Ok(Destination(text.to_owned()))
    }
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Destination(***)")
    }
}

impl Destination {
    /// The URL.
    ///
    /// # Errors
    /// If the variable that is to have it is not set.
    fn url(&self) -> Result<String, Failure> {
        match self.0.strip_prefix(VARIABLE) {
            None => Ok(self.0.clone()),
            Some(name) => std::env::var(name).map_err(|_| {
                Failure::Input(format!(
                    "--notify {VARIABLE}{name}: {name} is not set in this environment"
                ))
            }),
        }
    }

    /// Whether a drill with these allowed hosts may post there, before it is run.
    ///
    /// # Errors
    /// If it may not, with what to do instead.
    pub(crate) fn check(&self, safety: &Safety) -> Result<(), Failure> {
        let url = self.url()?;
        if url.starts_with("https://") {
            return Err(Failure::Input(format!(
                "--notify: an https:// URL, and Firedrill speaks no TLS; hint: leave it out, and post the file that every drill \
                 leaves: curl --json @runs/<scenario>/latest/{FILE} \"$URL\""
            )));
        }
        safety.permits(&url).map_err(|allowed| {
            Failure::Input(format!(
                "--notify: allowed: {allowed}; hint: without it, every drill leaves {FILE} in its folder, to be posted by others"
            ))
        })
    }
}

/// Writes the message of a judged drill into its folder, and gives it.
///
/// # Errors
/// It cannot be written.
pub(crate) fn write(report: &Report, folder: &Path) -> Result<String, Failure> {
    let message = reports::notification(report, &hints::quoted(&folder.join("report.html")));
    run_folder::write(&folder.join(FILE), message.as_bytes())?;
    Ok(message)
}

/// Posts it. That it was not delivered is said, and no more.
pub(crate) async fn post(message: String, to: &Destination, safety: &Safety, folder: &Path) {
    let posted = match to.url() {
        Ok(url) => {
            let webhook = Webhook {
                url: &url,
                name: NAME,
            };
            let posted = webhook::post(safety, webhook, message).await;
            posted.map(drop).map_err(|why| why.message)
        }
        Err(failure) => Err(failure.to_string()),
    };
    if let Err(why) = posted {
        output::note(format_args!(
            "firedrill: the notification was not delivered: {why}; {} has it",
            folder.join(FILE).display()
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_error_shows_the_address() {
        for (url, part) in [
            ("https://hooks.example/secret", "curl --json"),
            ("http://192.0.2.1/secret", "loopback"),
            ("secret", "loopback"),
        ] {
            let to: Destination = url.parse().unwrap();
            let said = to.check(&Safety::default()).unwrap_err().to_string();
            assert!(said.contains(part) && !said.contains("secret"), "{said}");
            assert!(!format!("{to:?}").contains("secret"));
        }
        let allowed = Safety {
            allow_hosts: vec!["hooks".to_owned()],
        };
        for url in [
            "http://127.0.0.1:9/x",
            "http://localhost/x",
            "http://hooks:8080/x",
        ] {
            url.parse::<Destination>().unwrap().check(&allowed).unwrap();
        }
    }
}
