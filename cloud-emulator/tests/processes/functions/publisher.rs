//! Functions publish to devices, as a client of AWS IoT does.

use bytes::Bytes;
use cloud_emulator::client::KeyPair;
use cloud_emulator::functions::{Settings, TopicPublisher};
use cloud_emulator::iot_data::PublishError;
use test_harness::trial;

use crate::functions::bench::{KEY, REGION, SECRET};
use crate::functions::iot_listener::IotListener;

const MESSAGE: &[u8] = b"{\"on\": true}";

fn settings(endpoint: &str) -> Settings {
    Settings {
        endpoint: endpoint.to_owned(),
        region: REGION.to_owned(),
        keys: KeyPair {
            access_key: KEY.to_owned(),
            secret_key: SECRET.to_owned(),
        },
    }
}

trial!(async functions_publish_with_a_signature);
async fn functions_publish_with_a_signature() {
    let endpoint = IotListener::open().await;
    let publisher = TopicPublisher::new(settings(&endpoint.url), "cmd/all/ü on").expect("a URL");
    let published = publisher
        .publish("cannot tell", Bytes::from_static(MESSAGE))
        .await;
    published.expect("it is published");
    let given = endpoint.brokers.drain();
    let [(region, message)] = &given[..] else {
        panic!("{given:?}")
    };
    assert_eq!((&**region, &*message.topic), (REGION, "cmd/all/ü on"));
    assert_eq!((&message.payload[..], message.at_least_once), (MESSAGE, true));
    let headers = endpoint.headers.lock();
    let signed = headers[0]["authorization"].to_str().expect("it is text");
    assert!(
        signed.contains(&format!("Credential={KEY}/")) && signed.contains("/us-west-2/iotdata/"),
        "{signed}"
    );
}

trial!(async a_refused_publish_is_an_error_of_the_function);
async fn a_refused_publish_is_an_error_of_the_function() {
    let endpoint = IotListener::open().await;
    let publisher = TopicPublisher::new(settings(&endpoint.url), "cmd/all/on").expect("a URL");
    let publish = || publisher.publish("cannot tell", Bytes::from_static(MESSAGE));
    *endpoint.brokers.refusing.lock() = Some(PublishError::Unavailable("the broker does not run".to_owned()));
    let error = publish().await.unwrap_err();
    assert_eq!(error.error_type, "ServiceUnavailableException");
    assert_eq!(
        error.error_message,
        "cannot tell: 503 Service Unavailable: {\"message\":\"the broker does not run\"}"
    );
    *endpoint.brokers.refusing.lock() = None;
    publish().await.expect("it is published");
    drop(endpoint);
    let error = publish().await.unwrap_err();
    assert_eq!(error.error_type, "IotUnavailable", "{}", error.error_message);
    let none = TopicPublisher::new(settings("no URL"), "cmd/all/on")
        .err()
        .expect("no URL");
    assert_eq!(none.to_string(), "needs a URL in AWS_ENDPOINT_URL, not no URL");
}
