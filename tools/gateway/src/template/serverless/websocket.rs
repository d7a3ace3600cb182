//! `websocket` events: routes with their integrations, responses and authorizers.

use super::{
    builder::{Builder, api_id},
    names::{function_id, normalised, route_part},
};
use crate::template::{
    error::Problem,
    yaml::{
        Entry, Node,
        nodes::{entry, mapping, reference, scalar, sequence, sub},
    },
};

impl Builder<'_> {
    pub(super) fn websocket(&mut self, function: &str, line: usize, node: &Node) {
        // The second name is that of the plugin from before the framework had such events.
        let named = node.get("route").or_else(|| node.get("routeKey"));
        let route = node.text().or_else(|| named?.text());
        let Some(route) = route.map(ToOwned::to_owned) else {
            let problem = Problem::missing(format!("a websocket event of {function}"), "route");
            return self.resolver.report(line, problem);
        };
        let base = route_part(&route);
        let integration = format!("{}WebsocketsIntegration{base}", normalised(function));
        let properties = vec![
            api_id(line),
            entry(line, "IntegrationType", scalar(line, "AWS_PROXY")),
            // The framework adds the permission.
            entry(line, "CredentialsArn", scalar(line, "generated")),
            entry(line, "IntegrationUri", uri(line, &get_arn(function))),
        ];
        self.add(
            line,
            &integration,
            "AWS::ApiGatewayV2::Integration",
            properties,
        );
        let id = format!("{base}WebsocketsRoute");
        let mut properties = vec![
            api_id(line),
            entry(line, "RouteKey", scalar(line, &route)),
            entry(
                line,
                "Target",
                sub(line, &format!("integrations/${{{integration}}}")),
            ),
        ];
        if let Some(expression) = node.get("routeResponseSelectionExpression") {
            let name = "RouteResponseSelectionExpression";
            properties.push(entry(line, name, expression.clone()));
            let response = vec![
                api_id(line),
                entry(line, "RouteId", reference(line, &id)),
                entry(line, "RouteResponseKey", scalar(line, "$default")),
            ];
            let name = format!("{base}WebsocketsRouteResponse");
            self.add(line, &name, "AWS::ApiGatewayV2::RouteResponse", response);
        }
        if let Some(authorizer) = node.get("authorizer") {
            properties.extend(self.authorizer(line, authorizer));
        }
        self.add(line, &id, "AWS::ApiGatewayV2::Route", properties);
    }

    /// The properties of a route with an authorizer: the name or ARN of a function, or a mapping with `name` or `arn`.
    fn authorizer(&mut self, line: usize, node: &Node) -> Vec<Entry> {
        if node
            .text()
            .is_some_and(|text| text.eq_ignore_ascii_case("aws_iam"))
        {
            return vec![entry(line, "AuthorizationType", scalar(line, "AWS_IAM"))];
        }
        let is_arn = |text: &str| text.contains(':');
        let arn = match node.text() {
            Some(text) => Some(node).filter(|_| is_arn(text)),
            None => node.get("arn"),
        };
        let name = node.text().or_else(|| node.get("name")?.text());
        let uri = match (arn, name) {
            (Some(arn), _) => uri(line, arn),
            (None, Some(name)) => uri(line, &get_arn(name)),
            (None, None) => return Vec::new(),
        };
        let name = name.or_else(|| arn?.text()).unwrap_or("custom");
        let name = name.rsplit(':').next().unwrap_or_default();
        let id = format!("{}WebsocketsAuthorizer", normalised(name));
        let default = || {
            let header = scalar(line, "route.request.header.Auth");
            sequence(line, vec![header])
        };
        let identity = match node.get("identitySource") {
            Some(single) if single.text().is_some() => sequence(line, vec![single.clone()]),
            Some(list) => list.clone(),
            None => default(),
        };
        let properties = vec![
            api_id(line),
            entry(line, "AuthorizerType", scalar(line, "REQUEST")),
            entry(line, "AuthorizerUri", uri),
            entry(line, "IdentitySource", identity),
        ];
        self.add(line, &id, "AWS::ApiGatewayV2::Authorizer", properties);
        vec![
            entry(line, "AuthorizationType", scalar(line, "CUSTOM")),
            entry(line, "AuthorizerId", reference(line, &id)),
        ]
    }
}

fn get_arn(function: &str) -> Node {
    let arn = format!("{}.Arn", function_id(function));
    mapping(1, vec![entry(1, "Fn::GetAtt", scalar(1, &arn))])
}

/// The URI under which API Gateway invokes the function with this ARN.
fn uri(line: usize, arn: &Node) -> Node {
    let path =
        "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Arn}/invocations";
    let variables = mapping(line, vec![entry(line, "Arn", arn.clone())]);
    let parts = sequence(line, vec![scalar(line, path), variables]);
    mapping(line, vec![entry(line, "Fn::Sub", parts)])
}
