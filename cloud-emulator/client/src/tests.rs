use std::sync::{Arc, Mutex};

use aws_sdk_s3::primitives::ByteStream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// Serves one canned answer per request, in order; gives the heads of the requests.
async fn serve(answers: Vec<&'static str>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = heads.clone();
    let answers = Arc::new(Mutex::new(answers.into_iter()));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream, answers.clone(), seen.clone()));
        }
    });
    (endpoint, heads)
}

async fn converse(
    mut stream: TcpStream,
    answers: Arc<Mutex<std::vec::IntoIter<&'static str>>>,
    seen: Arc<Mutex<Vec<String>>>,
) -> Option<()> {
    let mut text = Vec::new();
    loop {
        let end = loop {
            if let Some(end) = text.windows(4).position(|w| w == b"\r\n\r\n") {
                break end + 4;
            }
            if stream.read_buf(&mut text).await.ok()? == 0 {
                return Some(());
            }
        };
        let head = String::from_utf8_lossy(&text[..end]).to_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
        while text.len() < end + length.unwrap_or(0) {
            stream.read_buf(&mut text).await.ok()?;
        }
        text.drain(..end + length.unwrap_or(0));
        seen.lock().unwrap().push(head);
        let answer = answers.lock().unwrap().next()?;
        stream.write_all(answer.as_bytes()).await.ok()?;
    }
}

fn client(endpoint: &str, attempts: u32) -> S3 {
    let keys = KeyPair {
        access_key: "FDUSER".to_owned(),
        secret_key: "secret".to_owned(),
    };
    let policy = RetryPolicy {
        attempts,
        first_pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(2),
        ..RetryPolicy::STANDARD
    };
    S3::new(&Connections::new(), endpoint, "eu-north-1", &keys, policy)
}

const BUSY: &str = "HTTP/1.1 503 Slow Down\r\ncontent-length: 0\r\n\r\n";
const STORED: &str = "HTTP/1.1 200 OK\r\netag: \"e\"\r\ncontent-length: 0\r\n\r\n";
const FOUND: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-length: 70000\r\n\r\n";

#[tokio::test]
async fn a_meter_counts_calls_repetitions_and_bytes() {
    let (endpoint, heads) = serve(vec![BUSY, STORED, FOUND, HEAD]).await;
    let s3 = client(&endpoint, 3);
    let (sdk, meter) = s3.metered();
    let body = ByteStream::from_static(b"0123456789");
    sdk.put_object()
        .bucket("b")
        .key("k")
        .body(body)
        .send()
        .await
        .unwrap();
    let reading = meter.read();
    assert_eq!(
        (reading.calls, reading.retries, reading.sent, reading.received),
        (1, 1, 20, 0)
    );

    let got = sdk.get_object().bucket("b").key("k").send().await.unwrap();
    assert_eq!(meter.read().received, 0, "an unread body was not moved");
    assert_eq!(&got.body.collect().await.unwrap().into_bytes()[..], b"hello");
    assert_eq!((meter.read().received, meter.read().bytes()), (5, 25));

    sdk.head_object().bucket("b").key("k").send().await.unwrap();
    assert_eq!((meter.read().calls, meter.read().received), (3, 5));
    assert_eq!(s3.metered().1.read(), Reading::default());

    let heads = heads.lock().unwrap();
    assert!(heads[0].starts_with("put /b/k"), "path style: {}", heads[0]);
    assert!(heads[0].contains("credential=fduser/") && heads[0].contains("/eu-north-1/s3/aws4_request"));
}

#[tokio::test]
async fn calls_without_an_sdk_are_counted_by_the_same_meter() {
    let (endpoint, _) = serve(vec![FOUND, BUSY]).await;
    let (_, meter) = client(&endpoint, 1).metered();
    let keys = KeyPair {
        access_key: "FDUSER".to_owned(),
        secret_key: "secret".to_owned(),
    };
    let rest = rest::Rest::new(&endpoint, "eu-north-1", &keys, RetryPolicy::STANDARD).counted_by(&meter);
    let asked = serde_json::json!({"Name": "/a"});
    let call = || rest::Call::json11("ssm", "AmazonSSM", "GetParameter", &asked);
    assert!(rest.call(call()).await.is_ok());
    assert!(rest.call(call()).await.is_err(), "it is not tried again");
    let (reading, sent) = (meter.read(), 2 * asked.to_string().len() as u64);
    assert_eq!(
        (reading.calls, reading.retries, reading.sent, reading.received),
        (2, 0, sent, 5)
    );
    assert_eq!(meter.operations().calls, [("GetParameter".to_owned(), 2)].into());
}

#[tokio::test]
async fn the_number_of_attempts_is_as_stated() {
    let (endpoint, heads) = serve(vec![BUSY; 9]).await;
    let s3 = client(&endpoint, 1);
    let (sdk, meter) = s3.metered();
    assert!(sdk.head_bucket().bucket("b").send().await.is_err());
    assert_eq!((meter.read().calls, meter.read().retries), (1, 0));

    let (sdk, meter) = client(&endpoint, 4).metered();
    assert!(sdk.head_bucket().bucket("b").send().await.is_err());
    assert_eq!((meter.read().calls, meter.read().retries), (1, 3));
    assert_eq!(heads.lock().unwrap().len(), 5);
}

#[tokio::test]
async fn a_refused_connection_is_an_error_without_a_wait() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let (sdk, meter) = client(&endpoint, 2).metered();
    assert!(sdk.list_buckets().send().await.is_err());
    assert_eq!((meter.read().calls, meter.read().retries), (1, 1));
}
