//! `serverless.yml` of the Serverless Framework.

mod plugins;
mod programs;
mod variables;

use super::*;

const SERVERLESS: &str = r#"
service: chat
custom:
  tables: { connections: "${self:service}-${self:provider.stage}-connections" }
  limits: [5, 7]
provider:
  name: aws
  runtime: nodejs20.x
  stage: ${opt:stage, 'dev'}
  websocketsApiRouteSelectionExpression: $request.body.type
  environment:
    TABLE: ${self:custom.tables.connections}
    ENDPOINT: !Sub "https://${WebsocketsApi}.execute-api.${AWS::Region}.amazonaws.com/${sls:stage}"
    SHARED: provider
functions:
  on-connect:
    handler: src/chat.connect
    events:
      - websocket: { route: $connect, authorizer: { name: guard, identitySource: [route.request.querystring.token] } }
      - websocket: $disconnect
  send:
    handler: src/chat.send
    timeout: ${self:custom.limits.1}
    environment: { SHARED: function, MODE: "${param:mode, 'plain'}" }
    events:
      - websocket: { route: sendMessage, routeResponseSelectionExpression: $default }
      - http: GET /
  guard:
    handler: src/chat.guard
  container:
    image: repository:tag
  clean:
    handler: src/chat.clean
    name: cleaner
    events:
      - schedule: { rate: [rate(10 minutes), cron(0 3 * * ? *)], enabled: false, input: { why: time } }
resources:
  - Resources:
      Connections:
        Type: AWS::DynamoDB::Table
        Properties:
          TableName: ${self:custom.tables.connections}
          BillingMode: PAY_PER_REQUEST
          AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
          KeySchema: [{ AttributeName: id, KeyType: HASH }]
"#;

/// Reads it beside the sources that it names.
fn read_beside_sources(source: &str, overrides: &Overrides) -> Result<Stack, Errors> {
    read_beside(source, &[], overrides)
}

/// The same without any options.
fn converted(source: &str) -> Result<Stack, Errors> {
    read_beside_sources(source, &Overrides::default())
}

/// The same with these files beside it.
fn read_beside(
    source: &str,
    files: &[(&str, &str)],
    overrides: &Overrides,
) -> Result<Stack, Errors> {
    let folder = folder_with(files);
    write(&folder, "src/chat.js", "");
    write(&folder, "more.yml", "deep: { name: found }");
    read(&folder.path().join("serverless.yml"), source, overrides)
}

#[test]
fn an_event_that_is_indented_too_little_is_left_out_with_the_remedy() {
    let source = SERVERLESS.replace(
        "      - http: GET /\n",
        "      - websocket:\n        route: other\n      - schedule:\n        rate: rate(1 day)\n      - eventBridge:\n        \
         schedule: rate(1 hour)\n",
    );
    let stack = converted(&source).unwrap();
    assert!(!stack.api.routes.contains_key("other"));
    // The event beside it is complete.
    let hourly = stack
        .schedules
        .iter()
        .filter(|schedule| schedule.expression == "rate(1 hour)");
    assert_eq!(hourly.count(), 1);
    for event in ["websocket", "schedule", "eventBridge"] {
        let line = line_of(&source, &format!("- {event}:\n"));
        let wanted = format!(
            "serverless.yml:{line}: left out: the event {event} of send, which has no value; indent the lines below it \
             further than `{event}:`"
        );
        warns(&stack, &wanted);
    }
}

#[test]
fn a_serverless_ts_is_read_with_the_projects_esbuild() {
    let esbuild = "exports.build = async ({ entryPoints: [file] }) => {\n  \
                   const text = require('node:fs').readFileSync(file, 'utf8');\n  \
                   return { outputFiles: [{ text: text.replace(': string', '').replace('export default', 'module.exports =') }] };\n\
                   };\n";
    let service = "const service: string = 'talks';\n\
                   export default { service, provider: { name: 'aws', runtime: 'nodejs20.x' },\n  \
                   functions: { talk: { handler: 'src/chat.f', events: [{ websocket: '$connect' }] } } };\n";
    let folder = folder_with(&[
        ("node_modules/esbuild/index.js", esbuild),
        ("src/chat.js", ""),
        ("serverless.ts", service),
    ]);
    let stack = load_one(&folder, "serverless.ts").unwrap();
    assert_eq!(stack.functions[0].name, "talks-dev-talk");
    // As ts-node does with a compiler that it does not know.
    let broken = "throw new Error('reading fileExists');";
    write(
        &folder,
        "node_modules/ts-node/register/transpile-only.js",
        broken,
    );
    let stack = load_one(&folder, "serverless.ts").unwrap();
    assert_eq!(stack.functions[0].name, "talks-dev-talk");
    std::fs::remove_dir_all(folder.path().join("node_modules/esbuild")).unwrap();
    fails(
        load_one(&folder, "serverless.ts"),
        "cannot evaluate it; if the loader for TypeScript is at fault, run `npm install --no-save esbuild` … reading fileExists",
    );
}

#[test]
fn the_executable_of_a_package_is_looked_for_beside_the_package() {
    let source = SERVERLESS.replace(
        "  container:\n",
        "  native:\n    handler: bootstrap\n    runtime: provided.al2023\n    package: { artifact: bin/native/native.zip }\n  \
         container:\n",
    );
    let stack = converted(&source).unwrap();
    let code = &stack.function("NativeLambdaFunction").unwrap().code;
    assert!(
        matches!(code, Code::Bootstrap { folder } if folder.ends_with("bin/native")),
        "{code:?}"
    );
}

#[test]
fn a_serverless_yml_becomes_a_stack() {
    let stack = converted(SERVERLESS).unwrap();
    assert_eq!(stack.api.stage, "dev");
    let routes: Vec<_> = stack.api.routes.keys().collect();
    assert_eq!(routes, ["$connect", "$disconnect", "sendMessage"]);
    let send = &stack.api.routes["sendMessage"];
    assert_eq!(send.integration.function(), Some("SendLambdaFunction"));
    assert!(send.responds);
    assert_eq!(authorizer(&stack).function, "GuardLambdaFunction");
    let token = IdentitySource::Query("token".into());
    assert_eq!(authorizer(&stack).identity, [token]);

    let names: Vec<_> = stack.functions.iter().map(|f| f.name.as_str()).collect();
    let [connect, send, guard] = ["on-connect", "send", "guard"].map(|id| format!("chat-dev-{id}"));
    assert_eq!(names, [&*connect, &*send, &*guard, "cleaner"]);
    let send = stack.function("SendLambdaFunction").unwrap();
    let variable = |name: &str| send.environment[name].as_str();
    assert_eq!(variable("TABLE"), "chat-dev-connections");
    assert_eq!(
        (variable("SHARED"), variable("MODE")),
        ("function", "plain")
    );
    let endpoint = format!("https://{}/dev", stack.api.domain);
    assert_eq!(variable("ENDPOINT"), endpoint);
    assert_eq!((send.timeout, send.memory), (Duration::from_secs(7), 1024));

    assert_eq!(stack.tables[0].name, "chat-dev-connections");
    let [often, daily] = exactly(&stack.schedules);
    assert_eq!(often.expression, "rate(10 minutes)");
    assert_eq!(daily.expression, "cron(0 3 * * ? *)");
    assert_eq!(often.input.as_deref(), Some(r#"{"why":"time"}"#));
    assert!(!often.enabled);
    assert_eq!(stack.warnings.len(), 2);
    warns(&stack, "the event http of send … needs a container");
}

#[test]
fn the_command_line_sets_options_of_serverless_yml() {
    let overrides = Overrides {
        stage: Some("prod".to_owned()),
        parameters: [("mode".to_owned(), "loud".to_owned())].into(),
        ..Overrides::default()
    };
    let stack = read_beside_sources(SERVERLESS, &overrides).unwrap();
    assert_eq!(stack.api.stage, "prod");
    assert_eq!(stack.tables[0].name, "chat-prod-connections");
    let send = stack.function("SendLambdaFunction").unwrap();
    assert_eq!(send.name, "chat-prod-send");
    assert_eq!(send.environment["MODE"], "loud");
}

/// A `serverless.yml` with one function, one route and `more` below the function or beside it.
fn service(events: &str, rest: &str) -> String {
    format!(
        "service: s\nprovider: {{ name: aws, runtime: nodejs20.x }}\nfunctions:\n  talk:\n    handler: src/chat.f\n    events:\n      \
         - websocket: {{ route: $connect }}\n{events}{rest}"
    )
}

#[test]
fn resources_change_what_the_framework_generates() {
    let source = service(
        "",
        "resources:\n  Resources:\n    WebsocketsApi:\n      Type: AWS::ApiGatewayV2::Api\n      Properties: { RouteSelectionExpression: $request.body.kind }\n    \
         SconnectWebsocketsRoute: { Type: 'AWS::ApiGatewayV2::Route', Properties: { AuthorizationType: AWS_IAM } }\n  \
         extensions:\n    TalkLambdaFunction: { Properties: { Timeout: 9 } }\n",
    );
    let stack = converted(&source).unwrap();
    let selection = crate::route::Expression::parse("$request.body.kind").unwrap();
    assert_eq!(stack.api.selection, selection);
    assert_eq!(stack.api.access, Access::Signed);
    assert_eq!(stack.functions[0].timeout, Duration::from_secs(9));
    // What the resources do not mention is as generated.
    assert!(stack.api.routes.contains_key("$connect"));
}

#[test]
fn streams_and_queues_of_serverless_yml_are_event_sources() {
    let source = service(
        "      - stream: { type: dynamodb, arn: !GetAtt Rows.StreamArn, batchSize: 7, filterPatterns: [{ eventName: [INSERT] }] }\n      \
         - stream: arn:aws:kinesis:us-east-1:1:stream/x\n      \
         - sqs: { arn: !GetAtt Jobs.Arn, functionResponseType: ReportBatchItemFailures }\n      \
         - eventBridge: { schedule: rate(5 minutes) }\n",
        "resources:\n  Resources:\n    Jobs: { Type: 'AWS::SQS::Queue' }\n    Rows:\n      Type: AWS::DynamoDB::Table\n      \
         Properties: { BillingMode: PAY_PER_REQUEST, AttributeDefinitions: [{ AttributeName: id, AttributeType: S }], \
         KeySchema: [{ AttributeName: id, KeyType: HASH }], StreamSpecification: { StreamViewType: NEW_IMAGE } }\n",
    );
    let stack = converted(&source).unwrap();
    let [stream, queue] = exactly(&stack.event_sources);
    assert_eq!((stream.batch_size, stream.filters.len()), (7, 1));
    assert!(matches!(&stream.source, RecordSource::Stream(stream) if stream.from_start));
    assert!(matches!(&queue.source, RecordSource::Queue(_)) && queue.reports_failures);
    assert_eq!(stack.schedules[0].expression, "rate(5 minutes)");
    warns(&stack, "the event stream of talk is not emulated");
}

#[test]
fn an_authorizer_may_be_an_arn() {
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:chat-dev-guard";
    for authorizer in [
        arn.to_owned(),
        format!("{{ arn: '{arn}' }}"),
        format!("{{ name: other, arn: '{arn}' }}"),
    ] {
        let whole =
            "authorizer: { name: guard, identitySource: [route.request.querystring.token] }";
        let source = SERVERLESS.replace(whole, &format!("authorizer: {authorizer}"));
        let stack = converted(&source).unwrap();
        assert_eq!(super::authorizer(&stack).function, "GuardLambdaFunction");
    }
    let elsewhere = SERVERLESS.replace(
        "{ name: guard, ",
        "{ arn: 'arn:aws:lambda:us-east-1:1:function:other-guard', ",
    );
    fails(
        converted(&elsewhere),
        "no function here is called other-guard; pass the template that has it with another --template",
    );
}

#[test]
fn an_authorizer_may_have_a_single_identity_source() {
    let source = service("", "").replace(
        "{ route: $connect }",
        "{ route: $connect, authorizer: { name: talk, identitySource: route.request.header.token } }",
    );
    let stack = converted(&source).unwrap();
    let token = IdentitySource::Header("token".into());
    assert_eq!(authorizer(&stack).identity, [token]);
}

#[test]
fn topics_of_serverless_yml_have_subscriptions() {
    let source = service(
        "      - sns: chat-news\n      - sns: { topicName: chat-news, displayName: x }\n      \
         - sns: { arn: !Ref SNSTopicChatnews, topicName: other, filterPolicy: { kind: [a] } }\n      \
         - sns: arn:aws:sns:us-east-1:1:elsewhere\n",
        "",
    );
    let stack = converted(&source).unwrap();
    let topics = stack.topics.iter();
    let topics: Vec<_> = topics
        .map(|topic| (&*topic.name, topic.subscriptions.len()))
        .collect();
    assert_eq!(topics, [("chat-news", 3), ("elsewhere", 1)]);
}

#[test]
fn functions_may_be_a_list_of_sections() {
    let source = service("", "").replace(
        "functions:\n  talk:",
        "functions:\n  - other: { handler: src/chat.g }\n  - talk:",
    );
    let source = source.replace("\n    handler", "\n      handler");
    let source = source
        .replace("\n    events:", "\n      events:")
        .replace("      - websocket", "        - websocket");
    let stack = converted(&source).unwrap();
    let names: Vec<_> = stack.functions.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["s-dev-other", "s-dev-talk"]);
}

#[test]
fn what_else_the_framework_generates_can_be_referred_to() {
    let rest = "  other:\n    handler: src/chat.g\n    environment: { URL: !Sub 'https://${HttpApi}.execute-api', \
                LOGS: !Ref TalkLogGroup, BUCKET: !Ref ServerlessDeploymentBucket }\n";
    let stack = converted(&service("", rest)).unwrap();
    let other = stack.function("OtherLambdaFunction").unwrap();
    assert!(other.environment["URL"].starts_with("https://"));
    assert_eq!(other.environment["LOGS"], "local-TalkLogGroup");
    assert_eq!(stack.warnings.len(), 1, "{:?}", stack.warnings);
}

#[test]
fn a_service_without_a_runtime_runs_on_node() {
    let source = SERVERLESS.replace("  runtime: nodejs20.x\n", "");
    assert_ne!(source, SERVERLESS);
    let stack = converted(&source).unwrap();
    let send = stack.function("SendLambdaFunction").unwrap();
    assert!(
        matches!(&send.code, Code::Managed { runtime, .. } if runtime.language == Language::Node),
        "{:?}",
        send.code
    );
}
