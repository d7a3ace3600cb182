//! The files that a run consists of: templates, and the templates of nested stacks. One number identifies a file and a
//! line in it, like source positions in a compiler, so that a node needs to store only its line.

use std::path::{Path, PathBuf};

use super::{
    error::{Error, Problem},
    yaml::Entry,
};

/// More lines than a template can have, because templates are limited to 16 MB.
const LINES: usize = 1 << 25;

/// Where `sam build` puts functions, layers and its own copy of the template, relative to the template.
pub(crate) const BUILT: &str = ".aws-sam/build";

/// The files, in the order in which they were read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Files(Vec<File>);

#[derive(Debug, Clone)]
struct File {
    path: PathBuf,
    /// Where `sam build` puts what it builds of this template.
    built: PathBuf,
    /// What precedes the names of its resources.
    prefix: String,
}

impl Files {
    /// A single file, whose lines keep their numbers.
    pub(crate) fn of(file: &Path) -> Self {
        let mut files = Self::default();
        files.add(file.to_owned(), PathBuf::new(), String::new());
        files
    }

    /// Adds a file. Returns the offset of its line numbers.
    pub(crate) fn add(&mut self, path: PathBuf, built: PathBuf, prefix: String) -> usize {
        self.0.push(File {
            path,
            built,
            prefix,
        });
        (self.0.len() - 1) * LINES
    }

    /// Adds the template of a nested stack. Returns the offset of its line numbers.
    pub(crate) fn add_nested(&mut self, path: PathBuf, stack: &Entry) -> usize {
        let outer = self.file(stack.line);
        let built = outer.map_or_else(PathBuf::new, |file| file.built.join(&stack.key));
        let prefix = outer.map_or("", |file| &file.prefix);
        let prefix = format!("{prefix}{}", stack.key);
        self.add(path, built, prefix)
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// A problem in one of the files.
    pub(crate) fn error(&self, line: usize, problem: Problem) -> Error {
        let (file, line) = self.locate(line);
        Error::new(file, line, problem)
    }

    /// The file that a line is in, and the number of the line in that file.
    pub(crate) fn locate(&self, line: usize) -> (&Path, usize) {
        let path = self.file(line).map_or(Path::new(""), |file| &file.path);
        (path, line % LINES)
    }

    /// The folder of the file that a line is in. Paths in the file are relative to it.
    pub(crate) fn folder(&self, line: usize) -> &Path {
        let (file, _) = self.locate(line);
        file.parent().unwrap_or_else(|| Path::new("."))
    }

    /// Where `sam build` puts a function or layer.
    pub(crate) fn built_of(&self, resource: &Entry) -> PathBuf {
        let Some(file) = self.file(resource.line) else {
            return PathBuf::new();
        };
        let own = resource.key.strip_prefix(&file.prefix);
        file.built.join(own.unwrap_or(&resource.key))
    }

    fn file(&self, line: usize) -> Option<&File> {
        self.0.get(line / LINES)
    }
}
