//! What plugins of the framework add to a service.

use super::*;

#[test]
fn extensions_of_what_plugins_generate_are_left_out() {
    let rest = "resources:\n  extensions:\n    MachineOfAPlugin: { Properties: { RoleArn: x } }\n";
    let stack = converted(&service("", rest)).unwrap();
    warns(
        &stack,
        "the extension of MachineOfAPlugin, which is not generated here",
    );
}

#[test]
fn names_that_a_plugin_may_define_stand_for_themselves() {
    let step = "stepFunctions: { stateMachines: { ping: { definition: {} } } }\nresources: { Outputs: { Ping: { Value: !Ref \
                PingStepFunctionsStateMachine } } }\n";
    let environment = "    environment: { PING: \"${self:resources.Outputs.Ping.Value}\" }\n";
    let stack = converted(&service(environment, step)).unwrap();
    let ping = &stack.functions[0].environment["PING"];
    assert_eq!(ping, "local-PingStepFunctionsStateMachine");
    warns(
        &stack,
        "PingStepFunctionsStateMachine (Custom::stepFunctions) is not emulated",
    );
    let warnings = stack.warnings.join("\n");
    assert_eq!(warnings.matches("not emulated").count(), 1, "{warnings}");
    // Without such a section, it is a mistake.
    let plain = step.replace("stepFunctions:", "custom:");
    let errors = converted(&service(environment, &plain));
    fails(errors, "names neither a parameter nor a resource");
}

#[test]
fn functions_that_only_http_requests_invoke_are_left_out() {
    let rest = "  page: { handler: chat.page, events: [{ http: GET / }, { httpApi: '*' }] }\n  \
                news: { handler: chat.news, events: [{ http: GET /news }] }\n";
    let stack = converted(&service("", rest)).unwrap();
    assert!(stack.function("PageLambdaFunction").is_none());
    warns(
        &stack,
        "the functions PageLambdaFunction and NewsLambdaFunction, which only HTTP requests invoke",
    );
}

#[test]
fn a_service_without_websocket_events_has_no_api() {
    let service = "service: x\nprovider: { name: aws, runtime: nodejs22.x }\nfunctions:\n  page: { handler: a.b, events: [{ http: GET / }] }\n";
    fails(reading(service), "there is no WebSocket API");
}

#[test]
fn handlers_are_below_the_base_path_of_the_plugin_for_it() {
    let rest = "plugins: [serverless-functions-base-path]\ncustom: { functionsBasePath: src/ }\n";
    let source = service("", rest).replace("src/chat.f", "chat.f");
    let stack = converted(&source).unwrap();
    let handler = |stack: &Stack| stack.functions[0].handler.clone();
    assert_eq!(handler(&stack), "src/chat.f");
    let without = source.replace("serverless-functions-base-path", "serverless-offline");
    let stack = converted(&without).unwrap();
    assert_eq!(handler(&stack), "chat.f");
}
