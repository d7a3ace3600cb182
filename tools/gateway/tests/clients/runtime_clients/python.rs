//! Handlers in Python.

use super::*;

const PYTHON: &str = "import decimal, sys\n\
    def echo(event, context):\n    print('seen')\n    return event\n\
    def about(event, context):\n    return [context.function_name, context.memory_limit_in_mb, context.aws_request_id, \
    context.invoked_function_arn, context.get_remaining_time_in_millis() > 1000]\n\
    def fail(event, context):\n    raise ValueError('no')\n\
    def odd(event, context):\n    return {1, 2}\n\
    def number(event, context):\n    return decimal.Decimal('1.5')\n\
    def nothing(event, context):\n    pass\n";

fn python_cases() -> Vec<(Case, Vec<Report>)> {
    let app: &[(&str, &str)] = &[("app.py", PYTHON)];
    let case = |handler, events| Case {
        handler,
        files: app,
        events,
    };
    let broken = |handler, files| Case {
        handler,
        files,
        events: &[],
    };
    let init = |error, message| vec![failure("init/error", error, message)];
    vec![
        (
            case("app.echo", &[r#"{"a":"é","b":[1,2.5,null]}"#, "\"again\""]),
            vec![
                success(json!({"a": "é", "b": [1, 2.5, null]})),
                success(json!("again")),
            ],
        ),
        (
            case("app.about", &["1"]),
            vec![success(json!(["f", "128", "request", "arn", true]))],
        ),
        (
            case("app.fail", &["1", "2"]),
            vec![raised("ValueError", "no"), raised("ValueError", "no")],
        ),
        (
            case("app.odd", &["1"]),
            vec![raised(
                "Runtime.MarshalError",
                "Unable to marshal response: Object of type set is not JSON serializable",
            )],
        ),
        (case("app.number", &["1"]), vec![success(json!(1.5))]),
        (case("app.nothing", &["1"]), vec![success(Value::Null)]),
        (
            case("app.gone", &[]),
            init(
                "Runtime.HandlerNotFound",
                "Handler 'gone' missing on module 'app'",
            ),
        ),
        (
            case("app", &[]),
            init(
                "Runtime.MalformedHandlerName",
                "Bad handler 'app': not enough values to unpack (expected 2, got 1)",
            ),
        ),
        (
            broken("app.f", &[("app.py", "import nowhere\n")]),
            init(
                "Runtime.ImportModuleError",
                "Unable to import module 'app': No module named 'nowhere'",
            ),
        ),
        (
            broken("app.f", &[("app.py", "def f(:\n")]),
            init(
                "Runtime.UserCodeSyntaxError",
                "Syntax error in module 'app': invalid syntax (app.py, line 1)",
            ),
        ),
        (
            broken("app.f", &[("app.py", "1 / 0\n")]),
            init("ZeroDivisionError", "division by zero"),
        ),
        (
            Case {
                handler: "folder/app.echo",
                files: &[("folder/app.py", PYTHON)],
                events: &["1"],
            },
            vec![success(json!(1))],
        ),
    ]
}

#[tokio::test]
async fn functions_in_python_run_as_on_lambda() {
    for (case, wanted) in python_cases() {
        let reports = case.reports("python3", &[&client("python.py")]).await;
        assert_eq!(reports, wanted, "{}", case.handler);
    }
}

#[tokio::test]
async fn the_client_for_python_agrees_with_awslambdaric() {
    let variable = "GATEWAY_AWSLAMBDARIC_PYTHON";
    let Some(python) = provided(variable, "AWS's runtime client for Python") else {
        return;
    };
    for (case, wanted) in python_cases() {
        let reports = case
            .reports(&python, &["-m", "awslambdaric", case.handler])
            .await;
        assert_eq!(reports, wanted, "{}", case.handler);
    }
}
