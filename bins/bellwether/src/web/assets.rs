//! The interface's files, embedded: content-hashed names, so that browsers may keep them for ever.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::hash::{Hash, Hasher};

use actix_web::http::header::{self, HeaderMap};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "$OUT_DIR/web"]
struct Files;

/// Where an entry of the interface is found: `app.js` -> `/assets/app-4F2A.js`.
#[derive(Debug)]
pub(crate) struct AssetNames(HashMap<String, String>);

impl AssetNames {
    /// Reads the manifest that the interface's build leaves beside its files.
    pub(crate) fn embedded() -> Self {
        let manifest = Files::get("manifest.json").expect("the build writes the manifest and embeds it");
        Self(serde_json::from_slice(&manifest.data).expect("the build writes it as a map of names"))
    }

    /// The script that runs before a page is painted, which stands in the page itself.
    pub(crate) fn look(&self) -> String {
        let name = self.0.get("look.js").expect("the build makes it");
        let file = Files::get(name).expect("the manifest names files that are there");
        String::from_utf8_lossy(&file.data).trim().to_owned()
    }

    /// The digest of that script, as policies of content name it.
    pub(crate) fn look_digest(&self) -> &str {
        self.0.get("look.sha256").expect("the build tells it")
    }

    /// Another one when any file is another: their names tell their content.
    pub(super) fn mark(&self, hasher: &mut impl Hasher) {
        BTreeMap::from_iter(&self.0).hash(hasher);
    }

    /// The address of an entry.
    pub(crate) fn address(&self, entry: &str) -> String {
        let file = self.0.get(entry).map_or(entry, String::as_str);
        format!("/assets/{file}")
    }
}

pub(crate) fn routes(app: &mut web::ServiceConfig) {
    app.route("/assets/{name}", web::get().to(asset));
}

async fn asset(request: HttpRequest, name: web::Path<String>) -> HttpResponse {
    let content_type = match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        _ => return HttpResponse::NotFound().finish(),
    };
    let encodings = [("br", ".br"), ("gzip", ".gz"), ("identity", "")];
    for (encoding, ending) in encodings {
        if encoding != "identity" && !accepts(request.headers(), encoding) {
            continue;
        }
        if let Some(file) = Files::get(&format!("{name}{ending}")) {
            let mut answer = HttpResponse::Ok();
            answer
                .insert_header((header::CONTENT_TYPE, content_type))
                .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
                .insert_header((header::VARY, "accept-encoding"));
            if encoding != "identity" {
                answer.insert_header((header::CONTENT_ENCODING, encoding));
            }
            return answer.body(match file.data {
                Cow::Borrowed(embedded) => Bytes::from_static(embedded),
                Cow::Owned(read) => Bytes::from(read),
            });
        }
    }
    HttpResponse::NotFound().finish()
}

fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let accepted =
        headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|offer| offer.split(';').next().is_some_and(|name| name.trim() == encoding))
}
