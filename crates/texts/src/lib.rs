//! What people read: the texts of every language in one place, and numbers and dates as a locale writes them.
//!
//! A [`Sentence`] is said by whoever knows what is to be said, without knowing to whom; a [`Locale`] puts it into words:
//!
//! ```
//! use bellwether_texts::{Locale, Sentence};
//!
//! let delayed = Sentence::new("prices.delayed").with("minutes", 15);
//! assert_eq!(delayed.to_string(), "15 min delayed");
//! assert_eq!(Locale::accepted("de-DE,de;q=0.9").say(&delayed), "15 Min. verzögert");
//! ```
//!
//! The texts are in `texts/`, a file for each language. In them `{name}` stands for a value. A text that depends on a number
//! has two forms, `one` and `other`, chosen by the value `count`.

mod catalogue;
mod dates;
mod locale;
mod numbers;
mod recognising;
mod sentence;

pub use catalogue::{Language, Piece};
pub use locale::{Locale, Part};
pub use numbers::{AmountParts, UNKNOWN, direction, direction_of};
pub use sentence::{Sentence, Value};
