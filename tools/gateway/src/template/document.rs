//! One template as its file has it: a template of CloudFormation with its included files, or a `serverless.yml`, converted. Lines
//! have their own numbers.

use std::path::Path;

use super::{
    Overrides,
    error::{Error, Noticed, Problem, nearest},
    files::Files,
    parameters::Parameters,
    resolve::Resolver,
    serverless, source, transforms,
    yaml::{self, Node, Value},
};

/// A template, and what was noticed when it was read.
pub(super) struct Document {
    pub(super) node: Node,
    /// The name of the stack, if it was a `serverless.yml`.
    pub(super) service: Option<String>,
    pub(super) noticed: Noticed,
}

/// The text of the template in `file`, which may be a program that writes it.
pub(super) fn source(file: &Path) -> Result<String, Error> {
    source::evaluated(file).map_err(|why| Error::of_file(file, Problem::Unreadable(why)))
}

/// Reads a template from `source`; `file` is for messages, and its folder is what paths are relative to.
pub(super) fn read(file: &Path, source: &str, overrides: &Overrides) -> Result<Document, Error> {
    let (mut node, duplicates) = yaml::read_with_duplicates(source)
        .map_err(|(line, message)| Error::new(file, line, Problem::Syntax(message)))?;
    let files = Files::of(file);
    let resolver = Resolver::new(&files, Parameters::default(), &[], "");
    let mut service = None;
    if serverless::is_serverless(&node) {
        // The framework refuses them, and CloudFormation does not (aws-cloudformation/cfn-language-discussion#96).
        if let Some((line, key)) = duplicates.into_iter().next() {
            let message = format!("duplicate key {key}");
            return Err(resolver.error(line, Problem::Syntax(message)));
        }
        let stage = overrides.stage.as_deref();
        let converted = serverless::convert(&resolver, node, stage, &overrides.parameters)?;
        node = converted.template;
        service = Some(converted.stack_name);
    } else {
        for (line, key) in duplicates {
            let remark = format!("{key} is defined twice; CloudFormation uses the last definition");
            resolver.remark(line, &remark);
        }
        check_sections(&resolver, &node)?;
    }
    transforms::insert(&resolver, &mut node)?;
    Ok(Document {
        node,
        service,
        noticed: resolver.collected(),
    })
}

/// The sections of a template.
const SECTIONS: &[&str] = &[
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Globals",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
];

/// Reports misspelt sections.
fn check_sections(resolver: &Resolver<'_>, document: &Node) -> Result<(), Error> {
    let Value::Mapping(sections) = &document.value else {
        let problem = Problem::kind("a template", "a mapping", document.kind());
        return Err(resolver.error(1, problem));
    };
    for section in sections {
        let found = section.key.as_str();
        if SECTIONS.contains(&found) {
            continue;
        }
        if let Some(near) = nearest(found, SECTIONS.iter().copied()) {
            let found = format!("section {found}");
            let problem = Problem::misspelt("the template", found, near);
            resolver.report(section.line, problem);
        }
    }
    Ok(())
}
