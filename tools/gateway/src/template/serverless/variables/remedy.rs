//! What to do about a variable without a value.

use super::{Variables, syntax::file};
use crate::template::error::List;

impl Variables<'_> {
    /// How to give a variable its value.
    pub(super) fn remedy(&self, source: &str) -> String {
        let path = source.split(':').next().and_then(file);
        if let Some(path) = path.filter(|path| !self.resolver.folder().join(path).exists()) {
            return format!("; there is no file {path} beside the template");
        }
        match source.split_once(':') {
            Some(("env", name)) => {
                format!("; set the environment variable {name}, or write it to .env")
            }
            Some(("opt" | "sls", "stage")) => "; pass --stage NAME".to_owned(),
            Some(("opt" | "param", name)) => format!("; pass --parameter {name}=VALUE"),
            Some(("self", path)) => self.beside(path),
            _ => String::new(),
        }
    }

    /// The names in the section of the document in which one is missing.
    fn beside(&self, path: &str) -> String {
        let mut inner = path;
        while let Some((section, _)) = inner.rsplit_once('.') {
            if let Some(node) = self.path(self.root, section, 0) {
                let names: Vec<_> = node.entries().iter().map(|entry| &entry.key).collect();
                return format!("; {section} has {}", List(&names));
            }
            inner = section;
        }
        String::new()
    }
}
