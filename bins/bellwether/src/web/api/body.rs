//! Bodies of requests as what they say.

use rust_decimal::prelude::ToPrimitive;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};

use crate::web::problem::{Fault, Problem};

/// A body that is JSON of that kind; `what` names it, with an example, for whoever sent something else.
///
/// # Errors
/// A problem that names the field at fault. It repeats what stood there: not for bodies with secrets.
pub(in crate::web) fn read<T: DeserializeOwned>(body: &[u8], what: &str) -> Result<T, Problem> {
    let no_json = |error| Problem::bad_request(format!("The body is no JSON of {what}: {error}."));
    let mut json = serde_json::Deserializer::from_slice(body);
    let told = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let field = error.path().to_string();
        // "." is the whole of it.
        if field == "." {
            no_json(error.into_inner())
        } else {
            Fault::new(field, error.inner().to_string()).into()
        }
    })?;
    json.end().map_err(no_json)?;
    Ok(told)
}

/// A whole number, which JSON may write with a fraction of nothing (`12.0`).
///
/// # Errors
/// That it is none, or too large to be told exactly.
pub(in crate::web) fn whole<'de, D: Deserializer<'de>>(told: D) -> Result<i64, D::Error> {
    let number = serde_json::Number::deserialize(told)?;
    let fraction = || {
        let number = number.as_f64()?;
        (number.fract() == 0.0 && number.abs() < EXACT).then(|| number.to_i64()).flatten()
    };
    let whole = number.as_i64().or_else(fraction);
    whole.ok_or_else(|| Error::custom(format!("{number} is no whole number that is known here")))
}

/// Up to this, doubles tell whole numbers apart.
const EXACT: f64 = 9_007_199_254_740_992.0;

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sale {
        shares: u32,
        #[serde(default)]
        lots: Vec<Sale>,
    }

    fn fault(body: &str) -> Option<Fault> {
        match read::<Sale>(body.as_bytes(), "a sale") {
            Err(Problem::Invalid(mut faults)) => faults.pop(),
            Err(Problem::BadRequest(_)) => None,
            other => panic!("{body}: {other:?}"),
        }
    }

    #[test]
    fn a_wrong_body_is_refused_by_the_name_of_its_field() {
        let sale: Sale = read(b"{\"shares\": 3, \"lots\": [{\"shares\": 4}]} ", "a sale").expect("a sale");
        assert_eq!((sale.shares, sale.lots.first().map(|lot| lot.shares)), (3, Some(4)));
        for (body, field) in [
            ("{\"shares\": \"x\"}", "shares"),
            ("{\"shares\": 3, \"lots\": [{\"shares\": 4}, {\"shares\": -1}]}", "lots[1].shares"),
            ("{\"shares\": 3, \"lot\": []}", "lot"),
            ("{\"shares\": 3, \"lots\": [{\"shares\": 4, \"price\": 1}]}", "lots[0].price"),
        ] {
            assert_eq!(fault(body).map(|fault| fault.field).as_deref(), Some(field), "{body}");
        }
        for body in ["", "[", "{\"lots\": []}", "{\"shares\": 3} x", "null"] {
            assert_eq!(fault(body), None, "{body}");
        }
    }

    #[test]
    fn a_whole_number_may_be_written_with_a_fraction_of_nothing() {
        let of = |text: &str| whole(&mut serde_json::Deserializer::from_str(text)).ok();
        assert_eq!(["12", "12.0", "1.2e1", "-3"].map(of), [Some(12), Some(12), Some(12), Some(-3)]);
        assert_eq!(["12.5", "1e300", "\"12\"", "null", "9007199254740993.0"].map(of), [None; 5]);
    }

    #[test]
    fn deep_nesting_is_refused() {
        let body = "{\"shares\": 1, \"lots\": [".repeat(100_000);
        assert!(read::<Sale>(body.as_bytes(), "a sale").is_err());
    }
}
