//! What can be wrong with a template, said so that its author can put it right: file, line, what was found, what is
//! supported.

use std::{fmt, path::Path};

/// A template that cannot be run, with the place and the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {problem}")]
pub struct Error {
    file: String,
    line: usize,
    problem: Problem,
}

impl Error {
    /// Ties `problem` to a line (counted from 1) of `file`.
    pub(crate) fn new(file: &Path, line: usize, problem: Problem) -> Self {
        Self {
            file: file.display().to_string(),
            line,
            problem,
        }
    }

    /// Line of the template, counted from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// What is wrong there.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }
}

/// What is wrong, apart from where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The file cannot be read from disk.
    #[error("cannot read the template: {0}")]
    Unreadable(String),
    /// No YAML, or YAML that CloudFormation refuses (aliases, two documents, a key twice).
    #[error("not a template: {0}")]
    Syntax(String),
    /// A function of the template language that is not emulated.
    #[error(
        "the intrinsic {found} is not supported here; supported are {}",
        List(INTRINSICS)
    )]
    Intrinsic {
        /// As written, in the long form.
        found: String,
    },
    /// A resource type that is neither run nor knowingly left out.
    #[error(
        "the resource type {found} is not supported; supported are {}",
        List(supported)
    )]
    ResourceType {
        /// As written.
        found: String,
        /// What runs here.
        supported: &'static [&'static str],
    },
    /// A property that would change what the stack does, and is not emulated.
    #[error(
        "the property {found} of {of} is not supported; supported are {}",
        List(supported)
    )]
    Property {
        /// As written.
        found: String,
        /// Where it stands.
        of: String,
        /// What is read there.
        supported: Vec<&'static str>,
    },
    /// A property that has to be there.
    #[error("{of} needs the property {missing}")]
    Missing {
        /// The absent property.
        missing: String,
        /// Where it belongs.
        of: String,
    },
    /// A node of another kind than the place wants.
    #[error("{of} has to be {wanted}, found {found}")]
    Kind {
        /// Where it stands.
        of: String,
        /// For instance `a mapping`.
        wanted: &'static str,
        /// For instance `a sequence`.
        found: String,
    },
    /// A value out of its range or form.
    #[error("{of} cannot be {found}: {wanted}")]
    Value {
        /// Where it stands.
        of: String,
        /// As written, after the intrinsics are resolved.
        found: String,
        /// The rule, as a phrase.
        wanted: String,
    },
    /// A name that nothing in the template has.
    #[error(
        "{found} names neither a parameter nor a resource of this template{}",
        DidYouMean(near)
    )]
    UnknownName {
        /// The name that was asked for.
        found: String,
        /// A name that does exist and looks alike.
        near: Option<String>,
    },
    /// `Fn::GetAtt` for something that the gateway cannot know.
    #[error(
        "the attribute {attribute} of {resource} is not known here; known are {}",
        List(known)
    )]
    Attribute {
        /// The logical id.
        resource: String,
        /// The attribute.
        attribute: String,
        /// The attributes that can be resolved.
        known: &'static [&'static str],
    },
    /// Names that are defined by one another.
    #[error("{0} is defined by itself")]
    Circular(String),
    /// A parameter without default that nobody has set.
    #[error("the parameter {0} has no default; pass --parameter {0}=VALUE")]
    ParameterUnset(String),
    /// A parameter on the command line that the template does not declare.
    #[error(
        "--parameter {found} sets a parameter that the template does not have; it has {}",
        List(known)
    )]
    ParameterUnknown {
        /// The name on the command line.
        found: String,
        /// The declared names.
        known: Vec<String>,
    },
    /// No API to serve, or more than one.
    #[error(
        "a template needs exactly one AWS::Serverless::WebSocketApi or AWS::ApiGatewayV2::Api, found {0}"
    )]
    Apis(usize),
    /// None of something that is needed once, or more than one.
    #[error("{of} needs exactly one {wanted} here, found {found}")]
    NotOne {
        /// What needs it.
        of: String,
        /// A resource type.
        wanted: &'static str,
        /// How many there are.
        found: usize,
    },
    /// A resource that belongs to something that does not run here.
    #[error("{of} is no part of the API {api}: {remedy}")]
    Stray {
        /// Logical id and type.
        of: String,
        /// Logical id of the API.
        api: String,
        /// What to do about it.
        remedy: &'static str,
    },
}

/// The intrinsics that [`resolve`](super::resolve) understands.
pub(crate) const INTRINSICS: &[&str] = &[
    "!Ref",
    "!Sub",
    "!GetAtt",
    "!If",
    "!Join",
    "!Split",
    "!Select",
    "!FindInMap",
];

/// Writes `a, b and c`.
struct List<'a, T>(&'a [T]);

impl<T: fmt::Display> fmt::Display for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.0.len().saturating_sub(1);
        if self.0.is_empty() {
            return f.write_str("none");
        }
        for (index, item) in self.0.iter().enumerate() {
            let before = match index {
                0 => "",
                _ if index == last => " and ",
                _ => ", ",
            };
            write!(f, "{before}{item}")?;
        }
        Ok(())
    }
}

struct DidYouMean<'a>(&'a Option<String>);

impl fmt::Display for DidYouMean<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(near) => write!(f, "; did you mean {near}?"),
            None => Ok(()),
        }
    }
}
