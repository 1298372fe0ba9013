//! A gateway in front of the S3 of other endpoints: what they do not do, it does. The same cases are run on two of our
//! own S3s, each with a region, and on two LocalStacks in containers, where an engine has the image.

mod bench;
mod cases;
mod copies;
#[path = "../../support/localstack.rs"]
mod localstack;
mod meddler;
mod odd;

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use bench::Bench;
use runtime::wall;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, getsockname, socket_with};

/// Runs every case on endpoints of one kind.
fn all(endpoints: &bench::Endpoints) {
    type Case = fn(&Bench);
    let cases: [(&str, Case); 16] = [
        ("names", cases::names_of_buckets_are_one_space_over_all_regions),
        ("versioning", cases::versioning_is_not_suspended_under_replication),
        ("rules", cases::rules_that_aws_refuses_are_refused),
        ("classes", copies::copies_have_the_storage_class_of_their_rule),
        ("replication", copies::writes_are_copied_with_what_belongs_to_them),
        ("markers", copies::markers_are_copied_only_if_asked),
        ("order", copies::an_older_version_never_comes_over_a_newer_one),
        ("existing", copies::a_batch_copies_what_is_absent_once),
        ("copies", copies::copies_go_from_one_region_to_the_other),
        ("damage", copies::damage_is_seen_by_everybody_and_goes_with_copies),
        (
            "deletions",
            cases::deletions_of_many_are_known_also_when_they_are_quiet,
        ),
        (
            "signatures",
            cases::signatures_are_verified_in_front_of_an_endpoint,
        ),
        ("forms", cases::forms_are_refused_with_the_reason),
        ("others", cases::buckets_not_made_here_are_not_touched),
        (
            "tags",
            cases::buckets_say_whose_they_are_and_clients_do_not_see_it,
        ),
        ("listings", cases::listings_are_whole_and_end),
    ];
    for (n, (name, case)) in cases.into_iter().enumerate() {
        let began = wall::mono();
        case(&Bench::in_front_of(endpoints, n));
        eprintln!("{name}: {:?}", wall::mono().since(began));
    }
}

#[test]
fn in_front_of_our_own() {
    let endpoints = bench::Endpoints::ours();
    all(&endpoints);
}

#[test]
fn in_front_of_localstack() {
    let start = || localstack::start().unwrap_or_else(|why| panic!("{why}"));
    let Some(first) = start() else { return };
    let Some(second) = start() else { return };
    let at = |container: &localstack::Container| container.address().parse().unwrap();
    all(&bench::Endpoints::at([at(&first), at(&second)]));
}

/// At this speed a request of two milliseconds takes more than a second of the drill.
#[test]
fn copies_that_requests_made_late_are_told() {
    let endpoints = bench::Endpoints::ours();
    let bench = Bench::at_speed(&endpoints, 0, 600.0);
    let (a, b) = bench.replicated(false);
    for key in ["1", "2", "3"] {
        bench.put(&a, key, key);
    }
    bench.copied(&a);
    assert_eq!(bench.read(&b, "2"), "2");
    let late = bench.replicator.take_late();
    assert!(!late.is_empty());
    assert!(late.iter().all(|late| late.bucket == "b"), "{late:?}");
    assert!(late.is_sorted_by_key(|late| late.late), "{late:?}");
    assert_eq!(bench.replicator.take_late(), []);
}

/// A socket that is bound and does not listen: no other process gets its port.
#[test]
fn an_endpoint_that_is_not_there_is_a_service_that_is_unavailable() {
    let socket = socket_with(
        AddressFamily::INET,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
        None,
    )
    .unwrap();
    bind(&socket, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = SocketAddr::try_from(getsockname(&socket).unwrap()).unwrap();
    let bench = Bench::in_front_of(&bench::Endpoints::at([address, address]), 0);
    let made = bench.refused(
        bench
            .east()
            .client()
            .create_bucket()
            .bucket(bench.name("b"))
            .send(),
    );
    assert_eq!(made, "ServiceUnavailable");
}
