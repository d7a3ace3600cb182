//! Resolves values of the template: substitutes parameters and evaluates intrinsics. Values are resolved on demand, so an
//! unsupported intrinsic does no harm in a policy or an alarm. `names` decides what a name stands for, `outside` what
//! references to other stacks and services do; `get_att` has the intrinsic on attributes, `lists` those on lists, `substitution` that
//! on text.
//!
//! The resolver also collects what is wrong with a template, because a reader continues after an error to report all of
//! them at once.

mod get_att;
mod lists;
mod names;
mod outside;
mod substitution;

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashMap, HashSet},
    path::{Path, PathBuf},
};

use serde_json::Value as Json;

pub(crate) use self::names::{
    api_id, domain, function_arn, generated, is_aws, parameter_arn, queue_arn, service_of,
    topic_arn,
};
use super::{
    archives::Archives,
    error::{Error, Noticed, Problem},
    files::Files,
    parameters::Parameters,
    yaml::{Entry, Node, Value},
};

/// Account in ARNs and events; the one that AWS uses in its own examples.
pub(crate) const ACCOUNT: &str = "123456789012";
/// Region of all resources; functions get it as `AWS_REGION`.
pub(crate) const REGION: &str = "us-east-1";
/// Start of the URLs of queues on AWS.
pub(crate) const SQS_URL: &str = "https://sqs.us-east-1.amazonaws.com";
/// `AWS::StackName`, and the prefix of generated names.
pub(crate) const STACK_NAME: &str = "local";
/// Longest text that intrinsics may make, in bytes: a few names that contain one another twice would fill the memory.
const MAX_TEXT: usize = 1024 * 1024;
/// Longest chain of names that refer to names.
pub(crate) const MAX_DEPTH: usize = 32;

/// An output of one of the stacks, which are one template here.
pub(crate) struct StackOutput {
    pub(crate) stack: String,
    /// Its name in its stack.
    pub(crate) name: String,
    /// Its key in the section `Outputs`.
    pub(crate) key: String,
}

/// Resolves the values of one template.
pub(crate) struct Resolver<'t> {
    files: &'t Files,
    parameters: Parameters,
    resources: &'t [Entry],
    by_id: HashMap<&'t str, &'t Entry>,
    stage: &'t str,
    /// Logical id of the stage that is served; with it, other stages keep their own names.
    served: Option<&'t str>,
    /// The section `Mappings`.
    mappings: Option<&'t Node>,
    depth: Cell<usize>,
    /// Names of resources that have been resolved. Without them, names that contain others twice would take exponential time.
    names: RefCell<BTreeMap<String, String>>,
    problems: RefCell<Vec<Error>>,
    remarks: RefCell<Vec<String>>,
    /// What has been remarked.
    remarked: RefCell<HashSet<String>>,
    /// The section `Outputs`, which may have exports.
    outputs: &'t [Entry],
    stack_outputs: &'t [StackOutput],
    /// The positions of the exports among the outputs by name, once an import has been resolved.
    exports: RefCell<Option<BTreeMap<String, usize>>>,
    archives: RefCell<Archives>,
}

impl<'t> Resolver<'t> {
    pub(crate) fn new(
        files: &'t Files,
        parameters: Parameters,
        resources: &'t [Entry],
        stage: &'t str,
    ) -> Self {
        Self {
            files,
            parameters,
            resources,
            by_id: resources
                .iter()
                .map(|resource| (resource.key.as_str(), resource))
                .collect(),
            stage,
            served: None,
            mappings: None,
            depth: Cell::new(0),
            names: RefCell::default(),
            problems: RefCell::default(),
            remarks: RefCell::default(),
            remarked: RefCell::default(),
            outputs: &[],
            stack_outputs: &[],
            exports: RefCell::default(),
            archives: RefCell::default(),
        }
    }

    /// Adds the section `Mappings`.
    pub(crate) fn with_mappings(mut self, mappings: Option<&'t Node>) -> Self {
        self.mappings = mappings;
        self
    }

    /// Adds the section `Outputs`, and which stack has which of them.
    pub(crate) fn with_outputs(
        mut self,
        outputs: &'t [Entry],
        of_stacks: &'t [StackOutput],
    ) -> Self {
        self.outputs = outputs;
        self.stack_outputs = of_stacks;
        self
    }

    /// Sets the logical id of the stage that is served.
    pub(crate) fn with_served(mut self, served: Option<&'t str>) -> Self {
        self.served = served;
        self
    }

    pub(crate) fn error(&self, line: usize, problem: Problem) -> Error {
        self.files.error(line, problem)
    }

    /// Collects an error; the reader continues.
    pub(crate) fn collect(&self, error: Error) {
        self.problems.borrow_mut().push(error);
    }

    /// Collects an error about a line.
    pub(crate) fn report(&self, line: usize, problem: Problem) {
        self.collect(self.error(line, problem));
    }

    /// The value, or `None` after collecting the error.
    pub(crate) fn keep<T>(&self, result: Result<T, Error>) -> Option<T> {
        result.map_err(|error| self.collect(error)).ok()
    }

    /// Collects a remark about something that runs here and may not on AWS, or that does not run here. The same remark is made
    /// once, at the first of its places.
    pub(crate) fn remark(&self, line: usize, remark: &str) {
        self.remark_on(line, remark.to_owned(), remark);
    }

    /// Collects the remark that a property is left out. Made once, even if the property is one of `Globals` and read for each
    /// function.
    pub(crate) fn property_left_out(&self, property: &Entry, of: &str) {
        let Entry { key, line, .. } = property;
        let remark = format!("left out: the property {key} of {of}");
        self.remark_on(*line, format!("{line} {key}"), &remark);
    }

    fn remark_on(&self, line: usize, subject: String, remark: &str) {
        if self.remarked.borrow_mut().insert(subject) {
            let remark = format!("{}: {remark}", self.place(line));
            self.remarks.borrow_mut().push(remark);
        }
    }

    /// Collects the remark that `what` has no effect here.
    pub(crate) fn left_out(&self, line: usize, what: &str) {
        self.remark(line, &format!("left out: {what}"));
    }

    /// The folder with what is in the archive, or why it cannot be unpacked.
    pub(crate) fn unpack(&self, archive: &Path) -> Result<PathBuf, String> {
        self.archives.borrow_mut().unpack(archive)
    }

    /// The archives that have been unpacked.
    pub(crate) fn archives(&self) -> Archives {
        self.archives.borrow().clone()
    }

    /// All errors and remarks so far.
    pub(crate) fn collected(self) -> Noticed {
        Noticed {
            problems: self.problems.into_inner(),
            remarks: self.remarks.into_inner(),
        }
    }

    /// The folder of the template.
    pub(crate) fn folder(&self) -> &Path {
        self.files.folder(1)
    }

    /// The folder of the file of a line, which `CodeUri` is relative to.
    pub(crate) fn folder_at(&self, line: usize) -> &Path {
        self.files.folder(line)
    }

    /// A file and a line in it, for messages.
    pub(crate) fn place(&self, line: usize) -> String {
        let (file, line) = self.files.locate(line);
        format!("{}:{line}", file.display())
    }

    /// Whether two lines belong to the same template.
    pub(crate) fn are_in_one_file(&self, line: usize, other: usize) -> bool {
        self.files.locate(line).0 == self.files.locate(other).0
    }

    /// Where `sam build` puts a function or layer.
    pub(crate) fn built_of(&self, resource: &Entry) -> PathBuf {
        self.files.built_of(resource)
    }

    /// The value as JSON; `None` for `!Ref AWS::NoValue`, which stands for an absent property.
    pub(crate) fn json(&self, node: &Node) -> Result<Option<Json>, Error> {
        match &node.value {
            Value::Scalar { text, plain: false } => {
                Ok(Some(Json::from(self.dynamic(text.clone(), node.line))))
            }
            Value::Scalar { text, plain: true } => Ok(Some(plain_scalar(text))),
            Value::Sequence(items) => {
                let items: Result<Vec<_>, _> = items.iter().map(|item| self.json(item)).collect();
                Ok(Some(items?.into_iter().flatten().collect()))
            }
            Value::Mapping(entries) => match entries.as_slice() {
                [only] if node.is_intrinsic() => self.intrinsic(only),
                _ => self.object(entries).map(Some),
            },
        }
    }

    /// The value as text, converted as CloudFormation converts scalars.
    pub(crate) fn text(&self, node: &Node, of: &str) -> Result<Option<String>, Error> {
        // A plain scalar stays as written: where a string is expected, 010 is not 10.
        if let Value::Scalar { text, .. } = &node.value {
            return Ok(Some(self.dynamic(text.clone(), node.line)));
        }
        match self.json(node)? {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(self.dynamic(text, node.line))),
            Some(scalar @ (Json::Bool(_) | Json::Number(_))) => Ok(Some(scalar.to_string())),
            Some(_) => Err(self.error(node.line, Problem::kind(of, "text", node.kind()))),
        }
    }

    fn bounded(&self, text: String, line: usize) -> Result<Json, Error> {
        if text.len() > MAX_TEXT {
            let message = "a value is longer than 1 MB".to_owned();
            return Err(self.error(line, Problem::Syntax(message)));
        }
        Ok(Json::String(text))
    }

    fn object(&self, entries: &[Entry]) -> Result<Json, Error> {
        let mut object = serde_json::Map::new();
        for entry in entries {
            if let Some(value) = self.json(&entry.node)? {
                object.insert(entry.key.clone(), value);
            }
        }
        Ok(Json::Object(object))
    }

    fn intrinsic(&self, entry: &Entry) -> Result<Option<Json>, Error> {
        let node = &entry.node;
        let bad = |wanted| Problem::kind(&entry.key, wanted, node.kind());
        if let Some(result) = self.list_intrinsic(entry) {
            return result;
        }
        match (entry.key.as_str(), &node.value) {
            ("Ref", Value::Scalar { text, .. }) => self.reference(text, node.line),
            // Names may be intrinsics themselves with the transform AWS::LanguageExtensions.
            ("Ref", Value::Mapping(_)) => {
                let name = self.text(node, "Ref")?.unwrap_or_default();
                self.reference(&name, node.line)
            }
            ("Ref", _) => Err(self.error(node.line, bad("a name"))),
            ("Fn::GetAtt", _) => self.get_att(entry).map(Some),
            ("Fn::Sub", Value::Scalar { text, .. }) => {
                self.substitute(text, None, node.line).map(Some)
            }
            ("Fn::Sub", Value::Sequence(items)) => match items.as_slice() {
                [
                    Node {
                        value: Value::Scalar { text, .. },
                        ..
                    },
                    Node {
                        value: Value::Mapping(own),
                        ..
                    },
                ] => self.substitute(text, Some(own), node.line).map(Some),
                _ => Err(self.error(node.line, bad("text, or [text, a mapping of variables]"))),
            },
            ("Fn::If", Value::Sequence(items)) if items.len() == 3 => {
                // Where the condition is defined, the chosen branch has replaced it by now.
                let found = items[0].kind();
                let problem = Problem::undefined_condition("Fn::If", &found);
                Err(self.error(entry.line, problem))
            }
            ("Fn::ImportValue", _) => {
                let name = self.text(node, "Fn::ImportValue")?.unwrap_or_default();
                self.import(name, node.line).map(Some)
            }
            _ => {
                let found = entry.key.clone();
                Err(self.error(entry.line, Problem::Intrinsic { found }))
            }
        }
    }
}

/// An unquoted scalar, typed by YAML's core schema.
fn plain_scalar(text: &str) -> Json {
    match text {
        "true" | "True" | "TRUE" => Json::Bool(true),
        "false" | "False" | "FALSE" => Json::Bool(false),
        "null" | "~" | "" => Json::Null,
        _ => text
            .parse::<i64>()
            .map_or_else(|_| Json::from(text), Json::from),
    }
}
