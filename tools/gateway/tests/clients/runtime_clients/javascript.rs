//! Handlers in JavaScript.

use super::*;

const COMMON: &str = "exports.echo = async (event) => { console.log('seen', event); return event; };\n\
    exports.back = (event, context, callback) => { setTimeout(() => callback(null, event), 5); };\n\
    exports.early = (event, context, callback) => { context.callbackWaitsForEmptyEventLoop = false; \
    setTimeout(() => {}, 100000); callback(null, 'early'); };\n\
    exports.late = (event, context, callback) => { setTimeout(() => { late = 'done'; }, 20); let late; \
    callback(null, { get late() { return late; } }); };\n\
    exports.refuse = (event, context, callback) => callback('refused');\n\
    exports.succeed = (event, context) => context.succeed(event);\n\
    exports.idle = () => {};\n\
    exports.never = () => new Promise(() => {});\n\
    exports.nothing = async () => {};\n\
    exports.fail = async () => { throw new TypeError('no'); };\n\
    exports.sudden = () => { throw new RangeError('sudden'); };\n\
    exports.circle = async () => { const a = {}; a.a = a; return a; };\n\
    exports.about = async (event, c) => [c.functionName, c.memoryLimitInMB, c.awsRequestId, c.invokedFunctionArn, \
    c.getRemainingTimeInMillis() > 1000];\n\
    exports.deep = { er: exports.echo };\n\
    exports.both = async (event, context, callback) => { await 0; return callback(null, event); };\n\
    exports.first = async (event, context, callback) => { callback(null, event); return 'promise'; };\n\
    exports.second = async (event, context, callback) => { setTimeout(() => callback(null, event), 5); return 'promise'; };\n\
    exports.chain = (event, context, callback) => { Promise.resolve().then(() => callback(null, event)); };\n\
    exports.arrow = (event, context, callback) => Promise.resolve().then(() => callback(null, event));\n\
    exports.rescued = async (event, context, callback) => { callback(null, event); throw new TypeError('late'); };\n\
    exports.refused = async (event, context, callback) => { callback('refused'); return event; };\n\
    exports.thrown = (event, context, callback) => { callback(null, event); throw new RangeError('late'); };\n\
    exports.text = 'no function';\n\
    exports.stray = () => { Promise.reject(new Error('stray')); return new Promise(() => setTimeout(() => {}, 1000)); };\n";

fn node_cases() -> Vec<(Case, Vec<Report>)> {
    let app: &[(&str, &str)] = &[("app.js", COMMON)];
    let case = |handler, events| Case {
        handler,
        files: app,
        events,
    };
    let echoes = || vec![success(json!(1)), success(json!(2))];
    let error = |error, message| vec![failure("error", error, message)];
    let init = |error, message| vec![failure("init/error", error, message)];
    let not_found = |message| init("Runtime.HandlerNotFound", message);
    vec![
        (
            case("app.echo", &[r#"{"a":"é"}"#, "2"]),
            vec![success(json!({"a": "é"})), success(json!(2))],
        ),
        (case("app.back", &["1", "2"]), echoes()),
        (case("app.early", &["1"]), vec![success(json!("early"))]),
        (
            case("app.late", &["1"]),
            vec![success(json!({"late": "done"}))],
        ),
        (case("app.refuse", &["1"]), error("string", "refused")),
        // The first of a callback and the promise counts. Two events each, because neither must reach the next invocation.
        (case("app.both", &["1", "2"]), echoes()),
        (case("app.first", &["1", "2"]), echoes()),
        (
            case("app.second", &["1", "2"]),
            vec![success(json!("promise")); 2],
        ),
        (case("app.chain", &["1", "2"]), echoes()),
        (case("app.arrow", &["1", "2"]), echoes()),
        (case("app.rescued", &["1", "2"]), echoes()),
        (case("app.refused", &["1"]), error("string", "refused")),
        (case("app.thrown", &["1", "2"]), echoes()),
        (case("app.succeed", &["1"]), vec![success(json!(1))]),
        (case("app.idle", &["1", "2"]), vec![success(Value::Null); 2]),
        (case("app.never", &["1"]), vec![success(Value::Null)]),
        (case("app.nothing", &["1"]), vec![success(Value::Null)]),
        (case("app.fail", &["1"]), error("TypeError", "no")),
        (case("app.sudden", &["1"]), error("RangeError", "sudden")),
        (
            case("app.about", &["1"]),
            vec![success(json!(["f", "128", "request", "arn", true]))],
        ),
        (case("app.deep.er", &["1"]), vec![success(json!(1))]),
        (
            case("app.gone", &[]),
            not_found("app.gone is undefined or not exported"),
        ),
        (
            case("app.text", &[]),
            not_found("app.text is not a function"),
        ),
        (
            case("app", &[]),
            init("Runtime.MalformedHandlerName", "Bad handler"),
        ),
        (
            Case {
                handler: "dir/app.handler",
                files: &[(
                    "dir/app.mjs",
                    "await 0; export const handler = async (event) => event;\n",
                )],
                events: &["1"],
            },
            vec![success(json!(1))],
        ),
        (
            Case {
                handler: "app.handler",
                files: &[
                    ("package.json", r#"{"type":"module"}"#),
                    ("app.js", "export const handler = async (event) => event;\n"),
                ],
                events: &["1"],
            },
            vec![success(json!(1))],
        ),
    ]
}

#[tokio::test]
async fn functions_in_javascript_run_as_on_lambda() {
    for (case, wanted) in node_cases() {
        let reports = case.reports("node", &[&client("node.mjs")]).await;
        assert_eq!(reports, wanted, "{}", case.handler);
    }
}

#[tokio::test]
async fn errors_of_javascript_name_what_is_wrong() {
    let reported = async |handler, source| {
        let case = Case {
            handler,
            files: vec![("app.js", source)].leak(),
            events: &["1"],
        };
        let mut reports = case.reports("node", &[&client("node.mjs")]).await;
        let (kind, error, body) = reports.remove(0);
        let message = body["errorMessage"].as_str().unwrap();
        let error = error.unwrap_or_else(|| body["errorType"].to_string());
        format!("{kind} {error}: {message}")
    };
    for (handler, source, wanted) in [
        (
            "app.f",
            "require('nowhere');\n",
            "init/error Runtime.ImportModuleError: Error: Cannot find module 'nowhere'",
        ),
        (
            "app.f",
            "function (\n",
            "init/error Runtime.UserCodeSyntaxError: SyntaxError: ",
        ),
        (
            "app.circle",
            COMMON,
            "error Runtime.MarshalError: Unable to stringify response body",
        ),
    ] {
        let reported = reported(handler, source).await;
        assert!(reported.starts_with(wanted), "{reported}");
    }
    let stray = reported("app.stray", COMMON).await;
    let wanted = "error \"Runtime.UnhandledPromiseRejection\": Error: stray";
    assert_eq!(stray, wanted);
}
