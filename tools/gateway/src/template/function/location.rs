//! Where the code of a function or layer is: inline, in a folder or an archive, or among the assets of the CDK.

use std::path::{Path, PathBuf};

use crate::{
    paths::{absolute, here},
    template::{
        error::{Error, Problem},
        fields::Fields,
        resolve::{self, Resolver},
        resources::{self, Kind},
        stack::{Layer, Source},
        yaml::{Entry, Node, Value},
    },
};

/// The line and the reason, with the remedy, why a function cannot be run.
pub(super) type Reason = (usize, String);

/// Where the code of a function is: `InlineCode` or `CodeUri` of SAM, `Code` of CloudFormation.
pub(super) fn source(
    resource: &Entry,
    fields: &mut Fields<'_>,
) -> Result<Result<Source, Reason>, Error> {
    let resolver = fields.resolver;
    if resources::kind_of(resource) == Kind::LambdaFunction {
        let node = fields.required("Code")?;
        if let Some(inline) = node.get("ZipFile") {
            let text = resolver.text(inline, "ZipFile")?.unwrap_or_default();
            return Ok(Ok(inline_code(resolver, resource, text)));
        }
        return folder(resolver, resource, node, &fields.path("Code"));
    }
    if let Some(inline) = fields.text("InlineCode")? {
        fields.node("CodeUri");
        return Ok(Ok(inline_code(resolver, resource, inline)));
    }
    if let Some(node) = fields.node("CodeUri") {
        return folder(resolver, resource, node, &fields.path("CodeUri"));
    }
    // SAM's default.
    let folder = resolver.folder_at(resource.line);
    Ok(Ok(Source::Folder(within(folder, ""))))
}

fn inline_code(resolver: &Resolver<'_>, resource: &Entry, code: String) -> Source {
    let folder = resolver.folder_at(resource.line);
    let folder = absolute(&within(folder, ""));
    Source::Inline { code, folder }
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
            if let Some(asset) = asset(resolver.folder_at(node.line), resource, node) {
                return Ok(found(resolver, node.line, of, asset));
            }
        }
        _ => {
            let Some(relative) = resolver.text(node, of)? else {
                return Err(resolver.error(node.line, Problem::kind(of, "a folder", node.kind())));
            };
            if !on_s3(&relative) {
                let path = existing(resolver, node.line, of, &relative);
                return Ok(found(resolver, node.line, of, path));
            }
        }
    }
    let remedy = if resolver.folder_at(node.line).ends_with(PACKAGED) {
        "this template is what the Serverless Framework packaged; pass the serverless.yml that it was made of"
    } else {
        "a local run needs the code in a folder beside the template"
    };
    Ok(Err((node.line, format!("{of} is on S3; {remedy}"))))
}

/// Code in a folder, or in an archive.
fn found(resolver: &Resolver<'_>, line: usize, of: &str, path: PathBuf) -> Result<Source, Reason> {
    if !path.is_file() {
        return Ok(Source::Folder(path));
    }
    match resolver.unpack(&path) {
        Ok(folder) => Ok(Source::Archive(folder)),
        Err(why) => Err((line, format!("{of} is {}, which {why}", path.display()))),
    }
}

/// Where the Serverless Framework puts the template that it deploys, and archives.
const PACKAGED: &str = ".serverless";

/// The folder or archive beside the template in which `cdk synth` has put what `content` names on S3: by the resource's
/// metadata (<https://docs.aws.amazon.com/cdk/v2/guide/assets.html>), or by the hash in its key.
fn asset(folder: &Path, resource: &Entry, content: &Node) -> Option<PathBuf> {
    let named = resources::metadata(resource, "aws:asset:path").and_then(Node::text);
    let named = named.map(|path| folder.join(path));
    let by_key = || {
        let key = content.get("S3Key")?.text()?;
        let archive = folder.join(format!("asset.{key}"));
        Some(if archive.is_file() {
            archive
        } else {
            archive.with_extension("")
        })
    };
    named.or_else(by_key).filter(|path| path.exists())
}

/// A path relative to the template's folder.
fn within(folder: &Path, relative: &str) -> PathBuf {
    here(&folder.join(relative)).to_owned()
}

/// A path relative to the template's folder. Where no file has the path, one whose name differs in the case of its letters
/// is taken, with a remark: the template may have been written on a system that ignores the case.
fn existing(resolver: &Resolver<'_>, line: usize, of: &str, relative: &str) -> PathBuf {
    let folder = resolver.folder_at(line);
    let path = within(folder, relative);
    if path.exists() {
        return path;
    }
    let Some(found) = ignoring_case(folder, Path::new(relative)) else {
        return path;
    };
    let name = found.strip_prefix(folder).unwrap_or(&found);
    let remark = format!(
        "{of} is written {relative}, but the folder is {}; most systems distinguish upper and lower case",
        name.display()
    );
    resolver.remark(line, &remark);
    found
}

/// The file with this path below `folder`, whatever the case of the letters.
fn ignoring_case(folder: &Path, relative: &Path) -> Option<PathBuf> {
    let mut path = folder.to_owned();
    for part in relative.components() {
        let exact = path.join(part);
        path = if exact.exists() {
            exact
        } else {
            let wanted = part.as_os_str().to_str()?;
            let mut names = std::fs::read_dir(here(&path)).ok()?.flatten();
            let is_wanted =
                |entry: &std::fs::DirEntry| entry.file_name().eq_ignore_ascii_case(wanted);
            path.join(names.find(is_wanted)?.file_name())
        };
    }
    Some(path)
}

/// A layer of this template, by the name that `!Ref` gives.
pub(super) fn layer(resolver: &Resolver<'_>, name: &str) -> Result<Layer, String> {
    let elsewhere = || {
        "whose files are not on this machine; if functions need its modules, install them beside the code".to_owned()
    };
    let resource = name
        .strip_prefix(&resolve::generated(""))
        .and_then(|id| resolver.resource(id))
        .filter(|resource| resources::kind_of(resource) == Kind::Layer)
        .ok_or_else(elsewhere)?;
    let beside = resolver.folder_at(resource.line);
    let complete = |folder| Layer { folder, place: "" };
    let built = resolver.built_of(resource);
    if built.is_dir() {
        return Ok(complete(built));
    }
    let content = resources::property(resource, "ContentUri")
        .or_else(|| resources::property(resource, "Content"))
        .ok_or_else(elsewhere)?;
    let folder = match content.text() {
        Some(path) => within(beside, path),
        None => asset(beside, resource, content).ok_or_else(elsewhere)?,
    };
    if folder.is_file() {
        let unpacked = resolver.unpack(&folder);
        unpacked
            .map(complete)
            .map_err(|why| format!("whose archive {} {why}", folder.display()))
    } else if folder.is_dir() {
        let place = place_of_sources(resource)?;
        Ok(Layer { folder, place })
    } else {
        Err(format!("whose files {} do not exist", folder.display()))
    }
}

/// Where `sam build` puts the sources of a layer: into a folder for the language, if it builds the layer
/// (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/building-layers.html>).
fn place_of_sources(layer: &Entry) -> Result<&'static str, String> {
    let method = resources::metadata(layer, "BuildMethod").and_then(Node::text);
    match method.unwrap_or_default() {
        "makefile" => {
            Err("which must be built first: run `sam build` beside the template".to_owned())
        }
        method if method.starts_with("nodejs") => Ok("nodejs"),
        method if method.starts_with("python") => Ok("python"),
        _ => Ok(""),
    }
}
