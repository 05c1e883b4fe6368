//! Recorded answers from a folder with a `manifest.json`, which go before generated ones.

use std::collections::BTreeMap;
use std::path::Path;

use percent_encoding::percent_decode_str;
use serde::Deserialize;

use crate::answer::Answer;
use crate::ask::Ask;
use crate::config::SimError;

/// The recorded answers.
#[derive(Debug)]
pub(crate) struct Replay {
    recordings: Vec<Recording>,
}

#[derive(Debug)]
struct Recording {
    file: String,
    /// Method, decoded path, and parameters; `None` where only the file name can ask for it.
    question: Option<(String, String, BTreeMap<String, String>)>,
    answer: Answer,
}

#[derive(Debug, Deserialize)]
struct ManifestEntry {
    file: String,
    request: String,
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

/// Headers that belong to the recording's transport, not to the answer.
const TRANSPORT: [&str; 5] =
    ["content-length", "transfer-encoding", "connection", "content-encoding", "date"];

impl Replay {
    /// Reads a folder.
    ///
    /// # Errors
    /// [`SimError::Fixtures`] when there is no manifest, or a file that it names is missing.
    pub(crate) fn open(folder: &Path) -> Result<Self, SimError> {
        let failed = |reason: String| SimError::Fixtures { folder: folder.to_owned(), reason };
        let manifest = std::fs::read(folder.join("manifest.json"))
            .map_err(|error| failed(format!("manifest.json: {error}")))?;
        let entries: Vec<ManifestEntry> =
            serde_json::from_slice(&manifest).map_err(|error| failed(format!("manifest.json: {error}")))?;
        let mut recordings = Vec::with_capacity(entries.len());
        for entry in entries {
            let body = std::fs::read(folder.join(&entry.file))
                .map_err(|error| failed(format!("{}: {error}", entry.file)))?;
            recordings.push(Recording::new(entry, body));
        }
        // Several recordings may answer one question. What the service usually says goes before its errors.
        recordings.sort_by_key(|recording| match recording.file.split('/').next() {
            Some("errors") => 2,
            Some("derived") => 1,
            _ => 0,
        });
        Ok(Self { recordings })
    }

    /// The recording of a file.
    pub(crate) fn file(&self, name: &str) -> Option<Answer> {
        self.recordings
            .iter()
            .find(|recording| recording.file == name)
            .map(|recording| recording.answer.clone())
    }

    /// The recording that answers a question.
    pub(crate) fn find(&self, ask: &Ask) -> Option<Answer> {
        self.recordings
            .iter()
            .find(|recording| recording.answers(ask))
            .map(|recording| recording.answer.clone())
    }
}

impl Recording {
    fn new(entry: ManifestEntry, body: Vec<u8>) -> Self {
        // A flow of several requests has status 0, a frame of a stream 101.
        let status = if entry.status < 200 { 200 } else { entry.status };
        let header = |name: &str| entry.headers.get(name).cloned();
        let content_type = header("content-type").unwrap_or_else(|| "text/plain".to_owned());
        let kept =
            |name: &str| !TRANSPORT.contains(&name) && name != "content-type" && name != "cache-control";
        let answer = Answer {
            cache_control: header("cache-control"),
            headers: entry.headers.clone().into_iter().filter(|(name, _)| kept(name)).collect(),
            ..Answer::new(status, &content_type, body)
        };
        let question = (entry.status >= 200).then(|| question(&entry.request)).flatten();
        Self { file: entry.file, question, answer }
    }

    fn answers(&self, ask: &Ask) -> bool {
        let Some((method, path, parameters)) = &self.question else { return false };
        let given: BTreeMap<&str, &str> =
            ask.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let decoded = percent_decode_str(&ask.path).decode_utf8_lossy();
        *method == ask.method
            && *path == decoded
            && given.len() == parameters.len()
            && parameters.iter().all(|(name, value)| match given.get(name.as_str()) {
                Some(given) => name == "crumb" || value == "..." || value == given,
                None => false,
            })
    }
}

/// Reads `GET host/path?query`; a placeholder in angle brackets can be asked for by file name only.
fn question(request: &str) -> Option<(String, String, BTreeMap<String, String>)> {
    let (method, address) = request.split_once(' ')?;
    let (_, target) = address.split_once('/')?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if method != "GET" || query.contains('<') {
        return None;
    }
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let parameters = pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    });
    Some((method.to_owned(), format!("/{}", decoded(path)), parameters.collect()))
}
