//! What the definitions say of a drill, by one who has seen everything.

use std::collections::{BTreeMap, BTreeSet};

use drill::report::ClosedBy;

use super::*;

impl Oracle<'_> {
    pub(super) fn says(&self) -> Expected {
        let mut expected = Expected {
            incidents: self.incidents().into_iter().map(|incident| incident.0).collect(),
            ..Expected::default()
        };
        let mut damaged: Vec<(i64, String, Option<i64>)> = Vec::new();
        let mut survivor = i64::MAX;
        let keys: BTreeSet<&str> = self.truth.writes.iter().map(|write| write.key.as_str()).collect();
        for key in keys {
            let of_key: Vec<usize> = (0..self.truth.writes.len())
                .filter(|n| self.truth.writes[*n].key == key && self.truth.writes[*n].acknowledged)
                .collect();
            let counted: Vec<usize> = of_key
                .iter()
                .copied()
                .filter(|n| self.truth.writes[*n].at < CUT_A)
                .collect();
            let found = self.truth.at_a.get(key).copied();
            if let Some(Stands::Write(n)) = found {
                survivor = survivor.min(self.truth.writes[n].at);
            }
            if let Some(newest) = counted.last().copied() {
                expected.superseded += counted.len() as u64 - 1;
                let outcome = match found {
                    Some(Stands::Write(n)) if n == newest => &mut expected.stable,
                    Some(Stands::Write(n)) if n > newest => &mut expected.superseded,
                    Some(Stands::Write(_)) => &mut expected.stale,
                    Some(Stands::Rubbish) => &mut expected.corrupted,
                    None => &mut expected.lost,
                };
                *outcome += 1;
                let there = matches!(found, Some(Stands::Write(n)) if n >= newest);
                if !there {
                    let (cause, of, at) = self.blame(newest);
                    *expected.by_cause.entry(cause).or_default() += 1;
                    damaged.push((self.truth.writes[newest].at, of, at));
                }
            }
            // What was there at audit A, or written since, and is gone at audit B.
            let Some(newest) = of_key.last().copied() else {
                continue;
            };
            let at_b = self.truth.at_b.get(key).copied();
            let there_b = matches!(at_b, Some(Stands::Write(n)) if n >= newest);
            let stood = matches!(found, Some(Stands::Write(n)) if n >= newest)
                || self.truth.writes[newest].at >= CUT_A;
            if !there_b && stood {
                expected.lost_in_failback += 1;
                let (_, of, at) = self.blame(newest);
                damaged.push((self.truth.writes[newest].at, of, at));
            }
        }
        // One recovery point for each disruption; the worst counts.
        let mut disruptions: BTreeMap<String, (Option<i64>, Vec<i64>)> = BTreeMap::new();
        for (produced, of, at) in damaged {
            let one = disruptions.entry(of).or_insert((at, Vec::new()));
            one.0 = one.0.min(at).or(one.0);
            one.1.push(produced);
        }
        let produced: BTreeSet<i64> = self
            .truth
            .writes
            .iter()
            .filter(|write| write.acknowledged)
            .map(|write| write.at)
            .collect();
        let points = disruptions.values().map(|(at, damaged)| {
            let oldest = *damaged.iter().min().unwrap();
            let newest = *damaged.iter().max().unwrap();
            let next = produced.range(newest + 1..).next().map(|next| next - newest);
            let last = produced.range(..newest).next_back().map(|last| newest - last);
            let interval = next.into_iter().chain(last).min().unwrap_or(0);
            let length = (at.unwrap_or(newest).max(newest) - oldest).max(interval);
            (length, !(at.is_some() && survivor < oldest))
        });
        let worst = points.max();
        expected.rpa = worst.map(|(length, bound)| (!bound, length));
        expected
    }

    /// Who destroyed a write that is not there: in words; and the disruption that it belongs to, with its date.
    fn blame(&self, n: usize) -> (String, String, Option<i64>) {
        let write = &self.truth.writes[n];
        let read_in = if self.truth.moved.is_some() { AWAY } else { HOME };
        let destroyed = |region: usize| {
            let mut destroyed: Option<(i64, Who)> = None;
            for (at, of, key, who, left) in &self.truth.hits {
                if *of == region && *key == write.key && *at > write.at {
                    destroyed = if left == &Some(Stands::Write(n)) {
                        None
                    } else {
                        destroyed.or(Some((*at, who.clone())))
                    };
                }
            }
            destroyed
        };
        let hit = destroyed(read_in).or_else(|| destroyed(write.region));
        let (died, cause) = match &hit {
            Some((at, Who::Fault(n))) => (*at, format!("fault fault{n}")),
            Some((at, Who::Step(n))) => (*at, format!("step {}", self.drilled.steps[*n].id)),
            None => self.left_behind(write),
        };
        let (of, at) = self.disruption(died, &hit, &cause);
        (cause, of, at)
    }

    /// It never came to where it is looked for: clients turned away from it with the move, or it came after that.
    fn left_behind(&self, write: &Written) -> (i64, String) {
        let (moved, by) = self
            .truth
            .moved
            .expect("what was never destroyed was left behind");
        let died = moved.max(write.at);
        let cut_off = self
            .drilled
            .faults
            .iter()
            .enumerate()
            .find(|(_, (at, fault))| match fault {
                Fault::Outage { length } => *at <= died && at + length >= write.at,
                Fault::Pause => *at <= died,
                _ => false,
            });
        match cut_off {
            Some((n, _)) => (died, format!("fault fault{n}")),
            None => (died, format!("step {}", self.drilled.steps[by].id)),
        }
    }

    /// The incident that was open then, of a fault that the data suffered; else the fault that stood then; else what
    /// destroyed it.
    fn disruption(&self, died: i64, hit: &Option<(i64, Who)>, cause: &str) -> (String, Option<i64>) {
        let suffers = |n: usize| {
            matches!(
                self.drilled.faults[n].1,
                Fault::Delete(_) | Fault::Corrupt(_) | Fault::Outage { .. }
            )
        };
        for ((from, to, ..), fault) in self.incidents() {
            let Some(fault) = fault.filter(|fault| suffers(*fault)) else {
                continue;
            };
            if from <= died && to.is_none_or(|to| died <= to) {
                return (format!("fault{fault}"), Some(from));
            }
        }
        if let Some((at, Who::Fault(n))) = hit {
            return (format!("fault{n}"), Some(*at));
        }
        for (n, (at, fault)) in self.drilled.faults.iter().enumerate() {
            let until = match fault {
                Fault::Outage { length } => at + length,
                _ => *at,
            };
            if suffers(n) && *at <= died && died <= until {
                return (format!("fault{n}"), Some(*at));
            }
        }
        if let Some(step) = cause.strip_prefix("step ") {
            return (step.to_owned(), Some(died));
        }
        // A protection that had stopped is the cause and dates nothing.
        let all = || {
            self.drilled
                .faults
                .iter()
                .enumerate()
                .filter(|(n, _)| suffers(*n))
        };
        let after = all()
            .find(|(_, (at, _))| *at >= died)
            .or_else(|| all().next_back());
        match after {
            Some((n, (at, _))) => (format!("fault{n}"), Some(*at)),
            None => (cause.to_owned(), None),
        }
    }

    /// Each incident, with the fault that opened it.
    #[allow(clippy::type_complexity)]
    fn incidents(
        &self,
    ) -> Vec<(
        (i64, Option<i64>, Option<ClosedBy>, Option<String>),
        Option<usize>,
    )> {
        let looks = &self.truth.looks;
        let mut found = Vec::new();
        let mut n = 0;
        let mut closed = i64::MIN;
        while n + 1 < looks.len() {
            if looks[n].green || looks[n + 1].green {
                n += 1;
                continue;
            }
            let first = looks[n].at;
            let fault = self.opened_by(first, closed);
            let start = fault.map_or(first, |fault| self.drilled.faults[fault].0);
            let mut unstable = false;
            let end = (n..looks.len() - 1).find(|at| {
                let back = !looks[at - 1].green && looks[*at].green && self.holds(*at);
                let stable = back && self.is_stable(*at);
                let whole = looks[*at].at + OBSERVE <= LAST;
                let closes = stable && (!unstable || whole);
                unstable |= back && !closes;
                closes
            });
            let closing = end.map(|end| self.closing(start, end));
            let (by, step) = closing.map_or((None, None), |(by, step)| (Some(by), step));
            let ended = end.map(|end| looks[end].at);
            found.push(((start, ended, by, step), fault));
            let Some(end) = end else { break };
            (n, closed) = (end, looks[end].at);
        }
        found
    }

    /// Green from here on for `stable_for`, two reds in a row being red.
    fn holds(&self, from: usize) -> bool {
        let looks = &self.truth.looks;
        let until = looks[from].at + STABLE;
        let red = |n: &usize| !looks[*n].green && looks.get(n + 1).is_some_and(|next| !next.green);
        let first = looks.get(from + 1).is_some_and(|next| next.green);
        first
            && (from..looks.len())
                .find(red)
                .is_none_or(|red| looks[red].at >= until)
            && until <= LAST
    }

    /// No more single reds than in the steady state, but for one, until the end of `observe_for` or the next fault.
    fn is_stable(&self, from: usize) -> bool {
        let looks = &self.truth.looks;
        let start = looks[from].at;
        let faults = self
            .drilled
            .faults
            .iter()
            .map(|(at, _)| *at)
            .filter(|at| *at > start);
        let until = faults.min().unwrap_or(i64::MAX).min(start + OBSERVE);
        let after = looks.iter().filter(|look| look.at >= start && look.at < until);
        after.filter(|look| !look.green).count() <= 1
    }

    /// The fault that turned the service red, which was green before.
    fn opened_by(&self, red: i64, closed: i64) -> Option<usize> {
        let reddens = |fault: &Fault| !matches!(fault, Fault::Pause);
        let due = self
            .drilled
            .faults
            .iter()
            .enumerate()
            .filter(|(_, (at, fault))| *at <= red && *at >= closed && reddens(fault));
        // Of those that were injected since the last green the first, else the latest.
        let green = self.truth.looks.iter().rfind(|look| look.at < red && look.green);
        let green = green.map_or(i64::MIN, |look| look.at);
        // Reads fail wherever the client asks; all else is at home.
        let impacts = |(_, (_, fault)): &(usize, &(i64, Fault))| match fault {
            Fault::ReadErrors { .. } => true,
            _ => self.asked_home(red),
        };
        let due: Vec<(usize, &(i64, Fault))> = due.filter(impacts).collect();
        let newer = due.iter().find(|(_, (at, _))| *at > green);
        newer.or(due.last()).map(|(n, _)| *n)
    }

    /// Whether the client of the probe asked at home by then.
    fn asked_home(&self, by: i64) -> bool {
        let last = self.truth.looks.iter().rfind(|look| look.at <= by);
        last.is_none_or(|look| look.region == HOME)
    }

    /// What closed an incident: what happened between the last red and the green, on the way that the green took.
    fn closing(&self, start: i64, green: usize) -> (ClosedBy, Option<String>) {
        let looks = &self.truth.looks;
        let (since, to, region) = (
            looks[green - 1].at.max(start),
            looks[green].at,
            looks[green].region,
        );
        let mut acts: Vec<(i64, usize)> = self
            .truth
            .mended
            .iter()
            .filter(|(_, _, of)| *of == region)
            .map(|(at, step, _)| (*at, *step))
            .collect();
        if let Some((moved, step)) = self
            .truth
            .moved
            .filter(|(moved, _)| region == AWAY && *moved >= start)
        {
            let first = looks.iter().find(|look| look.at >= start && look.region == AWAY);
            acts.extend(first.map(|look| (look.at.max(moved), step)));
        }
        acts.retain(|(at, _)| (start..=to).contains(at));
        let ends = self.drilled.faults.iter().filter_map(|(at, fault)| match fault {
            Fault::Outage { length } if region == HOME => Some(at + length),
            Fault::ReadErrors { length } => Some(at + length),
            _ => None,
        });
        let end = ends.filter(|end| (start..=to).contains(end)).max();
        let inside = acts
            .iter()
            .filter(|(at, _)| *at >= since)
            .max_by_key(|(at, _)| *at);
        let before = acts
            .iter()
            .filter(|(at, _)| *at <= since)
            .max_by_key(|(at, _)| *at);
        let name = |act: &(i64, usize)| Some(self.drilled.steps[act.1].id.clone());
        match (inside, end.filter(|end| *end >= since)) {
            (Some(act), Some(_)) => (ClosedBy::Ambiguous, name(act)),
            (Some(act), None) => (ClosedBy::Step, name(act)),
            (None, Some(_)) => (ClosedBy::FaultEnd, None),
            (None, None) => match (before, end) {
                (Some(act), Some(end)) if end > act.0 => {
                    let _ = act;
                    (ClosedBy::FaultEnd, None)
                }
                (Some(act), _) => (ClosedBy::Step, name(act)),
                (None, Some(_)) => (ClosedBy::FaultEnd, None),
                (None, None) => (ClosedBy::Itself, None),
            },
        }
    }
}
