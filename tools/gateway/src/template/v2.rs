//! A WebSocket API in CloudFormation's own form: `AWS::ApiGatewayV2::Api` and the resources that belong to it.
//!
//! Decides what the parts amount to together; `parts` reads them one by one. A template that CloudFormation takes and
//! AWS then serves wrongly is the most common mistake with these resources, so what is forgotten is reported here.

mod parts;
mod permission;

use std::collections::{BTreeMap, BTreeSet};

use self::parts::{Deployment, Draft};
use super::{
    access::Kind,
    error::{Error, Problem},
    fields::Fields,
    resolve::{self, Resolver},
    resources::{self, Part},
    sam,
    stack::{Access, Api, Authorizer, Function, Route},
    yaml::Entry,
};
use crate::route;

/// Properties of the API that change rights, names or administration, and nothing that a client or function sees.
const LEFT_OUT: &[&str] = &[
    "ApiKeySelectionExpression",
    "Description",
    "DisableExecuteApiEndpoint",
    "DisableSchemaValidation",
    "IpAddressType",
    "Name",
    "Tags",
];

/// Reads the API `resource` and everything that belongs to it. What would not work on AWS goes to `warnings`.
pub(crate) fn read(
    resolver: &Resolver<'_>,
    resources: &[Entry],
    resource: &Entry,
    stage: &str,
    functions: &[Function],
    warnings: &mut Vec<String>,
) -> Result<Api, Error> {
    let mut fields = super::properties(resolver, resource)?;
    fields.leave_out(LEFT_OUT);
    let protocol = fields.required("ProtocolType")?;
    let found = resolver.text(protocol, "ProtocolType")?.unwrap_or_default();
    if found != "WEBSOCKET" {
        let (of, wanted) = (
            fields.path("ProtocolType"),
            "only WEBSOCKET runs here".to_owned(),
        );
        return Err(resolver.error(protocol.line, Problem::Value { of, found, wanted }));
    }
    let selection = sam::selection(resolver, &mut fields)?;
    fields.finish()?;

    let id = resolver.physical_name(&resource.key, resource.line)?;
    let owner = Owner {
        resolver,
        resources,
        api: resource,
        id: &id,
    };
    let stages = owner.each(Part::Stage, |_, fields| {
        let keys = owner.route_keys()?;
        parts::stage(resolver, fields, &keys)
    })?;
    let count = stages.len();
    let [(stage_entry, served)] = <[_; 1]>::try_from(stages).map_err(|_| {
        let (of, wanted) = (resource.key.clone(), "AWS::ApiGatewayV2::Stage");
        let problem = Problem::NotOne {
            of,
            wanted,
            found: count,
        };
        resolver.error(resource.line, problem)
    })?;
    let authorizers = owner.each(Part::Authorizer, |entry, fields| {
        super::access::of_v2(resolver, entry, fields, functions, &served.variables)
    })?;
    let integrations = owner.each(Part::Integration, |_, fields| {
        parts::integration(resolver, fields, functions, &served.variables)
    })?;
    owner.each(Part::IntegrationResponse, |_, fields| {
        parts::integration_response(fields);
        Ok(())
    })?;
    let drafts = owner.each(Part::Route, |entry, fields| {
        parts::route(resolver, entry, fields)
    })?;
    let responses = route_responses(resolver, resources, &id)?;
    let deployments = owner.each(Part::Deployment, |entry, fields| {
        Ok(parts::deployment(entry, fields))
    })?;
    owner.check_deployed(stage_entry, &served, stage, &drafts, &deployments, warnings)?;

    let invoked = integrations
        .iter()
        .map(|(_, integration)| &integration.function);
    let invoked = invoked.chain(
        authorizers
            .iter()
            .map(|(_, authorizer)| &authorizer.function),
    );
    warnings.extend(permission::missing(resolver, resources, functions, invoked));

    let mut routes = BTreeMap::new();
    let mut access = Access::Open;
    for (entry, draft) in drafts {
        match draft.access {
            Kind::Open => {}
            Kind::Signed => access = Access::Signed,
            Kind::Custom => {
                let name = draft.authorizer.as_deref().unwrap_or_default();
                access = Access::Authorized(owner.authorizer(entry, name, &authorizers)?);
            }
        }
        let Some(target) = &draft.target else {
            continue;
        };
        let integration = owner.integration(entry, target, &integrations)?;
        let has_response = responses.contains(&resolve::generated(&entry.key));
        warnings.extend(half_two_way(resolver, entry, draft.responds, has_response));
        let route = Route {
            function: integration.function.clone(),
            timeout: integration.timeout,
            responds: draft.responds && has_response,
        };
        if routes.insert(draft.key.clone(), route).is_some() {
            let wanted = "another route has this key already".to_owned();
            let (of, found) = (format!("RouteKey of {}", entry.key), draft.key);
            return Err(resolver.error(entry.line, Problem::Value { of, found, wanted }));
        }
    }
    Ok(Api {
        domain: resolve::domain(&id),
        stage: stage.to_owned(),
        selection,
        routes,
        access,
        variables: served.variables,
        throttles: served.throttles,
        id,
    })
}

/// What is to be said about a route that has one of the two things that make it a two-way route.
fn half_two_way(
    resolver: &Resolver<'_>,
    route: &Entry,
    responds: bool,
    has_response: bool,
) -> Option<String> {
    let half = match (responds, has_response) {
        (true, false) => {
            "has a RouteResponseSelectionExpression and no AWS::ApiGatewayV2::RouteResponse"
        }
        (false, true) => {
            "has an AWS::ApiGatewayV2::RouteResponse and no RouteResponseSelectionExpression: $default"
        }
        _ => return None,
    };
    let text = format!("the route {} {half}; a two-way route needs both", route.key);
    Some(resolver.place(route.line, &text))
}

/// The physical names of the routes of the API `id` that have a response.
pub(crate) fn route_responses(
    resolver: &Resolver<'_>,
    resources: &[Entry],
    id: &str,
) -> Result<BTreeSet<String>, Error> {
    let mut routes = BTreeSet::new();
    for resource in super::of_kind(resources, resources::Kind::V2(Part::RouteResponse)) {
        let mut fields = super::properties(resolver, resource)?;
        check_owner(resolver, resource, &mut fields, id)?;
        routes.extend(parts::route_response(resolver, &mut fields)?);
        fields.finish()?;
    }
    Ok(routes)
}

/// # Errors
/// When a part does not name the API `id` as its own.
fn check_owner(
    resolver: &Resolver<'_>,
    resource: &Entry,
    fields: &mut Fields<'_>,
    id: &str,
) -> Result<(), Error> {
    let node = fields.required("ApiId")?;
    let found = resolver.text(node, "ApiId")?.unwrap_or_default();
    if found == id {
        return Ok(());
    }
    let of = format!("ApiId of {}", resource.key);
    let wanted = "the API of this template is wanted, as !Ref gives it".to_owned();
    Err(resolver.error(node.line, Problem::Value { of, found, wanted }))
}

/// Reads the parts of one API.
struct Owner<'o> {
    resolver: &'o Resolver<'o>,
    resources: &'o [Entry],
    api: &'o Entry,
    id: &'o str,
}

impl<'o> Owner<'o> {
    /// All parts of one kind, each read by `read`.
    fn each<T>(
        &self,
        part: Part,
        mut read: impl FnMut(&'o Entry, &mut Fields<'_>) -> Result<T, Error>,
    ) -> Result<Vec<(&'o Entry, T)>, Error> {
        let mut found = Vec::new();
        for resource in super::of_kind(self.resources, resources::Kind::V2(part)) {
            let mut fields = super::properties(self.resolver, resource)?;
            check_owner(self.resolver, resource, &mut fields, self.id)?;
            let value = read(resource, &mut fields)?;
            fields.finish()?;
            found.push((resource, value));
        }
        Ok(found)
    }

    fn route_keys(&self) -> Result<BTreeSet<String>, Error> {
        let mut keys = BTreeSet::new();
        for resource in super::of_kind(self.resources, resources::Kind::V2(Part::Route)) {
            let node = resource.node.get("Properties");
            if let Some(node) = node.and_then(|properties| properties.get("RouteKey")) {
                keys.extend(self.resolver.text(node, "RouteKey")?);
            }
        }
        Ok(keys)
    }

    fn integration<'i>(
        &self,
        route: &Entry,
        target: &str,
        integrations: &'i [(&Entry, parts::Integration)],
    ) -> Result<&'i parts::Integration, Error> {
        let named = integrations.iter().find(|(integration, _)| {
            target == format!("integrations/{}", resolve::generated(&integration.key))
        });
        named.map(|(_, integration)| integration).ok_or_else(|| {
            let wanted = "an AWS::ApiGatewayV2::Integration of this API is wanted, as !Sub integrations/${Integration} \
                          gives it";
            let problem = Problem::Value {
                of: format!("Target of {}", route.key),
                found: target.to_owned(),
                wanted: wanted.to_owned(),
            };
            self.resolver.error(route.line, problem)
        })
    }

    fn authorizer(
        &self,
        route: &Entry,
        name: &str,
        authorizers: &[(&Entry, Authorizer)],
    ) -> Result<Authorizer, Error> {
        let named = authorizers
            .iter()
            .find(|(entry, _)| resolve::generated(&entry.key) == name);
        named
            .map(|(_, authorizer)| authorizer.clone())
            .ok_or_else(|| {
                let wanted =
                    "an AWS::ApiGatewayV2::Authorizer of this API is wanted, as !Ref gives it";
                let problem = Problem::Value {
                    of: format!("AuthorizerId of {}", route.key),
                    found: name.to_owned(),
                    wanted: wanted.to_owned(),
                };
                self.resolver.error(route.line, problem)
            })
    }

    /// A stage serves what was deployed to it, and CloudFormation deploys when it likes unless told to wait.
    fn check_deployed(
        &self,
        entry: &Entry,
        served: &parts::Stage,
        stage: &str,
        routes: &[(&Entry, Draft)],
        deployments: &[(&Entry, Deployment<'_>)],
        warnings: &mut Vec<String>,
    ) -> Result<(), Error> {
        if served.auto_deploy {
            return Ok(());
        }
        let by_stage = |deployment: &Deployment<'_>| {
            let name = deployment
                .stage
                .map(|node| self.resolver.text(node, "StageName"));
            matches!(name, Some(Ok(Some(name))) if name == stage)
        };
        let serving = deployments.iter().find(|(deployment, content)| {
            served.deployment.as_deref() == Some(&resolve::generated(&deployment.key))
                || by_stage(content)
        });
        let Some((deployment, content)) = serving else {
            let problem = Problem::Missing {
                missing: "DeploymentId, or AutoDeploy: true; AWS serves nothing without".to_owned(),
                of: entry.key.clone(),
            };
            return Err(self.resolver.error(entry.line, problem));
        };
        for (route, _) in routes {
            if !content.depends_on.contains(&route.key) {
                let text = format!(
                    "{} may be deployed before the route {} exists, and AWS then answers Forbidden; name the route in \
                     DependsOn of {}",
                    self.api.key, route.key, deployment.key
                );
                warnings.push(self.resolver.place(deployment.line, &text));
            }
        }
        Ok(())
    }
}

/// Whether a route may do without an integration.
fn may_lack_target(key: &str) -> bool {
    [route::CONNECT, route::DISCONNECT].contains(&key)
}
