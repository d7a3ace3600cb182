//! The same API in CloudFormation's own form.

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

fn changed(from: &str, to: &str) -> String {
    assert!(WHOLE.contains(from), "{from:?} is not in the template");
    WHOLE.replacen(from, to, 1)
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
    assert_eq!(
        api.routes.keys().collect::<Vec<_>>(),
        ["$connect", "hello-you"]
    );
    let hello = &api.routes["hello-you"];
    assert_eq!(
        (
            hello.integration.function().unwrap(),
            hello.timeout.as_millis(),
            hello.responds
        ),
        ("Talk", 1500, true)
    );
    assert!(!api.routes["$connect"].responds);
    let Access::Authorized(authorizer) = &api.access else {
        panic!("{:?}", api.access)
    };
    assert_eq!(
        authorizer.identity,
        [IdentitySource::Header("Token".into())]
    );
    assert_eq!(api.variables["who"], "talk");
    assert_eq!(
        api.throttles.default,
        Some(Throttle {
            rate: 2.0,
            burst: 5
        })
    );
    assert_eq!(api.throttles.routes["hello-you"].burst, 1);
    let url = &stack.functions[1].environment["URL"];
    assert_eq!(*url, format!("https://{}/live", api.domain));
    assert!(stack.warnings.is_empty(), "{:?}", stack.warnings);
    assert_eq!(stack.left_out, ["TalkPermission"]);
}

#[test]
fn stage_variables_stand_in_the_uri_of_an_integration() {
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:${!stageVariables.who}";
    let source = changed(
        "${Talk.Arn}/invocations\n      Timeout",
        &format!("{arn}/invocations\n      Timeout"),
    );
    let connect = &reading(&source).unwrap().api.routes["$connect"];
    assert_eq!(connect.integration.function(), Some("Talk"));
    let source = source.replace("who: talk", "who: walk");
    refused(
        &source,
        "      IntegrationUri",
        &["function:walk", "!Sub arn:aws:apigateway"],
    );
}

#[test]
fn connect_needs_no_integration_and_other_routes_do() {
    let source = changed(
        "      Target: !Join [\"/\", [integrations, !Ref ToTalk]]\n",
        "",
    );
    let api = reading(&source).unwrap().api;
    assert!(!api.routes.contains_key("$connect") && api.access != Access::Open);
    let source = changed("      Target: !Sub integrations/${ToTalk}\n", "");
    refused(
        &source,
        "  Hello:",
        &["the route hello-you needs the property Target"],
    );
}

/// Only non-proxy integrations, which do not run here, validate messages against models.
#[test]
fn models_and_domains_are_left_out() {
    let source = changed(
        "RouteKey: hello-you\n",
        "RouteKey: hello-you\n      RequestModels: { $default: Hello }\n      ModelSelectionExpression: $default\n",
    );
    let more = "  Shape:\n    Type: AWS::ApiGatewayV2::Model\n    Properties: { ApiId: !Ref Api, Name: Hello, Schema: {} }\n  \
                Domain:\n    Type: AWS::ApiGatewayV2::DomainName\n    Properties: { DomainName: papo.example }\n";
    let stack = reading(&format!("{source}{more}")).unwrap();
    assert_eq!(stack.left_out, ["TalkPermission", "Shape", "Domain"]);
}

#[test]
fn an_arn_in_place_of_a_uri_is_reported() {
    let source = changed(
        "!Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Talk.Arn}/invocations\n      T",
        "!GetAtt Talk.Arn\n      T",
    );
    let stack = reading(&source).unwrap();
    assert_eq!(
        stack.api.routes["$connect"].integration.function(),
        Some("Talk")
    );
    let warnings = stack.warnings.join("\n");
    assert!(
        warnings.contains("is the ARN of a function; on AWS some such APIs answer 500"),
        "{warnings}"
    );
    let source = changed(
        "functions/${Talk.Arn}/invocations\n      T",
        "functions/x/invocations\n      T",
    );
    refused(
        &source,
        "      IntegrationUri",
        &["expected the URI of a function of this template"],
    );
}

#[test]
fn a_uri_may_name_any_region_and_account() {
    let source = changed(
        "!Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Talk.Arn}/invocations\n      T",
        "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:1:function:talk/invocations\n      T",
    );
    let stack = reading(&source).unwrap();
    let function = stack.api.routes["$connect"].integration.function();
    assert_eq!(function, Some("Talk"));
}

#[test]
fn unknown_names_are_reported() {
    refused(
        &changed("integrations/${ToTalk}", "${ToTalk}"),
        "  Hello:",
        &["Target of Hello", "integrations/"],
    );
    refused(
        &changed("!Ref Guard", "!Ref Hello"),
        "  Connect:",
        &["AuthorizerId of Connect"],
    );
    refused(
        &changed(
            "ApiId: !Ref Api\n      RouteKey: $c",
            "ApiId: abc\n      RouteKey: $c",
        ),
        "ApiId: abc",
        &["ApiId of Connect"],
    );
}

#[test]
fn invalid_apis_are_refused() {
    refused(
        &changed("WEBSOCKET", "HTTP"),
        "no such line",
        &["ProtocolType WEBSOCKET, found 0"],
    );
    refused(
        &changed("AWS_PROXY", "LAMBDA"),
        "LAMBDA",
        &["expected AWS_PROXY, AWS, HTTP, HTTP_PROXY or MOCK"],
    );
    refused(
        &changed("IntegrationMethod: POST", "PayloadFormatVersion: \"2.0\""),
        "PayloadFormatVersion",
        &["WebSocket APIs support only 1.0"],
    );
    refused(&changed("REQUEST", "JWT"), "JWT", &["only REQUEST"]);
    refused(
        &WHOLE.replace("hello-you", "$hello"),
        "RouteKey: $hello",
        &["start with $"],
    );
    let twice =
        changed("RouteKey: hello-you", "RouteKey: $connect").replace("hello-you:", "$connect:");
    refused(&twice, "  Hello:", &["another route has this key already"]);
}

#[test]
fn other_integrations_are_refused_at_their_routes_only() {
    let routes = |kind: &str| reading(&changed("AWS_PROXY", kind)).unwrap().api.routes;
    let mock = Integration::Mock { body: None };
    assert_eq!(routes("MOCK")["hello-you"].integration, mock);
    for kind in ["AWS", "HTTP", "HTTP_PROXY"] {
        let hello = &routes(kind)["hello-you"].integration;
        assert!(matches!(hello, Integration::Unsupported(_)), "{hello:?}");
        remarked(
            &changed("AWS_PROXY", kind),
            &format!("IntegrationType: {kind}"),
            &["its routes answer \"Internal server error\""],
        );
    }
}

#[test]
fn a_mock_integration_answers_with_its_literal_template() {
    let response = |template: &str| {
        changed("AWS_PROXY", "MOCK").replace(
            "IntegrationResponseKey: $default",
            &format!(
                "IntegrationResponseKey: /200/, ResponseTemplates: {{ \"200\": '{template}' }}"
            ),
        )
    };
    let body = |template: &str| match reading(&response(template)).unwrap().api.routes["hello-you"]
        .integration
        .clone()
    {
        Integration::Mock { body } => body,
        other => panic!("{other:?}"),
    };
    assert_eq!(body("{\"ok\":true}").as_deref(), Some("{\"ok\":true}"));
    assert_eq!(body("$context.connectionId"), None);
}

#[test]
fn one_of_several_stages_is_served() {
    let other = "  Other:\n    Type: AWS::ApiGatewayV2::Stage\n    Properties: { ApiId: !Ref Api, StageName: other, \
                 AutoDeploy: true }\n";
    let source = format!("{WHOLE}{other}");
    let stage = |stage: Option<&str>| {
        let overrides = Overrides {
            stage: stage.map(ToOwned::to_owned),
            ..Overrides::default()
        };
        read(Path::new("t.yaml"), &source, &overrides).map(|stack| stack.api.stage)
    };
    assert_eq!(stage(None).unwrap(), "live");
    assert_eq!(stage(Some("other")).unwrap(), "other");
    let wrong = stage(Some("third")).unwrap_err().to_string();
    assert!(wrong.contains("the stages live, other"), "{wrong}");
    remarked(
        &source,
        "  Other:",
        &["left out: the stage Other", "--stage"],
    );
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
    remarked(&before, "  Web:", &["left out: Web is not a WebSocket API"]);
}

#[test]
fn a_permission_for_another_route_is_reported() {
    let source = |arn: &str| {
        changed(
            "Principal: apigateway.amazonaws.com }",
            &format!(
                "Principal: apigateway.amazonaws.com, SourceArn: !Sub \"arn:aws:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:{arn}\" }}"
            ),
        )
    };
    for wide in ["${Api}/*", "${Api}/*/*", "*/*/*"] {
        assert_eq!(reading(&source(wide)).unwrap().warnings, [""; 0], "{wide}");
    }
    for narrow in ["${Api}/*/$connect", "${Api}/other/*", "other/*"] {
        remarked(
            &source(narrow),
            "  Talk:",
            &["SourceArn", "AWS answers with 500"],
        );
    }
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
    let line = source
        .lines()
        .position(|line| line.contains("RouteKey: hello-you"))
        .unwrap()
        + 2;
    let errors = reading(&source).unwrap_err();
    let error = errors.iter().next().unwrap();
    assert_eq!(error.line(), line);
    let text = error.to_string();
    assert!(text.contains("only $connect can be authorized"), "{text}");
}

#[test]
fn a_stage_without_a_deployment_is_refused() {
    let source = changed("      DeploymentId: !Ref Snapshot\n", "");
    refused(
        &source,
        "  Live:",
        &["AutoDeploy: true", "AWS serves nothing"],
    );
    let automatic = source.replace("StageName: live", "StageName: live\n      AutoDeploy: true");
    assert!(reading(&automatic).is_ok());
    let named = source.replace(
        "Properties: { ApiId: !Ref Api }",
        "Properties: { ApiId: !Ref Api, StageName: live }",
    );
    assert!(reading(&named).is_ok());
    refused(
        &without("Live").replace("${Live}", "live"),
        "  Api:",
        &["Api needs the property an AWS::ApiGatewayV2::Stage"],
    );
}

#[test]
fn a_route_that_may_be_deployed_too_late_is_reported() {
    let stack = reading(&changed(
        "DependsOn: [Connect, Hello]",
        "DependsOn: Connect",
    ))
    .unwrap();
    let [warning] = stack.warnings.as_slice() else {
        panic!("{:?}", stack.warnings)
    };
    for word in ["the route Hello", "Forbidden", "DependsOn of Snapshot"] {
        assert!(warning.contains(word), "{warning:?} does not say {word:?}");
    }
}

/// CloudFormation accepts `WHOLE`, but not with a function of the API that refers to the stage.
#[test]
fn circular_dependencies_are_reported() {
    let source = changed(
        "      FunctionName: talk\n",
        "      FunctionName: talk\n      Environment: { Variables: { STAGE: !Sub \"${Live}\" } }\n",
    );
    let [warning] = <[String; 1]>::try_from(reading(&source).unwrap().warnings).unwrap();
    let circle = "template.yaml:7: circular dependency: Talk needs Live needs Snapshot needs Connect needs Guard needs \
                  Talk; CloudFormation refuses";
    assert!(warning.contains(circle), "{warning}");
    let named = source.replace("!Sub \"${Live}\"", "live");
    assert_eq!(reading(&named).unwrap().warnings, [""; 0]);
}

#[test]
fn a_missing_permission_is_reported() {
    let forgotten = |source: &str| reading(source).unwrap().warnings.join("\n");
    for source in [
        without("TalkPermission"),
        changed("Principal: apigateway", "Principal: events"),
    ] {
        let warnings = forgotten(&source);
        for word in ["template.yaml:7: ", "invoke Talk", "the handshake with 500"] {
            assert!(
                warnings.contains(word),
                "{warnings:?} does not say {word:?}"
            );
        }
    }
    assert_eq!(
        forgotten(&changed(
            "FunctionName: !Ref Talk",
            "FunctionName: !GetAtt Talk.Arn"
        )),
        ""
    );
    let by_role = without("TalkPermission").replace(
        "IntegrationMethod: POST",
        "CredentialsArn: arn:aws:iam::123456789012:role/r",
    );
    assert_eq!(forgotten(&by_role), "");
}

#[test]
fn an_incomplete_two_way_route_is_silent_and_reported() {
    for source in [
        without("Answer"),
        changed("      RouteResponseSelectionExpression: $default\n", ""),
    ] {
        let stack = reading(&source).unwrap();
        assert!(!stack.api.routes["hello-you"].responds);
        let warnings = stack.warnings.join("\n");
        assert!(
            warnings.contains("the route Hello has") && warnings.contains("needs both"),
            "{warnings}"
        );
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
        &[
            "More is not part of the API Api",
            "AWS::ApiGatewayV2 resources",
        ],
    );
}

proptest::proptest! {
    /// A template that is truncated or lacks a line is read or refused.
    #[test]
    fn damaged_parts_never_panic(cut in 0..WHOLE.len(), gone in 0..80usize) {
        let _ = reading(&WHOLE.chars().take(cut).collect::<String>());
        let without: Vec<_> = WHOLE.lines().enumerate().filter(|(line, _)| *line != gone).map(|(_, line)| line).collect();
        let _ = reading(&without.join("\n"));
    }
}
