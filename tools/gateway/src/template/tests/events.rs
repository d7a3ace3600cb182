//! Schedules, streams and queues that invoke functions.

use super::*;

#[test]
fn rules_and_schedules_are_read_as_resources_of_their_own() {
    let source = changed(
        "Outputs:",
        "  Nightly:\n    Type: AWS::Events::Rule\n    Properties: { ScheduleExpression: 'cron(0 3 * * ? *)', State: DISABLED, \
         Targets: [{ Id: a, Arn: !GetAtt Talk.Arn, Input: '{}' }] }\n  Once:\n    Type: AWS::Scheduler::Schedule\n    \
         Properties: { ScheduleExpression: 'rate(1 hour)', FlexibleTimeWindow: { Mode: 'OFF' }, Target: { Arn: !GetAtt \
         Talk.Arn, RoleArn: r } }\n  Other:\n    Type: AWS::Events::Rule\n    Properties: { EventPattern: { source: [x] } \
         }\nOutputs:",
    );
    let stack = reading(&source).unwrap();
    let schedules = stack.schedules.iter();
    let schedules: Vec<_> = schedules
        .map(|s| (&*s.rule, &*s.expression, s.enabled, s.input.as_deref()))
        .collect();
    let wanted = [
        ("local-TalkOften", "rate(5 minutes)", true, None),
        ("local-Nightly", "cron(0 3 * * ? *)", false, Some("{}")),
        ("local-Once", "rate(1 hour)", true, None),
    ];
    assert_eq!(schedules, wanted);
    remarked(&source, "  Other:", "left out: Other has an EventPattern");
}

#[test]
fn other_events_are_left_out() {
    let source = changed(
        "        Often: {",
        "        Upload: { Type: S3, Properties: { Bucket: x } }\n        Often: {",
    );
    assert_eq!(reading(&source).unwrap().schedules.len(), 1);
    remarked(
        &source,
        "Upload: {",
        "left out: the event Talk.Upload of type \"S3\"",
    );
}

/// The stack with a queue, a table with a stream, and these two events of `Talk`.
fn with_sources(stream: &str, queue: &str) -> String {
    let events = format!(
        "        Log: {{ Type: DynamoDB, Properties: {{ Stream: !GetAtt Rows.StreamArn, {stream} }} }}\n        \
         Work: {{ Type: SQS, Properties: {{ Queue: !GetAtt Jobs.Arn, {queue} }} }}\n        Often: {{"
    );
    let resources = "Resources:\n  Jobs:\n    Type: AWS::SQS::Queue\n    Properties: { QueueName: jobs, VisibilityTimeout: \
                     \"90\" }\n  Rows:\n    Type: AWS::DynamoDB::Table\n    Properties: { TableName: rows, BillingMode: \
                     PAY_PER_REQUEST, AttributeDefinitions: [{ AttributeName: id, AttributeType: S }], KeySchema: [{ \
                     AttributeName: id, KeyType: HASH }], StreamSpecification: { StreamViewType: NEW_IMAGE } }\n";
    changed("        Often: {", &events).replacen("Resources:\n", resources, 1)
}

#[test]
fn streams_and_queues_are_event_sources() {
    use crate::template::{RecordSource, StreamSource};
    let stack = reading(&with_sources(
        "StartingPosition: LATEST, MaximumRetryAttempts: -1, MaximumRecordAgeInSeconds: 60",
        "BatchSize: \"3\", MaximumBatchingWindowInSeconds: 2, FunctionResponseTypes: [ReportBatchItemFailures]",
    ))
    .unwrap();
    let [stream, queue] = exactly(&stack.event_sources);
    let expected = StreamSource {
        table: "rows".to_owned(),
        from_start: false,
        retries: None,
        max_age: Some(Duration::from_mins(1)),
        bisect: false,
        on_failure: None,
    };
    assert_eq!(stream.source, RecordSource::Stream(expected));
    assert_eq!((stream.function.as_str(), stream.batch_size), ("Talk", 100));
    assert_eq!(queue.source, RecordSource::Queue("jobs".to_owned()));
    assert_eq!(queue.batch_size, 3);
    assert_eq!(queue.window, Duration::from_secs(2));
    assert!(queue.reports_failures && queue.enabled);
    assert_eq!(stack.queues[0].visibility_timeout, Duration::from_secs(90));
}

#[test]
fn event_sources_that_cannot_work_are_refused() {
    for (stream, wanted) in [
        ("BatchSize: 1", "StartingPosition"),
        ("StartingPosition: NOW", "TRIM_HORIZON"),
        ("StartingPosition: LATEST, BatchSize: 0", "1 to 10000"),
        (
            "StartingPosition: LATEST, MaximumRetryAttempts: x",
            "a whole number from 0 to 10000",
        ),
        (
            "StartingPosition: LATEST, DestinationConfig: { OnFailure: {} }",
            "Destination",
        ),
        (
            "StartingPosition: LATEST, BisectBatchOnFunctionEror: true",
            "BisectBatchOnFunctionError",
        ),
        (
            "StartingPosition: LATEST, FilterCriteria: { Filters: [{ Pattern: 'x' }] }",
            "expected JSON",
        ),
    ] {
        fails(reading(&with_sources(stream, "BatchSize: 1")), wanted);
    }
}

#[test]
fn queues_that_sqs_refuses_are_refused() {
    for (properties, wanted) in [
        ("VisibilityTimeout: -1", "from 0 to 43200"),
        ("DelaySeconds: 901", "from 0 to 900"),
        ("MessageRetentionPeriod: 59", "from 60 to 1209600"),
        ("ReceiveMessageWaitTimeSeconds: 21", "from 0 to 20"),
        (
            "RedrivePolicy: { maxReceiveCount: 1 }",
            "deadLetterTargetArn",
        ),
        (
            "RedrivePolicy: { deadLetterTargetArn: dead, maxReceiveCount: 1 }",
            "the ARN of a queue",
        ),
        ("VisibiltyTimeout: 1", "VisibilityTimeout"),
    ] {
        let source = with_sources("StartingPosition: LATEST", "BatchSize: 1")
            .replace("VisibilityTimeout: \"90\"", properties);
        fails(reading(&source), wanted);
    }
}

#[test]
fn an_event_source_mapping_is_read_as_a_resource() {
    let mapping = |properties: &str| {
        let resource = format!(
            "Resources:\n  Feed:\n    Type: AWS::Lambda::EventSourceMapping\n    Properties: {{ {properties} }}\n"
        );
        let source = with_sources("StartingPosition: LATEST", "BatchSize: 1");
        reading(&source.replacen("Resources:\n", &resource, 1)).unwrap()
    };
    for function in ["!Ref Talk", "!GetAtt Talk.Arn", "!Sub '${Talk.Arn}:live'"] {
        let stack = mapping(&format!(
            "FunctionName: {function}, EventSourceArn: !GetAtt Jobs.Arn, BatchSize: 7, Enabled: false"
        ));
        let found = stack.event_sources.iter().find(|source| !source.enabled);
        let found = found.unwrap_or_else(|| panic!("{function}: {:?}", stack.event_sources));
        assert_eq!((found.function.as_str(), found.batch_size), ("Talk", 7));
    }
    for (properties, wanted) in [
        (
            "FunctionName: other, EventSourceArn: !GetAtt Jobs.Arn",
            "is not a function of this template",
        ),
        (
            "FunctionName: !Ref Talk, EventSourceArn: arn:aws:kinesis:us-east-1:1:stream/x",
            "neither the stream of a table nor an SQS queue",
        ),
    ] {
        let stack = mapping(properties);
        assert_eq!(stack.event_sources.len(), 2);
        warns(&stack, wanted);
    }
}
