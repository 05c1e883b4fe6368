use super::*;

fn sentence(ledger: &Ledger, closes: &[(&str, f64)], from: &str, to: &str) -> String {
    let market = market([("A", quoted(closes))]);
    let books = ledger.books(&market, to);
    performance(&Subject::portfolio(&books), &market, period(from, to)).explanation.to_string()
}

/// Ten shares from the end of 2023 on.
fn held() -> Ledger {
    Ledger::default().buy("2023-12-31", "A", "10", "10")
}

const RISE_LATE: [(&str, f64); 3] = [("2023-12-31", 10.0), ("2024-07-01", 10.0), ("2024-12-31", 20.0)];
const FALL_LATE: [(&str, f64); 3] = [("2023-12-31", 10.0), ("2024-07-01", 20.0), ("2024-12-31", 15.0)];

#[test]
fn without_flows_all_measures_agree() {
    assert_eq!(
        sentence(&held(), &RISE_LATE, "2023-12-31", "2024-10-31"),
        "No money came or went in between, so every measure gives the same 0.0 %."
    );
    assert_eq!(
        sentence(&held(), &[("2023-12-31", 10.0), ("2025-12-30", 12.1)], "2023-12-31", "2025-12-30"),
        "No money came or went in between, so every measure gives the same 21.0 %, or 10.0 % a year."
    );
}

#[test]
fn a_late_deposit_before_a_rise_lifts_the_money_weighted_return() {
    // 100 y^2 + 900 y = 2,000 for half of 366 days: y^(2 x 365 / 366) = 3.390, and 2^(365 / 366) = 1.996.
    assert_eq!(
        sentence(&held().buy("2024-07-01", "A", "90", "10"), &RISE_LATE, "2023-12-31", "2024-12-31"),
        "Of all money, 90.0 % came in on 1 July 2024, between 0.0 % in the 183 days before and 100.0 % in the 183 \
         days after: more money took part in the better stretch, so the money-weighted return of 239.0 % a year is \
         above the time-weighted 99.6 % a year."
    );
}

#[test]
fn a_late_deposit_before_a_fall_lowers_it() {
    // 100 y + 900 y^(182 / 365) = 1,100 at y = 1.189.
    let told = sentence(&held().buy("2024-07-01", "A", "45", "20"), &FALL_LATE, "2023-12-31", "2024-12-30");
    assert_eq!(
        told,
        "Of all money, 90.0 % came in on 1 July 2024, between 100.0 % in the 183 days before and 0.0 % in the 182 \
         days after: more money took part in the worse stretch, so the money-weighted return of 18.9 % a year is \
         below the time-weighted 100.0 % a year; the simple 10.0 % takes all money as if it had been there throughout."
    );
}

#[test]
fn a_withdrawal_before_a_rise_lowers_it() {
    let told = sentence(
        &held().sell("2024-07-01", "A", "8", "10").withdraw("2024-07-01", "80"),
        &RISE_LATE,
        "2023-12-31",
        "2024-12-31",
    );
    assert!(
        told.starts_with(
            "Money equal to 80.0 % of all that was paid in was taken out on 1 July 2024, between 0.0 % in the 183 days \
             before and 100.0 % in the 183 days after: less money took part in the better stretch, so the \
             money-weighted return of "
        ) && told.contains(" is below the time-weighted 99.6 % a year"),
        "{told}"
    );
}

#[test]
fn a_period_below_a_year_speaks_of_the_whole() {
    let told = sentence(&held().buy("2024-07-01", "A", "90", "10"), &RISE_LATE, "2024-01-31", "2024-12-31");
    assert!(!told.contains("a year"), "{told}");
    assert!(told.contains("is above the time-weighted 100.0 %"), "{told}");
}

#[test]
fn small_sums_do_not_matter() {
    assert_eq!(
        sentence(&held().deposit("2024-10-01", "0.1"), &FALL_LATE, "2023-12-31", "2024-12-30"),
        "The money-weighted and the time-weighted return agree on 100.0 % a year, because what came and went was too \
         little to matter."
    );
}

#[test]
fn money_amid_an_even_course_changes_nothing() {
    let even = [("2023-12-31", 10.0), ("2024-01-10", 11.0), ("2024-01-20", 12.1)];
    assert_eq!(
        sentence(&held().buy("2024-01-10", "A", "10", "11"), &even, "2023-12-31", "2024-01-20"),
        "The money-weighted and the time-weighted return agree on 21.0 %, because what came and went took part in no \
         better and no worse stretches than the rest."
    );
}

#[test]
fn a_rate_that_is_unknown_says_why() {
    let market = market([("A", InstrumentData::new(crate::testing::usd()))]);
    let books = held().books(&market, "2024-01-31");
    let unpriced = performance(&Subject::portfolio(&books), &market, period("2023-12-31", "2024-01-31"));
    assert_eq!(
        unpriced.explanation.to_string(),
        "No rate of return can be given, because no price is known for A."
    );
}

#[test]
fn a_total_loss_ends_the_time_weighted_return() {
    let ledger = held().sell("2024-07-01", "A", "5", "10").withdraw("2024-07-01", "50");
    let closes = [("2023-12-31", 10.0), ("2024-07-01", 10.0), ("2024-11-05", 0.0)];
    let told = sentence(&ledger, &closes, "2023-12-31", "2024-12-30");
    assert!(
        told.starts_with(
            "Everything was lost by 5 November 2024, at which the time-weighted return ends at -100 %;"
        ),
        "{told}"
    );
}
