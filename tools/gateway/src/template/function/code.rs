//! How a function is run: by which executable or interpreter. [`location`](super::location) finds its code.
//!
//! Looks at the files next to the template, because `CodeUri` alone does not tell whether a function was built: the output
//! of `sam build` keeps the template's `Metadata`.

use std::path::{Path, PathBuf};

use super::{
    bundle,
    location::{Reason, source},
    sources::{has_module, has_script, is_typescript, lacks_node_modules, module},
};
use crate::template::{
    error::Error,
    fields::Fields,
    resolve::Resolver,
    resources,
    stack::{Bundle, Code, Language, Runtime, Source},
    yaml::{Entry, Node},
};

/// Where the Serverless Framework 4 and its plugins for TypeScript leave what they built, relative to `serverless.yml`: the
/// framework itself, serverless-esbuild and serverless-webpack with `keepOutputDirectory`, serverless-plugin-typescript.
const BUILT_BY_SERVERLESS: [&str; 4] = [
    ".serverless/build",
    ".esbuild/.build",
    ".webpack/service",
    ".build",
];

/// The `BuildMethod` of functions from a `serverless.yml`.
pub(crate) const SERVERLESS: &str = "serverless";

/// Build property of functions from a `serverless.yml`: the archive that is deployed in place of what the framework packages.
pub(crate) const ARTIFACT: &str = "Artifact";

/// Build property of functions from a `serverless.yml` with a plugin that bundles.
pub(crate) const BUNDLED: &str = "Bundled";

/// Build property of functions from a `serverless.yml` that only HTTP requests invoke.
pub(crate) const ONLY_HTTP: &str = "OnlyHttp";

/// Managed runtimes that are not available, and how AWS's runtime interface clients start their functions
/// (<https://docs.aws.amazon.com/lambda/latest/dg/images-create.html>).
const CLIENTS: [(&str, &str); 3] = [
    (
        "dotnet",
        "dotnet exec --depsfile F.deps.json --runtimeconfig F.runtimeconfig.json Amazon.Lambda.RuntimeSupport.dll",
    ),
    (
        "java",
        "java -cp '*:lib/*' com.amazonaws.services.lambda.runtime.api.client.AWSLambda",
    ),
    ("ruby", "aws_lambda_ric"),
];

/// Why TypeScript does not run, and the start of the remedy.
const NEEDS_ESBUILD: &str = "TypeScript needs esbuild: run `npm install --no-save esbuild`";

/// How to run the function `resource`.
pub(super) fn read(
    resource: &Entry,
    fields: &mut Fields<'_>,
) -> Result<Result<Code, Reason>, Error> {
    let runtime = fields.text("Runtime")?;
    let runtime = runtime.map(|name| (fields.line_of("Runtime"), name));
    fields.ignore(&["ImageUri", "ImageConfig"]);
    if fields.text("PackageType")?.as_deref() == Some("Image") {
        fields.ignore(&["Code", "CodeUri"]);
        let reason = "PackageType: Image needs a container; give it CodeUri, Handler and Runtime for a local run";
        return Ok(Err((resource.line, reason.to_owned())));
    }
    let source = match source(resource, fields)? {
        Ok(source) => source,
        Err(reason) => return Ok(Err(reason)),
    };
    let handler = fields.text("Handler")?.unwrap_or_default();
    let place = Place {
        resolver: fields.resolver,
        resource,
        handler: &handler,
    };
    Ok(place.code(source, runtime))
}

struct Place<'p> {
    resolver: &'p Resolver<'p>,
    resource: &'p Entry,
    handler: &'p str,
}

impl Place<'_> {
    fn code(&self, source: Source, runtime: Option<(usize, String)>) -> Result<Code, Reason> {
        if let Some(folder) = source.folder() {
            let packaged = folder.join("bootstrap").is_file();
            if self.build_method() == Some("rust-cargolambda")
                && (folder.join("Cargo.toml").is_file() || !packaged)
            {
                return Ok(self.cargo(folder));
            }
            let managed = runtime
                .as_ref()
                .is_some_and(|(_, name)| Runtime::parse(name).is_some());
            if packaged && !managed {
                let folder = folder.to_owned();
                return Ok(Code::Bootstrap { folder });
            }
        }
        match (runtime, source) {
            (Some((line, name)), source) => match Runtime::parse(&name) {
                Some(runtime) => self.managed(source, runtime),
                None => match source.folder() {
                    Some(folder) if name.starts_with("provided") => {
                        self.bootstrap(folder.to_owned())
                    }
                    _ => Err((line, unsupported(&name))),
                },
            },
            (None, Source::Folder(folder) | Source::Archive(folder)) => {
                Ok(Code::Bootstrap { folder })
            }
            (None, Source::Inline { .. } | Source::Bundle(_)) => {
                Err((self.resource.line, "inline code needs a Runtime".to_owned()))
            }
        }
    }

    fn build_method(&self) -> Option<&str> {
        resources::metadata(self.resource, "BuildMethod")?.text()
    }

    fn build_properties(&self) -> Option<&Node> {
        resources::metadata(self.resource, "BuildProperties")
    }

    /// Whether the project lists a bundler among the framework's plugins.
    fn is_for_bundler(&self) -> bool {
        let properties = self.build_properties();
        properties.is_some_and(|node| node.get(BUNDLED).is_some())
    }

    /// The folder with what is in the archive that the service packages by itself.
    fn artifact(&self) -> Option<PathBuf> {
        let path = self.build_properties()?.get(ARTIFACT)?;
        let archive = self.resolver.folder_at(path.line).join(path.text()?);
        if !archive.is_file() {
            return None;
        }
        let unpacked = self.resolver.unpack(&archive);
        unpacked
            .map_err(|why| {
                let what = format!("{}, which {why}", archive.display());
                self.resolver.left_out(path.line, &what);
            })
            .ok()
    }

    fn bundle(&self, folder: &Path) -> Option<Bundle> {
        let module = module(self.handler, Language::Node);
        bundle::find(folder, &module, self.build_properties())
    }

    fn cargo(&self, folder: &Path) -> Code {
        let properties = self.build_properties();
        let binary = properties.and_then(|node| node.text_of("Binary"));
        Code::Cargo {
            folder: folder.to_owned(),
            binary: binary.map(ToOwned::to_owned),
        }
    }

    /// A function whose folder holds no `bootstrap`: `sam build` puts it elsewhere, and so do other tools, in an archive.
    fn bootstrap(&self, folder: PathBuf) -> Result<Code, Reason> {
        let built = self.resolver.built_of(self.resource);
        if built.join("bootstrap").is_file() {
            return Ok(Code::Bootstrap { folder: built });
        }
        if let Some(folder) = self.artifact() {
            return Ok(Code::Bootstrap { folder });
        }
        match self.build_method() {
            Some(method) if method != SERVERLESS => Err(self.unbuilt(&folder)),
            _ => Ok(Code::Bootstrap { folder }),
        }
    }

    fn managed(&self, source: Source, runtime: Runtime) -> Result<Code, Reason> {
        let Source::Folder(folder) = source else {
            return Ok(self.as_it_is(source, runtime));
        };
        let has_handler = |folder: &Path| has_module(folder, self.handler, runtime.language);
        let beside = self.resolver.folder_at(self.resource.line);
        let built = if self.build_method() == Some(SERVERLESS) {
            let mut places = BUILT_BY_SERVERLESS.iter().map(|place| beside.join(place));
            places.find(|place| has_handler(place))
        } else {
            Some(self.resolver.built_of(self.resource)).filter(|place| place.is_dir())
        };
        let must_be_built = match self.build_method() {
            Some("esbuild" | "makefile") => !has_handler(&folder),
            _ => !has_handler(&folder) && is_typescript(&folder, self.handler),
        };
        if runtime.language == Language::Node
            && (must_be_built || self.is_for_bundler())
            && let Some(bundle) = self.bundle(&folder)
        {
            return Ok(Code::Managed {
                source: Source::Bundle(bundle),
                runtime,
                dependencies: None,
            });
        }
        if !has_handler(&folder)
            && let Some(folder) = self.artifact()
        {
            return Ok(self.as_it_is(Source::Archive(folder), runtime));
        }
        let run_built =
            must_be_built || (runtime.language == Language::Node && lacks_node_modules(&folder));
        let (source, dependencies) = match built {
            Some(built) if run_built && has_handler(&built) => (built, None),
            _ if must_be_built => return Err(self.uncompiled(&folder)),
            built if runtime.language == Language::Python => (folder, built),
            _ => (folder, None),
        };
        if !source.is_dir() {
            let remedy = if has_script(beside, "build") {
                "; `npm run build` beside the template may create it"
            } else {
                ""
            };
            let reason = format!("there is no folder {}{remedy}", source.display());
            return Err((self.resource.line, reason));
        }
        self.check_handler(&source, runtime.language);
        Ok(Code::Managed {
            source: Source::Folder(source),
            runtime,
            dependencies,
        })
    }

    /// Why a module that is not there does not run: it must be compiled, or built in another way.
    fn uncompiled(&self, folder: &Path) -> Reason {
        if !is_typescript(folder, self.handler) {
            return self.unbuilt(folder);
        }
        let or_build = if self.build_method() == Some(SERVERLESS) {
            ""
        } else {
            ", or `sam build`,"
        };
        let reason = format!("{NEEDS_ESBUILD}{or_build} beside the template");
        (self.resource.line, reason)
    }

    /// Why the code in a folder does not run.
    fn unbuilt(&self, folder: &Path) -> Reason {
        let folder = folder.display();
        let reason = format!("{folder} must be built first: run `sam build` beside the template");
        (self.resource.line, reason)
    }

    /// Code that contains what it needs.
    fn as_it_is(&self, source: Source, runtime: Runtime) -> Code {
        if let Some(folder) = source.folder() {
            self.check_handler(folder, runtime.language);
        }
        Code::Managed {
            source,
            runtime,
            dependencies: None,
        }
    }

    /// Remarks that the folder does not have the handler's module.
    fn check_handler(&self, folder: &Path, language: Language) {
        if has_module(folder, self.handler, language) {
            return;
        }
        let (id, module) = (&self.resource.key, module(self.handler, language));
        let beside = self.resolver.folder_at(self.resource.line);
        let remedy = if has_script(beside, "build") {
            ", or `npm run build` beside the template creates it"
        } else {
            ""
        };
        let folder = folder.display();
        let remark = format!(
            "the module {module} of {id} is not in {folder}; unless a layer has it{remedy}, {id} fails"
        );
        self.resolver.remark(self.resource.line, &remark);
    }
}

fn unsupported(runtime: &str) -> String {
    if runtime.starts_with("go1") {
        let remedy = "build the executable `bootstrap` for the runtime provided.al2023";
        return format!("AWS has withdrawn the runtime {runtime}; {remedy}");
    }
    let client = CLIENTS.iter().find(|(start, _)| runtime.starts_with(start));
    let example = client.map_or_else(String::new, |(_, command)| {
        format!(", such as a script with `exec {command} \"$_HANDLER\"`")
    });
    format!(
        "the runtime {runtime} is not available; supported are nodejs*, python*, BuildMethod: rust-cargolambda, and in any \
         language an executable `bootstrap` in CodeUri{example}"
    )
}
