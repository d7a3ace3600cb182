//! How functions are run: managed runtimes, inline code, layers, the output of `sam build`, and schedules of their own.

use tempfile::TempDir;

use super::*;

/// A template with one function, in a folder with these files.
pub(super) struct Project {
    pub(super) folder: TempDir,
    source: String,
}

impl Project {
    pub(super) fn new(function: &str, files: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        for (name, text) in files {
            let file = folder.path().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        let source = format!(
            "Resources:\n  Api:\n    Type: AWS::Serverless::WebSocketApi\n    Properties:\n      \
             RouteSelectionExpression: $request.body.action\n      Routes: {{ $default: {{ FunctionArn: !GetAtt F.Arn }} \
             }}\n  F:\n    Type: AWS::Serverless::Function\n    {function}\n"
        );
        Self { folder, source }
    }

    fn read(&self) -> Result<Stack, Errors> {
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
    pub(super) fn refused(&self, words: &[&str]) {
        let errors = self.read().unwrap_err().to_string();
        for word in words {
            assert!(errors.contains(word), "{errors:?} does not say {word:?}");
        }
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
    project.refused(&[
        "F cannot run here",
        "java21",
        "nodejs*, python*",
        "bootstrap",
    ]);
    let other = "  G:\n    Type: AWS::Serverless::Function\n    Properties: { Runtime: nodejs22.x, Handler: a.b, CodeUri: \
                 code }\n";
    project.source = project.source.replace("!GetAtt F.Arn", "!GetAtt G.Arn") + other;
    let stack = project.read().unwrap();
    assert_eq!(stack.functions.len(), 1);
    let [remark] = stack.warnings.as_slice() else {
        panic!("{:?}", stack.warnings)
    };
    assert!(
        remark.contains("left out: F, which nothing here invokes"),
        "{remark}"
    );
    Project::new("Properties: { PackageType: Image, ImageUri: x }", &[])
        .refused(&["needs a container"]);
    Project::new(
        "Properties: { Runtime: nodejs22.x, Handler: a.b, CodeUri: s3://b/k }",
        &[],
    )
    .refused(&["is on S3"]);
    Project::new(
        "Properties: { Runtime: nodejs22.x, Handler: a.b, CodeUri: gone }",
        &[],
    )
    .refused(&["there is no folder", "gone"]);
    Project::new(
        "Properties: { Runtime: nodejs22.x, Handler: a.b, CodeUri: dist }",
        &[("package.json", r#"{"scripts":{"build":"tsc"}}"#)],
    )
    .refused(&["there is no folder", "`npm run build` beside the template"]);
}

#[test]
fn inline_code_is_kept_in_the_stack() {
    let sam = "Properties: { Runtime: python3.12, Handler: index.handler, InlineCode: 'x = 1' }";
    let code = Project::new(sam, &[]).function().code;
    let inline = |code: &Code| matches!(code, Code::Managed { source: Source::Inline(text), .. } if text == "x = 1");
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
    let warnings = stack.warnings.join("\n");
    assert!(
        warnings.contains("the module dir/app of F is not in"),
        "{warnings}"
    );
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
    Project::new(&cdk(""), &[]).refused(&["is on S3"]);
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
fn layers_of_the_template_are_found_and_others_left_out() {
    let function = "Properties: { Runtime: nodejs22.x, Handler: app.handler, CodeUri: ., Layers: [!Ref Shared, \
                    'arn:aws:lambda:us-east-1:1:layer:x:1'] }\n  Shared:\n    Type: AWS::Serverless::LayerVersion\n    \
                    Properties: { ContentUri: shared }";
    let project = Project::new(function, &[("app.js", ""), ("shared/nodejs/x.js", "")]);
    let stack = project.read().unwrap();
    assert_eq!(
        stack.functions[0].layers,
        [project.folder.path().join("shared")]
    );
    assert!(
        stack.warnings[0].contains("layer:x:1"),
        "{:?}",
        stack.warnings
    );
}

#[test]
fn rules_and_schedules_are_read_as_resources_of_their_own() {
    let source = changed(
        "Outputs:",
        "  Nightly:\n    Type: AWS::Events::Rule\n    Properties: { ScheduleExpression: 'cron(0 3 * * ? *)', State: DISABLED, \
         Targets: [{ Id: a, Arn: !GetAtt Talk.Arn, Input: '{}' }] }\n  Once:\n    Type: AWS::Scheduler::Schedule\n    \
         Properties: { ScheduleExpression: 'rate(1 hour)', FlexibleTimeWindow: { Mode: 'OFF' }, Target: { Arn: !GetAtt \
         Talk.Arn, RoleArn: r } }\n  Other:\n    Type: AWS::Events::Rule\n    Properties: { EventPattern: { source: [x] } \
         }\nOutputs:",
    );
    let stack = reading(&source).unwrap();
    let schedules: Vec<_> = stack
        .schedules
        .iter()
        .map(|s| {
            (
                s.rule.as_str(),
                s.expression.as_str(),
                s.enabled,
                s.input.as_deref(),
            )
        })
        .collect();
    let wanted = [
        ("local-TalkOften", "rate(5 minutes)", true, None),
        ("local-Nightly", "cron(0 3 * * ? *)", false, Some("{}")),
        ("local-Once", "rate(1 hour)", true, None),
    ];
    assert_eq!(schedules, wanted);
    remarked(
        &source,
        "  Other:",
        &["left out: Other has an EventPattern"],
    );
}

#[test]
fn other_events_are_left_out() {
    let source = changed(
        "        Often: {",
        "        Topic: { Type: SNS, Properties: { Topic: x } }\n        Often: {",
    );
    assert_eq!(reading(&source).unwrap().schedules.len(), 1);
    remarked(
        &source,
        "Topic: {",
        &["left out: the event Talk.Topic of type \"SNS\""],
    );
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

/// The stack with a queue, a table with a stream, and these two events of `Talk`.
fn with_sources(stream: &str, queue: &str) -> String {
    let events = format!(
        "        Log: {{ Type: DynamoDB, Properties: {{ Stream: !GetAtt Rows.StreamArn, {stream} }} }}\n        \
         Work: {{ Type: SQS, Properties: {{ Queue: !GetAtt Jobs.Arn, {queue} }} }}\n        Often: {{"
    );
    let resources = "Resources:\n  Jobs:\n    Type: AWS::SQS::Queue\n    Properties: { QueueName: jobs, VisibilityTimeout: \
                     \"90\" }\n  Rows:\n    Type: AWS::DynamoDB::Table\n    Properties: { TableName: rows, BillingMode: \
                     PAY_PER_REQUEST, AttributeDefinitions: [{ AttributeName: id, AttributeType: S }], KeySchema: [{ \
                     AttributeName: id, KeyType: HASH }], StreamSpecification: { StreamViewType: NEW_IMAGE } }\n";
    changed("        Often: {", &events).replacen("Resources:\n", resources, 1)
}

#[test]
fn streams_and_queues_are_event_sources() {
    use crate::template::{RecordSource, StreamSource};
    let stack = reading(&with_sources(
        "StartingPosition: LATEST, MaximumRetryAttempts: -1, MaximumRecordAgeInSeconds: 60",
        "BatchSize: \"3\", MaximumBatchingWindowInSeconds: 2, FunctionResponseTypes: [ReportBatchItemFailures]",
    ))
    .unwrap();
    let [stream, queue] = stack.event_sources.as_slice() else {
        panic!("{:?}", stack.event_sources);
    };
    let expected = StreamSource {
        table: "rows".to_owned(),
        from_start: false,
        retries: None,
        max_age: Some(Duration::from_mins(1)),
        bisect: false,
        on_failure: None,
    };
    assert_eq!(stream.source, RecordSource::Stream(expected));
    assert_eq!((stream.function.as_str(), stream.batch_size), ("Talk", 100));
    assert_eq!(queue.source, RecordSource::Queue("jobs".to_owned()));
    assert_eq!(
        (queue.batch_size, queue.window),
        (3, Duration::from_secs(2))
    );
    assert!(queue.reports_failures && queue.enabled);
    assert_eq!(stack.queues[0].visibility_timeout, Duration::from_secs(90));
}

#[test]
fn event_sources_that_cannot_work_are_refused() {
    for (stream, wanted) in [
        ("BatchSize: 1", "StartingPosition"),
        ("StartingPosition: NOW", "TRIM_HORIZON"),
        ("StartingPosition: LATEST, BatchSize: 0", "1 to 10000"),
        (
            "StartingPosition: LATEST, MaximumRetryAttempts: x",
            "a whole number from 0 to 10000",
        ),
        (
            "StartingPosition: LATEST, DestinationConfig: { OnFailure: {} }",
            "Destination",
        ),
        (
            "StartingPosition: LATEST, BisectBatchOnFunctionEror: true",
            "BisectBatchOnFunctionError",
        ),
        (
            "StartingPosition: LATEST, FilterCriteria: { Filters: [{ Pattern: 'x' }] }",
            "expected JSON",
        ),
    ] {
        let said = reading(&with_sources(stream, "BatchSize: 1"))
            .unwrap_err()
            .to_string();
        assert!(said.contains(wanted), "{stream}: {said}");
    }
}

#[test]
fn queues_that_sqs_refuses_are_refused() {
    for (properties, wanted) in [
        ("VisibilityTimeout: -1", "from 0 to 43200"),
        ("DelaySeconds: 901", "from 0 to 900"),
        ("MessageRetentionPeriod: 59", "from 60 to 1209600"),
        ("ReceiveMessageWaitTimeSeconds: 21", "from 0 to 20"),
        (
            "RedrivePolicy: { maxReceiveCount: 1 }",
            "deadLetterTargetArn",
        ),
        (
            "RedrivePolicy: { deadLetterTargetArn: dead, maxReceiveCount: 1 }",
            "the ARN of a queue",
        ),
        ("VisibiltyTimeout: 1", "VisibilityTimeout"),
    ] {
        let source = with_sources("StartingPosition: LATEST", "BatchSize: 1")
            .replace("VisibilityTimeout: \"90\"", properties);
        let said = reading(&source).unwrap_err().to_string();
        assert!(said.contains(wanted), "{properties}: {said}");
    }
}

#[test]
fn an_event_source_mapping_is_read_as_a_resource() {
    let mapping = |properties: &str| {
        let resource = format!(
            "Resources:\n  Feed:\n    Type: AWS::Lambda::EventSourceMapping\n    Properties: {{ {properties} }}\n"
        );
        let source = with_sources("StartingPosition: LATEST", "BatchSize: 1");
        reading(&source.replacen("Resources:\n", &resource, 1)).unwrap()
    };
    for function in ["!Ref Talk", "!GetAtt Talk.Arn", "!Sub '${Talk.Arn}:live'"] {
        let stack = mapping(&format!(
            "FunctionName: {function}, EventSourceArn: !GetAtt Jobs.Arn, BatchSize: 7, Enabled: false"
        ));
        let found = stack.event_sources.iter().find(|source| !source.enabled);
        let found = found.unwrap_or_else(|| panic!("{function}: {:?}", stack.event_sources));
        assert_eq!((found.function.as_str(), found.batch_size), ("Talk", 7));
    }
    for (properties, wanted) in [
        (
            "FunctionName: other, EventSourceArn: !GetAtt Jobs.Arn",
            "is not a function of this template",
        ),
        (
            "FunctionName: !Ref Talk, EventSourceArn: arn:aws:kinesis:us-east-1:1:stream/x",
            "neither the stream of a table nor an SQS queue",
        ),
    ] {
        let stack = mapping(properties);
        assert_eq!(stack.event_sources.len(), 2);
        let warnings = stack.warnings.join("\n");
        assert!(warnings.contains(wanted), "{properties}: {warnings}");
    }
}
