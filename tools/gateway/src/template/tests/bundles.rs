//! TypeScript and projects with a bundler.

use super::{functions::Project, *};

const ESBUILD: (&str, &str) = ("node_modules/.bin/esbuild", "");

/// A `serverless.yml` with these sections, beside its files.
struct Service(TempDir);

impl Service {
    fn new(sections: &str, files: &[&str]) -> Self {
        let yaml = format!(
            "service: s\nprovider: {{ name: aws, runtime: nodejs20.x }}\nfunctions:\n  talk:\n    handler: src/chat.f\n    \
             events: [{{ websocket: $connect }}]\n{sections}"
        );
        let files = files.iter().map(|file| (*file, ""));
        let files: Vec<_> = files.chain([("serverless.yml", &*yaml)]).collect();
        Self(folder_with(&files))
    }

    fn read(&self) -> Result<Stack, Errors> {
        load_one(&self.0, "serverless.yml")
    }

    fn source(&self) -> Source {
        source(self.read().unwrap().functions.remove(0))
    }
}

fn source(function: Function) -> Source {
    match function.code {
        Code::Managed { source, .. } => source,
        other => panic!("{other:?}"),
    }
}

/// The bundle of a function.
#[track_caller]
fn bundle(source: Source) -> Bundle {
    match source {
        Source::Bundle(bundle) => bundle,
        other => panic!("{other:?}"),
    }
}

#[test]
fn typescript_of_serverless_yml_is_bundled_with_the_projects_esbuild() {
    let service = Service::new("", &["src/chat.ts"]);
    fails(
        service.read(),
        "TypeScript needs esbuild: run `npm install --no-save esbuild` beside the template",
    );
    write(&service.0, ESBUILD.0, "");
    let found = bundle(service.source());
    assert_eq!(found.entry, Path::new("src/chat.ts"));
    assert_eq!(found.folder, service.0.path());
    assert_eq!(found.esbuild, service.0.path().join(ESBUILD.0));
}

#[test]
fn typescript_of_serverless_yml_runs_where_a_bundler_left_it() {
    let service = Service::new("", &["src/chat.ts", ".esbuild/.build/src/chat.js"]);
    let Source::Folder(folder) = service.source() else {
        panic!("not a folder");
    };
    assert!(folder.ends_with(".esbuild/.build"), "{folder:?}");
}

#[test]
fn javascript_is_bundled_when_a_plugin_of_the_framework_would() {
    let files = ["src/chat.js", ESBUILD.0];
    let plain = Service::new("plugins: [serverless-offline]\n", &files);
    assert!(matches!(plain.source(), Source::Folder(_)));
    let plugins = Service::new("plugins:\n  - serverless-webpack\n", &files);
    assert_eq!(bundle(plugins.source()).entry, Path::new("src/chat.js"));
    let framework = Service::new(
        "build: { esbuild: { external: [sharp], target: node20, loader: { .graphql: text } } }\n",
        &files,
    );
    let options = bundle(framework.source()).options;
    for option in [
        "--external:sharp",
        "--external:aws-sdk",
        "--target=node20",
        "--loader:.graphql=text",
    ] {
        assert!(options.contains(&option.to_owned()), "{options:?}");
    }
    // Without esbuild, the sources run as they are.
    let without = Service::new("plugins: [serverless-bundle]\n", &["src/chat.js"]);
    assert!(matches!(without.source(), Source::Folder(_)));
}

#[test]
fn typescript_of_sam_is_bundled_or_taken_from_sam_build() {
    let function = |metadata: &str| {
        format!(
            "Metadata: {{ BuildMethod: esbuild{metadata} }}\n    \
             Properties: {{ Runtime: nodejs22.x, Handler: app.handler, CodeUri: code }}"
        )
    };
    let plain = function("");
    let typescript = ("code/app.ts", "");
    Project::new(&plain, &[typescript]).refused("TypeScript needs esbuild … `sam build`");
    let built = [typescript, (".aws-sam/build/F/app.js", "")];
    Project::new(&plain, &built).runs(Language::Node, ".aws-sam/build/F", None);
    let project = Project::new(&plain, &[typescript, ESBUILD]);
    let found = bundle(source(project.function()));
    assert_eq!(found.folder, project.folder.path().join("code"));
    assert_eq!(found.entry, Path::new("app.ts"));

    let points = function(
        ", BuildProperties: { Format: esm, OutExtension: [.js=.mjs], EntryPoints: [src/app.ts] }",
    );
    let project = Project::new(&points, &[("code/src/app.ts", ""), ESBUILD]);
    let found = bundle(source(project.function()));
    assert_eq!(found.entry, Path::new("src/app.ts"));
    assert!(
        found
            .options
            .contains(&"--out-extension:.js=.mjs".to_owned())
    );
}
