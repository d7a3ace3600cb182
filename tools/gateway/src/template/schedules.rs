//! Schedules: `Events` of a function, `AWS::Events::Rule` and `AWS::Scheduler::Schedule`. Other sources of events are left
//! out with a remark.

use super::{
    error::Error,
    fields::Fields,
    resolve::{self, Resolver, STACK_NAME},
    resources::{self, ScheduleForm},
    schedule_expression::ScheduleExpression,
    stack::Schedule,
    target,
    yaml::Entry,
};

/// Properties of schedules that change administration, and nothing that a function sees.
const IGNORED: &[&str] = &[
    "DeadLetterConfig",
    "Description",
    "EventBusName",
    "FlexibleTimeWindow",
    "GroupName",
    "KmsKeyArn",
    "Name",
    "OmitName",
    "PermissionsBoundary",
    "RetryPolicy",
    "RoleArn",
    "Tags",
];

/// The schedules among the `Events` of a function.
pub(crate) fn of_function(resolver: &Resolver<'_>, resource: &Entry) -> Vec<Schedule> {
    let schedules = resources::events(resource)
        .filter_map(|event| resolver.keep(of_event(resolver, &resource.key, event)));
    schedules.flatten().collect()
}

fn of_event(
    resolver: &Resolver<'_>,
    function: &str,
    event: &Entry,
) -> Result<Option<Schedule>, Error> {
    let expression = match event.node.get("Type") {
        // Read by `event_sources` and `topics`.
        Some(kind) if matches!(kind.text(), Some("DynamoDB" | "SQS" | "SNS")) => return Ok(None),
        Some(kind) if kind.text() == Some("ScheduleV2") => "ScheduleExpression",
        Some(kind) if kind.text() != Some("Schedule") => {
            let (id, kind_name) = (&event.key, kind.kind());
            let what = format!("the event {function}.{id} of type {kind_name} is not emulated");
            resolver.left_out(kind.line, &what);
            return Ok(None);
        }
        _ => "Schedule",
    };
    let mut fields = Fields::of_event(resolver, function, event)?;
    let input = fields.text("Input")?;
    let rule = format!("{STACK_NAME}-{function}{}", event.key);
    let schedule = read(&mut fields, expression, function, rule, input)?;
    fields.finish();
    Ok(Some(schedule))
}

/// The schedules of an `AWS::Events::Rule` or `AWS::Scheduler::Schedule`, one for each function that it invokes.
pub(crate) fn of_resource(
    resolver: &Resolver<'_>,
    resource: &Entry,
    form: ScheduleForm,
) -> Vec<Schedule> {
    resolver
        .keep(read_resource(resolver, resource, form))
        .unwrap_or_default()
}

fn read_resource(
    resolver: &Resolver<'_>,
    resource: &Entry,
    form: ScheduleForm,
) -> Result<Vec<Schedule>, Error> {
    let mut fields = Fields::of(resolver, resource)?;
    if fields.node("EventPattern").is_some() {
        let what = format!(
            "{} has an EventPattern, which is not emulated",
            resource.key
        );
        resolver.left_out(resource.line, &what);
        return Ok(Vec::new());
    }
    let targets = fields.items(match form {
        ScheduleForm::Rule => "Targets",
        ScheduleForm::Scheduler => "Target",
    });
    let rule = resolve::generated(&resource.key);
    let mut schedules = Vec::new();
    for node in targets {
        let mut target = Fields::new(resolver, format!("a target of {}", resource.key), node)?;
        target.ignore(&["DeadLetterConfig", "Id", "RetryPolicy", "RoleArn"]);
        let function = target.required_text("Arn")?;
        let line = target.line_of("Arn");
        let input = target.text("Input")?;
        target.finish();
        let Some(function) = target::with_arn(resolver, &function) else {
            let what = format!(
                "{} targets {function}, which is not a function of this template",
                resource.key
            );
            resolver.left_out(line, &what);
            continue;
        };
        let rule = rule.clone();
        let expression = "ScheduleExpression";
        schedules.push(read(&mut fields, expression, &function, rule, input)?);
    }
    fields.node("ScheduleExpression");
    fields.node("State");
    fields.ignore(IGNORED);
    fields.ignore(&["StartDate", "EndDate", "ScheduleExpressionTimezone"]);
    fields.finish();
    Ok(schedules)
}

fn read(
    fields: &mut Fields<'_>,
    property: &'static str,
    function: &str,
    rule: String,
    input: Option<String>,
) -> Result<Schedule, Error> {
    fields.ignore(IGNORED);
    let expression = fields.required_text(property)?;
    let timing = ScheduleExpression::parse(&expression)
        .map_err(|wanted| fields.invalid(property, &expression, wanted))?;
    let timezone = fields.text("ScheduleExpressionTimezone")?;
    if timezone.is_some_and(|zone| zone != "UTC") && !matches!(timing, ScheduleExpression::Rate(_))
    {
        let remark = format!("{expression} fires by UTC here, not by ScheduleExpressionTimezone");
        fields.resolver.remark(fields.line_of(property), &remark);
    }
    let enabled = fields.flag("Enabled").unwrap_or(true);
    let enabled = fields.text("State")?.as_deref() != Some("DISABLED") && enabled;
    Ok(Schedule {
        function: function.to_owned(),
        rule,
        expression,
        timing,
        input,
        enabled,
    })
}
