//! Variables of a script's environment: the scenario's own may not take the place of the drill's. A script that found the
//! user's key in `AWS_SECRET_ACCESS_KEY` would sign with it.

use crate::scenario::checks::Checks;
use crate::variables::is_of_drill;

/// Secrets are variables of their own, each once.
pub(super) fn check(checks: &mut Checks<'_, '_, '_>) {
    let secrets = &checks.scenario.secrets;
    for (n, name) in secrets.iter().enumerate() {
        let path = checks.context.item_path("secrets", n);
        if is_of_drill(name) {
            let found = format!("{name:?}, which the drill sets itself");
            let hint = "a script that needs it can take it from a variable of another name".to_owned();
            checks.error_with(&path, found, "any other variable", Some(hint));
        } else if secrets[..n].contains(name) {
            checks.error(&path, format!("{name:?} again"), "each variable once");
        }
    }
}
