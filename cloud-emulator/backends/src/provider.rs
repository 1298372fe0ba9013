//! What `--cloud` says: where the AWS of a drill is.

use cloud_service::{Backend, CloudError, CloudOptions, Needed};
use drill::report::EMBEDDED;
use drill::scenario::{Platform, Scenario};
use http::uri::Authority;

use crate::embedded::Embedded;
use crate::endpoints::Endpoints;
use crate::localstack::DEFAULT_IMAGE;
use crate::localstacks::LocalStacks;
use crate::url::{UrlError, authority};

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

/// What is wrong with `--cloud`, and what is allowed.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// It is none of those that there are.
    #[error(
        "--cloud {text}: allowed are embedded, localstack, a URL (http://127.0.0.1:4566), or a URL for each region \
         ({example})"
    )]
    Unknown {
        /// What was typed.
        text: String,
        /// A URL for each region of the scenario.
        example: String,
    },
    /// An image is named for a cloud that has none.
    #[error("--localstack-image goes with --cloud localstack only")]
    ImageOfAnother,
    /// The URLs are not those of the scenario's regions.
    #[error("--cloud {text}: {why}")]
    Endpoints {
        /// What was typed.
        text: String,
        /// What is wrong with it.
        why: EndpointsError,
    },
}

/// What is wrong with a list of URLs.
#[derive(Debug, thiserror::Error)]
pub enum EndpointsError {
    /// A label is none of the scenario's.
    #[error("there is no region {label:?}; the scenario has {known}")]
    NoRegion {
        /// The label.
        label: String,
        /// Those that the scenario has.
        known: String,
    },
    /// There are more or fewer than regions.
    #[error("one URL, or one for each of the {regions} regions ({example})")]
    Number {
        /// How many regions the scenario has.
        regions: usize,
        /// A URL for each.
        example: String,
    },
    /// It is neither loopback nor in `safety.allow_hosts`.
    #[error("{url}: a drill talks to {allowed} only")]
    NotPermitted {
        /// The URL.
        url: String,
        /// What is allowed.
        allowed: String,
    },
    /// It is no URL of an endpoint.
    #[error("{url}: {why}")]
    Url {
        /// The URL.
        url: String,
        /// What is wrong with it.
        why: UrlError,
    },
    /// A region has two.
    #[error("region {0} has two URLs")]
    Twice(String),
    /// A region has none.
    #[error("region {0} has no URL")]
    None(String),
}

impl Provider {
    /// Stands it up, or reaches it. `needed` are the services that go there.
    ///
    /// # Errors
    /// A container that does not get ready.
    pub async fn stand_up(
        &self,
        options: &CloudOptions<'_>,
        needed: Vec<Needed>,
    ) -> Result<Box<dyn Backend>, CloudError> {
        Ok(match self {
            Provider::Embedded => Box::new(Embedded),
            Provider::LocalStack { image } => Box::new(LocalStacks::start(options, image, needed).await?),
            Provider::Endpoints(addresses) => Box::new(Endpoints::new(options.scenario, addresses)),
        })
    }

    /// Reads `embedded`, `localstack`, a URL for all regions, several in the order of the regions, or
    /// `label=URL,label=URL`.
    ///
    /// # Errors
    /// What is wrong with it, and what is allowed. A host that is neither loopback nor in `safety.allow_hosts` is
    /// refused here, before anything is asked of it.
    pub fn parse(text: &str, image: Option<&str>, scenario: &Scenario) -> Result<Provider, ProviderError> {
        let provider = match text {
            EMBEDDED => Provider::Embedded,
            "localstack" => Provider::LocalStack {
                image: image.unwrap_or(DEFAULT_IMAGE).to_owned(),
            },
            urls if urls.contains("://") => {
                Provider::Endpoints(endpoints(urls, scenario).map_err(|why| ProviderError::Endpoints {
                    text: urls.to_owned(),
                    why,
                })?)
            }
            other => {
                return Err(ProviderError::Unknown {
                    text: other.to_owned(),
                    example: example(scenario),
                });
            }
        };
        match (&provider, image) {
            (Provider::LocalStack { .. }, _) | (_, None) => Ok(provider),
            (_, Some(_)) => Err(ProviderError::ImageOfAnother),
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

fn endpoints(text: &str, scenario: &Scenario) -> Result<Vec<Authority>, EndpointsError> {
    let regions = &scenario.cloud.regions;
    let mut found: Vec<Option<Authority>> = vec![None; regions.len()];
    let urls: Vec<&str> = text.split(',').map(str::trim).collect();
    for (n, part) in urls.iter().enumerate() {
        let (place, url) = place(n, part, urls.len(), scenario)?;
        if let Err(allowed) = scenario.safety.permits(url) {
            return Err(EndpointsError::NotPermitted {
                url: url.to_owned(),
                allowed: allowed.to_string(),
            });
        }
        let authority = authority(url).map_err(|why| EndpointsError::Url {
            url: url.to_owned(),
            why,
        })?;
        if found[place].replace(authority).is_some() {
            return Err(EndpointsError::Twice(regions[place].label.clone()));
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
        return Err(EndpointsError::None(region.label.clone()));
    }
    Ok(found.into_iter().flatten().collect())
}

/// Which region the `n`th part is about, and its URL.
fn place<'a>(
    n: usize,
    part: &'a str,
    parts: usize,
    scenario: &Scenario,
) -> Result<(usize, &'a str), EndpointsError> {
    let regions = &scenario.cloud.regions;
    match label_and_url(part) {
        Some((label, url)) => match regions.iter().position(|region| region.label == label) {
            Some(place) => Ok((place, url)),
            None => {
                let labels: Vec<&str> = regions.iter().map(|region| region.label.as_str()).collect();
                Err(EndpointsError::NoRegion {
                    label: label.to_owned(),
                    known: labels.join(", "),
                })
            }
        },
        None if parts == 1 || parts == regions.len() => Ok((n, part)),
        None => Err(EndpointsError::Number {
            regions: regions.len(),
            example: example(scenario),
        }),
    }
}

/// `label=URL`.
fn label_and_url(part: &str) -> Option<(&str, &str)> {
    part.split_once('=').filter(|(label, _)| !label.contains("://"))
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

    fn parsed(text: &str) -> Result<Vec<String>, ProviderError> {
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
            let refused = parsed(text).unwrap_err().to_string();
            assert!(refused.contains(says), "{text}: {refused}");
        }
        let image = Provider::parse("embedded", Some("x:1"), &scenario());
        assert!(image.unwrap_err().to_string().contains("--localstack-image"));
    }
}
