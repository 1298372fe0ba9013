//! How the firmware of a device behaves, and the profiles that ship with Firedrill.
//!
//! Each figure names where it is from: esp-mqtt is the MQTT client of ESP-IDF, coreMQTT that of
//! esp-aws-iot and FreeRTOS, aws-c-mqtt that of the AWS IoT Device SDKs v2. What no source gives is marked
//! as our assumption.

use super::{Growth, Jitter, Reconnect};
use crate::scenario::{self, Discovery};
use crate::units::Span;

/// How firmware behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name in a scenario.
    pub name: &'static str,
    /// From power on to an IP address, at least.
    pub wifi_join_min: Span,
    /// And at most; each device draws its own.
    pub wifi_join_max: Span,
    /// An attempt to connect fails when no CONNACK has come by then.
    pub connect_timeout: Span,
    /// The keep-alive that the device acts by. On the wire stands the longest that MQTT can say, since
    /// brokers count wall time.
    pub keep_alive: Span,
    /// Nothing sent for the keep-alive divided by this, and the device sends a PINGREQ.
    pub pings_per_keep_alive: i64,
    /// No PINGRESP for so long, and the device drops the connection. `None`: for as long as it waits
    /// before it sends a PINGREQ.
    pub ping_timeout: Option<Span>,
    /// Messages that the outbox holds; the oldest goes when another comes.
    pub outbox: usize,
    /// A message this old is dropped, in flight or not. `None`: never.
    pub outbox_expiry: Option<Span>,
    /// Publishes in flight at once.
    pub inflight: usize,
    /// What it does when the connection is lost or cannot be made.
    pub reconnect: Reconnect,
    /// How it finds the broker.
    pub discovery: Discovery,
}

/// What a fleet configures otherwise than its profile does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// The keep-alive; at least a second.
    pub keep_alive: Option<Span>,
    /// How devices find their broker.
    pub discovery: Option<Discovery>,
}

impl From<scenario::Profile> for Profile {
    fn from(profile: scenario::Profile) -> Profile {
        match profile {
            scenario::Profile::EspIdfDefault => Profile::esp_idf_default(),
            scenario::Profile::EspAwsIot => Profile::esp_aws_iot(),
            scenario::Profile::AwsFullJitter => Profile::aws_full_jitter(),
        }
    }
}

/// Association, authentication and DHCP of an ESP32 at a busy access point: an assumption.
const WIFI_JOIN: (Span, Span) = (Span::from_secs(1), Span::from_secs(4));

impl Profile {
    /// ESP-IDF's MQTT client, left at its defaults.
    ///
    /// esp-mqtt, `mqtt_config.h` and Kconfig: reconnect always after 10 s (`MQTT_RECON_DEFAULT_MS`), no
    /// jitter, keep-alive 120 s (`MQTT_KEEPALIVE_TICK`), network timeout 10 s
    /// (`MQTT_NETWORK_TIMEOUT_MS`), outbox expiry 30 s (`MQTT_OUTBOX_EXPIRED_TIMEOUT_MS`). It sends a ping
    /// after half of the keep-alive, and waits as long for the answer. Its outbox is bounded by the heap
    /// alone: 64 messages is an assumption, as is a limit of 16 in flight.
    pub fn esp_idf_default() -> Profile {
        Profile {
            name: scenario::Profile::EspIdfDefault.name(),
            wifi_join_min: WIFI_JOIN.0,
            wifi_join_max: WIFI_JOIN.1,
            connect_timeout: Span::from_secs(10),
            keep_alive: Span::from_secs(120),
            pings_per_keep_alive: 2,
            ping_timeout: None,
            outbox: 64,
            outbox_expiry: Some(Span::from_secs(30)),
            inflight: 16,
            reconnect: Reconnect {
                growth: Growth::Fixed,
                jitter: Jitter::None,
                base: Span::from_secs(10),
                cap: Span::from_secs(10),
                retries: None,
            },
            discovery: Discovery::Hardcoded,
        }
    }

    /// The examples of esp-aws-iot, as many products took them over.
    ///
    /// Their `demo_config.h`: retries from 500 ms (`CONNECTION_RETRY_BACKOFF_BASE_MS`) up to 5 s
    /// (`CONNECTION_RETRY_MAX_BACKOFF_DELAY_MS`) with the full jitter of the backoffAlgorithm library, five
    /// of them (`CONNECTION_RETRY_MAX_ATTEMPTS`); CONNACK within 1 s (`CONNACK_RECV_TIMEOUT_MS`), keep-alive
    /// 60 s, ten publishes on record (`OUTGOING_PUBLISH_RECORD_LEN`), which is all the outbox that there
    /// is. coreMQTT waits 5 s for a PINGRESP (`MQTT_PINGRESP_TIMEOUT_MS`).
    pub fn esp_aws_iot() -> Profile {
        Profile {
            name: scenario::Profile::EspAwsIot.name(),
            connect_timeout: Span::from_secs(1),
            keep_alive: Span::from_secs(60),
            pings_per_keep_alive: 1,
            ping_timeout: Some(Span::from_secs(5)),
            outbox: 10,
            outbox_expiry: None,
            inflight: 10,
            reconnect: Reconnect {
                growth: Growth::Exponential,
                jitter: Jitter::Full,
                base: Span::from_millis(500),
                cap: Span::from_secs(5),
                retries: Some(5),
            },
            ..Profile::esp_idf_default()
        }
    }

    /// The time without sending after which a PINGREQ is due.
    pub fn ping_after(&self) -> Span {
        self.keep_alive.divided(self.pings_per_keep_alive.max(1))
    }

    /// How long it waits for the answer to a PINGREQ.
    pub fn ping_response_timeout(&self) -> Span {
        self.ping_timeout.unwrap_or_else(|| self.ping_after())
    }

    /// The same firmware, configured otherwise.
    pub fn with(self, overrides: Overrides) -> Profile {
        // MQTT counts whole seconds, and 0 is no keep-alive at all, which no device here does without.
        let at_least_a_second = |keep_alive: Span| keep_alive.max(Span::from_secs(1));
        Profile {
            keep_alive: overrides.keep_alive.map_or(self.keep_alive, at_least_a_second),
            discovery: overrides.discovery.unwrap_or(self.discovery),
            ..self
        }
    }

    /// What AWS recommends, and its Device SDKs v2 do.
    ///
    /// aws-c-mqtt's MQTT 5 client: reconnect from 1 s (`MIN_RECONNECT_DELAY_MS`) to 120 s
    /// (`MAX_RECONNECT_DELAY_MS`) with full jitter, without end; CONNACK within 20 s, PINGRESP within 30 s,
    /// keep-alive 20 min. Its queue is bounded by memory alone: 128 messages (some 20 KiB of a
    /// microcontroller's RAM) and 16 in flight are assumptions.
    pub fn aws_full_jitter() -> Profile {
        Profile {
            name: scenario::Profile::AwsFullJitter.name(),
            connect_timeout: Span::from_secs(20),
            keep_alive: Span::from_mins(20),
            pings_per_keep_alive: 1,
            ping_timeout: Some(Span::from_secs(30)),
            outbox: 128,
            outbox_expiry: None,
            inflight: 16,
            reconnect: Reconnect {
                growth: Growth::Exponential,
                jitter: Jitter::Full,
                base: Span::from_secs(1),
                cap: Span::from_secs(120),
                retries: None,
            },
            ..Profile::esp_idf_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_of_a_scenario_is_one_of_ours() {
        for profile in scenario::Profile::ALL {
            let ours = Profile::from(profile);
            assert_eq!(ours.name, profile.name());
            assert!(ours.wifi_join_min <= ours.wifi_join_max);
            assert!(ours.inflight > 0 && ours.inflight <= ours.outbox);
            assert!(ours.ping_after() <= ours.keep_alive, "{}", ours.name);
        }
    }

    #[test]
    fn overrides_change_what_they_name_and_what_follows_from_it() {
        let overrides = Overrides {
            keep_alive: Some(Span::from_secs(30)),
            discovery: Some(Discovery::Dns),
        };
        let ours = Profile::esp_idf_default().with(overrides);
        assert_eq!(ours.discovery, Discovery::Dns);
        assert_eq!(
            (ours.ping_after(), ours.ping_response_timeout()),
            (Span::from_secs(15), Span::from_secs(15))
        );
        let theirs = Profile::esp_aws_iot().with(overrides);
        assert_eq!(
            (theirs.ping_after(), theirs.ping_response_timeout()),
            (Span::from_secs(30), Span::from_secs(5))
        );
        let same = Profile::esp_idf_default().with(Overrides::default());
        assert_eq!(same, Profile::esp_idf_default());
    }
}
