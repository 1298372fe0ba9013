//! The image: its name, whether it is here, and its pull, which says how far it is.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use bollard::models::CreateImageInfo;
use bollard::query_parameters::CreateImageOptionsBuilder;
use futures::StreamExt;
use runtime::wall;

use super::engine::{Engine, status};
use super::error::ContainerError;
use cloud_client::rest::with_cause;

/// How long a pull may take.
const PULL: Duration = Duration::from_secs(600);
/// How long a pull may take without getting any further.
const STALL: Duration = Duration::from_secs(60);
/// How often a pull says how far it is.
const TELL: Duration = Duration::from_secs(1);

/// A name by which an engine finds an image, in the two parts that `testcontainers` joins with a colon again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ImageName {
    pub(super) name: String,
    pub(super) tag: String,
}

impl ImageName {
    /// `[registry[:port]/]repository[:tag][@digest]`; the tag is `latest` where there is neither tag nor digest.
    pub(super) fn parse(text: &str) -> Result<ImageName, ContainerError> {
        let odd = |c: char| c.is_whitespace() || c.is_control();
        let repository = text.rfind('/').map_or(0, |slash| slash + 1);
        // The last colon: of a digest, else of a tag; one before the last slash is of a port.
        let (name, tag) = match text[repository..].rfind(':') {
            Some(colon) => (&text[..repository + colon], &text[repository + colon + 1..]),
            None => (text, "latest"),
        };
        if name.is_empty()
            || name.ends_with('/')
            || tag.is_empty()
            || text.contains(odd)
            || text.starts_with('-')
        {
            return Err(ContainerError::ImageName {
                name: text.to_owned(),
            });
        }
        Ok(ImageName {
            name: name.to_owned(),
            tag: tag.to_owned(),
        })
    }
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.tag)
    }
}

/// How far the pull of an image is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pull {
    /// The image.
    pub image: String,
    /// Bytes that have arrived.
    pub done: u64,
    /// Bytes of the layers that are known by now; the registry does not tell of all of them at once.
    pub total: u64,
}

impl fmt::Display for Pull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let megabytes = |bytes: u64| bytes / 1_000_000;
        let (done, total) = (megabytes(self.done), megabytes(self.total));
        write!(f, "pulling {}: {done} of {total} MB", self.image)
    }
}

/// Sees to it that the image is here.
pub(super) async fn ensure(
    engine: &Engine,
    image: &ImageName,
    on_pull: &(dyn Fn(&Pull) + Send + Sync),
) -> Result<(), ContainerError> {
    let name = image.to_string();
    match engine.answer(engine.docker.inspect_image(&name)).await {
        Ok(_) => return Ok(()),
        Err(error) if status(&error) == Some(404) => {}
        Err(error) => {
            return Err(ContainerError::Engine {
                doing: format!("say whether it has the image {name}"),
                cause: with_cause(&error),
            });
        }
    }
    let failed = |cause| ContainerError::Pull {
        image: name.clone(),
        cause,
    };
    match wall::timeout(PULL, pull(engine, &name, on_pull)).await {
        Some(pulled) => pulled.map_err(failed),
        None => Err(failed(format!("it took more than {PULL:?}"))),
    }
}

async fn pull(engine: &Engine, name: &str, on_pull: &(dyn Fn(&Pull) + Send + Sync)) -> Result<(), String> {
    let options = CreateImageOptionsBuilder::new().from_image(name).build();
    let mut news = std::pin::pin!(engine.docker.create_image(Some(options), None, None));
    let mut layers = Layers::default();
    let mut further = wall::mono();
    let mut told = None;
    loop {
        let policy = STALL.saturating_sub(wall::mono().since(further));
        let stalled = || format!("nothing more has arrived for {STALL:?}");
        let Some(next) = wall::timeout(policy, news.next()).await else {
            return Err(stalled());
        };
        let Some(next) = next else {
            on_pull(&layers.progress(name));
            return Ok(());
        };
        let next = next.map_err(|error| with_cause(&error))?;
        if let Some(error) = next
            .error_detail
            .as_ref()
            .and_then(|detail| detail.message.clone())
        {
            return Err(error);
        }
        let now = wall::mono();
        if layers.record(&next) {
            further = now;
        }
        if told.is_none_or(|told| now.since(told) >= TELL) {
            told = Some(now);
            on_pull(&layers.progress(name));
        }
    }
}

/// What is known of the layers of an image that is being pulled.
#[derive(Default)]
struct Layers {
    /// Bytes here and bytes in all, of each layer.
    downloads: HashMap<String, (u64, u64)>,
    last: Option<CreateImageInfo>,
}

impl Layers {
    /// True if this is news, not a repetition.
    fn record(&mut self, news: &CreateImageInfo) -> bool {
        let layer = news
            .id
            .as_ref()
            .filter(|_| news.status.as_deref() == Some("Downloading"));
        if let (Some(layer), Some(detail)) = (layer, &news.progress_detail) {
            let bytes = |n: Option<i64>| n.and_then(|n| u64::try_from(n).ok()).unwrap_or_default();
            let entry = (bytes(detail.current), bytes(detail.total));
            self.downloads.insert(layer.clone(), entry);
        } else if news.status.as_deref() == Some("Download complete")
            && let Some(entry) = news.id.as_ref().and_then(|layer| self.downloads.get_mut(layer))
        {
            entry.0 = entry.1;
        }
        let is_news = self.last.as_ref() != Some(news);
        self.last = Some(news.clone());
        is_news
    }

    fn progress(&self, image: &str) -> Pull {
        Pull {
            image: image.to_owned(),
            done: self.downloads.values().map(|(done, _)| done).sum(),
            total: self.downloads.values().map(|(_, total)| total).sum(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bollard::models::ProgressDetail;

    #[test]
    fn names_of_images() {
        let parts = |text: &str| ImageName::parse(text).map(|image| (image.name, image.tag)).ok();
        let pair = |name: &str, tag: &str| Some((name.to_owned(), tag.to_owned()));
        assert_eq!(
            parts(super::super::default_image::DEFAULT_IMAGE),
            pair("localstack/localstack", "4.14.0")
        );
        assert_eq!(parts("mine"), pair("mine", "latest"));
        assert_eq!(
            parts("localhost:5000/mine"),
            pair("localhost:5000/mine", "latest")
        );
        assert_eq!(parts("localhost:5000/a/b:c"), pair("localhost:5000/a/b", "c"));
        assert_eq!(parts("a/b@sha256:0f"), pair("a/b@sha256", "0f"));
        assert_eq!(parts("a/b:c@sha256:0f"), pair("a/b:c@sha256", "0f"));
        for wrong in ["", ":", "a:", "a/", "/", "a b", "a\n:c", "--privileged", "a/:b"] {
            assert_eq!(parts(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_pull_is_counted_over_its_layers() {
        let mut layers = Layers::default();
        let news = |layer: &str, status: &str, current, total| CreateImageInfo {
            id: Some(layer.to_owned()),
            status: Some(status.to_owned()),
            progress_detail: Some(ProgressDetail { current, total }),
            error_detail: None,
        };
        assert!(layers.record(&news("4.14.0", "Pulling from localstack/localstack", None, None)));
        assert!(layers.record(&news("a", "Downloading", Some(2_000_000), Some(9_000_000))));
        assert!(layers.record(&news("b", "Downloading", Some(1_000_000), Some(1_000_000))));
        assert_eq!(layers.progress("x:1").to_string(), "pulling x:1: 3 of 10 MB");
        assert!(!layers.record(&news("b", "Downloading", Some(1_000_000), Some(1_000_000))));
        assert!(layers.record(&news("a", "Download complete", None, None)));
        assert!(layers.record(&news("a", "Extracting", Some(1), Some(9_000_000))));
        assert_eq!(layers.progress("x:1").to_string(), "pulling x:1: 10 of 10 MB");
    }
}
