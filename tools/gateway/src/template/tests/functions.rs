//! How functions are run: managed runtimes, inline code, layers, the output of `sam build`, and schedules of their own.

use super::*;

/// A template with one function, in a folder with these files.
pub(super) struct Project {
    pub(super) folder: TempDir,
    source: String,
}

impl Project {
    pub(super) fn new(function: &str, files: &[(&str, &str)]) -> Self {
        let folder = folder_with(files);
        let source = format!(
            "Resources:\n  Api:\n    Type: AWS::Serverless::WebSocketApi\n    Properties:\n      \
             RouteSelectionExpression: $request.body.action\n      Routes: {{ $default: {{ FunctionArn: !GetAtt F.Arn }} \
             }}\n  F:\n    Type: AWS::Serverless::Function\n    {function}\n"
        );
        Self { folder, source }
    }

    pub(super) fn read(&self) -> Result<Stack, Errors> {
        let file = self.folder.path().join("template.yaml");
        read(&file, &self.source, &Overrides::default())
    }

    pub(super) fn function(&self) -> Function {
        self.read().unwrap().functions.remove(0)
    }

    /// How the function is run, with paths relative to the project.
    #[track_caller]
    pub(super) fn runs(&self, language: Language, folder: &str, dependencies: Option<&str>) {
        let Code::Managed {
            source: Source::Folder(found),
            runtime,
            dependencies: found_dependencies,
        } = self.function().code
        else {
            panic!("{:?}", self.function().code)
        };
        let whole = |path: &str| self.folder.path().join(path);
        assert_eq!(runtime.language, language);
        assert_eq!(found, whole(folder));
        assert_eq!(found_dependencies, dependencies.map(whole));
    }

    #[track_caller]
    pub(super) fn refused(&self, words: &str) {
        fails(self.read(), words);
    }
}

#[test]
fn managed_runtimes_run_from_their_folder() {
    let node = "Properties: { Runtime: nodejs22.x, Handler: dir/app.handler, CodeUri: code/ }";
    Project::new(node, &[("code/dir/app.mjs", "")]).runs(Language::Node, "code/", None);
    let python = "Properties: { Runtime: python3.12, Handler: app.handler, CodeUri: . }";
    Project::new(python, &[("app.py", "")]).runs(Language::Python, ".", None);
    assert_eq!(Runtime::parse("nodejs22.x").unwrap().version(), "22");
    assert_eq!(Runtime::parse("python3.12").unwrap().version(), "3.12");
    for other in [
        "java21",
        "nodejs",
        "dotnet8",
        "ruby3.3",
        "pythonic3",
        "go1.x",
    ] {
        assert_eq!(Runtime::parse(other), None, "{other}");
    }
}

#[test]
fn runtimes_that_are_not_available_are_refused_where_something_invokes_the_function() {
    let java = "Properties: { Runtime: java21, Handler: app.App::handle, CodeUri: code }";
    let mut project = Project::new(java, &[("code/App.java", ""), ("code/a.js", "")]);
    project.refused("F cannot run here … java21 … nodejs*, python* … bootstrap … exec java");
    let other = "  G:\n    Type: AWS::Serverless::Function\n    Properties: { Runtime: nodejs22.x, Handler: a.b, CodeUri: \
                 code }\n";
    project.source = project.source.replace("!GetAtt F.Arn", "!GetAtt G.Arn") + other;
    let stack = project.read().unwrap();
    assert_eq!(stack.functions.len(), 1);
    assert_eq!(stack.warnings.len(), 1);
    warns(&stack, "left out: F, which nothing here invokes");
    Project::new("Properties: { PackageType: Image, ImageUri: x }", &[])
        .refused("needs a container");
    let package = ("package.json", r#"{"scripts":{"build":"tsc"}}"#);
    for (code, file, words) in [
        ("s3://b/k", ("a", ""), "is on S3"),
        ("gone", ("a", ""), "there is no folder … gone"),
        (
            "dist",
            package,
            "there is no folder … `npm run build` beside the template",
        ),
    ] {
        let function =
            format!("Properties: {{ Runtime: nodejs22.x, Handler: a.b, CodeUri: {code} }}");
        Project::new(&function, &[file]).refused(words);
    }
}

#[test]
fn a_folder_whose_name_differs_in_case_is_taken_with_a_remark() {
    let project = Project::new(
        "Properties: { Runtime: nodejs22.x, Handler: a.b, CodeUri: Src/onConnect/ }",
        &[("src/onconnect/a.js", "")],
    );
    if project.folder.path().join("SRC").exists() {
        // This system ignores case itself.
        return;
    }
    let stack = project.read().unwrap();
    warns(
        &stack,
        "CodeUri of F is written Src/onConnect/, but the folder is src/onconnect",
    );
}

#[test]
fn inline_code_is_kept_in_the_stack() {
    let sam = "Properties: { Runtime: python3.12, Handler: index.handler, InlineCode: 'x = 1' }";
    let code = Project::new(sam, &[]).function().code;
    let inline = |code: &Code| matches!(code, Code::Managed { source: Source::Inline { code, .. }, .. } if code == "x = 1");
    assert!(inline(&code), "{code:?}");
    let mut project = Project::new(
        "Properties: { Runtime: python3.12, Handler: index.handler, Role: r, Timeout: \"7\", Code: { ZipFile: 'x = 1' } }",
        &[],
    );
    project.source = project
        .source
        .replace("AWS::Serverless::Function", "AWS::Lambda::Function");
    let function = project.function();
    assert!(inline(&function.code), "{:?}", function.code);
    assert_eq!(function.timeout, Duration::from_secs(7));
}

#[test]
fn the_output_of_sam_build_is_used_where_the_source_alone_does_not_run() {
    let node = "Properties: { Runtime: nodejs22.x, Handler: app.handler, CodeUri: code }";
    let package = r#"{"dependencies":{"x":"1"}}"#;
    let files = [
        ("code/app.js", ""),
        ("code/package.json", package),
        (".aws-sam/build/F/app.js", ""),
    ];
    Project::new(node, &files).runs(Language::Node, ".aws-sam/build/F", None);
    let installed = [&files[..], &[("code/node_modules/x/index.js", "")]].concat();
    Project::new(node, &installed).runs(Language::Node, "code", None);

    let python = "Properties: { Runtime: python3.12, Handler: app.handler, CodeUri: code }";
    let files = [("code/app.py", ""), (".aws-sam/build/F/x/__init__.py", "")];
    Project::new(python, &files).runs(Language::Python, "code", Some(".aws-sam/build/F"));
}

#[test]
fn a_handler_whose_module_is_missing_is_reported_at_the_start() {
    let node = "Properties: { Runtime: nodejs22.x, Handler: dir/app.handler, CodeUri: code }";
    let stack = Project::new(node, &[("code/other.js", "")]).read().unwrap();
    warns(&stack, "the module dir/app of F is not in");
}

#[test]
fn code_of_the_cdk_is_found_beside_the_template() {
    let cdk = |metadata: &str| {
        format!(
            "{metadata}\n    Properties: {{ Runtime: nodejs22.x, Handler: index.handler, CodeUri: {{ S3Bucket: !Sub \
             'assets-${{AWS::Region}}', S3Key: 12ab.zip }} }}"
        )
    };
    let files = [("asset.12ab/index.js", "")];
    let by_metadata = cdk("Metadata: { 'aws:asset:path': asset.12ab, 'aws:asset:property': Code }");
    Project::new(&by_metadata, &files).runs(Language::Node, "asset.12ab", None);
    Project::new(&cdk(""), &files).runs(Language::Node, "asset.12ab", None);
    Project::new(&cdk(""), &[]).refused("is on S3");
    // As in the first version of the CDK.
    let mut first = Project::new(
        &by_metadata.replace("12ab.zip", "!Ref AssetParameters12abKey"),
        &files,
    );
    first.source = format!(
        "Parameters: {{ AssetParameters12abKey: {{ Type: String }} }}\n{}",
        first.source
    );
    first.runs(Language::Node, "asset.12ab", None);
}

#[test]
fn a_rust_function_that_sam_has_built_runs_as_it_is() {
    let rust = "Metadata: { BuildMethod: rust-cargolambda }\n    Properties: { Runtime: provided.al2023, Handler: \
                bootstrap, CodeUri: F }";
    let built = Project::new(rust, &[("F/bootstrap", "")]).function().code;
    assert!(matches!(built, Code::Bootstrap { .. }), "{built:?}");
    let source = Project::new(rust, &[("F/Cargo.toml", "")]).function().code;
    assert!(matches!(source, Code::Cargo { .. }), "{source:?}");
}

#[test]
fn an_executable_that_sam_makes_is_found_where_sam_puts_it() {
    let go = "Metadata: { BuildMethod: makefile }\n    Properties: { Runtime: provided.al2023, Handler: bootstrap, CodeUri: F }";
    let project = Project::new(go, &[("F/main.go", ""), (".aws-sam/build/F/bootstrap", "")]);
    let folder = project.folder.path().join(".aws-sam/build/F");
    assert_eq!(project.function().code, Code::Bootstrap { folder });
    Project::new(go, &[("F/main.go", "")]).refused("F cannot run here … run `sam build`");
}

fn layer(project: &Project, folder: &str, place: &'static str) -> Layer {
    let folder = project.folder.path().join(folder);
    Layer { folder, place }
}

#[test]
fn sources_of_a_layer_are_where_sam_puts_them() {
    let function = "Properties: { Runtime: nodejs22.x, Handler: app.handler, CodeUri: ., Layers: [!Ref Layer] }\n  Layer:\n    \
                    Type: AWS::Serverless::LayerVersion\n    Metadata: { BuildMethod: METHOD }\n    Properties: { ContentUri: \
                    source }";
    let with = |method| function.replace("METHOD", method);
    let source: &[_] = &[("app.js", ""), ("source/shared.js", "")];
    for (method, place) in [("nodejs22.x", "nodejs"), ("python3.13", "python")] {
        let project = Project::new(&with(method), source);
        let stack = project.read().unwrap();
        assert_eq!(
            stack.functions[0].layers,
            [layer(&project, "source", place)]
        );
    }
    let stack = Project::new(&with("makefile"), source).read().unwrap();
    warns(&stack, "Layer, which must be built first: run `sam build`");
    let built = [source, &[(".aws-sam/build/Layer/nodejs/shared.js", "")]].concat();
    for method in ["nodejs22.x", "makefile"] {
        let project = Project::new(&with(method), &built);
        let stack = project.read().unwrap();
        assert_eq!(
            stack.functions[0].layers,
            [layer(&project, ".aws-sam/build/Layer", "")]
        );
    }
}

#[test]
fn layers_of_the_template_are_found_and_others_left_out() {
    let function = "Properties: { Runtime: nodejs22.x, Handler: app.handler, CodeUri: ., Layers: [!Ref Shared, \
                    'arn:aws:lambda:us-east-1:1:layer:x:1', !Ref Unbuilt] }\n  Shared:\n    Type: \
                    AWS::Serverless::LayerVersion\n    Properties: { ContentUri: shared }\n  Unbuilt:\n    Type: \
                    AWS::Serverless::LayerVersion\n    Properties: { ContentUri: made/later }";
    let project = Project::new(function, &[("app.js", ""), ("shared/nodejs/x.js", "")]);
    let stack = project.read().unwrap();
    assert_eq!(stack.functions[0].layers, [layer(&project, "shared", "")]);
    warns(&stack, "layer:x:1, whose files are not on this machine");
    warns(&stack, "Unbuilt, whose files … made/later do not exist");
}

#[test]
fn numbers_may_be_written_as_text() {
    let source = changed(
        "BillingMode: PAY_PER_REQUEST",
        "ProvisionedThroughput: { ReadCapacityUnits: \"5\", WriteCapacityUnits: !Ref Units }",
    )
    .replace(
        "Parameters:\n",
        "Parameters:\n  Units: { Type: Number, Default: 7 }\n",
    )
    .replace("Timeout: 6", "Timeout: \"6\"");
    let stack = reading(&source).unwrap();
    let throughput = &stack.tables[0].definition["ProvisionedThroughput"];
    assert_eq!(throughput["ReadCapacityUnits"], 5);
    assert_eq!(throughput["WriteCapacityUnits"], 7);
    assert_eq!(stack.functions[0].timeout, Duration::from_secs(6));
}

#[test]
fn booleans_may_be_written_in_the_forms_of_yaml_1_1() {
    for (written, attribute) in [
        ("True", Some("ttl")),
        ("TRUE", Some("ttl")),
        ("yes", Some("ttl")),
        ("\"true\"", Some("ttl")),
        ("False", None),
        ("off", None),
    ] {
        let source = changed("Enabled: true", &format!("Enabled: {written}"));
        let stack = reading(&source).unwrap();
        assert_eq!(
            stack.tables[0].time_to_live.as_deref(),
            attribute,
            "{written}"
        );
    }
    let queue = "  Jobs: { Type: AWS::SQS::Queue, Properties: { QueueName: jobs.fifo, FifoQueue: True } }\n";
    let stack = reading(&WHOLE.replace("Outputs:\n", &format!("{queue}Outputs:\n"))).unwrap();
    assert!(stack.queues[0].fifo);
}
