//! The pages' templates, embedded.

use std::hash::{Hash, Hasher};

use rust_embed::RustEmbed;
use serde::Serialize;
use tera::{Context, Tera};

#[derive(RustEmbed)]
#[folder = "templates"]
struct Sources;

/// All templates, parsed once.
pub(super) struct Templates(Tera);

impl Templates {
    /// Parses the embedded templates.
    pub(super) fn embedded() -> Self {
        let sources: Vec<(String, String)> = Sources::iter()
            .filter_map(|name| {
                let bytes = Sources::get(&name)?.data.into_owned();
                Some((name.into_owned(), String::from_utf8(bytes).ok()?))
            })
            .collect();
        let mut tera = Tera::default();
        tera.add_raw_templates(sources).expect("a test renders every embedded template");
        Self(tera)
    }

    /// Another one when any template is another.
    pub(super) fn mark(hasher: &mut impl Hasher) {
        for name in Sources::iter() {
            (&name, Sources::get(&name).map(|file| file.metadata.sha256_hash())).hash(hasher);
        }
    }

    /// A page.
    pub(super) fn render(&self, name: &str, page: &impl Serialize) -> Result<String, tera::Error> {
        self.0.render(name, &Context::from_serialize(page)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_templates_parse() {
        let _ = Templates::embedded();
    }
}
