//! The same API in CloudFormation's own form.

mod deployment;
mod integrations;

use super::*;

const WHOLE: &str = r#"
Transform: AWS::Serverless-2016-10-31
Resources:
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: { Name: x, ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action }
  Talk:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: provided.al2023
      CodeUri: talk
      FunctionName: talk
  Outside:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: provided.al2023
      CodeUri: outside
      Environment: { Variables: { URL: !Sub "https://${Api}.execute-api.${AWS::Region}.amazonaws.com/${Live}" } }
  TalkPermission:
    Type: AWS::Lambda::Permission
    Properties: { Action: lambda:InvokeFunction, FunctionName: !Ref Talk, Principal: apigateway.amazonaws.com }
  Connect:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: $connect
      AuthorizationType: CUSTOM
      AuthorizerId: !Ref Guard
      Target: !Join ["/", [integrations, !Ref ToTalk]]
  Hello:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: hello-you
      RouteResponseSelectionExpression: $default
      Target: !Sub integrations/${ToTalk}
  Answer:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties: { ApiId: !Ref Api, RouteId: !Ref Hello, RouteResponseKey: $default }
  ToTalk:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationMethod: POST
      IntegrationUri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Talk.Arn}/invocations
      TimeoutInMillis: 1500
  Ignored:
    Type: AWS::ApiGatewayV2::IntegrationResponse
    Properties: { ApiId: !Ref Api, IntegrationId: !Ref ToTalk, IntegrationResponseKey: $default }
  Guard:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      AuthorizerType: REQUEST
      Name: guard
      AuthorizerUri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Talk.Arn}/invocations
      IdentitySource: [route.request.header.Token]
  Snapshot:
    Type: AWS::ApiGatewayV2::Deployment
    DependsOn: [Connect, Hello]
    Properties: { ApiId: !Ref Api }
  Live:
    Type: AWS::ApiGatewayV2::Stage
    Properties:
      ApiId: !Ref Api
      StageName: live
      DeploymentId: !Ref Snapshot
      StageVariables: { who: talk }
      DefaultRouteSettings: { ThrottlingBurstLimit: 5, ThrottlingRateLimit: 2 }
      RouteSettings: { hello-you: { ThrottlingBurstLimit: 1, ThrottlingRateLimit: 1 } }
"#;

#[track_caller]
fn changed(from: &str, to: &str) -> String {
    replaced(WHOLE, from, to)
}

#[track_caller]
fn refused_with(from: &str, to: &str, words: &str) {
    refused_at(&changed(from, to), line_of(WHOLE, from), words);
}

/// `WHOLE` without a resource.
fn without(resource: &str) -> String {
    let start = WHOLE.find(&format!("\n  {resource}:\n")).unwrap() + 1;
    let length = WHOLE[start + 2..]
        .match_indices("\n  ")
        .find(|(at, _)| !WHOLE[start + 2 + at..].starts_with("\n   "))
        .map_or(WHOLE.len() - start, |(at, _)| at + 3);
    [&WHOLE[..start], &WHOLE[start + length..]].concat()
}

#[test]
fn the_parts_become_one_api() {
    let stack = reading(WHOLE).unwrap();
    let api = &stack.api;
    assert_eq!(api.stage, "live");
    assert!(api.routes.keys().eq(["$connect", "hello-you"]));
    let hello = &api.routes["hello-you"];
    assert_eq!(hello.integration.function(), Some("Talk"));
    assert_eq!((hello.timeout.as_millis(), hello.responds), (1500, true));
    assert!(!api.routes["$connect"].responds);
    let token = IdentitySource::Header("Token".into());
    assert_eq!(authorizer(&stack).identity, [token]);
    assert_eq!(api.variables["who"], "talk");
    let (rate, burst) = (2.0, 5);
    assert_eq!(api.throttles.default, Some(Throttle { rate, burst }));
    assert_eq!(api.throttles.routes["hello-you"].burst, 1);
    let url = &stack.functions[1].environment["URL"];
    assert_eq!(*url, format!("https://{}/live", api.domain));
    assert!(stack.warnings.is_empty(), "{:?}", stack.warnings);
    assert!(stack.left_out.is_empty(), "{:?}", stack.left_out);
}

#[test]
fn models_and_domains_are_left_out() {
    let source = changed(
        "RouteKey: hello-you\n",
        "RouteKey: hello-you\n      RequestModels: { $default: Hello }\n      ModelSelectionExpression: $default\n",
    );
    let more = "  Shape:\n    Type: AWS::ApiGatewayV2::Model\n    Properties: { ApiId: !Ref Api, Name: Hello, Schema: {} }\n  \
                Domain:\n    Type: AWS::ApiGatewayV2::DomainName\n    Properties: { DomainName: papo.example }\n";
    let stack = reading(&format!("{source}{more}")).unwrap();
    assert_eq!(stack.left_out, ["Shape", "Domain"]);
}

#[test]
fn unknown_names_are_reported() {
    refused(
        &changed("integrations/${ToTalk}", "${ToTalk}"),
        "  Hello:",
        "Target of Hello … integrations/",
    );
    let source = changed("!Ref Guard", "!Ref Hello");
    refused(&source, "  Connect:", "AuthorizerId of Connect");
    refused(
        &changed(
            "ApiId: !Ref Api\n      RouteKey: $c",
            "ApiId: abc\n      RouteKey: $c",
        ),
        "ApiId: abc",
        "ApiId of Connect",
    );
}

#[test]
fn invalid_apis_are_refused() {
    let http = changed("WEBSOCKET", "HTTP");
    refused(&http, "no such line", "there is no WebSocket API");
    refused_with(
        "AWS_PROXY",
        "LAMBDA",
        "expected AWS_PROXY, AWS, HTTP, HTTP_PROXY or MOCK",
    );
    refused_with(
        "IntegrationMethod: POST",
        "PayloadFormatVersion: \"2.0\"",
        "WebSocket APIs support only 1.0",
    );
    refused_with("REQUEST", "JWT", "only REQUEST");
    refused(
        &WHOLE.replace("hello-you", "$hello"),
        "RouteKey: $hello",
        "start with $",
    );
    let twice =
        changed("RouteKey: hello-you", "RouteKey: $connect").replace("hello-you:", "$connect:");
    refused(&twice, "  Hello:", "another route has this key already");
}

#[test]
fn an_http_api_beside_it_is_left_out_with_its_parts() {
    let http = "  Web:\n    Type: AWS::ApiGatewayV2::Api\n    Properties: { ProtocolType: HTTP, Name: web }\n  \
                WebStage:\n    Type: AWS::ApiGatewayV2::Stage\n    Properties: { ApiId: !Ref Web, StageName: $default, \
                AutoDeploy: true }\n  WebRoute:\n    Type: AWS::ApiGatewayV2::Route\n    Properties: { ApiId: !Ref Web, \
                RouteKey: GET / }\n";
    let before = WHOLE.replacen("Resources:\n", &format!("Resources:\n{http}"), 1);
    let stack = reading(&before).unwrap();
    assert_eq!(stack.api.stage, "live");
    assert_eq!(stack.api.routes.len(), 2);
    remarked(&before, "  Web:", "left out: Web is not a WebSocket API");
}

#[test]
fn connect_may_require_a_signature() {
    let source = changed("AuthorizationType: CUSTOM", "AuthorizationType: AWS_IAM");
    assert_eq!(reading(&source).unwrap().api.access, Access::Signed);
}

#[test]
fn only_connect_is_authorized() {
    let source = changed(
        "RouteKey: hello-you",
        "RouteKey: hello-you\n      AuthorizationType: CUSTOM\n      AuthorizerId: !Ref Guard",
    );
    let line = line_of(&source, "RouteKey: hello-you") + 1;
    refused_at(&source, line, "only $connect can be authorized");
}

#[test]
fn an_incomplete_two_way_route_is_silent_and_reported() {
    for source in [
        without("Answer"),
        changed("      RouteResponseSelectionExpression: $default\n", ""),
    ] {
        let stack = reading(&source).unwrap();
        assert!(!stack.api.routes["hello-you"].responds);
        warns(&stack, "the route Hello has … needs both");
    }
}

#[test]
fn parts_do_not_mix_with_sams_api() {
    let source = super::changed(
        "Outputs:",
        "  More:\n    Type: AWS::ApiGatewayV2::Route\n    Properties: { ApiId: !Ref Api, RouteKey: more }\nOutputs:",
    );
    refused(
        &source,
        "  More:",
        "More is not part of the API Api … AWS::ApiGatewayV2 resources",
    );
}

proptest::proptest! {
    /// A template that is truncated or lacks a line is read or refused.
    #[test]
    fn damaged_parts_never_panic(cut in 0..WHOLE.len(), gone in 0..80usize) {
        read_damaged(WHOLE, cut, gone);
    }
}
