//! Which resource types are run here, which are knowingly left out, and so which are an error.

/// What the gateway does with a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The WebSocket API, in SAM's form.
    SamApi,
    /// A part of the WebSocket API, in CloudFormation's form.
    V2(Part),
    /// A Lambda function.
    Function,
    /// A DynamoDB table.
    Table,
    /// SAM's short form of a table with one key.
    SimpleTable,
    /// Exists on AWS only; nothing that runs here needs it.
    LeftOut,
}

/// What CloudFormation makes a WebSocket API of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The API itself.
    Api,
    /// Decides who may connect.
    Authorizer,
    /// A snapshot of routes and integrations, which is what a stage serves.
    Deployment,
    /// Where a route leads.
    Integration,
    /// What becomes of the answer of an integration that is no proxy.
    IntegrationResponse,
    /// What a route key leads to.
    Route,
    /// Makes a route a two-way one.
    RouteResponse,
    /// A deployment under a name.
    Stage,
}

impl Part {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "Api" => Self::Api,
            "Authorizer" => Self::Authorizer,
            "Deployment" => Self::Deployment,
            "Integration" => Self::Integration,
            "IntegrationResponse" => Self::IntegrationResponse,
            "Route" => Self::Route,
            "RouteResponse" => Self::RouteResponse,
            "Stage" => Self::Stage,
            _ => return None,
        })
    }
}

/// The types that run here.
pub(crate) const RUN: &[&str] = &[
    "AWS::Serverless::WebSocketApi",
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Authorizer",
    "AWS::ApiGatewayV2::Deployment",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::IntegrationResponse",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::RouteResponse",
    "AWS::ApiGatewayV2::Stage",
    "AWS::Serverless::Function",
    "AWS::Serverless::SimpleTable",
    "AWS::DynamoDB::Table",
];

/// Types that give rights, watch, name or host, and so change nothing in what an application does on one machine.
const LEFT_OUT: &[&str] = &[
    "AWS::ApiGateway::Account",
    "AWS::ApiGatewayV2::ApiMapping",
    "AWS::ApiGatewayV2::DomainName",
    "AWS::ApiGatewayV2::Model",
    "AWS::Budgets::Budget",
    "AWS::CertificateManager::Certificate",
    "AWS::CloudFormation::WaitConditionHandle",
    "AWS::CloudFront::CloudFrontOriginAccessIdentity",
    "AWS::CloudFront::Distribution",
    "AWS::CloudFront::Function",
    "AWS::CloudFront::OriginAccessControl",
    "AWS::CloudFront::ResponseHeadersPolicy",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::Lambda::Permission",
    "AWS::Logs::LogGroup",
    "AWS::Logs::MetricFilter",
    "AWS::Logs::QueryDefinition",
    "AWS::Route53::RecordSet",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::Topic",
    "AWS::SNS::TopicPolicy",
    "AWS::WAFv2::WebACL",
    "AWS::WAFv2::WebACLAssociation",
];

/// What becomes of a resource of this type; nothing for a type that is not supported.
pub(crate) fn kind(resource_type: &str) -> Option<Kind> {
    match resource_type {
        "AWS::Serverless::WebSocketApi" => Some(Kind::SamApi),
        "AWS::Serverless::Function" => Some(Kind::Function),
        "AWS::Serverless::SimpleTable" => Some(Kind::SimpleTable),
        "AWS::DynamoDB::Table" => Some(Kind::Table),
        other if LEFT_OUT.contains(&other) => Some(Kind::LeftOut),
        other => Part::of(other.strip_prefix("AWS::ApiGatewayV2::")?).map(Kind::V2),
    }
}
