//! Endpoints of `--cloud URL` that answer without end, or a byte a second: the drill ends, and needs no more memory than
//! with one that behaves.
//!
//! ```text
//!   firedrill run --cloud URL ──► hostile server of the test ──► the cloud of another `firedrill`
//!                                   └─ what it likes is answered by itself
//! ```

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use drill::journal::{self, Event};
use runtime::wall;
use test_harness::trial;

use crate::cloud::Cloud;
use crate::support::program::Ended;
use crate::support::server::{Server, any_port};
use crate::support::{Running, Sandbox, Scenario, server, until};

/// The most memory that the program may have had, in KiB. Without a hostile endpoint it is less than half of it.
const MOST_MEMORY_KIB: u64 = 300 << 10;

/// How an endpoint answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EndlessAnswer {
    /// In chunks, of which none is the last.
    Chunks,
    /// Of a length that does not fit into memory.
    Length,
    /// Headers without end.
    Headers,
    /// A byte a second, for most of a day.
    Drip,
}

/// What is sent again and again.
static PIECE: [u8; 64 << 10] = [b'x'; 64 << 10];

impl EndlessAnswer {
    /// Answers until the other end has gone.
    fn give(self, stream: &mut TcpStream) {
        let ok = "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n";
        let begin = match self {
            EndlessAnswer::Chunks => format!("{ok}Transfer-Encoding: chunked\r\n\r\n"),
            EndlessAnswer::Length => format!("{ok}Content-Length: {}\r\n\r\n", 1u64 << 50),
            EndlessAnswer::Headers => ok.to_owned(),
            EndlessAnswer::Drip => format!("{ok}Content-Length: 60000\r\n\r\n"),
        };
        let piece = match self {
            EndlessAnswer::Chunks => [format!("{:x}\r\n", PIECE.len()).as_bytes(), &PIECE, b"\r\n"].concat(),
            EndlessAnswer::Length => PIECE.to_vec(),
            EndlessAnswer::Headers => b"x-more: of the same\r\n".repeat(1000),
            EndlessAnswer::Drip => b"x".to_vec(),
        };
        let mut sent = stream.write_all(begin.as_bytes());
        while sent.is_ok() {
            sent = stream.write_all(&piece);
            if self == EndlessAnswer::Drip {
                wall::block(Duration::from_secs(1));
            }
        }
    }
}

/// Which requests it answers itself, by their heads.
type Chosen = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// An endpoint that means no good, until it is dropped.
struct Hostile {
    server: Server,
    /// How many requests it has answered itself.
    answered: Arc<AtomicU32>,
}

impl Hostile {
    /// What is not chosen is answered by the endpoint at `behind`.
    fn start(answer: EndlessAnswer, behind: Option<SocketAddr>, chosen: Chosen) -> Hostile {
        let answered = Arc::new(AtomicU32::new(0));
        let count = answered.clone();
        let server = Server::start(any_port(), move |stream| {
            serve(stream, answer, behind, &chosen, &count);
        });
        Hostile { server, answered }
    }

    fn url(&self) -> String {
        format!("http://{}", self.server.address)
    }
}

/// Serves one request; the connection ends with it. The client may disconnect at any time.
fn serve(
    mut stream: TcpStream,
    answer: EndlessAnswer,
    behind: Option<SocketAddr>,
    chosen: &Chosen,
    count: &AtomicU32,
) {
    let request = server::receive(&mut stream, |bytes| {
        let end = server::head_end(bytes)?;
        Some((
            String::from_utf8_lossy(&bytes[..end]).into_owned(),
            bytes[end..].to_vec(),
        ))
    });
    let Some((head, rest)) = request else {
        return;
    };
    if chosen(&head) {
        count.fetch_add(1, Ordering::Relaxed);
        return answer.give(&mut stream);
    }
    if let Some(behind) = behind {
        // The answer ends with the connection, so that nothing of it has to be understood here.
        let head = head.trim_end();
        let asked = [head.as_bytes(), b"\r\nConnection: close\r\n\r\n", &rest].concat();
        server::splice(stream, behind, &asked);
    }
}

/// The most memory that a process has had so far, in KiB; none once it has ended.
fn most_memory_kib(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// Waits for its end, and looks every now and then; it never has more memory than it may.
#[track_caller]
fn watched(mut running: Running, mut look: impl FnMut()) -> Ended {
    let mut most = 0;
    let pid = running.id();
    until("the end of the program", || {
        most = most.max(most_memory_kib(pid).unwrap_or(0));
        assert!(most < MOST_MEMORY_KIB, "it takes {most} KiB");
        look();
        running.has_ended().then_some(())
    });
    eprintln!("it took {most} KiB at most");
    assert!(most > 0, "its memory was seen");
    running.wait()
}

fn every(_: &str) -> bool {
    true
}

/// A drill against an endpoint that answers everything so, told why it cannot begin.
#[track_caller]
fn assert_refused(answer: EndlessAnswer) {
    let hostile = Hostile::start(answer, None, Arc::new(every));
    let url = hostile.url();
    // Those who wait until a time is over do so once.
    let commands: &[&str] = if answer == EndlessAnswer::Drip {
        &["run"]
    } else {
        &["run", "cloud"]
    };
    for command in commands {
        let sandbox = Sandbox::new();
        sandbox.scenario(&Scenario::loss());
        let running = sandbox
            .firedrill([command, "scenario.yaml", "--cloud", &url])
            .start();
        let ended = watched(running, || {});
        ended.assert_code(4);
        let last = ended.stderr.lines().last().unwrap_or_default();
        assert!(
            last.contains(&format!("{url} does not list its buckets")),
            "{answer:?}: {last}"
        );
        sandbox.assert_no_process_left();
    }
    assert!(hostile.answered.load(Ordering::Relaxed) > 0);
}

trial!(an_endpoint_that_answers_without_end_is_refused, heavy);
fn an_endpoint_that_answers_without_end_is_refused() {
    for answer in [
        EndlessAnswer::Chunks,
        EndlessAnswer::Length,
        EndlessAnswer::Headers,
    ] {
        assert_refused(answer);
    }
}

trial!(an_endpoint_that_answers_a_byte_a_second_is_refused, slow);
fn an_endpoint_that_answers_a_byte_a_second_is_refused() {
    assert_refused(EndlessAnswer::Drip);
}

/// Whether a request reads an object.
fn reads_object(head: &str) -> bool {
    head.starts_with("GET /small-programs/") && head.contains("x-id=GetObject")
}

/// Whether a request lists a bucket.
fn lists(head: &str) -> bool {
    head.starts_with("GET /small-programs") && head.contains("list-type=2")
}

/// When an endpoint begins to be hostile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    Start,
    /// When the fault has been injected: what is read then is what the verdict rests on.
    Fault,
    /// When an audit begins; audits have no timeout.
    Audit,
}

/// A drill on an endpoint that answers so whatever is chosen ends; gives its exit code.
#[track_caller]
fn drilled(
    answer: EndlessAnswer,
    from: From,
    chosen: impl Fn(&str) -> bool + Send + Sync + 'static,
) -> Option<i32> {
    let theirs = Scenario::fleet().with("name: small-programs", "name: their-programs");
    let behind = Cloud::start(&theirs);
    let address = behind.endpoint()["http://".len()..].parse().expect("an address");
    let begun = Arc::new(AtomicBool::new(from == From::Start));
    let begins = begun.clone();
    let hostile = Hostile::start(
        answer,
        Some(address),
        Arc::new(move |head| begins.load(Ordering::Relaxed) && chosen(head)),
    );
    let sandbox = Sandbox::new();
    sandbox.scenario(&Scenario::loss().with("speed: 300", "speed: 60"));
    let (url, keys) = (hostile.url(), behind.keys());
    let arguments = [
        "run",
        "scenario.yaml",
        "--out",
        "run",
        "--cloud",
        &url,
        "--access-key-file",
        keys,
    ];
    let file = sandbox.path().join("run/journal.jsonl");
    let ended = watched(sandbox.firedrill(arguments).start(), || {
        if !begun.load(Ordering::Relaxed) && has_come(&file, from) {
            begun.store(true, Ordering::Relaxed);
        }
    });
    sandbox.assert_no_process_left();
    assert!(hostile.answered.load(Ordering::Relaxed) > 0, "{}", ended.stderr);
    assert_eq!(
        has_come(&file, From::Fault),
        from != From::Start,
        "{}",
        ended.stderr
    );
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    behind.end();
    ended.status.code()
}

/// Whether the journal has come so far.
fn has_come(file: &Path, to: From) -> bool {
    let journal = std::fs::read(file)
        .ok()
        .and_then(|bytes| journal::read(&bytes).ok());
    let is_it = |event: &Event| match to {
        From::Start => true,
        From::Fault => matches!(event, Event::FaultInjected { .. }),
        From::Audit => matches!(event, Event::Audit { .. }),
    };
    journal.is_some_and(|journal| journal.events().any(|(_, event)| is_it(event)))
}

/// The exit code of a drill that cannot tell.
const INCONCLUSIVE: Option<i32> = Some(3);

trial!(objects_without_end_make_the_drill_inconclusive, heavy);
fn objects_without_end_make_the_drill_inconclusive() {
    for answer in [EndlessAnswer::Chunks, EndlessAnswer::Length] {
        assert_eq!(
            drilled(answer, From::Start, reads_object),
            INCONCLUSIVE,
            "{answer:?}"
        );
    }
    assert_eq!(
        drilled(EndlessAnswer::Chunks, From::Fault, reads_object),
        INCONCLUSIVE
    );
}

trial!(objects_that_come_a_byte_a_second_do_not_hold_the_drill, slow);
fn objects_that_come_a_byte_a_second_do_not_hold_the_drill() {
    // Each audit reads it once, and gives it half a minute; probes that ask for it give up by themselves.
    let chosen = |head: &str| head.starts_with("GET /small-programs/objects/000059?") && reads_object(head);
    let code = drilled(EndlessAnswer::Drip, From::Audit, chosen);
    // What the drill makes of it is not the question here.
    assert!(code.is_some_and(|code| code <= 3), "{code:?}");
}

trial!(listings_without_end_make_the_drill_inconclusive, heavy);
fn listings_without_end_make_the_drill_inconclusive() {
    assert_eq!(drilled(EndlessAnswer::Chunks, From::Fault, lists), INCONCLUSIVE);
}
