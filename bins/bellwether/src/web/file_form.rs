//! A form with a file: parts of any name in any order, all of them together within one bound.

use std::collections::HashMap;

use actix_multipart::{Field, Multipart};
use actix_web::{FromRequest, HttpRequest, web};
use bellwether_texts::Sentence;
use futures::TryStreamExt;

use super::MAX_UPLOAD;
use super::problem::Problem;

/// What came with the form. Of parts of one name the first counts.
#[derive(Debug)]
pub(super) struct FileForm {
    /// What the sender calls the file.
    pub(super) file_name: Option<String>,
    pub(super) bytes: Vec<u8>,
    texts: HashMap<String, String>,
}

impl FileForm {
    /// Reads the form to its end.
    pub(super) async fn read(request: &HttpRequest, payload: web::Payload) -> Result<Self, Problem> {
        let mut parts =
            Multipart::from_request(request, &mut payload.into_inner()).await.map_err(|why| refused(&why))?;
        let (mut file, mut texts, mut left) = (None, HashMap::new(), MAX_UPLOAD);
        while let Some(mut part) = parts.try_next().await.map_err(|why| refused(&why))? {
            let bytes = content(&mut part, &mut left).await?;
            match part.name() {
                Some("file") if file.is_none() => {
                    let name = part.content_disposition().and_then(|told| told.get_filename());
                    file = Some((name.map(str::to_owned), bytes));
                }
                Some(name) => {
                    let text = || String::from_utf8_lossy(&bytes).into_owned();
                    texts.entry(name.to_owned()).or_insert_with(text);
                }
                None => {}
            }
        }
        let (file_name, bytes) =
            file.ok_or_else(|| Problem::bad_request(Sentence::new("refused.asked.no_file")))?;
        Ok(Self { file_name, bytes, texts })
    }

    /// What was typed into a field; `None` where nothing was.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }
}

fn refused(why: &dyn std::fmt::Display) -> Problem {
    Problem::bad_request(Sentence::new("refused.asked.upload").with("cause", why.to_string()))
}

/// A part's bytes; refused as soon as the form is larger than files may be.
async fn content(part: &mut Field, left: &mut usize) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.try_next().await.map_err(|why| refused(&why))? {
        *left = left.checked_sub(chunk.len()).ok_or(Problem::TooLarge { limit: MAX_UPLOAD })?;
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
