//! The pages' templates, embedded.

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
