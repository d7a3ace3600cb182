//! Functions and layers whose code is in an archive.

use std::io::{Cursor, Write as _};

use zip::{ZipWriter, write::SimpleFileOptions};

use super::{functions::Project, *};

/// An archive with these files, all of which are executable.
fn zip(files: &[&str]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for name in files {
        let options = SimpleFileOptions::default().unix_permissions(0o755);
        archive.start_file(*name, options).unwrap();
        archive.write_all(b"text").unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn put(folder: &TempDir, name: &str, files: &[&str]) {
    write(folder, name, "");
    std::fs::write(folder.path().join(name), zip(files)).unwrap();
}

/// Asserts that the function with this logical id runs from an archive with this file.
#[track_caller]
fn unpacked(stack: &Stack, function: &str, file: &str) {
    let code = &stack.function(function).unwrap().code;
    let (Code::Bootstrap { folder }
    | Code::Managed {
        source: Source::Archive(folder),
        ..
    }) = code
    else {
        panic!("{code:?}")
    };
    let text = std::fs::read_to_string(folder.join(file));
    assert_eq!(text.ok().as_deref(), Some("text"), "{}", folder.display());
}

#[test]
fn code_in_an_archive_is_unpacked() {
    for (runtime, file) in [
        ("nodejs22.x", "app.js"),
        ("python3.13", "app.py"),
        ("provided.al2023", "bootstrap"),
    ] {
        let function = format!(
            "Properties: {{ Runtime: {runtime}, Handler: app.handler, CodeUri: out/code.zip }}"
        );
        let project = Project::new(&function, &[]);
        put(&project.folder, "out/code.zip", &[file]);
        let stack = project.read().unwrap();
        unpacked(&stack, "F", file);
        assert_eq!(stack.warnings, [""; 0]);
    }
}

#[test]
fn the_folder_of_an_archive_exists_as_long_as_the_stack() {
    let function = "Properties: { Runtime: nodejs22.x, Handler: app.handler, CodeUri: code.zip }";
    let project = Project::new(function, &[]);
    put(&project.folder, "code.zip", &["app.js"]);
    let stack = project.read().unwrap();
    let Code::Managed { source, .. } = &stack.functions[0].code else {
        panic!("{:?}", stack.functions[0].code)
    };
    let folder = source.folder().unwrap().to_owned();
    assert!(folder.is_dir());
    drop(stack);
    assert!(!folder.exists());
}

#[test]
fn archives_that_lambda_would_refuse_are_refused() {
    let function = "Properties: { Runtime: nodejs22.x, Handler: app.handler, CodeUri: code.zip }";
    let project = Project::new(function, &[("code.zip", "PK")]);
    project.refused("CodeUri of F is … code.zip, which cannot be unpacked … zip archives only");
}

#[test]
fn archives_among_the_assets_of_the_cdk_are_found() {
    let function = "Properties: { Runtime: nodejs22.x, Handler: index.handler, CodeUri: { S3Bucket: b, S3Key: 12ab.zip } }";
    let project = Project::new(function, &[]);
    put(&project.folder, "asset.12ab.zip", &["index.js"]);
    unpacked(&project.read().unwrap(), "F", "index.js");
}

#[test]
fn a_layer_may_be_an_archive() {
    let function = "Properties: { Runtime: nodejs22.x, Handler: app.handler, CodeUri: ., Layers: [!Ref Shared] }\n  Shared: { \
                    Type: AWS::Serverless::LayerVersion, Properties: { ContentUri: shared.zip } }";
    let project = Project::new(function, &[("app.js", "")]);
    put(&project.folder, "shared.zip", &["nodejs/x.js"]);
    let stack = project.read().unwrap();
    let layer = &stack.functions[0].layers[0];
    assert!(layer.folder.join("nodejs/x.js").is_file());
}

#[test]
fn what_a_service_packages_by_itself_runs_where_the_source_does_not() {
    let service = "service: s\npackage: { artifact: dist/all.zip }\nprovider: { name: aws, runtime: nodejs22.x }\n\
                   layers: { deps: { package: { artifact: dist/deps.zip } } }\nfunctions:\n  \
                   whole: { handler: a.f, layers: [!Ref DepsLambdaLayer], events: [{ websocket: $connect }] }\n  \
                   own: { handler: b.f, package: { artifact: dist/own.zip }, events: [{ websocket: $default }] }\n  \
                   native: { handler: bootstrap, runtime: provided.al2023, package: { artifact: dist/native.zip }, events: \
                   [{ websocket: $disconnect }] }\n  \
                   source: { handler: c.f, events: [{ websocket: c }] }\n";
    let folder = folder_with(&[("serverless.yml", service), ("c.js", "")]);
    put(&folder, "dist/all.zip", &["a.js", "c.js"]);
    put(&folder, "dist/own.zip", &["b.js"]);
    put(&folder, "dist/native.zip", &["bootstrap"]);
    put(&folder, "dist/deps.zip", &["nodejs/x.js"]);
    let stack = load(
        &[folder.path().join("serverless.yml")],
        &Overrides::default(),
    )
    .unwrap();
    unpacked(&stack, "WholeLambdaFunction", "a.js");
    unpacked(&stack, "OwnLambdaFunction", "b.js");
    unpacked(&stack, "NativeLambdaFunction", "bootstrap");
    let source = stack.function("SourceLambdaFunction").unwrap();
    assert_eq!(source.code.folder(), Some(&folder.path().join(".")));
    let whole = stack.function("WholeLambdaFunction").unwrap();
    assert!(whole.layers[0].folder.join("nodejs/x.js").is_file());
}
