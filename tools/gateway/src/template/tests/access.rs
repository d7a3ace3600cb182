//! Authorizers, stage variables and throttles of SAM's API.

use super::*;

/// `WHOLE` with more properties of the API.
fn with(properties: &str) -> String {
    changed(
        "      StageName: !Ref Stage\n",
        &format!("      StageName: !Ref Stage\n{properties}\n"),
    )
}

const AUTH: &str = "      Auth: { AuthType: CUSTOM, AuthArn: !GetAtt Talk.Arn, IdentitySource: [route.request.querystring.token] }";

#[test]
fn an_authorizer_is_read_with_its_identity_sources() {
    let access = reading(&with(AUTH)).unwrap().api.access;
    let identity = vec![IdentitySource::Query("token".to_owned())];
    let function = "Talk".to_owned();
    assert_eq!(
        access,
        Access::Authorized(Authorizer { function, identity })
    );
    let of = |source: &str| reading(source).unwrap().api.access;
    assert_eq!(of(WHOLE), Access::Open);
    assert_eq!(of(&with("      Auth: { AuthType: NONE }")), Access::Open);
    assert_eq!(
        of(&with("      Auth: { AuthType: AWS_IAM }")),
        Access::Signed
    );
}

#[test]
fn identity_sources_are_parts_of_a_handshake() {
    let parsed = |text| IdentitySource::parse(text).unwrap();
    let header = IdentitySource::Header("X-Token".into());
    let variable = IdentitySource::Variable("mode".into());
    let context = IdentitySource::Context("identity.sourceIp".into());
    assert_eq!(parsed("route.request.header.X-Token"), header);
    assert_eq!(parsed("stageVariables.mode"), variable);
    assert_eq!(parsed("context.identity.sourceIp"), context);
    for wrong in [
        "",
        "route.request.header.",
        "route.request.body.token",
        "$request.header.Authorization",
        "route.request.querystring.a b",
    ] {
        assert_eq!(IdentitySource::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn invalid_authorizers_are_refused() {
    refused(
        &with("      Auth: { AuthType: JWT }"),
        "JWT",
        "NONE, CUSTOM and AWS_IAM",
    );
    refused(
        &with("      Auth: { AuthType: CUSTOM }"),
        "CUSTOM",
        "Auth needs the property AuthArn",
    );
    let wrong = AUTH.replace("Talk.Arn", "Table.Arn");
    refused(&with(&wrong), "Table.Arn, Id", "!GetAtt Function.Arn");
    let wrong = AUTH.replace("route.request.querystring", "$request.querystring");
    refused(
        &with(&wrong),
        "$request.querystring",
        "route.request.header.NAME",
    );
    let source = with(AUTH).replace("        $connect: { FunctionArn: !GetAtt Talk.Arn }\n", "");
    refused(&source, "Auth: {", "Api needs the property Routes.$connect");
}

#[test]
fn stage_variables_are_resolved() {
    let source = with("      StageVariables: { mode: !Ref Stage, number: 7 }");
    let stack = reading(&source).unwrap();
    let wanted = [("mode", "dev"), ("number", "7")];
    let wanted = wanted.map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(stack.api.variables, wanted.into());
    refused(
        &with("      StageVariables: { a-b: x }"),
        "a-b",
        "a-b … letters, digits and _",
    );
}

#[test]
fn throttles_are_read_for_the_stage_and_its_routes() {
    let source = with(
        "      DefaultRouteSettings: { ThrottlingBurstLimit: 5, ThrottlingRateLimit: 2.5, LoggingLevel: INFO }\n      \
         RouteSettings: { hello: { ThrottlingBurstLimit: 1 }, $connect: { DetailedMetricsEnabled: true } }",
    );
    let throttles = reading(&source).unwrap().api.throttles;
    let throttle = |rate, burst| Throttle { rate, burst };
    assert_eq!(throttles.default, Some(throttle(2.5, 5)));
    let hello = ("hello".to_owned(), throttle(10_000.0, 1));
    assert_eq!(throttles.routes, [hello].into());
}

#[test]
fn invalid_throttles_are_refused() {
    let wrong = with("      RouteSettings: { hallo: { ThrottlingBurstLimit: 1 } }");
    refused(&wrong, "hallo", "hallo … no route of this key");
    let wrong = with("      DefaultRouteSettings: { ThrottlingRateLimit: -1 }");
    refused(&wrong, "ThrottlingRateLimit", "not negative");
    let wrong = with("      DefaultRouteSettings: { ThrottlingBurstLimit: 1.5 }");
    refused(&wrong, "ThrottlingBurstLimit", "a whole number");
}

#[test]
fn sam_takes_only_plain_route_keys() {
    refused_with(
        "hello:",
        "hello-you:",
        "only letters and digits … AWS::ApiGatewayV2::Route",
    );
}

#[test]
fn sam_takes_no_api_without_routes_and_no_stage_default() {
    let without = "Resources:\n  Api:\n    Type: AWS::Serverless::WebSocketApi\n    Properties:\n      \
                   RouteSelectionExpression: $request.body.action\n      Routes: {}\n";
    refused(without, "Routes: {}", "at least one route");
    let stage = WHOLE.lines().find(|line| line.contains("StageName:"));
    let stage = stage.unwrap().trim();
    refused(
        &changed(stage, "StageName: $default"),
        "StageName: $default",
        "only HTTP APIs have a stage of this name",
    );
}

/// SAM hands `RouteResponseSelectionExpression` on and makes no `RouteResponse`.
#[test]
fn a_route_that_answers_needs_a_response_beside_it() {
    let stack = reading(WHOLE).unwrap();
    assert_eq!(stack.warnings.len(), 1);
    warns(
        &stack,
        "template.yaml:18: the route hello … RouteId: !Ref ApiHelloRoute",
    );
    let response = "  Answer:\n    Type: AWS::ApiGatewayV2::RouteResponse\n    Properties: { ApiId: !Ref Api, RouteId: \
                    !Ref ApiHelloRoute, RouteResponseKey: $default }\nOutputs:";
    let stack = reading(&changed("Outputs:", response)).unwrap();
    assert!(stack.warnings.is_empty(), "{:?}", stack.warnings);
    let wrong = response.replace("ApiHelloRoute", "ApiHalloRoute");
    refused(
        &changed("Outputs:", &wrong),
        "ApiHalloRoute",
        "ApiHalloRoute names neither",
    );
}

#[test]
fn an_api_key_may_be_required() {
    let connect = "$connect: { FunctionArn: !GetAtt Talk.Arn";
    let with = |more: &str| changed(connect, &format!("{connect}, {more}"));
    assert!(!reading(WHOLE).unwrap().api.api_key);
    assert!(!reading(&with("ApiKeyRequired: false")).unwrap().api.api_key);
    let source = with("ApiKeyRequired: true");
    assert!(reading(&source).unwrap().api.api_key);
    remarked(&source, connect, "x-api-key … any value is accepted");
    let source = changed("IntegrationTimeout: 1500", "ApiKeyRequired: true");
    assert!(!reading(&source).unwrap().api.api_key);
    remarked(&source, "hello: {", "left out: ApiKeyRequired of hello");
}
