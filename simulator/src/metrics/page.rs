//! One answer to a scraper: families of samples, and their text.

use std::collections::BTreeMap;

use prometheus::proto::{Counter, Gauge, LabelPair, Metric, MetricFamily, MetricType};
use prometheus::{TEXT_FORMAT, TextEncoder};

/// The media type of the text.
pub(crate) const MEDIA_TYPE: &str = TEXT_FORMAT;

/// The samples of one moment.
#[derive(Debug, Default)]
pub(crate) struct Page {
    families: BTreeMap<&'static str, MetricFamily>,
}

/// One family, to put samples into. Without any it does not stand in the text.
pub(crate) struct Family<'a> {
    kind: MetricType,
    samples: &'a mut MetricFamily,
}

impl Page {
    /// Values that go up and down.
    pub(crate) fn gauge(&mut self, name: &'static str, help: &'static str) -> Family<'_> {
        self.family(MetricType::GAUGE, name, help)
    }

    /// Counts, which only ever grow. Their names end in `_total`.
    pub(crate) fn counter(&mut self, name: &'static str, help: &'static str) -> Family<'_> {
        self.family(MetricType::COUNTER, name, help)
    }

    fn family(&mut self, kind: MetricType, name: &'static str, help: &'static str) -> Family<'_> {
        let samples = self.families.entry(name).or_insert_with(|| {
            let mut family = MetricFamily::default();
            family.set_name(name.to_owned());
            family.set_help(help.to_owned());
            family.set_field_type(kind);
            family
        });
        Family { kind, samples }
    }

    /// The text, in the order of the names.
    ///
    /// # Errors
    /// What the encoder refuses.
    pub(crate) fn text(self) -> Result<String, prometheus::Error> {
        let families = self.families.into_values();
        let families: Vec<MetricFamily> = families.filter(|of| !of.get_metric().is_empty()).collect();
        TextEncoder::new().encode_to_string(&families)
    }
}

impl Family<'_> {
    /// One sample.
    pub(crate) fn put(&mut self, labels: &[(&str, &str)], value: f64) {
        let label = |(name, value): &(&str, &str)| {
            let mut pair = LabelPair::default();
            pair.set_name((*name).to_owned());
            pair.set_value((*value).to_owned());
            pair
        };
        let mut metric = Metric::from_label(labels.iter().map(label).collect());
        if self.kind == MetricType::COUNTER {
            let mut counter = Counter::default();
            counter.set_value(value);
            metric.set_counter(counter);
        } else {
            let mut gauge = Gauge::default();
            gauge.set_value(value);
            metric.set_gauge(gauge);
        }
        self.samples.mut_metric().push(metric);
    }

    /// One sample that counts something.
    pub(crate) fn count(&mut self, labels: &[(&str, &str)], count: u64) {
        self.put(labels, count as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_stand_by_name_with_help_and_type_and_labels_are_escaped() {
        let mut page = Page::default();
        let mut gauge = page.gauge("b", "Goes up and down.");
        gauge.put(&[("of", "a \"b\"\\\n")], 0.5);
        gauge.put(&[], -1.0);
        page.counter("a_total", "Grows.").count(&[], 1 << 40);
        page.gauge("empty", "Has no samples.");
        assert_eq!(
            page.text().unwrap(),
            "# HELP a_total Grows.\n# TYPE a_total counter\na_total 1099511627776\n\
             # HELP b Goes up and down.\n# TYPE b gauge\nb{of=\"a \\\"b\\\"\\\\\\n\"} 0.5\nb -1\n"
        );
        assert_eq!(Page::default().text().unwrap(), "");
    }
}
