//! Parameter hierarchies of a scenario that contradict each other, or what AWS allows.

use super::Hierarchy;
use crate::scenario::checks::Checks;
use crate::units::ByteSize;

/// The most that the value of a standard parameter has, in characters
/// (docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html).
const VALUE: u64 = 4096;
/// The bytes whose hexadecimal digits are so many.
const BYTES: u64 = VALUE / 2;
/// The most standard parameters of an account in one region (likewise).
const PARAMETERS: u64 = 10_000;

/// Checks every hierarchy.
pub(super) fn check(checks: &mut Checks<'_, '_, '_>) {
    let hierarchies = checks.scenario.cloud.hierarchies();
    for (n, hierarchy) in hierarchies.iter().enumerate() {
        let path = format!("cloud.parameters.{}", hierarchy.label);
        let within = |other: &&Hierarchy| {
            other.path.starts_with(&hierarchy.path) || hierarchy.path.starts_with(&other.path)
        };
        if let Some(other) = hierarchies[..n].iter().find(within) {
            let found = format!("{:?}, and {} is at {:?}", hierarchy.path, other.label, other.path);
            checks.error(
                &format!("{path}.path"),
                found,
                "a path of its own, which lies in no other",
            );
        }
        if hierarchy.copied_to.as_ref() == Some(&hierarchy.region) {
            let found = format!("{:?}, its own region", hierarchy.region);
            checks.error(&format!("{path}.copied_to"), found, "another region");
        }
        let Some(values) = &hierarchy.values else { continue };
        if values.size.max.0 > BYTES {
            let found = format!("values of up to {}", values.size.max);
            checks.error(&format!("{path}.values.size"), found, &most_bytes());
        }
        if values.count > PARAMETERS {
            let found = format!("{} parameters", values.count);
            let allowed = format!("at most {PARAMETERS}, which is AWS's quota for standard parameters");
            checks.error(&format!("{path}.values.count"), found, &allowed);
        }
    }
    for writer in &checks.scenario.writers {
        let writes = hierarchies
            .iter()
            .any(|hierarchy| hierarchy.label == writer.store);
        if writes && writer.size.max.0 > BYTES {
            let found = format!("values of up to {}", writer.size.max);
            checks.error(&format!("writers.{}.size", writer.name), found, &most_bytes());
        }
    }
}

fn most_bytes() -> String {
    format!(
        "at most {}, whose digits are the {VALUE} characters of a standard parameter",
        ByteSize(BYTES)
    )
}
