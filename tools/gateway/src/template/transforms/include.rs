//! `AWS::Include`: inserts a file beside the template, as `sam` does with a local `Location`
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/transform-aws-include.html>). A file in S3 is left out.

use crate::template::{
    error::{Error, Problem},
    resolve::{MAX_DEPTH, Resolver},
    source,
    yaml::{Entry, Node, Value},
};

/// Inserts every included file, as `Transform` of the whole template or as `Fn::Transform` anywhere in it. Other macros are
/// left out with a remark.
pub(in crate::template) fn insert(
    resolver: &Resolver<'_>,
    document: &mut Node,
) -> Result<(), Error> {
    if let Some(transform) = document.get("Transform").cloned() {
        for transform in transform.one_or_more() {
            if let (Some(included), Value::Mapping(sections)) =
                (included(resolver, transform, 0)?, &mut document.value)
            {
                merge(sections, included.entries());
            }
        }
    }
    settle(resolver, document, 0)
}

fn settle(resolver: &Resolver<'_>, node: &mut Node, depth: usize) -> Result<(), Error> {
    if let Value::Mapping(entries) = &mut node.value
        && let Some(index) = entries
            .iter()
            .position(|entry| entry.key == "Fn::Transform")
    {
        let transform = entries.remove(index).node;
        let included = included(resolver, &transform, depth)?;
        match included {
            // The file is the whole value, which need not be a mapping.
            Some(included) if entries.is_empty() => *node = included,
            Some(included) => merge(entries, included.entries()),
            None => {}
        }
    }
    node.children_mut()
        .try_for_each(|child| settle(resolver, child, depth))
}

/// The content of the file that a transform includes; `None` for another transform, and for a file that is not on this machine.
fn included(
    resolver: &Resolver<'_>,
    transform: &Node,
    depth: usize,
) -> Result<Option<Node>, Error> {
    let line = transform.line;
    let name = transform.text_of("Name");
    if name != Some("AWS::Include") {
        if let Some(name) = name.or(transform.text())
            && !name.starts_with("AWS::")
        {
            let what = format!("the macro {name}, which runs on AWS only");
            resolver.left_out(line, &what);
        }
        return Ok(None);
    }
    let location = transform
        .get("Parameters")
        .and_then(|parameters| parameters.get("Location"));
    let Some(location) = location else {
        return Err(resolver.error(line, Problem::missing("AWS::Include", "Location")));
    };
    let Some(location) = location.text().filter(|text| !text.contains("://")) else {
        let found = location
            .text()
            .map_or_else(|| location.kind(), ToOwned::to_owned);
        let what = format!("AWS::Include of {found}, which is not a file beside the template");
        resolver.left_out(line, &what);
        return Ok(None);
    };
    if depth > MAX_DEPTH {
        let problem = Problem::Circular(location.to_owned());
        return Err(resolver.error(line, problem));
    }
    let unreadable = |why: String| {
        let problem = Problem::value("Location of AWS::Include", location, why);
        resolver.error(line, problem)
    };
    let included = source::read(&resolver.folder().join(location));
    let included = included.and_then(|text| source::parse(&text));
    let mut included = included.map_err(unreadable)?;
    included.set_line(line);
    settle(resolver, &mut included, depth + 1)?;
    Ok(Some(included))
}

/// Adds the included entries that the mapping does not have. Mappings that both have are merged.
fn merge(own: &mut Vec<Entry>, included: &[Entry]) {
    for entry in included {
        match own.iter_mut().find(|present| present.key == entry.key) {
            None => own.push(entry.clone()),
            Some(present) => {
                if let Value::Mapping(entries) = &mut present.node.value {
                    merge(entries, entry.node.entries());
                }
            }
        }
    }
}
