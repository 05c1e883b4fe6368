//! How a file arrives: as a form's field, or as it is.

use actix_web::http::header;
use actix_web::{HttpRequest, web};
use bellwether_domain::Currency;
use bellwether_tracker::ImportFile;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::web::MAX_UPLOAD;
use crate::web::api::schema::CurrencyCode;
use crate::web::file_form::FileForm;
use crate::web::problem::{Fault, Problem};

/// A form with a file.
#[derive(ToSchema)]
#[expect(dead_code, reason = "names the fields in the documentation")]
pub(super) struct UploadForm {
    /// The file as it was downloaded.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// The currency of rows that name none; the portfolio's unless told.
    currency: Option<CurrencyCode>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct UploadQuery {
    /// The name of a file that is sent as it is.
    name: Option<String>,
    /// The currency of rows that name none; the portfolio's unless told.
    #[param(value_type = Option<CurrencyCode>)]
    currency: Option<String>,
}

fn currency_of(text: Option<&str>) -> Result<Option<Currency>, Problem> {
    let parse = |text: &str| text.trim().parse();
    text.map(parse).transpose().map_err(|error| Fault::new("currency", format!("{error}")).into())
}

/// A file that somebody sends: as a form's field `file`, or as it is.
pub(in crate::web) async fn uploaded(
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<ImportFile, Problem> {
    let query = web::Query::<UploadQuery>::from_query(request.query_string())
        .map_err(|error| Problem::bad_request(format!("That address cannot be read: {error}.")))?;
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if kind.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("multipart/")) {
        let form = FileForm::read(request, payload).await?;
        let currency = currency_of(form.text("currency"))?;
        let name = form.file_name.unwrap_or_else(|| "upload".to_owned());
        return Ok(ImportFile { name, bytes: form.bytes, currency });
    }
    let bytes = match payload.to_bytes_limited(MAX_UPLOAD).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(error)) => return Err(Problem::bad_request(format!("The body broke off: {error}."))),
        Err(_limit) => return Err(Problem::TooLarge { limit: MAX_UPLOAD }),
    };
    let UploadQuery { name, currency } = query.into_inner();
    Ok(ImportFile {
        name: name.unwrap_or_else(|| "upload".to_owned()),
        bytes: bytes.to_vec(),
        currency: currency_of(currency.as_deref())?,
    })
}
