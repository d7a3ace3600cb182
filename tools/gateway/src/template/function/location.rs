//! Where the code of a function or layer is: inline, in a folder, or among the assets of the CDK.

use std::path::{Path, PathBuf};

use crate::template::{
    error::{Error, Problem},
    fields::Fields,
    resolve::{self, Resolver},
    resources::{self, Kind},
    stack::Source,
    yaml::{Entry, Node, Value},
};

/// Where `sam build` puts functions, layers and its own copy of the template, relative to the template.
pub(super) const BUILT: &str = ".aws-sam/build";

/// The line and the reason, with the remedy, why a function cannot be run.
pub(super) type Reason = (usize, String);

/// Where the code of a function is: `InlineCode` or `CodeUri` of SAM, `Code` of CloudFormation.
///
/// # Errors
/// When a property is of the wrong kind.
pub(super) fn source(
    resolver: &Resolver<'_>,
    resource: &Entry,
    fields: &mut Fields<'_>,
) -> Result<Result<Source, Reason>, Error> {
    if resources::kind_of(resource) == Kind::LambdaFunction {
        let node = fields.required("Code")?;
        if let Some(inline) = node.get("ZipFile") {
            let text = resolver.text(inline, "ZipFile")?.unwrap_or_default();
            return Ok(Ok(Source::Inline(text)));
        }
        return folder(resolver, resource, node, &fields.path("Code"));
    }
    if let Some(inline) = fields.text("InlineCode")? {
        fields.node("CodeUri");
        return Ok(Ok(Source::Inline(inline)));
    }
    match fields.node("CodeUri") {
        Some(node) => folder(resolver, resource, node, &fields.path("CodeUri")),
        // SAM's default.
        None => Ok(Ok(Source::Folder(within(resolver.folder(), "")))),
    }
}

fn folder(
    resolver: &Resolver<'_>,
    resource: &Entry,
    node: &Node,
    of: &str,
) -> Result<Result<Source, Reason>, Error> {
    let on_s3 = |text: &str| text.starts_with("s3://");
    match &node.value {
        Value::Mapping(entries)
            if entries
                .iter()
                .any(|entry| entry.key.starts_with("S3") || entry.key == "Bucket") =>
        {
            if let Some(asset) = asset(resolver.folder(), resource, node) {
                return Ok(Ok(Source::Folder(asset)));
            }
        }
        _ => {
            let Some(relative) = resolver.text(node, of)? else {
                let (of, wanted, found) = (of.to_owned(), "a folder", node.kind());
                return Err(resolver.error(node.line, Problem::Kind { of, wanted, found }));
            };
            if !on_s3(&relative) {
                return Ok(Ok(Source::Folder(within(resolver.folder(), &relative))));
            }
        }
    }
    let reason =
        format!("{of} is on S3; a local run needs the code in a folder beside the template");
    Ok(Err((node.line, reason)))
}

/// The folder beside the template in which `cdk synth` has put what `content` names on S3: by the resource's metadata
/// (<https://docs.aws.amazon.com/cdk/v2/guide/assets.html>), or by the hash in its key.
fn asset(folder: &Path, resource: &Entry, content: &Node) -> Option<PathBuf> {
    let metadata = resource.node.get("Metadata");
    let named = metadata
        .and_then(|node| node.get("aws:asset:path")?.text())
        .map(|path| folder.join(path));
    let by_key = || {
        let hash = content.get("S3Key")?.text()?.strip_suffix(".zip")?;
        Some(folder.join(format!("asset.{hash}")))
    };
    named.or_else(by_key).filter(|path| path.is_dir())
}

/// A path relative to the template's folder.
fn within(folder: &Path, relative: &str) -> PathBuf {
    let path = folder.join(relative);
    if path.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        path
    }
}

/// The folder of a layer of this template, by the name that `!Ref` gives.
pub(super) fn layer(resolver: &Resolver<'_>, name: &str) -> Option<PathBuf> {
    let id = name.strip_prefix(&resolve::generated(""))?;
    let resource = resolver.resource(id)?;
    if resources::kind_of(resource) != Kind::Layer {
        return None;
    }
    let built = resolver.folder().join(BUILT).join(id);
    if built.is_dir() {
        return Some(built);
    }
    let content = resources::property(resource, "ContentUri")
        .or_else(|| resources::property(resource, "Content"))?;
    let folder = match content.text() {
        Some(path) => within(resolver.folder(), path),
        None => asset(resolver.folder(), resource, content)?,
    };
    folder.is_dir().then_some(folder)
}
