//! Which resource types run here, and which are known to have no effect on one machine.

use super::yaml::{Entry, Node};

/// How the gateway treats a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The WebSocket API, in SAM's form.
    SamApi,
    /// A part of an API, in CloudFormation's form.
    V2(Part),
    /// A Lambda function, in SAM's form.
    SamFunction,
    /// A Lambda function, in CloudFormation's form.
    LambdaFunction,
    /// A version or alias of a function, which stands for the function.
    FunctionVersion,
    /// Files that several functions share.
    Layer,
    /// A schedule of EventBridge.
    Schedule(ScheduleForm),
    /// A DynamoDB table.
    Table,
    /// SAM's short form of a table with one key.
    SimpleTable,
    /// An SQS queue.
    Queue,
    /// An SNS topic.
    Topic,
    /// A parameter in the Parameter Store of Systems Manager.
    StoredParameter,
    /// Delivers the messages of a topic.
    Subscription,
    /// Invokes a function with the records of a stream or a queue.
    EventSourceMapping,
    /// A nested stack. Its resources become part of the template if its template is a local file.
    Nested,
    /// Exists on AWS only; grants rights, observes, names or hosts, and nothing that runs here needs it.
    NoEffect,
    /// Any other type: left out, with a line that says so.
    Other,
}

impl Kind {
    pub(crate) fn is_function(self) -> bool {
        matches!(self, Self::SamFunction | Self::LambdaFunction)
    }

    pub(crate) fn is_table(self) -> bool {
        matches!(self, Self::Table | Self::SimpleTable)
    }
}

/// The two resources that invoke functions on a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScheduleForm {
    /// `AWS::Events::Rule`.
    Rule,
    /// `AWS::Scheduler::Schedule`.
    Scheduler,
}

/// What CloudFormation makes a WebSocket API of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The API itself.
    Api,
    /// Decides which clients may connect.
    Authorizer,
    /// A snapshot of routes and integrations, which is what a stage serves.
    Deployment,
    /// Where a route leads.
    Integration,
    /// How the result of a non-proxy integration becomes a message.
    IntegrationResponse,
    /// The purpose of a route key.
    Route,
    /// Makes a route a two-way one.
    RouteResponse,
    /// A deployment under a name.
    Stage,
}

/// The types that run here; a type that is spelt almost like one of them is a mistake.
const RUN: &[(&str, Kind)] = &[
    ("AWS::Serverless::WebSocketApi", Kind::SamApi),
    ("AWS::ApiGatewayV2::Api", Kind::V2(Part::Api)),
    ("AWS::ApiGatewayV2::Authorizer", Kind::V2(Part::Authorizer)),
    ("AWS::ApiGatewayV2::Deployment", Kind::V2(Part::Deployment)),
    (
        "AWS::ApiGatewayV2::Integration",
        Kind::V2(Part::Integration),
    ),
    (
        "AWS::ApiGatewayV2::IntegrationResponse",
        Kind::V2(Part::IntegrationResponse),
    ),
    ("AWS::ApiGatewayV2::Route", Kind::V2(Part::Route)),
    (
        "AWS::ApiGatewayV2::RouteResponse",
        Kind::V2(Part::RouteResponse),
    ),
    ("AWS::ApiGatewayV2::Stage", Kind::V2(Part::Stage)),
    ("AWS::Serverless::Function", Kind::SamFunction),
    ("AWS::Lambda::Function", Kind::LambdaFunction),
    ("AWS::Lambda::Alias", Kind::FunctionVersion),
    ("AWS::Lambda::Version", Kind::FunctionVersion),
    ("AWS::Serverless::LayerVersion", Kind::Layer),
    ("AWS::Lambda::LayerVersion", Kind::Layer),
    ("AWS::Events::Rule", Kind::Schedule(ScheduleForm::Rule)),
    (
        "AWS::Scheduler::Schedule",
        Kind::Schedule(ScheduleForm::Scheduler),
    ),
    ("AWS::Serverless::SimpleTable", Kind::SimpleTable),
    ("AWS::DynamoDB::Table", Kind::Table),
    (GLOBAL_TABLE, Kind::Table),
    ("AWS::SQS::Queue", Kind::Queue),
    ("AWS::SNS::Topic", Kind::Topic),
    ("AWS::SNS::Subscription", Kind::Subscription),
    ("AWS::SSM::Parameter", Kind::StoredParameter),
    ("AWS::Lambda::EventSourceMapping", Kind::EventSourceMapping),
    ("AWS::CloudFormation::Stack", Kind::Nested),
    ("AWS::Serverless::Application", Kind::Nested),
];

/// Types that exist beside those in [`RUN`] with similar names.
const NOT_MISSPELT: &[&str] = &[
    "AWS::ApiGateway::Authorizer",
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::Stage",
    "AWS::Serverless::Api",
    "AWS::Serverless::HttpApi",
];

/// Types that grant rights, observe, name or host, and so change nothing in what an application does on one machine.
const NO_EFFECT: &[&str] = &[
    "AWS::ApiGateway::Account",
    "AWS::ApiGatewayV2::ApiMapping",
    "AWS::ApiGatewayV2::DomainName",
    "AWS::ApiGatewayV2::Model",
    "AWS::Budgets::Budget",
    "AWS::CDK::Metadata",
    "AWS::CertificateManager::Certificate",
    "AWS::CloudFormation::WaitConditionHandle",
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
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
];

/// Services whose resources are all of this kind.
const INFRASTRUCTURE: &[&str] = &[
    "AWS::CloudFront::",
    "AWS::EC2::",
    "AWS::Route53::",
    "AWS::WAFv2::",
];

fn is_infrastructure(resource_type: &str) -> bool {
    INFRASTRUCTURE
        .iter()
        .any(|service| resource_type.starts_with(service))
}

/// Whether the type is a part of a REST API, which is left out with the API.
pub(crate) fn is_part_of_rest_api(resource_type: &str) -> bool {
    resource_type.starts_with("AWS::ApiGateway::") && resource_type != "AWS::ApiGateway::RestApi"
}

/// A table in several regions, one of which is here.
const GLOBAL_TABLE: &str = "AWS::DynamoDB::GlobalTable";

pub(crate) fn is_global_table(resource: &Entry) -> bool {
    resource.node.text_of("Type") == Some(GLOBAL_TABLE)
}

/// Whether the resource only grants permissions, keeps logs or counts the constructs of the CDK, which has no effect on one machine.
pub(crate) fn is_permission_or_log(resource: &Entry) -> bool {
    let found = resource.node.text_of("Type");
    found.is_some_and(|kind| {
        kind.starts_with("AWS::IAM::")
            || kind.starts_with("AWS::Logs::")
            || kind.ends_with("Policy")
            || kind == "AWS::Lambda::Permission"
            || kind == "AWS::CDK::Metadata"
    })
}

/// How the gateway treats resources of this type.
pub(crate) fn kind(resource_type: &str) -> Kind {
    if NO_EFFECT.contains(&resource_type) || is_infrastructure(resource_type) {
        return Kind::NoEffect;
    }
    let known = RUN.iter().find(|(name, _)| *name == resource_type);
    known.map_or(Kind::Other, |(_, kind)| *kind)
}

/// How the gateway treats `resource`.
pub(crate) fn kind_of(resource: &Entry) -> Kind {
    let found = resource.node.text_of("Type");
    found.map_or(Kind::Other, kind)
}

/// The type that `found` is probably a misspelling of.
pub(crate) fn misspelt(found: &str) -> Option<&'static str> {
    if kind(found) != Kind::Other || NOT_MISSPELT.contains(&found) {
        return None;
    }
    super::error::nearest(found, RUN.iter().map(|(name, _)| *name))
}

/// The resources of one kind, in the order of the template.
pub(crate) fn of_kind(resources: &[Entry], wanted: Kind) -> impl Iterator<Item = &Entry> {
    resources
        .iter()
        .filter(move |resource| kind_of(resource) == wanted)
}

/// A property of a resource, unresolved.
pub(crate) fn property<'t>(resource: &'t Entry, name: &str) -> Option<&'t Node> {
    resource.node.get("Properties")?.get(name)
}

/// What tools have written about a resource, such as `BuildMethod`.
pub(crate) fn metadata<'t>(resource: &'t Entry, name: &str) -> Option<&'t Node> {
    resource.node.get("Metadata")?.get(name)
}

/// The entries of `Events` of a function in SAM's form.
pub(crate) fn events(resource: &Entry) -> impl Iterator<Item = &Entry> {
    let events = property(resource, "Events").map_or(&[][..], Node::entries);
    events.iter().filter(|event| !event.node.is_nothing())
}
