//! How whoever asks reads: the language of a page, and how numbers and dates are written in it.

use actix_web::HttpRequest;
use actix_web::http::header;
use bellwether_texts::Locale;

/// By the browser's settings.
pub(super) fn locale_of(request: &HttpRequest) -> Locale {
    let accepted = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Locale::accepted(accepted.unwrap_or_default())
}
