//! Resolves the names of a template: parameters, pseudo parameters, resources and their attributes.

use serde_json::Value as Json;

use super::{ACCOUNT, MAX_DEPTH, REGION, Resolver, SQS_URL, STACK_NAME};
use crate::template::{
    error::{Error, Problem, nearest},
    resources::{self, Kind, Part},
    route_ids,
    yaml::Entry,
};

/// The last part of the stack's id. Templates split it at its hyphens to name resources.
const STACK_UUID: &str = "00000000-0000-4000-8000-000000000000";

impl Resolver<'_> {
    /// What `Ref` gives: a parameter's value, a pseudo parameter, or the physical name of a resource.
    pub(crate) fn reference(&self, name: &str, line: usize) -> Result<Option<Json>, Error> {
        let pseudo = match name {
            "AWS::NoValue" => return Ok(None),
            "AWS::AccountId" => Some(ACCOUNT),
            "AWS::Partition" => Some("aws"),
            "AWS::Region" => Some(REGION),
            "AWS::StackName" => Some(STACK_NAME),
            "AWS::URLSuffix" => Some("amazonaws.com"),
            _ => None,
        };
        if let Some(value) = pseudo {
            return Ok(Some(Json::from(value)));
        }
        if name == "AWS::StackId" {
            let id = format!(
                "arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK_NAME}/{STACK_UUID}"
            );
            return Ok(Some(Json::from(id)));
        }
        if let Some(value) = self.parameter(name) {
            return Ok(Some(value));
        }
        // Properties that SAM makes referable.
        match name.split_once('.') {
            Some((api, "Stage")) if self.kind_of(api) == Some(Kind::SamApi) => {
                return Ok(Some(Json::from(self.stage)));
            }
            Some((function, "Alias" | "Version"))
                if self.kind_of(function) == Some(Kind::SamFunction) =>
            {
                let name = self.physical_name(function, line)?;
                return Ok(Some(Json::from(function_arn(&name))));
            }
            _ => {}
        }
        let kind = self.kind_of(name);
        if kind == Some(Kind::FunctionVersion)
            && let Some(resource) = self.resource(name)
            && let Some(function) = resources::property(resource, "FunctionName")
        {
            let function = self.deeper(name, line, || self.text(function, "FunctionName"))?;
            let function = function.unwrap_or_default();
            let function = function.rsplit(':').next().unwrap_or_default();
            return Ok(Some(Json::from(function_arn(function))));
        }
        let name = self.physical_name(name, line)?;
        Ok(Some(Json::from(match kind {
            Some(Kind::Queue) => queue_url(&name),
            Some(Kind::Topic) => topic_arn(&name),
            _ => name,
        })))
    }

    pub(crate) fn kind_of(&self, logical_id: &str) -> Option<Kind> {
        self.resource(logical_id).map(resources::kind_of)
    }

    pub(crate) fn resources(&self) -> &[Entry] {
        self.resources
    }

    pub(crate) fn resource(&self, logical_id: &str) -> Option<&Entry> {
        self.by_id.get(logical_id).copied()
    }

    /// Logical ids and names of all functions.
    pub(crate) fn functions(&self) -> impl Iterator<Item = (&str, String)> {
        let functions = self
            .resources
            .iter()
            .filter(|resource| resources::kind_of(resource).is_function());
        functions.filter_map(|resource| {
            let name = self.physical_name(&resource.key, resource.line).ok()?;
            Some((resource.key.as_str(), name))
        })
    }

    /// The name of a resource once it is deployed.
    pub(crate) fn physical_name(&self, logical_id: &str, line: usize) -> Result<String, Error> {
        let generated = generated(logical_id);
        let Some(resource) = self.resource(logical_id) else {
            if route_ids::generates(self.resources, logical_id) {
                return Ok(generated);
            }
            return Err(self.error(line, self.unknown(logical_id)));
        };
        let property = match resources::kind_of(resource) {
            Kind::SamApi | Kind::V2(Part::Api) => return Ok(api_id(logical_id)),
            Kind::V2(Part::Stage) if self.served.is_none_or(|served| served == logical_id) => {
                return Ok(self.stage.to_owned());
            }
            Kind::V2(Part::Stage) => "StageName",
            Kind::SamFunction | Kind::LambdaFunction => "FunctionName",
            Kind::Table | Kind::SimpleTable => "TableName",
            Kind::Queue => "QueueName",
            Kind::Topic => "TopicName",
            Kind::StoredParameter => "Name",
            Kind::V2(_)
            | Kind::FunctionVersion
            | Kind::Layer
            | Kind::Schedule(_)
            | Kind::EventSourceMapping
            | Kind::Subscription
            | Kind::Nested
            | Kind::NoEffect
            | Kind::Other => {
                return Ok(generated);
            }
        };
        let Some(node) = resources::property(resource, property) else {
            return Ok(generated);
        };
        if let Some(name) = self.names.borrow().get(logical_id) {
            return Ok(name.clone());
        }
        let name = self.deeper(logical_id, line, || self.text(node, property))?;
        let name = name.unwrap_or(generated);
        let mut names = self.names.borrow_mut();
        names.insert(logical_id.to_owned(), name.clone());
        Ok(name)
    }

    /// Resolves a value that `name` stands for.
    pub(super) fn deeper<T>(
        &self,
        name: &str,
        line: usize,
        resolve: impl FnOnce() -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.depth.get() > MAX_DEPTH {
            return Err(self.error(line, Problem::Circular(name.to_owned())));
        }
        self.depth.set(self.depth.get() + 1);
        let resolved = resolve();
        self.depth.set(self.depth.get() - 1);
        resolved
    }

    pub(super) fn attribute(
        &self,
        resource: &str,
        attribute: &str,
        line: usize,
    ) -> Result<Json, Error> {
        let name = self.physical_name(resource, line)?;
        let unknown = |known| {
            let (resource, attribute) = (resource.to_owned(), attribute.to_owned());
            self.error(
                line,
                Problem::Attribute {
                    resource,
                    attribute,
                    known,
                },
            )
        };
        let value = match (self.kind_of(resource), attribute) {
            (Some(kind), "Arn") if kind.is_function() => function_arn(&name),
            (Some(kind), "Arn") if kind.is_table() => table_arn(&name),
            (Some(kind), "StreamArn") if kind.is_table() => {
                format!("{}/stream/local", table_arn(&name))
            }
            (Some(Kind::Queue), "Arn") => queue_arn(&name),
            (Some(Kind::Queue), "QueueName") | (Some(Kind::Topic), "TopicName") => name,
            (Some(Kind::Queue), "QueueUrl") => queue_url(&name),
            (Some(Kind::Queue), _) => return Err(unknown(&["Arn", "QueueName", "QueueUrl"])),
            (Some(Kind::Topic), "TopicArn") => topic_arn(&name),
            (Some(Kind::StoredParameter), "Type" | "Value") => {
                let property = self
                    .resource(resource)
                    .and_then(|found| resources::property(found, attribute));
                let value =
                    property.map(|node| self.deeper(resource, line, || self.text(node, attribute)));
                value.transpose()?.flatten().unwrap_or_default()
            }
            (Some(Kind::StoredParameter), _) => return Err(unknown(&["Type", "Value"])),
            (Some(Kind::Topic), _) => return Err(unknown(&["TopicArn", "TopicName"])),
            (Some(kind), _) if kind.is_function() => return Err(unknown(&["Arn"])),
            (Some(kind), _) if kind.is_table() => return Err(unknown(&["Arn", "StreamArn"])),
            (Some(Kind::SamApi | Kind::V2(Part::Api)), "ApiId") => name,
            (Some(Kind::SamApi | Kind::V2(Part::Api)), "ApiEndpoint") => {
                format!("wss://{}", domain(&name))
            }
            (Some(Kind::SamApi | Kind::V2(Part::Api)), _) => {
                return Err(unknown(&["ApiId", "ApiEndpoint"]));
            }
            // The only attribute of the other parts of an API is their id.
            (Some(Kind::V2(_)), _) => name,
            // The resource does not exist here; the value says so wherever it turns up.
            _ => format!("{name}.{attribute}"),
        };
        Ok(Json::from(value))
    }

    fn unknown(&self, found: &str) -> Problem {
        let names = self
            .parameters
            .names()
            .chain(self.resources.iter().map(|entry| entry.key.as_str()));
        let near = nearest(found, names).map(ToOwned::to_owned);
        Problem::UnknownName {
            found: found.to_owned(),
            near,
        }
    }
}

/// The name of a resource for which the template sets none.
pub(crate) fn generated(logical_id: &str) -> String {
    format!("{STACK_NAME}-{logical_id}")
}

/// The ARN of a function, by its physical name.
pub(crate) fn function_arn(name: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}")
}

fn table_arn(name: &str) -> String {
    format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}")
}

/// The ARN of a queue, by its physical name.
pub(crate) fn queue_arn(name: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")
}

/// The ARN of a topic, by its physical name.
pub(crate) fn topic_arn(name: &str) -> String {
    format!("arn:aws:sns:{REGION}:{ACCOUNT}:{name}")
}

/// The ARN of a parameter of Systems Manager, whose name may start with a slash.
pub(crate) fn parameter_arn(name: &str) -> String {
    let name = name.trim_start_matches('/');
    format!("arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/{name}")
}

/// A queue's URL on AWS; functions get the one on this machine instead.
fn queue_url(name: &str) -> String {
    format!("{SQS_URL}/{ACCOUNT}/{name}")
}

/// The host of an API's public address.
pub(crate) fn domain(api_id: &str) -> String {
    format!("{api_id}.execute-api.{REGION}.amazonaws.com")
}

/// What an AWS host is for, whatever its region: `dynamodb` of `dynamodb.eu-west-1.amazonaws.com`.
pub(crate) fn service_of(host: &str) -> Option<&str> {
    let host = host.strip_suffix(".cn").unwrap_or(host);
    let (service, _region) = host.strip_suffix(".amazonaws.com")?.rsplit_once('.')?;
    Some(service)
}

/// Domains of AWS that requests of applications go to, as the runtime clients know them.
const AWS: [&str; 5] = [
    "amazonaws.com",
    "amazonaws.com.cn",
    "aws.amazon.com",
    "api.aws",
    "on.aws",
];

/// Whether a host belongs to AWS. Unlike [`service_of`], it also knows hosts without a region and function URLs.
pub(crate) fn is_aws(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    AWS.iter().any(|domain| {
        host.strip_suffix(domain)
            .is_some_and(|before| before.is_empty() || before.ends_with('.'))
    })
}

/// Ten characters, as in the ids of API Gateway; stable for a logical id.
pub(crate) fn api_id(logical_id: &str) -> String {
    // FNV-1a: the standard library's hashers are not stable between versions.
    let mut hash = logical_id
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    (0..10)
        .map(|_| {
            let digit = u32::try_from(hash % 36).unwrap_or(0);
            hash /= 36;
            char::from_digit(digit, 36).unwrap_or('0')
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::is_aws;

    #[test]
    fn hosts_of_aws_are_known_in_every_spelling() {
        for host in [
            "sqs.us-east-1.amazonaws.com",
            "s3.amazonaws.com",
            "SQS.cn-north-1.amazonaws.com.cn",
            "abc.lambda-url.eu-west-1.on.aws",
            "dynamodb.us-east-1.api.aws.",
        ] {
            assert!(is_aws(host), "{host}");
        }
        for host in [
            "localhost",
            "notamazonaws.com",
            "amazonaws.com.example",
            "on.aws.example",
            "",
        ] {
            assert!(!is_aws(host), "{host}");
        }
    }
}
