//! Posts a message to a webhook: one plain HTTP request, to a host that the scenario may talk to.
//!
//! What the scenario's decoder has allowed is asked for again here, and a name that is to be loopback must
//! lead to a loopback address. Nothing is followed: an answer that sends elsewhere is a failure. Errors call the webhook by
//! the name that the caller gives it, since a URL can be a secret.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use drill::scenario::Safety;
use http::{Request, StatusCode, Uri};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use runtime::wall;
use tokio::net::{TcpStream, lookup_host};

/// How long a webhook has to answer, in wall time.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Why a message was not delivered.
#[derive(Debug)]
pub(crate) struct NotDelivered {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

/// A webhook, and what errors call it.
#[derive(Clone, Copy)]
pub(crate) struct Webhook<'a> {
    pub(crate) url: &'a str,
    pub(crate) name: &'a str,
}

/// Posts JSON; gives the status of the answer, which is below 300.
pub(crate) async fn post(
    safety: &Safety,
    webhook: Webhook<'_>,
    json: String,
) -> Result<StatusCode, NotDelivered> {
    post_within(TIMEOUT, safety, webhook, json).await
}

async fn post_within(
    timeout: Duration,
    safety: &Safety,
    webhook: Webhook<'_>,
    json: String,
) -> Result<StatusCode, NotDelivered> {
    let name = webhook.name;
    let sent = wall::timeout(timeout, send(safety, webhook, json)).await;
    let no_answer = || {
        not(
            "WebhookTimeout",
            format!("{name} did not answer within {} s", timeout.as_secs_f64()),
        )
    };
    let status = sent.unwrap_or_else(|| Err(no_answer()))?;
    if status.as_u16() < 300 {
        return Ok(status);
    }
    Err(not("WebhookRefused", format!("{name} answered {status}")))
}

async fn send(safety: &Safety, webhook: Webhook<'_>, json: String) -> Result<StatusCode, NotDelivered> {
    let Webhook { url, name } = webhook;
    let uri: Uri = url
        .parse()
        .map_err(|error| not("WebhookNotAllowed", format!("{name}: {error}")))?;
    safety
        .permits(url)
        .map_err(|allowed| not("WebhookNotAllowed", format!("{name} is not {allowed}")))?;
    let unreachable = |error: &dyn std::fmt::Display| not("WebhookUnreachable", format!("{name}: {error}"));
    let address = address(&uri).await.map_err(|error| unreachable(&error))?;
    let stream = TcpStream::connect(address)
        .await
        .map_err(|error| unreachable(&error))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| unreachable(&error))?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
    let request = Request::post(path)
        .header(http::header::HOST, authority)
        .header(http::header::CONTENT_TYPE, "application/json")
        .header(http::header::USER_AGENT, "firedrill")
        .body(Full::new(Bytes::from(json)))
        .map_err(|error| unreachable(&error))?;
    let answer = sender.send_request(request);
    tokio::pin!(answer);
    // The connection lives here: it ends when this future does. Once it has ended, the answer is there or
    // never comes.
    let answer = tokio::select! {
        answer = &mut answer => answer,
        ended = connection => {
            ended.map_err(|error| unreachable(&error))?;
            answer.await
        }
    };
    answer
        .map(|answer| answer.status())
        .map_err(|error| unreachable(&error))
}

/// Where a URL leads. What is called `localhost` is, whatever a resolver says.
async fn address(uri: &Uri) -> std::io::Result<SocketAddr> {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let port = uri.port_u16().unwrap_or(80);
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(SocketAddr::new(ip, port));
    }
    let mut found = lookup_host((host, port)).await?;
    let fits = |address: &SocketAddr| host != "localhost" || address.ip().is_loopback();
    found
        .find(fits)
        .ok_or_else(|| std::io::Error::other(format!("{host} has no address that may be used")))
}

fn not(code: &'static str, message: String) -> NotDelivered {
    NotDelivered { code, message }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// Answers one request with this; gives what was asked.
    async fn sink(answer: &'static str) -> (String, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?x=1", listener.local_addr().unwrap());
        let asked = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut text = Vec::new();
            let mut buffer = [0; 4096];
            while !text.ends_with(b"}") {
                let n = stream.read(&mut buffer).await.unwrap();
                text.extend_from_slice(&buffer[..n]);
                if n == 0 {
                    break;
                }
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
            if answer.is_empty() {
                // Never an answer: until the other side goes.
                let _ = stream.read(&mut buffer).await;
            }
            String::from_utf8(text).unwrap()
        });
        (url, asked)
    }

    fn webhook(url: &str) -> Webhook<'_> {
        Webhook {
            url,
            name: "the webhook",
        }
    }

    async fn post_to(url: &str) -> Result<StatusCode, NotDelivered> {
        let posted = post(&Safety::default(), webhook(url), "{\"to\":\"x\"}".to_owned()).await;
        if let Err(why) = &posted {
            let about = url.trim_start_matches("http://").trim_start_matches("https://");
            assert!(!why.message.contains(about), "it is called by its name: {why:?}");
            assert!(why.message.starts_with("the webhook"), "{why:?}");
        }
        posted
    }

    #[tokio::test]
    async fn a_message_is_posted_as_json() {
        let (url, asked) = sink("HTTP/1.1 204 No Content\r\n\r\n").await;
        assert_eq!(post_to(&url).await.unwrap(), 204);
        let asked = asked.await.unwrap();
        assert!(asked.starts_with("POST /hook?x=1 HTTP/1.1\r\n"), "{asked}");
        assert!(asked.contains("content-type: application/json"), "{asked}");
        assert!(asked.ends_with("{\"to\":\"x\"}"), "{asked}");
    }

    #[tokio::test]
    async fn errors_and_redirects_are_no_delivery() {
        for answer in [
            "HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 302 There\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
        ] {
            let (url, _asked) = sink(answer).await;
            assert_eq!(post_to(&url).await.unwrap_err().code, "WebhookRefused");
        }
    }

    #[tokio::test]
    async fn who_does_not_answer_or_is_not_there_was_not_told() {
        let (url, _asked) = sink("").await;
        let timeout = Duration::from_millis(50);
        let slow = post_within(timeout, &Safety::default(), webhook(&url), "{}".to_owned()).await;
        assert_eq!(slow.unwrap_err().code, "WebhookTimeout");
        let free = TcpListener::bind("127.0.0.1:0")
            .await
            .unwrap()
            .local_addr()
            .unwrap();
        assert_eq!(
            post_to(&format!("http://{free}/")).await.unwrap_err().code,
            "WebhookUnreachable"
        );
    }

    #[tokio::test]
    async fn nothing_is_sent_where_it_may_not_go() {
        for url in [
            "http://192.0.2.1/",
            "https://127.0.0.1/",
            "http://127.0.0.1@192.0.2.1/",
            "http://no such address/",
        ] {
            assert_eq!(post_to(url).await.unwrap_err().code, "WebhookNotAllowed", "{url}");
        }
    }
}
