//! What became of the fleet's telemetry: bitmaps of what was produced, receipts of where it came, and what
//! audits read in the rule's bucket.
//!
//! ```text
//!  outbox ──► broker ──► rule ──► (function) ──► bucket ──► (replica)
//!        ack bit   RuleReceived  RuleDelivered     Stored             a lost message died behind its last mark
//! ```
//!
//! Only receipts from before the audit began to read tell that: what the bucket got after it (the rule's broker
//! was frozen, a function was tried again) was still where it was before.
//!
//! A lost message is dated by its epoch. An epoch that the cut falls into is left out, since of its lost
//! messages it is unknown on which side they were produced. A line that is no message any more cannot say
//! which it was: as many of the messages lost in the bucket count as corrupted instead.

use std::collections::BTreeSet;

use super::counts::{WriteCounts, WriteOutcome};
use super::damage::{Cause, Damage};
use super::index::{Index, Message, NO_KEY, Segment, flag};
use super::{Cuts, Subject};
use crate::audit::{AuditRecord, Found};
use crate::journal::AuditId;
use crate::ledger::{CANARY, DeliveryReceipts, LedgerRecord, MessageId, Stage};
use crate::measures::injection::Injection;
use crate::measures::recording::Recording;
use crate::recovery::Dated;
use crate::scenario::{DataKind, RouteTo};
use crate::units::DrillTime;

/// What audits read, beside what they found of each message.
#[derive(Debug, Default)]
struct Reading {
    /// Messages that no device sent.
    unexpected: u64,
    /// Lines that are no message.
    broken_lines: u64,
    /// Objects that could not be read, by audit A and by audit B.
    unreadable: u64,
    unreadable_b: u64,
}

/// Counts the messages of a telemetry data set that `rule` files, by a function if `function` says so.
pub(crate) fn count_writes<'a>(
    subject: &Subject<'_, 'a>,
    (rule, function): (&str, bool),
    cuts: Cuts,
    recording: &Recording,
) -> WriteCounts<'a> {
    let mut index = Index::new(&recording.ledger);
    let mut counts = WriteCounts {
        produced: index
            .segments
            .iter()
            .map(|s| s.start)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        ..WriteCounts::default()
    };
    let marking = Marking {
        subject,
        function,
        unseen: function && runs_elsewhere(subject),
        read_in: regions_read(subject, &recording.audit),
        read_until: read_until(&recording.audit),
    };
    for record in &recording.ledger {
        match record {
            LedgerRecord::DeliveryReceipts(receipts) if receipts.rule == rule => {
                marking.record(&mut index, receipts)
            }
            _ => {}
        }
    }
    let reading = read(&mut index, subject, &recording.audit);
    let Some(cut) = cuts.a else { return counts };
    if reading.unreadable > 0 {
        counts.doubts.push(format!(
            "{} objects of the bucket could not be read",
            reading.unreadable
        ));
    }
    counts.unexpected = reading.unexpected;
    counts.unknown_at_end = reading.unreadable_b + u64::from(subject.unlisted(AuditId::B));
    let mut counting = Counting {
        subject,
        counts,
        reading,
        index: &index,
    };
    let by_b = |segment: &Segment| cuts.b.is_some_and(|cut| segment.end <= cut);
    for segment in &index.segments {
        if segment.end <= cut {
            counting.count_segment(segment, by_b(segment))
        } else if by_b(segment) {
            counting.count_since(segment)
        }
    }
    counting.separate_corrupted();
    counting.counts
}

/// What receipts are told by.
struct Marking<'s, 'a> {
    subject: &'s Subject<'s, 'a>,
    /// A function writes for the rule.
    function: bool,
    /// It runs outside Firedrill, where its writes are not recorded: its answers are trusted.
    unseen: bool,
    /// The regions in which audit A read.
    read_in: BTreeSet<&'s str>,
    /// When audit A had read all. It reads again until what is under way has arrived.
    read_until: Option<DrillTime>,
}

impl Marking<'_, '_> {
    fn record(&self, index: &mut Index, receipts: &DeliveryReceipts) {
        let (a, b) = self.subject.reads;
        let region = region_called(self.subject, &receipts.region);
        let before = |read: Option<DrillTime>| read.is_none_or(|read| receipts.at < read);
        // That a function ended well does not say that it wrote what it had been given: the bucket does.
        let filed = match receipts.stage {
            Stage::RuleReceived => false,
            Stage::FunctionDelivered => self.unseen,
            Stage::RuleDelivered => !self.function,
            Stage::Stored => true,
        };
        let reached = match receipts.stage {
            Stage::RuleReceived => flag::RECEIVED,
            Stage::RuleDelivered | Stage::FunctionDelivered | Stage::Stored => {
                flag::RECEIVED | flag::DELIVERED
            }
        };
        let mut flags = if before(self.read_until) { reached } else { 0 };
        if filed && before(a) {
            let here = region.is_some_and(|(_, label)| self.read_in.contains(label));
            flags |= flag::FILED | if here { flag::HERE } else { 0 };
        }
        if filed && before(b) {
            flags |= flag::STORED;
        }
        let key = receipts.key.as_ref().filter(|_| filed);
        let key = key.map_or(NO_KEY, |key| {
            index.keys.push(key.clone());
            index.keys.len() as u32 - 1
        });
        for id in receipts.messages.iter().filter(|id| id.device != CANARY) {
            let Some(slot) = index.slot(*id) else { continue };
            let message = &mut index.messages[slot];
            if receipts.stage == Stage::FunctionDelivered {
                message.ended = message.ended.min(receipts.at);
            }
            if flags & flag::STORED != 0 {
                let again = message.flags & flag::STORED != 0;
                if !again || receipts.at < message.delivered {
                    message.delivered = receipts.at;
                    message.region = region.map(|(place, _)| place);
                    message.key = key;
                }
            }
            message.flags |= flags;
        }
    }
}

/// Whether another cloud runs the scenario's functions.
fn runs_elsewhere(subject: &Subject<'_, '_>) -> bool {
    let routes = subject.case.scenario.cloud.routes.iter();
    let mut of_lambda = routes.filter(|route| route.service == "lambda");
    of_lambda.any(|route| route.to != RouteTo::Embedded)
}

/// The region of this AWS name: its place among the scenario's, and its label.
fn region_called<'a>(subject: &Subject<'_, 'a>, aws: &str) -> Option<(u8, &'a str)> {
    let mut regions = (0..).zip(&subject.case.scenario.cloud.regions);
    let known = regions.find(|(_, region)| region.aws == aws);
    known.map(|(place, region)| (place, region.label.as_str()))
}

fn read_until(audit: &[AuditRecord]) -> Option<DrillTime> {
    let ended = audit.iter().filter_map(|record| match record {
        AuditRecord::Ended {
            audit: AuditId::A,
            at,
        } => Some(*at),
        _ => None,
    });
    ended.max()
}

/// The regions in which audit A read the bucket; where it found nothing, the one in which it looked.
fn regions_read<'r>(subject: &'r Subject<'_, '_>, audit: &'r [AuditRecord]) -> BTreeSet<&'r str> {
    let read = audit.iter().filter_map(|record| match record {
        AuditRecord::Messages {
            audit: AuditId::A,
            store: bucket,
            region,
            ..
        } if *bucket == subject.bucket => Some(region.as_str()),
        _ => None,
    });
    let read: BTreeSet<&str> = read.collect();
    if read.is_empty() {
        BTreeSet::from([subject.read_in.0])
    } else {
        read
    }
}

fn read(index: &mut Index, subject: &Subject<'_, '_>, audit: &[AuditRecord]) -> Reading {
    let mut reading = Reading::default();
    let mut strangers: BTreeSet<MessageId> = BTreeSet::new();
    for record in audit {
        match record {
            AuditRecord::Messages {
                audit,
                store: bucket,
                readable_at,
                messages,
                unreadable,
                ..
            } if *bucket == subject.bucket => {
                let first = *audit == AuditId::A;
                reading.broken_lines += if first { u64::from(*unreadable) } else { 0 };
                for (id, produced) in messages.iter().filter(|(id, _)| id.device != CANARY) {
                    let known = found(index, *audit, *id, *produced, *readable_at);
                    if !known && first {
                        strangers.insert(*id);
                    }
                }
            }
            AuditRecord::MessagesElsewhere {
                audit: AuditId::A,
                store: bucket,
                messages,
                ..
            } if *bucket == subject.bucket => {
                for id in messages {
                    if let Some(slot) = index.slot(*id) {
                        index.messages[slot].flags |= flag::ELSEWHERE;
                    }
                }
            }
            AuditRecord::Value {
                audit,
                store: bucket,
                found: Found::Unreadable { .. },
                ..
            } if *bucket == subject.bucket => match audit {
                AuditId::A => reading.unreadable += 1,
                AuditId::B => reading.unreadable_b += 1,
            },
            _ => {}
        }
    }
    reading.unexpected = strangers.len() as u64;
    reading
}

/// A message was read; false if the ledger does not know it.
fn found(index: &mut Index, audit: AuditId, id: MessageId, produced: DrillTime, readable: DrillTime) -> bool {
    let Some(slot) = index.slot(id) else { return false };
    let message = &mut index.messages[slot];
    if audit == AuditId::B {
        message.flags |= flag::FOUND_B;
        return true;
    }
    let again = if message.flags & flag::FOUND_A != 0 {
        flag::TWICE
    } else {
        0
    };
    message.flags |= flag::FOUND_A | again;
    let delivered = (message.flags & flag::STORED != 0).then_some(message.delivered);
    message.age = message.age.min(delivered.unwrap_or(readable) - produced);
    true
}

struct Counting<'s, 'a> {
    subject: &'s Subject<'s, 'a>,
    counts: WriteCounts<'a>,
    reading: Reading,
    index: &'s Index,
}

impl<'a> Counting<'_, 'a> {
    /// Counts the messages of a segment; `later` if audit B judges them, too.
    fn count_segment(&mut self, segment: &Segment, later: bool) {
        let later = later && self.compares();
        for slot in segment.slot..segment.slot + segment.count as usize {
            let message = self.index.messages[slot];
            let flags = message.flags;
            let acknowledged = flags & flag::ACKNOWLEDGED != 0;
            self.counts.acknowledged += u64::from(acknowledged);
            let outcome = self.outcome(segment, message);
            self.counts.count(outcome, 1);
            let there_later = flags & flag::FOUND_B != 0;
            match outcome {
                WriteOutcome::Lost => {
                    self.lost(segment, message);
                    self.counts.elsewhere += u64::from(flags & flag::ELSEWHERE != 0);
                    self.counts.recovered_later += u64::from(later && there_later);
                }
                _ if outcome.is_there() => {
                    self.counts.survives(segment.end);
                    if later && !there_later {
                        self.lost_again(segment, message);
                    }
                    self.counts.duplicated += u64::from(flags & flag::TWICE != 0);
                }
                WriteOutcome::NotCounted if flags & flag::FOUND_A != 0 => self.counts.recovered += 1,
                _ => {}
            }
        }
    }

    /// Counts what was filed after audit A and is gone at audit B.
    fn count_since(&mut self, segment: &Segment) {
        if !self.compares() {
            return;
        }
        for slot in segment.slot..segment.slot + segment.count as usize {
            let message = self.index.messages[slot];
            if message.flags & (flag::STORED | flag::FOUND_B) == flag::STORED {
                self.lost_again(segment, message);
            }
        }
    }

    /// It was there after the recovery, and is gone at the end.
    fn lost_again(&mut self, segment: &Segment, message: Message) {
        self.counts.lost_in_failback += 1;
        let damage = self.in_bucket(segment, message, AuditId::B);
        self.counts.damage(damage);
    }

    /// Whether audit B could read all that it found.
    fn compares(&self) -> bool {
        !self.subject.unlisted(AuditId::B) && self.reading.unreadable_b == 0
    }

    fn outcome(&mut self, segment: &Segment, Message { age, flags, .. }: Message) -> WriteOutcome {
        let is_counted = flags & flag::ACKNOWLEDGED != 0 || !self.subject.only_acknowledged();
        if !is_counted {
            return WriteOutcome::NotCounted;
        }
        if self.subject.unlisted(AuditId::A) {
            return WriteOutcome::Unknown;
        }
        if flags & flag::FOUND_A == 0 {
            // It may stand in one of the objects that could not be read.
            return if self.reading.unreadable > 0 && flags & flag::RECEIVED != 0 {
                WriteOutcome::Unknown
            } else {
                WriteOutcome::Lost
            };
        }
        if age <= self.subject.late_after {
            return WriteOutcome::Stable;
        }
        // What was late though no fault stood in its way was late for this machine, which is no delay.
        if !self.subject.was_slowed(segment.start, segment.end + age) {
            self.counts.late_here += 1;
            return WriteOutcome::Stable;
        }
        self.counts.ages.push(age);
        WriteOutcome::Delayed
    }

    fn lost(&mut self, segment: &Segment, message: Message) {
        let hop = self.hop(message.flags);
        *self.counts.lost_by_hop.entry(hop).or_default() += 1;
        let damage = match hop {
            "bucket" | "replica" => self.in_bucket(segment, message, AuditId::A),
            hop => self.on_the_way(segment, message, hop),
        };
        let first = self.subject.first_injection;
        let steady = match hop {
            // What the bucket had before the first fault, only a fault or a step can have taken.
            "bucket" => damage.cause == Cause::Unknown && first.is_none_or(|first| segment.end <= first),
            "replica" => false,
            // It had ended with it before anything was broken.
            "function" if message.ended < DrillTime::MAX => first.is_none_or(|first| message.ended <= first),
            _ => first.is_none_or(|first| segment.end + self.subject.drain_timeout <= first),
        };
        self.counts.steady_losses += u64::from(steady);
        self.counts.damage(damage);
    }

    /// A message of this segment that died before it came to the bucket: while a fault was active on its path, or for an
    /// unknown reason.
    fn on_the_way(&self, segment: &Segment, message: Message, hop: &str) -> Damage<'a> {
        let case = self.subject.case;
        // A function that ended well with it and did not write it dropped it itself, or had hidden that it was refused.
        let dropped = hop == "function" && message.ended < DrillTime::MAX;
        let until = if dropped {
            message.ended.max(segment.start)
        } else {
            segment.end + self.subject.drain_timeout
        };
        let of_store = |injection: &Injection<'a>| {
            let impacts = injection.fault.action.impacts(case.scenario).into_iter();
            let mut stores = impacts.map(|impact| impact.resource);
            stores.any(|of| of.is_store(self.subject.bucket))
        };
        let met = |injection: &&Injection<'a>| {
            let ended = case.fault_run(injection.fault).and_then(|run| run.ended);
            case.breaks(injection, self.subject.spec)
                && (!dropped || of_store(injection))
                && injection.at <= until
                && ended.is_none_or(|(at, _)| at >= segment.start)
        };
        let fault = case.injections.iter().find(met);
        let function = match &self.subject.spec.kind {
            DataKind::Stream { function, .. } if hop == "function" => function.as_deref(),
            _ => None,
        };
        let unseen = function.map_or(Cause::Unknown, Cause::Function);
        Damage {
            produced: dated(segment),
            died: Dated {
                from: segment.start,
                to: until,
            },
            cause: fault.map_or(unseen, |injection| Cause::Fault(&injection.fault.id)),
            audit: AuditId::A,
            count: 1,
        }
    }

    /// A message that the bucket had and an audit missed: taken from there, or never copied to where it was looked for.
    fn in_bucket(&self, segment: &Segment, message: Message, audit: AuditId) -> Damage<'a> {
        let at = match message.flags & flag::STORED {
            0 => segment.end,
            _ => message.delivered,
        };
        let read_in = match audit {
            AuditId::A => self.subject.read_in.0,
            AuditId::B => self.subject.read_in.1,
        };
        let regions = &self.subject.case.scenario.cloud.regions;
        let filed_in = message.region.and_then(|place| regions.get(usize::from(place)));
        let arrived = filed_in.map_or_else(|| self.subject.arrives_in(at), |region| &region.label);
        let hits = &self.subject.hits;
        let key = self.index.keys.get(message.key as usize);
        let taken = |region| match key {
            Some(key) => hits.taken(region, key, at),
            None => hits.first_since(region, at),
        };
        let hit = taken(read_in).or_else(|| taken(arrived));
        match hit {
            Some(hit) if arrived == read_in || audit == AuditId::A => Damage {
                produced: dated(segment),
                died: Dated::exact(hit.at),
                cause: hit.cause,
                audit,
                count: 1,
            },
            _ => self
                .subject
                .left_behind(dated(segment), at, arrived, read_in, audit),
        }
    }

    /// Where a message died: behind the last hop that knew it.
    fn hop(&self, flags: u16) -> &'static str {
        match flags {
            _ if flags & flag::HERE != 0 => "bucket",
            _ if flags & flag::FILED != 0 => "replica",
            _ if flags & flag::DELIVERED != 0 => "function",
            _ if flags & flag::RECEIVED != 0 => "rule",
            _ if flags & flag::ACKNOWLEDGED != 0 => "broker",
            _ => "outbox",
        }
    }

    /// Broken lines were messages: they are there with other bytes, changed by the writer or by the bucket.
    fn separate_corrupted(&mut self) {
        for hop in ["bucket", "replica", "function"] {
            let Some(lost) = self.counts.lost_by_hop.get_mut(hop) else {
                continue;
            };
            let corrupted = self.reading.broken_lines.min(*lost);
            *lost -= corrupted;
            self.reading.broken_lines -= corrupted;
            self.counts.lost -= corrupted;
            self.counts.corrupted += corrupted;
        }
        self.counts.lost_by_hop.retain(|_, lost| *lost > 0);
    }
}

/// When the messages of a segment were produced, as exactly as its epoch says.
fn dated(segment: &Segment) -> Dated {
    Dated {
        from: segment.start,
        to: segment.end,
    }
}
