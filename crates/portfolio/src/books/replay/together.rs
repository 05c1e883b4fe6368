//! The replay of a family of instruments, day by day: events between them come before a day's bookings.

use bellwether_domain::{Booking, Currency, Transaction};
use chrono::NaiveDate;

use super::notes::Posted;
use super::{Replay, Replayed, Terms, events, out_of_range};
use crate::LedgerError;
use crate::books::families::Family;
use crate::market::splits;

/// An event on the day on which it takes effect.
struct Due<'a> {
    date: NaiveDate,
    transaction: &'a Transaction,
    of: usize,
    into: Option<usize>,
}

/// Replays a family, whose bookings are in order and not after the terms' day.
pub(in crate::books) fn replay<'a>(
    family: &Family<'a>,
    terms: Terms<'a>,
) -> Result<Vec<Replayed>, LedgerError> {
    let mut replays: Vec<Replay<'a>> = family
        .members
        .iter()
        .map(|member| Replay::new(member, booked_currency(family, &member.bookings, terms), terms))
        .collect();
    let due = due(family, &replays);
    let mut due = &due[..];
    let mut rest: Vec<&[&'a Transaction]> =
        family.members.iter().map(|member| &member.bookings[..]).collect();
    loop {
        let booked = rest.iter().filter_map(|bookings| bookings.first()).map(|booking| booking.date);
        let Some(date) = booked.chain(due.first().map(|due| due.date)).min() else { break };
        let (today, later) = due.split_at(due.partition_point(|due| due.date <= date));
        due = later;
        for event in today {
            take_effect(&mut replays, event)?;
        }
        for (replay, bookings) in replays.iter_mut().zip(&mut rest) {
            let (day, later) = bookings.split_at(bookings.partition_point(|booking| booking.date == date));
            if !day.is_empty() {
                // Without a booking nothing changes but by splits and dividends before the next one.
                replay.actions_until(date)?;
                replay.day(date, day)?;
                *bookings = later;
            }
        }
    }
    for replay in &mut replays {
        replay.actions_until(NaiveDate::MAX)?;
    }
    replays.into_iter().map(Replay::finished).collect()
}

/// What an instrument that the market does not know is taken to be listed in.
fn booked_currency(family: &Family<'_>, bookings: &[&Transaction], terms: Terms<'_>) -> Currency {
    let event = family.events.first().map(|event| event.transaction);
    bookings.first().copied().or(event).map_or(terms.options.base, |booking| booking.currency)
}

fn due<'a>(family: &Family<'a>, replays: &[Replay<'a>]) -> Vec<Due<'a>> {
    let between = family.events.iter().map(|event| Due {
        date: event.transaction.date,
        transaction: event.transaction,
        of: event.of,
        into: event.into,
    });
    let mut due: Vec<_> = between.collect();
    for (of, (member, replay)) in family.members.iter().zip(replays).enumerate() {
        for transaction in member.bookings.iter().copied() {
            if let Booking::Split { ratio, cash_in_lieu, .. } = &transaction.booking
                && !cash_in_lieu.is_zero()
                // A split that a source dates later is not there yet.
                && let Some(split) = splits::told(&replay.position.splits, transaction.date, *ratio)
            {
                let date = transaction.date.max(split.ex_date);
                due.push(Due { date, transaction, of, into: None });
            }
        }
    }
    due.sort_by_key(|due| (due.date, due.transaction.sequence, due.transaction.id));
    due
}

fn take_effect(replays: &mut [Replay<'_>], event: &Due<'_>) -> Result<(), LedgerError> {
    for place in [Some(event.of), event.into].into_iter().flatten() {
        if let Some(replay) = replays.get_mut(place) {
            replay.actions_until(event.date)?;
        }
    }
    let Some(posted) = replays.get(event.of).map(|of| of.posted(event.transaction)) else { return Ok(()) };
    let posted = Posted { date: event.date, ..posted };
    let done = match (&event.transaction.booking, event.into) {
        (Booking::SpinOff { .. }, Some(into)) => match replays.get_disjoint_mut([event.of, into]) {
            Ok([from, to]) => events::spin_off(from, to, &posted),
            Err(_) => Ok(()),
        },
        (Booking::Merger { .. }, Some(into)) => match replays.get_disjoint_mut([event.of, into]) {
            Ok([from, to]) => events::merger(from, Some(to), &posted),
            Err(_) => Ok(()),
        },
        (Booking::Merger { .. }, None) => events::merger(&mut replays[event.of], None, &posted),
        _ => replays[event.of].split_in_lieu(&posted),
    };
    done.map_err(|_too_large| out_of_range(Some(event.transaction.id), event.date))
}
