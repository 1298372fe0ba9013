//! Where the AWS of a drill is: here, in containers, or at endpoints that run already.

use drill::report::EMBEDDED;
use drill::scenario::{Platform, Scenario};
use http::uri::Authority;

use crate::containers::DEFAULT_IMAGE;

/// Where the AWS of a drill is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Provider {
    /// Our own, in this process.
    Embedded,
    /// LocalStack, a container for each region.
    LocalStack {
        /// The image, with its tag.
        image: String,
    },
    /// Endpoints that speak plain HTTP and run already, in the order of the scenario's regions.
    Endpoints(Vec<Authority>),
}

impl Provider {
    /// Reads `embedded`, `localstack`, a URL for all regions, several in the order of the regions, or
    /// `label=URL,label=URL`.
    ///
    /// # Errors
    /// What is wrong with it, and what is allowed. A host that is neither loopback nor in `safety.allow_hosts` is
    /// refused here, before anything is asked of it.
    pub fn parse(text: &str, image: Option<&str>, scenario: &Scenario) -> Result<Provider, String> {
        let provider = match text {
            EMBEDDED => Provider::Embedded,
            "localstack" => Provider::LocalStack {
                image: image.unwrap_or(DEFAULT_IMAGE).to_owned(),
            },
            urls if urls.contains("://") => Provider::Endpoints(endpoints(urls, scenario)?),
            other => {
                return Err(format!(
                    "--cloud {other}: allowed are embedded, localstack, a URL (http://127.0.0.1:4566), or a URL for each \
                     region ({})",
                    example(scenario)
                ));
            }
        };
        match (&provider, image) {
            (Provider::LocalStack { .. }, _) | (_, None) => Ok(provider),
            (_, Some(_)) => Err("--localstack-image goes with --cloud localstack only".to_owned()),
        }
    }

    /// How reports name it.
    pub fn name(&self) -> String {
        match self {
            Provider::Embedded => EMBEDDED.to_owned(),
            Provider::LocalStack { image } => format!("localstack ({image})"),
            Provider::Endpoints(endpoints) => {
                let mut names: Vec<String> = endpoints.iter().map(|to| format!("http://{to}")).collect();
                names.dedup();
                names.join(", ")
            }
        }
    }

    /// What text on the command line stands for, with the image if one is named, as far as it decides what a scenario may
    /// ask for.
    pub fn platform(text: &str, image: Option<&str>) -> Platform {
        match text {
            EMBEDDED => Platform::Embedded,
            "localstack" => Platform::LocalStack {
                default_image: image.is_none_or(|image| image == DEFAULT_IMAGE),
            },
            _ => Platform::Endpoints,
        }
    }
}

fn example(scenario: &Scenario) -> String {
    let url = |(n, region): (usize, &drill::scenario::Region)| {
        format!("{}=http://127.0.0.1:{}", region.label, 4566 + n)
    };
    let urls: Vec<String> = scenario.cloud.regions.iter().enumerate().map(url).collect();
    urls.join(",")
}

fn endpoints(text: &str, scenario: &Scenario) -> Result<Vec<Authority>, String> {
    let wrong = |why: String| Err(format!("--cloud {text}: {why}"));
    let regions = &scenario.cloud.regions;
    let mut found: Vec<Option<Authority>> = vec![None; regions.len()];
    let urls: Vec<&str> = text.split(',').map(str::trim).collect();
    for (n, part) in urls.iter().enumerate() {
        let named = label_and_url(part);
        let (place, url) = match named {
            Some((label, url)) => match regions.iter().position(|region| region.label == label) {
                Some(place) => (place, url),
                None => {
                    let labels: Vec<&str> = regions.iter().map(|region| region.label.as_str()).collect();
                    let known = labels.join(", ");
                    return wrong(format!("there is no region {label:?}; the scenario has {known}"));
                }
            },
            None if urls.len() == 1 || urls.len() == regions.len() => (n, *part),
            None => {
                return wrong(format!(
                    "one URL, or one for each of the {} regions ({})",
                    regions.len(),
                    example(scenario)
                ));
            }
        };
        if let Err(allowed) = scenario.safety.permits(url) {
            return wrong(format!("{url}: a drill talks to {allowed} only"));
        }
        let authority = match authority(url) {
            Ok(authority) => authority,
            Err(why) => return wrong(format!("{url}: {why}")),
        };
        if found[place].replace(authority).is_some() {
            return wrong(format!("region {} has two URLs", regions[place].label));
        }
    }
    if let [only] = urls[..]
        && label_and_url(only).is_none()
        && let Some(only) = found.iter().flatten().next().cloned()
    {
        found.iter_mut().for_each(|place| *place = Some(only.clone()));
    }
    let missing = regions.iter().zip(&found).find(|(_, to)| to.is_none());
    if let Some((region, _)) = missing {
        return wrong(format!("region {} has no URL", region.label));
    }
    Ok(found.into_iter().flatten().collect())
}

/// `label=URL`.
fn label_and_url(part: &str) -> Option<(&str, &str)> {
    part.split_once('=').filter(|(label, _)| !label.contains("://"))
}

/// Host and port of a URL.
pub(super) fn authority(url: &str) -> Result<Authority, String> {
    let rest = url.strip_prefix("http://").unwrap_or(url);
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    if !path.is_empty() {
        return Err("an endpoint has no path".to_owned());
    }
    let authority = authority.parse::<Authority>();
    let authority = authority.map_err(|error| format!("{error}"))?;
    match authority.port() {
        Some(_) => Ok(authority),
        None => format!("{authority}:80")
            .parse()
            .map_err(|error| format!("{error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario() -> Scenario {
        let text = include_str!("../../../scenarios/iot-steel/s3-bucket-loss.yaml");
        Scenario::parse("s3-bucket-loss.yaml", text)
            .expect("a shipped scenario is valid")
            .0
    }

    fn parsed(text: &str) -> Result<Vec<String>, String> {
        match Provider::parse(text, None, &scenario())? {
            Provider::Endpoints(endpoints) => Ok(endpoints.iter().map(ToString::to_string).collect()),
            other => Ok(vec![other.name()]),
        }
    }

    #[test]
    fn one_url_serves_all_regions_and_each_may_have_its_own() {
        let twice = ["127.0.0.1:4566", "127.0.0.1:4566"];
        assert_eq!(parsed("http://127.0.0.1:4566").unwrap(), twice);
        assert_eq!(parsed("http://127.0.0.1:4566/").unwrap(), twice);
        let each = ["127.0.0.1:1", "localhost:2"];
        assert_eq!(parsed("http://127.0.0.1:1,http://localhost:2").unwrap(), each);
        assert_eq!(
            parsed("backup=http://localhost:2,primary=http://127.0.0.1:1").unwrap(),
            each
        );
        assert_eq!(
            parsed("localstack").unwrap(),
            ["localstack (localstack/localstack:4.14.0)"]
        );
    }

    #[test]
    fn what_is_not_allowed_is_refused_with_what_is() {
        for (text, says) in [
            ("moto", "allowed are embedded, localstack, a URL"),
            ("http://s3.amazonaws.com", "loopback"),
            ("https://127.0.0.1:4566", "http://"),
            ("http://127.0.0.1:4566/path", "has no path"),
            ("http://u@127.0.0.1:4566", "loopback"),
            (
                "primary=http://127.0.0.1:1,http://127.0.0.1:2,http://127.0.0.1:3",
                "one for each",
            ),
            (
                "primary=http://127.0.0.1:1,primary=http://127.0.0.1:2",
                "region primary has two URLs",
            ),
            ("backup=http://127.0.0.1:1", "region primary has no URL"),
            ("north=http://127.0.0.1:1", "there is no region \"north\""),
        ] {
            let refused = parsed(text).unwrap_err();
            assert!(refused.contains(says), "{text}: {refused}");
        }
        let image = Provider::parse("embedded", Some("x:1"), &scenario());
        assert!(image.unwrap_err().contains("--localstack-image"));
    }
}
