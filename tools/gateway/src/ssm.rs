//! The Parameter Store of Systems Manager on this machine
//! (<https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html>).
//!
//! Decides which parameters a request gets. They are those of the template, in their first version: requests can read them and
//! not change them.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use tracing::warn;

use crate::{
    ids,
    proxy::excerpt,
    respond::{self, Response},
    template::{StoredParameter, resolve::parameter_arn},
};

/// Start of the header that names the operation.
const TARGET: &str = "AmazonSSM.";
/// Largest request that is read, in bytes: ten names of the longest kind fit.
pub(crate) const MAX_REQUEST: usize = 64 * 1024;
/// Most parameters of one response.
const MAX_PAGE: usize = 10;
/// The version of all parameters.
const VERSION: &str = "1";

/// All parameters. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    by_name: Arc<BTreeMap<String, StoredParameter>>,
    /// When they were created.
    created: Timestamp,
}

/// Why a request is refused.
struct Error {
    kind: &'static str,
    message: Option<String>,
}

impl Error {
    fn named(kind: &'static str) -> Self {
        let message = None;
        Self { kind, message }
    }

    fn invalid(message: &str) -> Self {
        Self {
            kind: "ValidationException",
            message: Some(message.to_owned()),
        }
    }
}

/// Whether a request is for Systems Manager.
pub(crate) fn is_for_parameters(request: &http::request::Parts) -> bool {
    request.method == http::Method::POST && operation(&request.headers).is_some()
}

fn operation(headers: &HeaderMap) -> Option<&str> {
    let target = headers.get("x-amz-target")?.to_str().ok()?;
    target.strip_prefix(TARGET)
}

impl Store {
    pub(crate) fn new(parameters: Vec<StoredParameter>, created: Timestamp) -> Self {
        let by_name = parameters
            .into_iter()
            .map(|parameter| (parameter.name.clone(), parameter));
        Self {
            by_name: Arc::new(by_name.collect()),
            created,
        }
    }

    /// Carries out one request. The body is `None` when it exceeded [`MAX_REQUEST`].
    pub(crate) fn answer(&self, headers: &HeaderMap, body: Option<Bytes>) -> Response {
        let operation = operation(headers).unwrap_or_default();
        let input = body.and_then(|body| serde_json::from_slice(&body).ok());
        let result = input.filter(Json::is_object).map_or_else(
            || Err(Error::named("SerializationException")),
            |input| self.run(operation, &input),
        );
        let (status, body) = match result {
            Ok(body) => (StatusCode::OK, body),
            Err(Error { kind, message }) => {
                let mut body = json!({ "__type": kind });
                if let Some(message) = message {
                    body["message"] = message.into();
                }
                (StatusCode::BAD_REQUEST, body)
            }
        };
        let response = respond::typed(status, "application/x-amz-json-1.1", body.to_string());
        respond::with_request_id(response, &ids::uuid())
    }

    fn run(&self, operation: &str, input: &Json) -> Result<Json, Error> {
        match operation {
            "GetParameter" => self.get(input),
            "GetParameters" => self.get_several(input),
            "GetParametersByPath" => self.get_by_path(input),
            other => {
                let what = format!("ssm ({})", excerpt(other));
                warn!("refused: a function tried to call {what}, which is not emulated");
                Err(Error {
                    kind: "NotEmulated",
                    message: Some(format!("{what} is not emulated by the local gateway")),
                })
            }
        }
    }

    fn get(&self, input: &Json) -> Result<Json, Error> {
        let name = input["Name"].as_str();
        let name = name.ok_or_else(|| Error::invalid("Name must not be null"))?;
        Ok(json!({ "Parameter": self.find(name)? }))
    }

    fn get_several(&self, input: &Json) -> Result<Json, Error> {
        let names = input["Names"].as_array().map_or(&[][..], Vec::as_slice);
        if !(1..=MAX_PAGE).contains(&names.len()) {
            return Err(Error::invalid("Names must have from 1 to 10 members"));
        }
        let (mut found, mut invalid) = (Vec::new(), Vec::new());
        for name in names.iter().filter_map(Json::as_str) {
            match self.find(name) {
                Ok(parameter) => found.push(parameter),
                Err(_) => invalid.push(name),
            }
        }
        Ok(json!({ "Parameters": found, "InvalidParameters": invalid }))
    }

    fn get_by_path(&self, input: &Json) -> Result<Json, Error> {
        let path = input["Path"].as_str();
        let path = path.filter(|path| path.starts_with('/'));
        let path = path.ok_or_else(|| Error::invalid("Path must start with a slash"))?;
        if input["ParameterFilters"].as_array().is_some() {
            let message = "ParameterFilters are not emulated by the local gateway";
            return Err(Error::invalid(message));
        }
        let recursive = input["Recursive"].as_bool().unwrap_or(false);
        let page = input["MaxResults"]
            .as_u64()
            .map_or(Some(MAX_PAGE), |max| usize::try_from(max).ok());
        let page = page.filter(|page| (1..=MAX_PAGE).contains(page));
        let page = page.ok_or_else(|| Error::invalid("MaxResults must be from 1 to 10"))?;
        let start = match input["NextToken"].as_str().map(str::parse) {
            None => 0,
            Some(Ok(start)) => start,
            Some(Err(_)) => return Err(Error::named("InvalidNextToken")),
        };
        let below = self.by_name.values().filter(|parameter| {
            let step = below(path, &parameter.name);
            step.is_some_and(|step| recursive || !step.contains('/'))
        });
        let below: Vec<_> = below.skip(start).take(page + 1).collect();
        let found: Vec<_> = below
            .iter()
            .take(page)
            .map(|parameter| self.describe(parameter))
            .collect();
        let mut result = json!({ "Parameters": found });
        if below.len() > page {
            result["NextToken"] = (start + page).to_string().into();
        }
        Ok(result)
    }

    /// The parameter that a request names by its name or ARN, perhaps with a version.
    fn find(&self, requested: &str) -> Result<Json, Error> {
        if let Some(parameter) = self.named(requested) {
            return Ok(self.describe(parameter));
        }
        if let Some((name, selector)) = requested.rsplit_once(':')
            && let Some(parameter) = self.named(name)
        {
            if selector != VERSION {
                let requested = excerpt(requested);
                warn!(
                    "there is no parameter {requested}: parameters have the version {VERSION} and no labels here"
                );
                return Err(Error::named("ParameterVersionNotFound"));
            }
            let mut found = self.describe(parameter);
            found["Selector"] = format!(":{selector}").into();
            return Ok(found);
        }
        let requested = excerpt(requested);
        warn!(
            "there is no parameter {requested}: add an AWS::SSM::Parameter to the template, or pass \
             --parameter ssm:{requested}=VALUE"
        );
        Err(Error::named("ParameterNotFound"))
    }

    fn named(&self, requested: &str) -> Option<&StoredParameter> {
        let is_meant = |parameter: &&StoredParameter| parameter_arn(&parameter.name) == requested;
        let by_arn = || self.by_name.values().find(is_meant);
        self.by_name.get(requested).or_else(by_arn)
    }

    fn describe(&self, parameter: &StoredParameter) -> Json {
        json!({
            "ARN": parameter_arn(&parameter.name),
            "DataType": "text",
            "LastModifiedDate": self.created.as_second(),
            "Name": parameter.name,
            "Type": parameter.kind,
            "Value": parameter.value,
            "Version": 1,
        })
    }
}

/// The part of a name that is below a path. Names without a slash are below the root.
fn below<'n>(path: &str, name: &'n str) -> Option<&'n str> {
    let rest = match path.trim_matches('/') {
        "" => return Some(name.trim_start_matches('/')),
        path => name.strip_prefix('/')?.strip_prefix(path)?,
    };
    rest.strip_prefix('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A store with parameters of these names, whose value is their name.
    fn store(names: &[&str]) -> Store {
        let parameters = names.iter().map(|name| StoredParameter {
            name: (*name).to_owned(),
            kind: "String".to_owned(),
            value: (*name).to_owned(),
        });
        Store::new(parameters.collect(), Timestamp::UNIX_EPOCH)
    }

    #[track_caller]
    fn is_refused(operation: &str, input: &Json, kind: &str) {
        let error = store(&["/a/b"]).run(operation, input).err();
        assert_eq!(error.map(|error| error.kind), Some(kind), "{input}");
    }

    /// The names of a page below `path`, and the token of the next page.
    #[track_caller]
    fn page(names: &[&str], input: &Json) -> (Vec<String>, Option<String>) {
        let page = store(names).run("GetParametersByPath", input);
        let page = page.ok().expect("the path was refused");
        let found = page["Parameters"].as_array().unwrap().iter();
        let found = found.map(|one| one["Name"].as_str().unwrap().to_owned());
        let token = page["NextToken"].as_str().map(ToOwned::to_owned);
        (found.collect(), token)
    }

    #[test]
    fn a_parameter_is_found_by_its_name_or_arn_and_its_version() {
        let arn = "arn:aws:ssm:us-east-1:123456789012:parameter/a/b";
        for (name, selector) in [
            ("/a/b", Json::Null),
            (arn, Json::Null),
            ("/a/b:1", json!(":1")),
            (&format!("{arn}:1"), json!(":1")),
        ] {
            let found = store(&["/a/b"]).get(&json!({ "Name": name })).ok();
            let found = &found.expect(name)["Parameter"];
            assert_eq!(found["Value"], "/a/b");
            assert_eq!(found["ARN"], arn);
            assert_eq!(found["Selector"], selector);
        }
    }

    #[test]
    fn requests_that_the_service_refuses_are_refused() {
        let get = "GetParameter";
        is_refused(get, &json!({"Name": "/a"}), "ParameterNotFound");
        is_refused(get, &json!({"Name": "/a/b:2"}), "ParameterVersionNotFound");
        is_refused(get, &json!({}), "ValidationException");
        let several = "GetParameters";
        is_refused(several, &json!({"Names": []}), "ValidationException");
        is_refused(
            several,
            &json!({"Names": vec!["/a"; 11]}),
            "ValidationException",
        );
        let by_path = "GetParametersByPath";
        is_refused(by_path, &json!({"Path": "a"}), "ValidationException");
        let eleven = json!({"Path": "/a", "MaxResults": 11});
        is_refused(by_path, &eleven, "ValidationException");
        let token = json!({"Path": "/a", "NextToken": "x"});
        is_refused(by_path, &token, "InvalidNextToken");
        is_refused("PutParameter", &json!({}), "NotEmulated");
    }

    #[test]
    fn parameters_below_a_path_are_read_page_by_page() {
        let names = ["/app/a", "/app/b/c", "/app/d", "/application", "root"];
        let of = |input: Json| page(&names, &input);
        let flat = of(json!({"Path": "/app"}));
        assert_eq!(flat, (vec!["/app/a".into(), "/app/d".into()], None));
        let first = of(json!({"Path": "/app/", "Recursive": true, "MaxResults": 2}));
        let token = Some("2".to_owned());
        assert_eq!(first, (vec!["/app/a".into(), "/app/b/c".into()], token));
        let second = json!({"Path": "/app", "Recursive": true, "MaxResults": 2, "NextToken": "2"});
        assert_eq!(of(second), (vec!["/app/d".into()], None));
        let root = of(json!({"Path": "/"}));
        assert_eq!(root, (vec!["/application".into(), "root".into()], None));
    }
}
