//! Hostile templates: each is read, or refused with a short message, within seconds.

use std::{
    fmt::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use papo_gateway::template::{self, Errors, Overrides, Stack};

/// How long reading may take, in a build without optimisation on a busy machine.
const SECONDS: Duration = Duration::from_secs(20);
/// Longest message that is still short.
const SHORT: usize = 400;

const TEMPLATE: &str = "\
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::Serverless::WebSocketApi
    Properties:
      StageName: dev
      RouteSelectionExpression: $request.body.action
      Routes:
        $default: { FunctionArn: !GetAtt Echo.Arn }
  Echo:
    Type: AWS::Serverless::Function
    Properties: { Runtime: provided.al2023, Handler: bootstrap, CodeUri: code }
";

#[track_caller]
fn timed<T>(read: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = read();
    let took = start.elapsed();
    assert!(took < SECONDS, "reading took {took:?}");
    result
}

#[track_caller]
fn reading(source: &str) -> Result<Stack, Errors> {
    timed(|| template::read(Path::new("t.yaml"), source, &Overrides::default()))
}

/// The template is refused with a short message that contains this.
#[track_caller]
fn refused(source: &str, words: &str) {
    let errors = reading(source).expect_err("the template was accepted");
    let said = errors.to_string();
    assert!(said.starts_with("t.yaml:"), "{said}");
    assert!(said.contains(words) && said.len() < SHORT, "{said}");
}

/// `TEMPLATE` with more resources.
fn with(resources: &str) -> String {
    format!("{TEMPLATE}{resources}")
}

#[test]
fn a_template_of_a_megabyte_is_read() {
    let mut many = String::new();
    let mut number = 0;
    while many.len() < 1024 * 1024 {
        number += 1;
        let _ = writeln!(
            many,
            "  R{number}:\n    Type: AWS::CloudWatch::Alarm\n    Properties: {{ AlarmName: !Sub '/aws/${{Echo}}/{number}' }}"
        );
    }
    let stack = reading(&with(&many)).unwrap();
    assert_eq!(stack.left_out.len(), number);
    let unknown = many.replace("AWS::CloudWatch::Alarm", "AWS::Own::Thing");
    let stack = reading(&with(&unknown)).unwrap();
    assert_eq!(stack.warnings.len(), number);
    // One value, one key and one comment of that size.
    let long = "x".repeat(1024 * 1024);
    reading(&with(&format!(
        "  Long: {{ Type: AWS::Logs::LogGroup, Properties: {{ A: {long} }} }}\n# {long}\n"
    )))
    .unwrap();
}

#[test]
fn deep_nesting_is_refused() {
    for (open, close) in [("[", "]"), ("{a: ", "}")] {
        let nested = [open.repeat(10_000), close.repeat(10_000)].concat();
        refused(&with(&format!("  Deep: {nested}\n")), "nested deeper than");
    }
    let mut blocks = String::new();
    for level in 0..10_000 {
        let _ = writeln!(blocks, "{}a:", " ".repeat(level));
    }
    refused(&blocks, "nested deeper than");
    let intrinsics = format!(
        "!Sub ['', {{ a: {}x{} }}]",
        "!Join ['', [".repeat(10_000),
        "]]".repeat(10_000)
    );
    refused(
        &with(&format!("  Deep: {intrinsics}\n")),
        "nested deeper than",
    );
}

#[test]
fn aliases_that_multiply_are_refused() {
    let mut bomb = "a0: &a0 [x, x]\n".to_owned();
    for level in 1..20 {
        let _ = writeln!(
            bomb,
            "a{level}: &a{level} [{}]",
            vec![format!("*a{}", level - 1); 10].join(", ")
        );
    }
    refused(&bomb, "too large");
}

#[test]
fn characters_that_do_not_belong_are_refused_or_ignored() {
    let windows = TEMPLATE.replace('\n', "\r\n");
    assert_eq!(reading(&windows).unwrap().api.stage, "dev");
    let marked = format!("\u{feff}{TEMPLATE}");
    assert_eq!(reading(&marked).unwrap().api.stage, "dev");
    let tabs = TEMPLATE.replace("  Api:", "\tApi:");
    refused(&tabs, "t.yaml:");
    let nul = TEMPLATE.replace("dev", "d\0ev");
    refused(&nul, "t.yaml:");
    refused(&TEMPLATE.replace("  Echo:", "  Api:"), "no WebSocket API");
}

#[test]
fn files_in_other_encodings_are_refused_with_the_remedy() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("template.yaml");
    let utf_16 = TEMPLATE.encode_utf16().flat_map(u16::to_le_bytes);
    let utf_16: Vec<_> = [0xff, 0xfe].into_iter().chain(utf_16).collect();
    let latin_1 = [TEMPLATE.as_bytes(), b"# caf\xe9\n"].concat();
    for (bytes, words) in [
        (utf_16, "it is UTF-16; save it as UTF-8"),
        (latin_1, "line 13 is not UTF-8"),
        (vec![b' '; 17 * 1024 * 1024], "larger than 16 MB"),
    ] {
        std::fs::write(&file, bytes).unwrap();
        let read = timed(|| template::load(std::slice::from_ref(&file), &Overrides::default()));
        let said = read.expect_err("the file was accepted").to_string();
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn names_that_lead_to_themselves_are_refused() {
    let table = |name: &str, value: &str| {
        format!(
            "  {name}:\n    Type: AWS::DynamoDB::Table\n    Properties: {{ TableName: {value}, BillingMode: PAY_PER_REQUEST, \
             AttributeDefinitions: [{{ AttributeName: id, AttributeType: S }}], KeySchema: [{{ AttributeName: id, KeyType: HASH }}] }}\n"
        )
    };
    for value in [
        "!Ref B",
        "!Sub '${B}-x'",
        "!Join ['', [!Ref B]]",
        "!GetAtt B.Arn",
    ] {
        let pair = [table("A", value), table("B", &value.replace('B', "A"))].concat();
        refused(&with(&pair), "defined in terms of itself");
    }
    // Each name twice in the next one: the value would have 2^40 characters.
    let mut doubling = table("T0", "x");
    for level in 1..40 {
        let value = format!("!Sub '${{T{0}}}${{T{0}}}'", level - 1);
        doubling.push_str(&table(&format!("T{level}"), &value));
    }
    let errors = reading(&with(&doubling)).expect_err("the template was accepted");
    assert!(errors.to_string().len() < 100 * SHORT, "{errors}");
}

#[test]
fn long_chains_of_dependencies_are_read() {
    let chain = |last: &str| {
        let mut chain = String::new();
        for number in 0..5_000 {
            let next = format!("R{}", number + 1);
            let next = if number == 4_999 { last } else { &next };
            let _ = writeln!(
                chain,
                "  R{number}: {{ Type: AWS::Logs::LogGroup, DependsOn: {next} }}"
            );
        }
        reading(&with(&chain)).unwrap().warnings.join("\n")
    };
    assert!(!chain("Echo").contains("circular"));
    let circle = chain("R0");
    assert!(circle.contains("circular dependency"), "{circle}");
    assert!(circle.len() < SHORT, "{circle}");
}

#[test]
fn conditions_and_variables_that_lead_to_themselves_are_refused() {
    let conditions = "Conditions:\n  A: !Not [!Condition B]\n  B: !Not [!Condition A]\n";
    let circle = format!("{conditions}{TEMPLATE}");
    refused(&circle, "defined in terms of itself");
    let service = "service: s\nprovider: { name: aws, runtime: provided.al2023 }\ncustom:\n  a: ${self:custom.b}\n  b: ${self:custom.a}\n\
                   functions:\n  f: { handler: x, environment: { A: '${self:custom.a}' } }\n";
    refused(service, "defined in terms of itself");
    // Each variable twice in the next one.
    let mut doubling = "service: s\nprovider: { name: aws, runtime: provided.al2023 }\nfunctions: { f: { handler: x } }\ncustom:\n  v0: x\n".to_owned();
    for level in 1..30 {
        let _ = writeln!(
            doubling,
            "  v{level}: ${{self:custom.v{0}}}${{self:custom.v{0}}}",
            level - 1
        );
    }
    let errors = reading(&doubling).expect_err("the document was accepted");
    assert!(errors.to_string().len() < 100 * SHORT, "{errors}");
}

#[test]
fn a_service_with_hundreds_of_functions_is_read() {
    let mut service = "service: s\nprovider: { name: aws, runtime: provided.al2023, environment: { TABLE: '${self:custom.table}' } }\n\
                       custom: { table: '${self:service}-rows' }\nfunctions:\n"
        .to_owned();
    for number in 0..200 {
        let _ = writeln!(
            service,
            "  f{number}:\n    handler: bootstrap\n    events:\n      - websocket: {{ route: r{number}, routeResponseSelectionExpression: $default }}"
        );
    }
    let stack = reading(&service).unwrap();
    assert_eq!((stack.functions.len(), stack.api.routes.len()), (200, 200));
}
