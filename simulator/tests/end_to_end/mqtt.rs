//! `firedrill mqtt`: a broker for clients of one's own.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use test_harness::trial;

use crate::support::{Running, Sandbox, installed, until, within};

/// Starts it on a free port, and gives that.
fn start(sandbox: &Sandbox) -> (Running, u16) {
    let mut running = sandbox.firedrill(["mqtt", "--listen", "127.0.0.1:0"]).start();
    let port = running.until("the broker's address", |running| {
        let said = running.stdout();
        said.trim().strip_prefix("mqtt://127.0.0.1:")?.parse().ok()
    });
    (running, port)
}

/// A CONNECT of client `health`, as the health check of docker-compose.yml sends it.
const CONNECT: &[u8] = b"\x10\x12\x00\x04MQTT\x04\x02\x00\x3c\x00\x06health";

trial!(the_broker_answers_until_it_is_interrupted);
fn the_broker_answers_until_it_is_interrupted() {
    let sandbox = Sandbox::new();
    let (running, port) = start(&sandbox);
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .expect("a timeout can be set");
    stream.write_all(CONNECT).expect("it reads");
    let mut answer = [0xff; 4];
    stream.read_exact(&mut answer).expect("it answers");
    assert_eq!(answer, [0x20, 2, 0, 0], "a CONNACK with success");
    let traces = running.traces(sandbox.path());
    running.signal(Signal::TERM);
    running.wait().assert_code(130);
    traces.assert_gone();
    sandbox.assert_no_process_left();
}

trial!(a_published_message_reaches_a_subscriber);
fn a_published_message_reaches_a_subscriber() {
    if !installed("mosquitto_pub") {
        return;
    }
    let sandbox = Sandbox::new();
    let (running, port) = start(&sandbox);
    let port = port.to_string();
    let mut subscriber = Command::new("mosquitto_sub")
        .args(["-p", &port, "-t", "a/#", "-C", "1", "-v"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("mosquitto_sub can be started");
    // It may not have subscribed yet: publish until it has what it waits for.
    until("the message", || {
        let published = Command::new("mosquitto_pub")
            .args(["-p", &port, "-t", "a/b", "-m", "hello", "-q", "1"])
            .status();
        assert!(published.expect("mosquitto_pub can be started").success());
        let ended = || subscriber.try_wait().expect("it can be waited for");
        within(Duration::from_millis(200), ended)
    });
    let mut heard = String::new();
    let mut stdout = subscriber.stdout.take().expect("it is piped");
    stdout.read_to_string(&mut heard).expect("it writes text");
    assert_eq!(heard, "a/b hello\n");
    running.signal(Signal::INT);
    running.wait().assert_code(130);
    sandbox.assert_no_process_left();
}

trial!(a_port_in_use_and_a_dead_broker_are_reported);
fn a_port_in_use_and_a_dead_broker_are_reported() {
    let sandbox = Sandbox::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("it has an address").to_string();
    let ended = sandbox.firedrill(["mqtt", "--listen", &address]).output();
    let sentence = ended.assert_code(4).one_sentence();
    assert!(
        sentence.contains(&address) && sentence.contains("in use"),
        "{sentence}"
    );

    let (running, _) = start(&sandbox);
    let broker = rustix::process::Pid::from_raw(running.broker().pid).expect("a process id");
    rustix::process::kill_process(broker, Signal::KILL).expect("it is there");
    let ended = running.wait();
    ended.assert_code(4);
    assert!(ended.stderr.contains("ended by itself"), "{}", ended.stderr);
    sandbox.assert_no_process_left();
}
