//! Every message stands in one epoch, with its fate, however the epochs are cut and handed out.

use proptest::prelude::*;

use super::*;

fn s(seconds: i64) -> DrillTime {
    DrillTime::from_secs(seconds)
}

fn inputs(phases_s: &[i64]) -> Vec<DeviceInput> {
    phases_s
        .iter()
        .map(|phase| DeviceInput {
            boot: DrillTime::ZERO,
            phase: Span::from_secs(*phase),
        })
        .collect()
}

fn epochs(records: Vec<LedgerRecord>) -> Vec<Epoch> {
    records
        .into_iter()
        .map(|record| match record {
            LedgerRecord::Epoch(epoch) => epoch,
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn an_epoch_is_handed_out_when_its_end_has_passed_and_its_messages_have_ended() {
    let mut ledger = EpochLedger::new(&inputs(&[3, 4]), Some(Span::from_secs(60)));
    ledger.ended(0, 0, Fate::Acknowledged);
    assert!(ledger.take_settled(s(30)).is_empty(), "device 1 is pending");
    ledger.ended(1, 0, Fate::Dropped);
    assert!(ledger.take_settled(s(9)).is_empty(), "the epoch goes on");
    let found = epochs(ledger.take_settled(s(10)));
    assert_eq!((found[0].start, found[0].end), (s(0), s(10)));
    assert_eq!(found[0].devices[0].acknowledged, [1]);
    assert_eq!(found[0].devices[1].dropped, [1]);
    assert!(ledger.take_settled(s(60)).is_empty());
}

#[test]
fn a_fault_cuts_an_epoch_in_two() {
    let mut ledger = EpochLedger::new(&inputs(&[0]), Some(Span::from_secs(1)));
    for seq in [0, 4, 5, 9] {
        ledger.ended(0, seq, Fate::Acknowledged);
    }
    ledger.cut(s(5));
    for seq in [1, 2, 3, 6, 7, 8] {
        ledger.ended(0, seq, Fate::Dropped);
    }
    let found = epochs(ledger.take_settled(s(10)));
    let [early, late] = &found[..] else {
        panic!("{found:?}");
    };
    assert_eq!((early.start, early.end), (s(0), s(5)));
    assert_eq!((late.start, late.end), (s(5), s(10)));
    assert_eq!((late.devices[0].first_seq, late.devices[0].count), (5, 5));
    assert_eq!(early.devices[0].acknowledged, [0b10001]);
    assert_eq!(late.devices[0].acknowledged, [0b10001]);
    assert_eq!(late.devices[0].dropped, [0b01110]);
}

#[test]
fn a_cut_that_is_known_before_its_time_holds() {
    let mut ledger = EpochLedger::new(&inputs(&[0]), Some(Span::from_secs(1)));
    ledger.cut(s(25));
    for seq in 0..30 {
        ledger.ended(0, seq, Fate::Acknowledged);
    }
    let ends: Vec<DrillTime> = epochs(ledger.take_settled(s(30))).iter().map(|e| e.end).collect();
    assert_eq!(ends, [s(10), s(20), s(25), s(30)]);
}

#[test]
fn the_end_gives_what_was_produced_and_no_more() {
    let mut ledger = EpochLedger::new(&inputs(&[1, 2]), Some(Span::from_secs(4)));
    for seq in 0..3 {
        ledger.produced(0, seq);
    }
    ledger.produced(1, 0);
    ledger.ended(0, 2, Fate::Acknowledged);
    let found = epochs(ledger.finish(s(20)));
    assert_eq!(found.len(), 1, "{found:?}");
    let [a, b] = &found[0].devices[..] else {
        panic!("{found:?}");
    };
    assert_eq!((a.first_seq, a.count, &a.acknowledged[..]), (0, 3, &[0b100][..]));
    assert_eq!((b.first_seq, b.count), (0, 1));
}

#[test]
fn a_canary_holds_its_epoch_until_it_has_ended() {
    let mut ledger = EpochLedger::new(&[], None);
    ledger.canary_sent(7, s(12));
    assert!(ledger.take_settled(s(100)).is_empty());
    ledger.canary_ended(7, s(12), true);
    let found = epochs(ledger.take_settled(s(100)));
    assert_eq!((found[0].start, found[0].end), (s(10), s(20)));
    let canary = &found[0].devices[0];
    assert_eq!((canary.device, canary.first_seq, canary.count), (CANARY, 7, 1));
    assert_eq!(canary.acknowledged, [1]);
}

#[test]
fn a_cut_leaves_each_canary_on_its_side() {
    let mut ledger = EpochLedger::new(&inputs(&[1]), Some(Span::from_secs(2)));
    ledger.canary_sent(0, s(2));
    ledger.canary_sent(1, s(7));
    ledger.cut(s(5));
    ledger.canary_ended(0, s(2), true);
    ledger.canary_ended(1, s(7), false);
    let found = epochs(ledger.finish(s(10)));
    let canaries: Vec<(DrillTime, u32, bool)> = found
        .iter()
        .flat_map(|e| e.devices.iter().map(|d| (e.start, d.first_seq, d.dropped == [1])))
        .collect();
    assert_eq!(canaries, [(s(0), 0, false), (s(5), 1, true)]);
}

proptest! {
    #[test]
    fn each_message_is_recorded_exactly_once(
        phases in proptest::collection::vec(0i64..20, 1..6),
        every in 1i64..15,
        events in proptest::collection::vec((0usize..6, any::<bool>(), 0u8..20), 0..200),
    ) {
        let mut ledger = EpochLedger::new(&inputs(&phases), Some(Span::from_secs(every)));
        let mut next = vec![0u32; phases.len()];
        let mut fates = BTreeMap::new();
        let mut records = Vec::new();
        let mut now = s(0);
        for (device, acknowledged, what) in events {
            let device = device % phases.len();
            now += Span::from_millis(700);
            match what {
                0 => ledger.cut(now),
                1..4 => records.extend(ledger.take_settled(now)),
                _ => {
                    let seq = next[device];
                    next[device] += 1;
                    ledger.produced(device as u32, seq);
                    if what < 18 {
                        let fate = if acknowledged { Fate::Acknowledged } else { Fate::Dropped };
                        ledger.ended(device as u32, seq, fate);
                        fates.insert((device as u32, seq), fate);
                    }
                }
            }
        }
        records.extend(ledger.finish(now));
        let mut found = BTreeMap::new();
        for epoch in epochs(records) {
            prop_assert!(epoch.start < epoch.end && epoch.end - epoch.start <= EPOCH);
            for messages in epoch.devices {
                for n in 0..messages.count {
                    let seq = messages.first_seq + n;
                    let due = phases[messages.device as usize] + i64::from(seq) * every;
                    prop_assert!(epoch.start <= s(due) && s(due) < epoch.end);
                    let acknowledged = DeviceMessages::bit(&messages.acknowledged, n);
                    let dropped = DeviceMessages::bit(&messages.dropped, n);
                    let fate = match (acknowledged, dropped) {
                        (true, false) => Some(Fate::Acknowledged),
                        (false, true) => Some(Fate::Dropped),
                        (both, _) => { prop_assert!(!both); None }
                    };
                    prop_assert!(found.insert((messages.device, seq), fate).is_none());
                }
            }
        }
        for (device, produced) in next.iter().enumerate() {
            for seq in 0..*produced {
                let key = (device as u32, seq);
                prop_assert_eq!(found.remove(&key), Some(fates.get(&key).copied()));
            }
        }
        prop_assert!(found.is_empty(), "never produced: {:?}", found);
    }
}
